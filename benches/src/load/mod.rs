//! The load tool: many players over real WebSockets on one thread, open loop, everything verified.
//!
//! An input is due by the pacing core's clock, whatever the server does, and its latency counts from then.

mod engine;
mod hands;
mod meter;
mod metrics;
mod player;

pub use self::engine::{Engine, Plan};
pub use self::hands::Hands;
pub use self::meter::Meter;
pub use self::metrics::Metrics;
