//! One client's socket on its worker: what it may send, what it is still owed, how it ends.

mod budget;
mod parts;
mod write;

use std::io;

use mio::net::TcpStream;
use tickwire_protocol::game::Role;
use tickwire_protocol::wire::CloseCode;
use tungstenite::protocol::frame::coding::{Control, OpCode};

use self::budget::Budget;
pub(crate) use self::budget::Limits;
pub(crate) use self::parts::put_head;
pub(crate) use self::write::COPIED_BYTES_MAX;
use super::listener::Place;
use super::reader::{Fault, Heard, Reader};
use super::stream::{self, Got, Stream};

/// A socket that said hello.
pub(crate) struct Connection {
    stream: Stream,
    reader: Reader,
    state: State,
    budget: Budget,
    /// What leaves before anything else: the rest of an earlier write, control frames.
    owed: Vec<u8>,
    /// Since when the kernel took nothing, while something waits for it.
    blocked: Option<u64>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The room has its hello and has not answered: it has to be silent.
    Joining(Role),
    /// Plays or watches.
    Open,
    /// The room does not know it any more; its close frame is on the way.
    Closing { until: u64, end: End },
}

/// How far a goodbye is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// We said why; the other end is to answer.
    Said,
    /// We said why, and cannot read it any more.
    Deaf,
    /// The same, and our direction is finished.
    Finished,
    /// It said goodbye first: over once our answer is out.
    Answered,
}

/// What a receive together with others brought.
#[derive(Debug)]
pub(crate) struct Came<'a> {
    /// How many bytes of `slot` it filled.
    pub(crate) result: io::Result<usize>,
    /// Where they are.
    pub(crate) slot: &'a mut [u8],
}

/// What reading a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// There was nothing to read.
    Nothing,
    /// There is nothing more to read.
    Dry,
    /// There may be more: to be read in the next tick.
    More,
    /// The other end said goodbye, and has its answer.
    Bye,
    /// The socket is gone.
    Gone,
    /// It broke the rules.
    Fault(Fault),
}

/// What writing to a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// The kernel has everything.
    All,
    /// The kernel took a part of what is new; the rest is kept.
    Part,
    /// The kernel took nothing of what is new, which is dropped.
    Nothing,
    /// The socket is gone.
    Gone,
}

impl Connection {
    pub(crate) fn new(stream: Stream, place: Place, role: Role, limits: &Limits, now: u64) -> Connection {
        Connection {
            stream,
            reader: Reader::default(),
            state: State::Joining(role),
            budget: Budget::full(limits, now),
            owed: Vec::new(),
            blocked: None,
            place,
        }
    }

    pub(crate) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Its socket, where what passes through it are the bytes of the frames themselves.
    pub(crate) fn plain(&self) -> Option<&TcpStream> {
        self.stream.plain()
    }

    /// The room answered its hello: the role that it asked for, where this is news.
    pub(crate) fn joined(&mut self) -> Option<Role> {
        let State::Joining(role) = self.state else { return None };
        self.state = State::Open;
        Some(role)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing { .. })
    }

    /// Whether the rest of an earlier write waits, so that nothing new can be written.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// Whether something was said that did not leave yet.
    pub(crate) fn is_owed(&self) -> bool {
        !self.owed.is_empty() || self.stream.owes()
    }

    /// Whether the other end took nothing for so long that it never will.
    pub(crate) fn does_not_read(&self, now: u64, limits: &Limits) -> bool {
        self.blocked.is_some_and(|since| now.saturating_sub(since) > limits.unread)
    }

    /// Hands on the frames that came: those in `came`, where this socket was received from already; else it reads once.
    pub(crate) fn drain(
        &mut self,
        came: Option<Came<'_>>,
        now: u64,
        limits: &Limits,
        scratch: &mut Scratch,
        hear: &mut dyn FnMut(Option<&[u8]>),
    ) -> Drained {
        let (got, bytes) = read(&mut self.stream, came, &mut scratch.input);
        let (count, more) = match got {
            Got::Nothing => return Drained::Nothing,
            Got::End => return Drained::Gone,
            Got::Bytes { count, more } => (count, more),
        };
        scratch.bytes_in += count as u64;
        let dry = if more { Drained::More } else { Drained::Dry };
        match self.state {
            State::Joining(_) if count > 0 => return Drained::Fault(EARLY),
            State::Closing { end: End::Deaf | End::Finished | End::Answered, .. } => return dry,
            State::Joining(_) | State::Open | State::Closing { end: End::Said, .. } => {}
        }
        let mut frames = match self.budget.take(count, now, limits) {
            Ok(frames) => frames,
            Err(fault) => return Drained::Fault(fault),
        };
        let (before, deaf, mut bye) = (frames, self.is_closing(), false);
        scratch.reply.clear();
        let bytes = bytes.get_mut(..count).unwrap_or_default();
        let read = self.reader.read(bytes, &mut frames, &mut scratch.reply, |heard| {
            match heard {
                Heard::Frame(_) | Heard::Alive if deaf => {}
                Heard::Frame(frame) => hear(Some(frame)),
                Heard::Alive => hear(None),
                Heard::Close => bye = true,
            }
            Ok(())
        });
        self.budget.used(before - frames);
        scratch.frames_in += u64::from(before - frames);
        if bye || self.owed.len() + scratch.reply.len() <= REPLIES_BYTES_MAX {
            self.owed.extend_from_slice(&scratch.reply);
        }
        match read {
            Err(fault) => Drained::Fault(fault),
            Ok(()) if bye => Drained::Bye,
            Ok(()) => dry,
        }
    }

    /// Asks for a sign of life; leaves with the next write.
    pub(crate) fn ping(&mut self) {
        if self.owed.len() < REPLIES_BYTES_MAX {
            self.say(Control::Ping, &[]);
        }
    }

    /// Begins the end: says why, and gives the other end some time to say goodbye.
    ///
    /// `deaf` where what it sends cannot be read any more.
    pub(crate) fn close(&mut self, code: CloseCode, reason: &str, deaf: bool, until: u64) {
        let cut =
            (0..=reason.len().min(REASON_BYTES_MAX)).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
        let payload = [&code.code().to_be_bytes(), reason.as_bytes().get(..cut).unwrap_or_default()].concat();
        self.say(Control::Close, &payload);
        self.place.closed(code);
        self.state = State::Closing { until, end: if deaf { End::Deaf } else { End::Said } };
    }

    /// The other end said goodbye; what is owed is its answer.
    pub(crate) fn answered(&mut self, until: u64) {
        self.state = State::Closing { until, end: End::Answered };
    }

    /// Everything is out: finishes our direction where the other one cannot be read.
    pub(crate) fn all_is_out(&mut self) {
        if let State::Closing { end: end @ End::Deaf, .. } = &mut self.state {
            *end = End::Finished;
            self.stream.finish();
        }
    }

    /// Whether its goodbye is said, or took too long.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        match self.state {
            State::Joining(_) | State::Open => false,
            State::Closing { until, end } => now >= until || (end == End::Answered && !self.is_owed()),
        }
    }

    fn say(&mut self, what: Control, payload: &[u8]) {
        put_head(&mut self.owed, OpCode::Control(what), payload.len());
        self.owed.extend_from_slice(payload);
    }
}

/// What came, or what a read brings into `input` now; and where it stands.
///
/// Who filled its slot may have sent more, of which this reads as much as if there had been no slot.
fn read<'a>(stream: &mut Stream, came: Option<Came<'a>>, input: &'a mut [u8]) -> (Got, &'a mut [u8]) {
    let Some(Came { result, slot }) = came else { return (stream.read(input), input) };
    let got = stream::got(result, slot.len());
    let Got::Bytes { count, more: true } = got else { return (got, slot) };
    let Some((front, rest)) = input.split_at_mut_checked(slot.len()) else { return (got, slot) };
    front.copy_from_slice(slot);
    let got = match stream.read(rest) {
        Got::Bytes { count: others, more } => Got::Bytes { count: count + others, more },
        Got::Nothing => Got::Bytes { count, more: false },
        // That is said again when it is read again.
        Got::End => Got::Bytes { count, more: true },
    };
    (got, input)
}

/// A worker's memory for reading, one for all its connections.
pub(crate) struct Scratch {
    input: Vec<u8>,
    reply: Vec<u8>,
    /// Small frames on their way out.
    pub(crate) small: Vec<u8>,
    /// Bytes read since it was last asked.
    pub(crate) bytes_in: u64,
    /// Frames read since it was last asked.
    pub(crate) frames_in: u64,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch { input: vec![0; READ_BYTES], reply: Vec::new(), small: Vec::new(), bytes_in: 0, frames_in: 0 }
    }
}

/// Bytes read from one socket in one tick: several times what a client may send in it, little enough to go round.
const READ_BYTES: usize = 16 * 1_024;
/// Bytes of answers to pings that wait: who does not take them gets no more.
const REPLIES_BYTES_MAX: usize = 1_024;
const REASON_BYTES_MAX: usize = tickwire_protocol::limits::CLOSE_REASON_BYTES_MAX;
const EARLY: Fault = (CloseCode::Protocol, "a client waits for the welcome before it sends anything else");

#[cfg(test)]
mod tests;
