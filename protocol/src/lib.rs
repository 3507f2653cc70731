//! What both ends of a Tickwire game must agree on. Pure: no clock, no socket, no thread; compiles to wasm32.
//!
//! A game developer starts with [`prelude`]; whoever writes a client in another language with `WIRE.md`.

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

/// What a game needs.
pub mod prelude {
    pub use glam::{Vec2, Vec3, vec2, vec3};
    pub use rand::RngExt as _;
    pub use serde::{Deserialize, Serialize};
    pub use tickwire_derive::{Input, Message, Replicate, World};

    pub use crate::game::{Caller, Game, Host, Never, Player, Refusal, Role, Rules, To, View};
    pub use crate::id::{EntityId, Id, PlayerId, Tick, TickRate};
    pub use crate::world::{One, Table};
}
