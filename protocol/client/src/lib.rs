//! The client half of Tickwire. Told the time and the frames, it never asks for either.
//!
//! [`Session`] is one player's stay in a room: it needs only the schema. [`Client`] adds a game's types and
//! prediction, [`Viewer`] JSON for any game. Whoever owns the socket does four things:
//!
//! - tells it when the socket opens, a frame comes, or the socket is gone;
//! - calls [`Session::update`] at least when [`Session::next_due`] says so;
//! - carries out what [`Session::poll`] says until it says nothing;
//! - calls [`Session::draw`] when a frame is drawn.

mod arrivals;
mod client;
mod corrections;
pub mod door;
mod drawn;
mod held;
mod inputs;
mod join;
mod json;
mod netcode;
mod pacing;
mod paint;
mod playing;
mod predict;
mod session;
mod sorted;
mod stats;
mod viewer;

pub use tickwire_protocol::link::Micros;

pub use self::client::Client;
pub use self::corrections::Correction;
pub use self::drawn::{Drawn, DrawnKind};
pub use self::join::{Join, Output, State};
pub use self::netcode::Netcode;
pub use self::pacing::{Due, Pacer};
pub use self::session::Session;
pub use self::stats::Stats;
pub use self::viewer::Viewer;
