//! What both ends of a Tickwire game must agree on. Pure: no clock, no socket, no thread; compiles to wasm32.
//!
//! A game is a struct of tables, which is what players see, and one trait over it, [`game::Game`]. This is all of tag:
//!
//! ```
//! use tickwire_protocol::prelude::*;
//!
//! #[derive(Replicate, Clone, Default, PartialEq)]
//! pub struct Runner {
//!     #[rep(place, range = 0.0..=100.0, step = 0.001, lerp)]
//!     pub pos: Vec2, // in metres; the range is the wall
//!     pub it: bool,
//!     #[rep(whole, max = 24)]
//!     pub name: String,
//! }
//!
//! #[derive(World, Default)]
//! pub struct Field {
//!     pub runners: Table<Runner>,
//! }
//!
//! #[derive(Input, Clone, Copy, Default, PartialEq)]
//! pub struct Keys {
//!     #[rep(range = -1..=1)]
//!     pub x: i8,
//!     #[rep(range = -1..=1)]
//!     pub y: i8,
//! }
//!
//! /// The room's own state, which players do not see.
//! #[derive(Serialize, Deserialize)]
//! pub struct Tag {
//!     rest: u32, // ticks until somebody can be caught again
//! }
//!
//! impl Game for Tag {
//!     const NAME: &'static str = "tag";
//!     const TICK_RATE: TickRate = TickRate::hz(30);
//!     type World = Field;
//!     type Input = Keys;
//!     type Request = Never;
//!     type Event = Never;
//!
//!     fn open(_: &mut Field, _: &mut Host<Self>) -> Self {
//!         Tag { rest: 0 }
//!     }
//!     fn join(&mut self, field: &mut Field, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
//!         if player.role == Role::Plays {
//!             let it = field.runners.is_empty();
//!             let name = player.name.clone();
//!             field.runners.spawn_for(player.id, Runner { pos: vec2(50.0, 50.0), it, name });
//!         }
//!         Ok(())
//!     }
//!     fn drive(field: &mut Field, me: PlayerId, keys: &Keys, _: Tick) {
//!         for (_, runner) in field.runners.of_mut(me) {
//!             let speed = if runner.it { 22.0 } else { 20.0 };
//!             let towards = vec2(keys.x.into(), keys.y.into()).normalize_or_zero();
//!             runner.pos += towards * speed * Self::TICK_RATE.dt();
//!         }
//!     }
//!     fn step(&mut self, field: &mut Field, _: &mut Host<Self>) {
//!         self.rest = self.rest.saturating_sub(1);
//!         let Some((it, here)) = field.runners.iter().find(|(_, r)| r.it).map(|(id, r)| (id, r.pos)) else { return };
//!         let near = |(id, r): &(Id<Runner>, &Runner)| *id != it && r.pos.distance(here) < 2.0;
//!         if let (0, Some((caught, _))) = (self.rest, field.runners.iter().find(near))
//!             && let Some((old, new)) = field.runners.get_two_mut(it, caught)
//!         {
//!             (old.it, new.it, self.rest) = (false, true, 30);
//!         }
//!     }
//! }
//! // fn main() -> ExitCode { tickwire_server::run::<Tag>() }
//! ```
//!
//! What each line means: [`world`] for rows, their attributes and tables; [`game`] for what runs where, and when. The
//! derives of `serde` need that crate beside this one.
//!
//! Whoever writes a client in another language begins with `WIRE.md`, then [`wire`], [`schema`] and [`snapshot`].

// What the derives generate names this crate by its full path, here as everywhere.
extern crate self as tickwire_protocol;

pub mod blend;
pub mod game;
pub mod id;
pub mod image;
pub mod limits;
pub mod link;
pub mod math;
pub mod quantize;
pub mod schema;
pub mod snapshot;
pub mod wire;
pub mod world;

#[doc = include_str!("../HOW_IT_FEELS.md")]
pub mod how_it_feels {}

/// What a game needs, in one `use`: its traits and their derives, ids, vectors, [`math`].
pub mod prelude {
    pub use glam::{Vec2, Vec3, vec2, vec3};
    pub use rand::RngExt as _;
    pub use serde::{Deserialize, Serialize};
    pub use tickwire_derive::{Input, Message, Replicate, World};

    pub use crate::game::{Caller, Game, Host, Never, Player, Refusal, Role, Rules, To, View};
    pub use crate::id::{EntityId, Id, PlayerId, Tick, TickRate};
    pub use crate::math;
    pub use crate::world::{Input, Message, One, Replicate, Table, World};
}
