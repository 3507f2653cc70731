//! The frames as values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{EntityId, InputSeq, PlayerId, Tick};
use crate::wire::CloseCode;

/// What ends a lost connection's absence: 128 random bits, new with each welcome.
pub type Token = [u8; 16];

/// What somebody is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Drives.
    Plays,
    /// Sees, never drives.
    Watches,
}

/// The first frame of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`super::VERSION`].
    pub version: u16,
    /// The hash of the schema that the client was built with; 0 for one that takes the server's.
    pub schema_hash: u64,
    /// The room's name; empty for any with space.
    pub room: String,
    /// What the player is called.
    pub name: String,
    /// Plays or watches.
    pub role: Role,
    /// Opaque bytes for the ticket check that the server was given; empty without one.
    pub ticket: Vec<u8>,
    /// For the game.
    pub options: BTreeMap<String, String>,
    /// Where the client goes on, if it was here before.
    pub resume: Option<Resume>,
}

/// What a client that comes back still has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// From its last welcome.
    pub token: Token,
    /// The newest tick it held; informative: its next snapshot is a keyframe.
    pub tick: Tick,
    /// The newest event it received.
    pub event: u32,
    /// The newest input it sent.
    pub seq: InputSeq,
}

/// The answer to a hello that is let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Who the client is.
    pub player: PlayerId,
    /// The room's name, also where the hello left it open.
    pub room: String,
    /// The options the room was opened with.
    pub options: BTreeMap<String, String>,
    /// For a [`Resume`].
    pub token: Token,
    /// How long a lost session keeps its rows, in milliseconds.
    pub grace_ms: u32,
    /// Ticks per second.
    pub tick_rate: u16,
    /// A snapshot every so many ticks.
    pub send_every: u32,
    /// The room's newest tick.
    pub tick: Tick,
    /// The newest input seq the room knows of this player, after a resume.
    pub seq: InputSeq,
    /// Whether this goes on with an earlier session.
    pub resumed: bool,
    /// The schema hash of the server.
    pub schema_hash: u64,
    /// The server's schema as JSON, where the hello's hash was another one.
    pub schema: Option<String>,
    /// The codebook in force, in its wire form; empty for the built-in one.
    pub codebook: Vec<u8>,
}

/// The answer to a hello that is not let in; the close frame with the same code follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Why, as a number.
    pub code: CloseCode,
    /// The thing, the value and the way out, in words.
    pub reason: String,
}

/// Inputs and acknowledgements of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFrame {
    /// The newest tick held.
    pub held: Tick,
    /// The newest event received.
    pub event: u32,
    /// The tick on the client's screen for all that is interpolated, in sixteenths of a tick; 0 before the first.
    pub drawn: u32,
    /// The seq of the first input.
    pub first: InputSeq,
    /// The inputs, oldest first; none: this is an acknowledgement only.
    pub runs: Vec<InputRun>,
}

/// The same input for one or several seqs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputRun {
    /// How many seqs, 1 to 64.
    pub count: u32,
    /// The components of the input, checked against the schema.
    pub values: Vec<i32>,
}

/// A request: numbered so that a resume neither loses nor repeats one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// From 1, one more each time.
    pub number: u32,
    /// The bytes of the game's `Request`.
    pub bytes: Vec<u8>,
}

/// What is for one client alone. Precedes the snapshot of the same tick and takes effect with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Private {
    /// The tick at whose end it was written.
    pub tick: Tick,
    /// Whether a snapshot frame of the same tick follows.
    pub snapshot_follows: bool,
    /// The newest seq consumed; [`InputSeq::NONE`] before the first.
    pub seq: InputSeq,
    /// By how many ticks the newest input arrived before it was consumed; negative: too late.
    pub margin: i32,
    /// Inputs consumed so far for which a repeat or the default stood in and then turned out different or never came.
    pub replaced: u32,
    /// The newest request number received.
    pub request: u32,
    /// Ticks a second the room really runs, in percent of its rate; 0: paused.
    pub pace: u32,
    /// The hash of what the client holds after this tick, every so often.
    pub hash: Option<u64>,
    /// What this player's `drive` of a seq spawned: seq, how many-th spawn of that seq, real id.
    pub spawned: Vec<(InputSeq, u32, EntityId)>,
    /// Events, in order.
    pub events: Vec<EventRecord>,
}

/// An event on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// From 1 per player, one more each time.
    pub number: u32,
    /// When it happened.
    pub tick: Tick,
    /// The bytes of the game's `Event`.
    pub bytes: Vec<u8>,
}
