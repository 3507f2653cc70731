//! A room without its game: all that the shell knows of one.

use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::wire::{Hello, Token};

use super::{Outbox, Stats};

/// A connection, numbered by the shell; never reused within a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ConnId(pub u32);

/// A room of any game. It is told what happened and ticks when it is told to; it never asks.
///
/// Between ticks, and between the halves of one, calls come in any order; each takes effect in the next
/// [`AnyRoom::tick`].
pub trait AnyRoom: Send {
    /// A connection said hello and wants in. `token` is fresh randomness for its next resume.
    ///
    /// The outcome stands in the outbox of the next tick, or of a later one where many join at once: a welcome in
    /// `writes` and an entry in `joined`, or a reject in `writes` and an entry in `closes`. A resume takes the old
    /// connection's place, which is closed.
    fn join(&mut self, conn: ConnId, hello: Hello, token: Token);
    /// A connection sent a frame. One that does not decode closes it, in the outbox of the next tick.
    fn frame(&mut self, conn: ConnId, bytes: &[u8]);
    /// A pong came: the connection is alive.
    fn heard(&mut self, conn: ConnId);
    /// The socket is gone, for whatever reason.
    fn lost(&mut self, conn: ConnId);
    /// Said before a tick: the socket still owes the rest of an earlier frame, so write nothing for it.
    fn blocked(&mut self, conn: ConnId);
    /// Said after a tick: the kernel took no byte of what was to be written, which is dropped; its baseline is
    /// taken back.
    fn unwritten(&mut self, conn: ConnId);
    /// The process around the room answers: the bytes of a `Request`, handed to the game from `Caller::Outside`.
    fn answer(&mut self, bytes: &[u8]);
    /// How far the room keeps up with its rate, in percent; told to clients.
    fn pace(&mut self, percent: u32);
    /// Makes one tick, up to the frames of those whose world is whole. `out` is cleared first.
    ///
    /// What it says may be carried out before [`AnyRoom::end_tick`]: so a crowd of newcomers, whose worlds take long
    /// to write, delays nobody else's frames.
    fn begin_tick(&mut self, out: &mut Outbox);
    /// Goes on with a tick in which the room did not end: adds the frames of newcomers, and the connections to close.
    fn end_tick(&mut self, out: &mut Outbox);
    /// Makes one tick, for callers that carry out everything at its end. `out` is cleared first.
    fn tick(&mut self, out: &mut Outbox) {
        self.begin_tick(out);
        if out.ended.is_none() {
            self.end_tick(out);
        }
    }

    /// The newest tick made.
    fn newest(&self) -> Tick;
    /// Ticks per second.
    fn rate(&self) -> TickRate;
    /// The room's name.
    fn name(&self) -> &str;
    /// The hash of the whole world at the newest tick.
    fn hash(&self) -> u64;
    /// Counters since the room opened.
    fn stats(&self) -> &Stats;
}
