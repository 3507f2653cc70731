//! Sockets for sessions: what the page has from its browser.

mod address;
mod fleet;
mod socket;
mod stream;

pub use self::address::Address;
pub use self::fleet::{Fleet, Seated};
pub use self::socket::{Read, Socket};
pub use self::stream::Trust;
