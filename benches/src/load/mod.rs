//! The load tool: many players over real WebSockets on one thread, open loop, everything verified.
//!
//! An input is due by the pacing core's clock, whatever the server does, and its latency counts from then.

mod child;
mod engine;
mod hands;
mod meter;
mod metrics;
mod player;
mod versus;

pub use self::child::Served;
pub use self::engine::{Engine, Plan};
pub use self::hands::Hands;
pub use self::meter::Meter;
pub use self::metrics::Metrics;
pub use self::versus::{Match, against_floor, find_max, serve_floor};
