//! What leaves a connection: what is put together, and what becomes of it when the kernel took a part.

use std::io::{self, IoSlice};

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::parts::{Parts, put_head};
use super::{Connection, Wrote};

impl Connection {
    /// Puts what is owed and these frames at the end of `to`, where they are little altogether: one buffer costs the
    /// kernel less than several parts do. Whether they are.
    pub(crate) fn gather(&self, frames: [&[u8]; 4], to: &mut Vec<u8>) -> bool {
        let bytes = self.owed.len() + frames.iter().map(|frame| frame.len()).sum::<usize>();
        if bytes > COPIED_BYTES_MAX {
            return false;
        }
        to.extend_from_slice(&self.owed);
        for frame in frames.into_iter().filter(|frame| !frame.is_empty()) {
            put_head(to, OpCode::Data(Data::Binary), frame.len());
            to.extend_from_slice(frame);
        }
        true
    }

    /// The kernel took so many of the bytes that were gathered.
    pub(crate) fn wrote(&mut self, taken: io::Result<usize>, gathered: &[u8], now: u64) -> Wrote {
        let Ok(taken) = taken else { return Wrote::Gone };
        let rest = if taken > self.owed.len() { gathered.get(taken..).unwrap_or_default() } else { &[] };
        self.account(taken, gathered.len(), rest.to_vec(), now)
    }

    /// Writes these frames after what is owed, in a system call of its own. `small` is memory to work in.
    ///
    /// What is little is gathered. Of more, small frames are put together with the headers around them, and large ones,
    /// which many share, are not copied.
    pub(crate) fn write(&mut self, frames: [&[u8]; 4], small: &mut Vec<u8>, now: u64) -> Wrote {
        small.clear();
        if self.gather(frames, small) {
            let taken = self.stream.write(&[IoSlice::new(small)]);
            return self.wrote(taken, small, now);
        }
        let mut large: [(usize, &[u8]); 4] = [(0, &[]); 4];
        let mut count = 0;
        for frame in frames.into_iter().filter(|frame| !frame.is_empty()) {
            put_head(small, OpCode::Data(Data::Binary), frame.len());
            if frame.len() <= SMALL_BYTES_MAX {
                small.extend_from_slice(frame);
            } else if let Some(place) = large.get_mut(count) {
                *place = (small.len(), frame);
                count += 1;
            }
        }
        let mut parts = Parts::new();
        parts.push(&self.owed);
        let mut from = 0;
        for (to, frame) in large.into_iter().take(count) {
            parts.push(small.get(from..to).unwrap_or_default());
            parts.push(frame);
            from = to;
        }
        parts.push(small.get(from..).unwrap_or_default());
        let Ok(taken) = self.stream.write(parts.all()) else { return Wrote::Gone };
        let rest = if taken > self.owed.len() { parts.after(taken) } else { Vec::new() };
        let all = parts.all().iter().map(|part| part.len()).sum();
        self.account(taken, all, rest, now)
    }

    /// Notes what became of a write of `all` bytes of which the kernel took `taken`. `rest` is what it did not take,
    /// where it took any of what is new.
    fn account(&mut self, taken: usize, all: usize, rest: Vec<u8>, now: u64) -> Wrote {
        if taken == all {
            self.owed.clear();
            return self.after_write(true, true, now, Wrote::All);
        }
        if taken <= self.owed.len() {
            self.owed.drain(..taken);
            return self.after_write(false, taken > 0, now, Wrote::Nothing);
        }
        self.owed = rest;
        self.after_write(false, true, now, Wrote::Part)
    }

    /// Writes what is owed.
    pub(crate) fn flush(&mut self, now: u64) -> Wrote {
        let before = self.stream.owes();
        match self.stream.flush() {
            Err(_) => return Wrote::Gone,
            Ok(false) => return self.after_write(false, before, now, Wrote::Nothing),
            Ok(true) => {}
        }
        if self.owed.is_empty() {
            return self.after_write(true, true, now, Wrote::All);
        }
        let Ok(taken) = self.stream.write(&[IoSlice::new(&self.owed)]) else { return Wrote::Gone };
        self.owed.drain(..taken);
        let all = self.owed.is_empty();
        if all && self.owed.capacity() > KEPT_BYTES_MAX {
            self.owed = Vec::new();
        }
        self.after_write(all, taken > 0, now, if all { Wrote::All } else { Wrote::Nothing })
    }

    fn after_write(&mut self, all: bool, progress: bool, now: u64, wrote: Wrote) -> Wrote {
        self.blocked = match self.blocked {
            _ if all && !self.stream.owes() => None,
            Some(since) if !progress => Some(since),
            _ => Some(now),
        };
        wrote
    }
}

/// Bytes for one client in one tick that are copied into one buffer: three parts cost 0.3 to 0.7 µs more than one,
/// which is as long as copying this takes.
pub(crate) const COPIED_BYTES_MAX: usize = 8 * 1_024;
/// Bytes of a frame that is copied rather than handed to the kernel as a part of its own: a part costs about as much.
const SMALL_BYTES_MAX: usize = 512;
/// Bytes of memory that a connection keeps for the next time it cannot write everything.
const KEPT_BYTES_MAX: usize = 4 * 1_024;
