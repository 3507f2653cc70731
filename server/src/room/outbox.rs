//! What a tick wants done: plain values that the shell carries out.

use std::ops::Range;

use tickwire_protocol::id::PlayerId;
use tickwire_protocol::wire::CloseCode;

use super::ConnId;

/// What one tick of a room wants written, closed and told. Reused from tick to tick.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The bytes of all frames of this tick, one after the other, without WebSocket headers.
    pub bytes: Vec<u8>,
    /// Who is sent what, each connection at most once. Frames that several share are the same range.
    pub writes: Vec<Write>,
    /// Joins that took effect.
    pub joined: Vec<Joined>,
    /// Connections to close after their write: the room has already forgotten them.
    pub closes: Vec<Close>,
    /// Events told to the process around the room, as their bytes.
    pub outside: Vec<Range<usize>>,
    /// Why the room ended, where it did; every connection stands in `closes`.
    pub ended: Option<String>,
}

/// The frames for one connection, to leave in one write.
#[derive(Clone, Debug)]
pub struct Write {
    /// To whom.
    pub conn: ConnId,
    /// Parts of [`Outbox::bytes`], a frame each, in order; empty ranges are no frames. A welcome or reject, a
    /// codebook, the private frame, the snapshot.
    pub frames: [Range<usize>; 4],
}

/// A connection that is now a player or watcher.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Which.
    pub conn: ConnId,
    /// As whom.
    pub player: PlayerId,
}

/// A connection to close.
#[derive(Clone, Debug)]
pub struct Close {
    /// Which.
    pub conn: ConnId,
    /// Why, as a number.
    pub code: CloseCode,
    /// Why, in words; at most 123 bytes.
    pub reason: String,
}

impl Outbox {
    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.carried_out();
    }

    /// Forgets everything that was carried out, but for the bytes: later writes of the tick may share them.
    pub fn carried_out(&mut self) {
        self.writes.clear();
        self.joined.clear();
        self.closes.clear();
        self.outside.clear();
        self.ended = None;
    }
}
