//! Why bytes are not what they should be.

use crate::id::{EntityId, Tick};

/// Why a frame cannot be read. Nothing of such a frame takes effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end before the value does.
    #[error("the frame ends {0} bits too early")]
    Short(usize),
    /// The value ends before the bytes do.
    #[error("{0} bytes are left over at the end of the frame")]
    Leftover(usize),
    /// No frame begins with this byte (in this direction).
    #[error("no frame of kind {0:#04x} is expected here")]
    FrameKind(u8),
    /// A number is outside its range.
    #[error("{what} is {value}, which is outside {min} to {max}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What it is.
        value: i64,
        /// The smallest it may be.
        min: i64,
        /// The largest it may be.
        max: i64,
    },
    /// A list, text or frame is longer than its limit.
    #[error("{what} has {len} bytes or items, {max} are allowed")]
    TooLong {
        /// Which.
        what: &'static str,
        /// How long it is.
        len: usize,
        /// How long it may be.
        max: usize,
    },
    /// An entity is named that is not held.
    #[error("entity {} of kind {} is not held", .0.slot, .0.kind.0)]
    UnknownEntity(EntityId),
    /// An entity enters that is held already.
    #[error("entity {} of kind {} is held already", .0.slot, .0.kind.0)]
    HeldAlready(EntityId),
    /// A delta is made from a snapshot that is not held.
    #[error("the delta is made from {0}, which is not held")]
    UnknownBase(Tick),
    /// A snapshot is not newer than the newest.
    #[error("{0} is not newer than what is held")]
    OldTick(Tick),
    /// A codebook is named that was not sent.
    #[error("codebook {0} was not sent")]
    UnknownCodebook(u32),
    /// Bytes of a message are not a value of its type.
    #[error("{what}: {why}")]
    Message {
        /// Which message.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Bits that no encoder writes.
    #[error("{0}")]
    Malformed(&'static str),
}
