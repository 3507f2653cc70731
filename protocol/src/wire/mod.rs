//! Every frame to the bit. `protocol/WIRE.md` is the same for people and other languages.

pub mod bits;
pub mod client;
pub mod close;
pub mod codec;
mod error;
pub mod frames;
pub mod server;

pub use self::client::{ClientFrame, InputLayout};
pub use self::close::CloseCode;
pub use self::error::DecodeError;
pub use self::frames::{
    EventRecord, Hello, InputFrame, InputRun, Private, Reject, Request, Resume, Token, Welcome,
};
pub use self::server::{Bye, ServerFrame};

/// The version of everything in this module; a hello with another one is rejected with 4501.
pub const VERSION: u16 = 6;
