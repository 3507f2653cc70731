//! Sockets for sessions: what the page has from its browser.

mod fleet;
mod socket;

pub use self::fleet::{Fleet, Seated};
pub use self::socket::{Address, Read, Socket};
