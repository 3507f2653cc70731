//! Sockets for sessions: what the page has from its browser.

mod fleet;
mod socket;
mod stream;

pub use self::fleet::{Fleet, Seated};
pub use self::socket::{Address, Read, Socket};
pub use self::stream::Trust;
