//! What a game is: one trait over a world, and what a room offers it.
//!
//! # What runs where
//!
//! | function | where | sees | for |
//! |---|---|---|---|
//! | [`Game::open`], [`Game::join`], [`Game::leave`], [`Game::request`] | server | everything | beginnings, ends, wishes |
//! | [`Game::drive`] | server and that player's client | no `skip` fields, none of others' `owner` fields | one input of one player |
//! | [`Game::advance`] | server and clients | no `skip` and no `owner` fields | what moves by itself |
//! | [`Game::step`] | server | everything | what only the server decides |
//! | [`Game::view`] | server | everything | who may see what |
//!
//! A tick is, in this order: joins, leaves and requests; `drive` for each player; `advance`; `step`; settling; views;
//! snapshots. A client that predicts runs `drive` and `advance` ahead of the server with the very same code, so these two
//! are functions of the world alone: they are offered no clock, no chance and no `self`, and everything they need from
//! other players must be in rows. What depends on what a client cannot know belongs into `step`.
//!
//! # Requests and events
//!
//! An input is the state of the controls in a tick. What is asked once, a line of chat or a move in a board game, is a
//! [`Game::Request`]; what is told once is a [`Game::Event`]. Both arrive once and in order, also over a lost connection.
//! What somebody who joins later must know is not an event but a row.
//!
//! ```
//! use tickwire_protocol::prelude::*;
//!
//! #[derive(World, Default)]
//! struct Hall {
//!     guests: Table<Guest>,
//! }
//! #[derive(Replicate, Clone, Default, PartialEq)]
//! struct Guest {
//!     #[rep(place, range = 0.0..=50.0, step = 0.01, lerp)]
//!     pos: Vec2,
//! }
//! #[derive(Serialize, Deserialize, Message)]
//! enum Ask {
//!     Whisper(String),
//! }
//! #[derive(Serialize, Deserialize, Message)]
//! enum Tell {
//!     Whispered { by: PlayerId, line: String },
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Ball;
//!
//! impl Game for Ball {
//!     const NAME: &'static str = "ball";
//!     const TICK_RATE: TickRate = TickRate::hz(20);
//!     type World = Hall;
//!     type Input = ();
//!     type Request = Ask;
//!     type Event = Tell;
//!
//!     fn open(_: &mut Hall, _: &mut Host<Self>) -> Self {
//!         Ball
//!     }
//!     fn join(&mut self, hall: &mut Hall, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
//!         if host.players().any(|other| other.name == player.name && other.id != player.id) {
//!             return Err(Refusal::new(format!("{} is here already: take another name", player.name)));
//!         }
//!         let pos = vec2(host.rng().random_range(0.0..50.0), 0.0);
//!         hall.guests.spawn_for(player.id, Guest { pos });
//!         Ok(())
//!     }
//!     fn request(&mut self, hall: &mut Hall, host: &mut Host<Self>, from: Caller, Ask::Whisper(line): Ask) {
//!         let Caller::Player(by) = from else { return };
//!         let Some((_, speaker)) = hall.guests.first_of(by) else { return };
//!         for (id, guest) in hall.guests.iter().filter(|(_, guest)| guest.pos.distance(speaker.pos) < 3.0) {
//!             let line = line.chars().take(200).collect();
//!             host.tell(To::One(hall.guests.owner(id)), Tell::Whispered { by, line });
//!         }
//!     }
//!     fn view(&self, hall: &Hall, player: &Player) -> View {
//!         match hall.guests.first_of(player.id) {
//!             Some((_, me)) => View::around(me.pos, 20.0),
//!             None => View::nothing(),
//!         }
//!     }
//! }
//! ```

mod host;
mod rules;
mod view;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::host::{Host, Player, Seen, To, Told};
pub use self::rules::Rules;
pub use self::view::{Area, Areas, HYSTERESIS, Point, Rings, View};
use crate::id::{EntityId, KindId, PlayerId, Tick, TickRate};
use crate::schema::Schema;
pub use crate::wire::frames::Role;
use crate::world::{Input, Message, World};

/// The one seam between a game and the engine.
///
/// The value itself is the room's own state, which only the server has; the world is what players see. Everything
/// here is a function of its arguments: no clock, no randomness but [`Host::rng`], no input or output. Time is counted in
/// ticks, [`Host::tick`]; a timer is a `Tick` in a row or in the game. A room never waits: what takes long is told to
/// [`To::Outside`] and comes back as a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a game",
    note = "`impl Game for {Self}` beside `#[derive(Serialize, Deserialize)]`: the type is the room's own state"
)]
pub trait Game: Serialize + DeserializeOwned + Send + Sized + 'static {
    /// Names the game in schemas and logs.
    const NAME: &'static str;
    /// Ticks per second.
    const TICK_RATE: TickRate;
    /// A snapshot every so many ticks, 1 to 8.
    const SEND_EVERY: u32 = 1;
    /// The struct of tables.
    type World: World;
    /// The state of the controls in one tick; `()` where there are none.
    type Input: Input;
    /// Asked once by a player: reliable, in order, at most 1 KiB; [`Never`] where there are none.
    type Request: Message;
    /// Told once by the room, in order; [`Never`] where there are none.
    type Event: Message;

    /// How many may play, how often they may ask, and other bounds of a room.
    #[must_use]
    fn rules() -> Rules {
        Rules::default()
    }

    /// The codebook with which every room of the game begins; empty where it ships none.
    ///
    /// A room learns while it runs how its snapshots are written shortest, and until then writes them longer. What other
    /// rooms have learned, shipped with the game, makes them short from the first on; it comes with each welcome, in 4 KiB
    /// at most. The game's own server trains one: it plays rooms of these seeds with bots,
    ///
    /// ```text
    /// cargo run --release -- train --seeds 101..=120 --ticks 1800 --players 20 --bytes-max 2000 my-game.book
    /// ```
    ///
    /// and the game embeds what it wrote, `include_bytes!("../my-game.book")`. The same command writes the same bytes. A
    /// codebook is for one schema: after a change to a row, an input or a message, train again. Until then it is left
    /// out; the server says so when it starts, and its `check` refuses it.
    #[must_use]
    fn codebook() -> &'static [u8] {
        &[]
    }

    /// A room begins: fills the world and makes the room's own state. Server only.
    fn open(world: &mut Self::World, host: &mut Host<Self>) -> Self;

    /// A player or watcher arrives, see [`Player::role`]. Server only.
    ///
    /// # Errors
    /// A [`Refusal`] is told to whoever wanted to join, and nothing else happens.
    fn join(&mut self, world: &mut Self::World, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal>;

    /// A player or watcher is gone for good. Removes what it owns, unless the game does something else. Server only.
    fn leave(&mut self, world: &mut Self::World, _host: &mut Host<Self>, player: &Player) {
        world.remove_owned(player.id);
    }

    /// A player or the process around the room asks for something. Server only.
    fn request(
        &mut self,
        _world: &mut Self::World,
        _host: &mut Host<Self>,
        _from: Caller,
        _request: Self::Request,
    ) {
    }

    /// Everything that only the server decides: hits, scores, timers, spawns. Server only.
    fn step(&mut self, _world: &mut Self::World, _host: &mut Host<Self>) {}

    /// What a player or watcher may see. Server only.
    fn view(&self, _world: &Self::World, _player: &Player) -> View {
        View::everything()
    }

    /// One player's input for one tick. Runs on the server and, ahead of it, on that player's client.
    ///
    /// `skip` fields and other players' `owner` fields hold their default here on both sides.
    fn drive(_world: &mut Self::World, _me: PlayerId, _input: &Self::Input, _tick: Tick) {}

    /// What moves by itself: shots, asteroids, balls. Runs on the server and on every client that predicts.
    ///
    /// `skip` fields and all `owner` fields hold their default here on both sides.
    fn advance(_world: &mut Self::World, _tick: Tick) {}

    /// The input of a player without hands: fills rooms, drives headless bots and load. Runs on the server for the room's
    /// own bots, and in clients that are bots; so it sees what a client may, and decides by `me` and `tick` instead of
    /// chance.
    #[must_use]
    fn bot(_world: &Self::World, _me: PlayerId, _tick: Tick) -> Self::Input {
        Self::Input::default()
    }
}

/// The schema of a game.
#[must_use]
pub fn schema<G: Game>() -> Schema {
    Schema {
        game: G::NAME.to_owned(),
        tick_rate: G::TICK_RATE.get(),
        send_every: G::SEND_EVERY,
        kinds: G::World::kinds(),
        input: G::Input::fields(),
        request: G::Request::shape(),
        event: G::Event::shape(),
    }
}

/// The part of a tick that both ends run: every player's `drive`, in the order given, then `advance`.
///
/// What each player's `drive` spawned, in order, is handed to `spawned`.
pub fn drive_and_advance<'a, G: Game>(
    world: &mut G::World,
    inputs: impl Iterator<Item = (PlayerId, &'a G::Input)>,
    tick: Tick,
    mut spawned: impl FnMut(PlayerId, EntityId),
) {
    world.each(|_, table| table.conceal());
    for (me, input) in inputs {
        world.each(|_, table| table.lend(me));
        G::drive(world, me, input, tick);
        world.each(|kind: KindId, table| {
            table.take_back(me, &mut |slot| spawned(me, EntityId { kind, slot }));
        });
    }
    G::advance(world, tick);
    world.each(|_, table| table.reveal());
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A player or watcher.
    Player(PlayerId),
    /// The process around the room: the answer to something that was told to [`To::Outside`].
    Outside,
}

/// Why somebody may not join, in words for that person: names the reason and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    /// A refusal for this reason.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Refusal {
        Refusal(reason.into())
    }
}

/// The message of a game that has none: it has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Never {}

impl Message for Never {
    const DEPTH: u32 = 1;
    fn shape() -> crate::schema::Shape {
        crate::schema::Shape::Never
    }
}
