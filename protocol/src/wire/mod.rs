//! Every frame to the bit. `protocol/WIRE.md` is the same for people and other languages.

pub mod bits;
pub mod close;
pub mod codec;
mod error;
pub mod frames;

pub use self::close::CloseCode;
pub use self::error::DecodeError;
pub use self::frames::{Hello, InputFrame, InputRun, Private, Reject, Request, Resume, Token, Welcome};

/// The version of everything in this module; a hello with another one is rejected with 4501.
pub const VERSION: u16 = 1;
