//! A room: one game in progress. Pure.

mod any;
mod outbox;
mod setup;
mod stats;

use tickwire_protocol::game::Game;
use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::wire::{Hello, Token};

pub use self::any::{AnyRoom, ConnId};
pub use self::outbox::{Close, Joined, Outbox, Write};
pub use self::setup::{Patience, RoomSetup};
pub use self::stats::Stats;

/// One game in progress.
pub struct Room<G: Game> {
    setup: RoomSetup,
    world: G::World,
    tick: Tick,
    stats: Stats,
}

impl<G: Game> Room<G> {
    /// Opens a room: its world is what `G::open` makes, its tick is [`Tick::NONE`].
    #[must_use]
    pub fn open(setup: RoomSetup) -> Room<G> {
        Room { setup, world: G::World::default(), tick: Tick::NONE, stats: Stats::default() }
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> &G::World {
        &self.world
    }
}

impl<G: Game> AnyRoom for Room<G> {
    fn join(&mut self, _: ConnId, _: Hello, _: Token) {}
    fn frame(&mut self, _: ConnId, _: &[u8]) {}
    fn heard(&mut self, _: ConnId) {}
    fn lost(&mut self, _: ConnId) {}
    fn blocked(&mut self, _: ConnId) {}
    fn unwritten(&mut self, _: ConnId) {}
    fn answer(&mut self, _: &[u8]) {}
    fn pace(&mut self, _: u32) {}
    fn tick(&mut self, out: &mut Outbox) {
        out.clear();
        self.tick = self.tick.next();
    }
    fn newest(&self) -> Tick {
        self.tick
    }
    fn rate(&self) -> TickRate {
        G::TICK_RATE
    }
    fn name(&self) -> &str {
        &self.setup.name
    }
    fn hash(&self) -> u64 {
        0
    }
    fn stats(&self) -> &Stats {
        &self.stats
    }
}
