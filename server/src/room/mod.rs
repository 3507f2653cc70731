//! A room: one game in progress. Pure.

mod any;
mod outbox;
mod stats;

pub use self::any::{AnyRoom, ConnId};
pub use self::outbox::{Close, Joined, Outbox, Write};
pub use self::stats::Stats;
