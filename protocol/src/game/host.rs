//! What a room offers its game.

use std::collections::BTreeMap;

use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;

use super::Game;
use crate::blend::blend;
use crate::id::{EntityId, PlayerId, Tick, TickRate};
use crate::image::History;
use crate::schema::Schema;
use crate::wire::frames::Role;
use crate::world::World as _;

/// The room as its game sees it: time, players, chance, and a voice.
pub struct Host<G: Game> {
    tick: Tick,
    seed: u64,
    room: String,
    options: BTreeMap<String, String>,
    players: BTreeMap<PlayerId, Player>,
    rng: Pcg64Mcg,
    told: Vec<Told<G::Event>>,
    sent_away: Vec<(PlayerId, String)>,
    closing: Option<String>,
    seen: BTreeMap<PlayerId, Seen>,
    history: History,
    schema: Schema,
}

/// Somebody in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// Who.
    pub id: PlayerId,
    /// What it is called; not unique, at most [`crate::limits::NAME_BYTES_MAX`] bytes, without control characters.
    pub name: String,
    /// Whether it plays.
    pub role: Role,
    /// What it asked for in its hello.
    pub options: BTreeMap<String, String>,
    /// Whether it is one of the room's own bots.
    pub bot: bool,
    /// Whether it has a connection now; a lost one keeps its rows for the grace time.
    pub connected: bool,
}

/// To whom an event is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Every player and watcher.
    Everyone,
    /// One of them.
    One(PlayerId),
    /// All but one.
    AllBut(PlayerId),
    /// All whose view holds this entity at the end of this tick.
    Seeing(EntityId),
    /// The process around the room.
    Outside,
}

/// An event and its addressee.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<E> {
    /// To whom.
    pub to: To,
    /// What.
    pub event: E,
}

/// What a player was looking at when it sent its newest input: between two snapshots that were written to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The earlier snapshot.
    pub from: Tick,
    /// The later one; the same as `from` where it looked at exactly that.
    pub to: Tick,
    /// How far between them, 0 to 1.
    pub part: f32,
}

impl<G: Game> Host<G> {
    /// The tick that is being made; while a room opens, [`Tick::NONE`].
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// The room's seed: two rooms with the same seed and the same inputs are the same.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The room's name.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.room
    }

    /// An option that the room was opened with.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// All players and watchers, by id, bots and lost ones among them.
    pub fn players(&self) -> impl Iterator<Item = &Player> {
        self.players.values()
    }

    /// One of them.
    #[must_use]
    pub fn player(&self, id: PlayerId) -> Option<&Player> {
        self.players.get(&id)
    }

    /// Chance: the same in every run of the same room.
    pub fn rng(&mut self) -> &mut Pcg64Mcg {
        &mut self.rng
    }

    /// Ticks in so many milliseconds, rounded up: for timers in the game's state.
    #[must_use]
    pub fn ticks_in_ms(&self, ms: u32) -> u32 {
        let rate: TickRate = G::TICK_RATE;
        rate.ticks_in_ms(ms)
    }

    /// Tells an event at the end of this tick.
    pub fn tell(&mut self, to: To, event: G::Event) {
        self.told.push(Told { to, event });
    }

    /// Closes a player's connection and session with 4503 and this reason, at the end of this tick.
    pub fn send_away(&mut self, player: PlayerId, reason: impl Into<String>) {
        self.sent_away.push((player, reason.into()));
    }

    /// Closes the room with this reason, at the end of this tick.
    pub fn close(&mut self, reason: impl Into<String>) {
        self.closing = Some(reason.into());
    }

    /// The world as `player` drew it when it made the input that this tick consumes: for lag compensation.
    ///
    /// Lies between two snapshots that were written to that player, at most `Rules::seen_by_ms` back. `None` where
    /// it has not drawn anything, or nothing that recent.
    #[must_use]
    pub fn seen_by(&self, player: PlayerId) -> Option<G::World> {
        let seen = self.seen.get(&player)?;
        let from = self.history.at(seen.from)?;
        let mut world = G::World::default();
        match self.history.at(seen.to).filter(|_| seen.part > 0.0) {
            Some(to) => world.restore(&blend(&self.schema, from, to, seen.part)),
            None => world.restore(from),
        }
        Some(world)
    }
}

/// What the room that owns a host does with it; a game has no use for these.
impl<G: Game> Host<G> {
    /// The host of a room that opens.
    #[must_use]
    pub fn new(seed: u64, room: String, options: BTreeMap<String, String>) -> Host<G> {
        Host {
            tick: Tick::NONE,
            seed,
            room,
            options,
            players: BTreeMap::new(),
            rng: Pcg64Mcg::seed_from_u64(seed),
            told: Vec::new(),
            sent_away: Vec::new(),
            closing: None,
            seen: BTreeMap::new(),
            history: History::new(),
            schema: super::schema::<G>(),
        }
    }

    /// Begins a tick.
    pub fn begin(&mut self, tick: Tick) {
        self.tick = tick;
    }

    /// The players, to be changed by the room alone.
    pub fn players_mut(&mut self) -> &mut BTreeMap<PlayerId, Player> {
        &mut self.players
    }

    /// Notes what a player was looking at; `None` where that is not known.
    pub fn note_seen(&mut self, player: PlayerId, seen: Option<Seen>) {
        match seen {
            Some(seen) => self.seen.insert(player, seen),
            None => self.seen.remove(&player),
        };
    }

    /// The images of the last second.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The images of the last second, to be appended to by the room alone.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    /// What was told since the last call.
    pub fn take_told(&mut self) -> Vec<Told<G::Event>> {
        core::mem::take(&mut self.told)
    }

    /// Who was sent away since the last call, and why.
    pub fn take_sent_away(&mut self) -> Vec<(PlayerId, String)> {
        core::mem::take(&mut self.sent_away)
    }

    /// Why the room closes, where it does.
    #[must_use]
    pub fn closing(&self) -> Option<&str> {
        self.closing.as_deref()
    }
}
