//! Live prices to watchers: a world that a feed outside the room changes, and nobody drives.
//!
//! `cargo run --example ticker` serves it with a made-up feed. The room never waits for the feed: it tells the process
//! around it what it wants to know, and the answer comes back as a request from outside.

#![allow(missing_docs)] // Names say what rows and fields are.

use std::process::ExitCode;

use tickwire_protocol::prelude::*;

/// What something costs.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Price {
    #[rep(whole, max = 12)]
    pub symbol: String,
    pub cents: u32,
    /// Since the day began.
    pub change: i32,
    /// When it changed last.
    pub since: Tick,
}

#[derive(World, Default)]
pub struct Exchange {
    pub prices: Table<Price>,
}

/// What the feed says: which symbol costs how much.
#[derive(Message, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub symbol: String,
    pub cents: u32,
}

/// What the room asks the feed for.
#[derive(Message, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Want {
    pub symbol: String,
    pub cents: u32,
}

/// Symbols, and what they cost when the day begins, in cents.
pub const OPENING: [(&str, u32); 6] =
    [("AXLE", 12_040), ("BIRD", 870), ("COPR", 45_310), ("DUNE", 3_325), ("ECHO", 99_900), ("FERN", 150)];

/// How often each price is asked for, in milliseconds.
const EVERY_MS: u32 = 600;

#[derive(Serialize, Deserialize)]
pub struct Ticker;

impl Game for Ticker {
    const NAME: &'static str = "ticker";
    const TICK_RATE: TickRate = TickRate::hz(10);
    type World = Exchange;
    type Input = ();
    type Request = Quote;
    type Event = Want;

    fn rules() -> Rules {
        Rules { players_max: 0, watchers_max: 10_000, watchers_ask: false, ..Rules::default() }
    }

    fn open(exchange: &mut Exchange, _: &mut Host<Self>) -> Self {
        for (symbol, cents) in OPENING {
            exchange.prices.spawn(Price { symbol: symbol.to_owned(), cents, ..Price::default() });
        }
        Ticker
    }

    fn join(&mut self, _: &mut Exchange, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        match player.role {
            Role::Watches => Ok(()),
            Role::Plays => Err(Refusal::new("there is nothing to play here: come to watch")),
        }
    }

    fn request(&mut self, exchange: &mut Exchange, host: &mut Host<Self>, from: Caller, quote: Quote) {
        if from != Caller::Outside {
            return;
        }
        let price = exchange.prices.iter().find(|(_, price)| price.symbol == quote.symbol).map(|(id, _)| id);
        if let Some(price) = price.and_then(|id| exchange.prices.get_mut(id)) {
            price.change += quote.cents as i32 - price.cents as i32;
            (price.cents, price.since) = (quote.cents, host.tick());
        }
    }

    fn step(&mut self, exchange: &mut Exchange, host: &mut Host<Self>) {
        let every = host.ticks_in_ms(EVERY_MS);
        let turn = host.tick().0 % every;
        for (_, price) in exchange.prices.iter().filter(|(id, _)| id.slot % every == turn) {
            host.tell(To::Outside, Want { symbol: price.symbol.clone(), cents: price.cents });
        }
    }
}

/// A feed without a market behind it: a price moves a little, up as often as down.
pub async fn feed(_room: std::sync::Arc<str>, want: Want) -> Option<Quote> {
    use std::hash::{BuildHasher as _, RandomState};
    let chance = RandomState::new().hash_one(&want.symbol);
    let most = i64::from(want.cents / 200 + 2);
    let moved = chance.cast_signed().rem_euclid(2 * most) - most;
    let cents = (i64::from(want.cents) + moved).clamp(1, 1_000_000);
    Some(Quote { symbol: want.symbol, cents: u32::try_from(cents).ok()? })
}

#[allow(dead_code)] // Unused where a test includes this file.
fn main() -> ExitCode {
    tickwire_server::Server::<Ticker>::new().outside(feed).run()
}
