//! Snapshots: what a client may know at one tick, written as its difference from what it has.
//!
//! [`Encoder`] is a room's, [`Replica`] a client's; between them lie frames that `protocol/WIRE.md` describes to
//! the bit. Neither knows a game: both interpret a [`Schema`](crate::schema::Schema).

mod apply;
mod assemble;
mod batch;
mod block;
mod books;
mod coder;
mod codes;
mod encoder;
mod enters;
mod frame;
mod glance;
mod hash;
mod header;
mod held;
mod lane;
mod lane_word;
mod lanes;
mod ledger;
mod models;
mod owned;
mod plan;
mod pool;
mod private;
mod replica;
mod rings;
mod row;
mod runs;
mod shipped;
#[cfg(feature = "symbols")]
mod symbols;
mod teacher;
mod wholes;

pub use self::encoder::{Due, Encoded, Encoder};
pub use self::glance::Glance;
pub use self::ledger::{Far, Held, LANE_DEPTH, Ledger, RingSet, Visible};
pub use self::replica::{Arrival, Replica};
pub use self::shipped::{BookError, Trained, Training};
#[cfg(feature = "symbols")]
pub use self::symbols::{GroupSymbol, Symbol, What};
