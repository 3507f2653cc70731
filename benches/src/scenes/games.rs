//! The example games of the server as scenes: included as they are, with somebody to play them.

#![allow(unreachable_pub, dead_code, reason = "the examples are programs, included here as they are")]

use tickwire_protocol::prelude::*;

use super::{Scene, Sight};

#[path = "../../../server/examples/board.rs"]
mod board;
#[path = "../../../server/examples/checkers.rs"]
mod checkers;
#[path = "../../../server/examples/tag.rs"]
mod tag;
#[path = "../../../server/examples/ticker.rs"]
mod ticker;

pub(super) use self::board::Whiteboard;
pub(super) use self::checkers::Checkers;
pub(super) use self::tag::Tag;
pub(super) use self::ticker::Ticker;

impl Scene for Tag {
    const SIGHT: Sight = Sight::Everything;
    const BOT_LOOKS: bool = true;
}

/// A number that looks like chance, from a player and a tick.
fn chance(player: PlayerId, tick: Tick) -> u32 {
    crate::rng::Mulberry32::new(player.0.wrapping_mul(0x9e37_79b9) ^ tick.0).bits()
}

impl Scene for Checkers {
    const SEATS: u32 = 2;
    const SIGHT: Sight = Sight::Everything;

    /// Tries a move by chance: the game refuses most of them in words.
    fn ask(_: &Self::World, player: PlayerId, tick: Tick) -> Option<checkers::Ask> {
        let chance = chance(player, tick);
        let from = (chance % 64) as i32;
        let by = [7, 9, -7, -9, 14, 18, -14, -18][(chance >> 8) as usize % 8];
        let to = u8::try_from(from + by).ok().filter(|to| *to < 64)?;
        tick.0.is_multiple_of(2).then_some(checkers::Ask::Move { from: from as u8, to })
    }
}

impl Scene for Whiteboard {
    const SIGHT: Sight = Sight::Everything;

    /// Draws now and then, and says something even less often.
    fn ask(_: &Self::World, player: PlayerId, tick: Tick) -> Option<board::Ask> {
        let chance = chance(player, tick);
        match chance % 400 {
            0..8 => {
                let at = |n: u32| (chance.rotate_left(n) >> 16) as u16;
                let points = (0..12).map(|n| (at(n), at(n + 7))).collect();
                Some(board::Ask::Draw { colour: chance >> 8, points })
            }
            8 => Some(board::Ask::Say(format!("it is {tick}"))),
            _ => None,
        }
    }
}

impl Scene for Ticker {
    const SIGHT: Sight = Sight::Everything;
    const ROLE: Role = Role::Watches;

    fn answer(told: ticker::Want) -> Option<ticker::Quote> {
        let moved = chance(PlayerId(told.cents), Tick(1)) % 7;
        Some(ticker::Quote { symbol: told.symbol, cents: (told.cents + moved).saturating_sub(3).max(1) })
    }
}
