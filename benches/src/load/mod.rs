//! The load tool: many players over real WebSockets on one thread, open loop, everything verified.
//!
//! An input is due by the pacing core's clock, whatever the server does, and its latency counts from then.

mod child;
mod compare;
mod engine;
mod find;
mod flood;
mod hands;
pub mod held;
mod html;
mod meter;
mod metrics;
mod pairs;
mod panel;
mod plan;
mod player;
mod run;
mod scenario;
mod seen;
mod turns;
mod versus;

pub use self::child::Served;
pub use self::compare::Base;
pub use self::engine::Engine;
pub use self::find::find_max;
pub use self::flood::{Flood, Flooded};
pub use self::hands::Hands;
pub use self::html::html;
pub use self::meter::{Beat, Meter};
pub use self::metrics::Metrics;
pub use self::pairs::pairs;
pub use self::plan::Plan;
pub use self::run::{Outcome, Point, Run};
pub use self::scenario::{Habit, Scenario};
pub use self::turns::in_turns;
pub use self::versus::{Match, against_floor, serve_floor};
