//! Sockets of a room received from, and sent to, many by one system call.
//!
//! This is where it is decided which way a socket takes: through the ring goes what a plain socket sends and is sent in
//! a usual tick. Everything else (TLS, more than a buffer's worth, what is owed) is a system call of its own, and so is
//! everything where the system has no ring.

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::Once;

use tickwire_ring::Ring;

use super::seats::Seats;
use crate::config::Config;
use crate::room::Write;
use crate::shell::connection::{COPIED_BYTES_MAX, Came, Connection};
use crate::shell::stream;

/// A worker's ring, and the memory of one batch.
pub(crate) struct Exchange {
    ring: Option<Ring>,
    /// Where what is received goes: a slot for each seat of a batch.
    slots: Vec<u8>,
    /// What is sent to the seats of a batch, one after the other.
    bytes: Vec<u8>,
    /// Where in `bytes` that of each is, where it goes through the ring.
    ranges: Vec<Option<Range<usize>>>,
    /// What came of each, where it went through the ring.
    results: Vec<Option<io::Result<usize>>>,
}

impl Exchange {
    /// To be made by the thread that uses it.
    pub(crate) fn new(config: &Config) -> Exchange {
        let ring = if config.io_uring && config.tls_cert.is_none() { ring() } else { None };
        let some = usize::from(ring.is_some());
        Exchange {
            ring,
            slots: vec![0; some * TOGETHER * SLOT_BYTES],
            bytes: Vec::with_capacity(some * (SENT_BYTES + 2 * COPIED_BYTES_MAX)),
            ranges: Vec::with_capacity(TOGETHER),
            results: Vec::with_capacity(TOGETHER),
        }
    }

    /// Whether sockets go through the ring.
    pub(super) fn is_on(&self) -> bool {
        self.ring.is_some()
    }

    /// Receives from these seats, at most [`TOGETHER`], where that is done together; what came is in [`Exchange::came`].
    pub(super) fn receive(&mut self, seats: &Seats, of: &[u32]) {
        self.results.clear();
        let Some(ring) = &mut self.ring else { return };
        let mut batch = ring.batch();
        for (seat, slot) in of.iter().zip(self.slots.chunks_exact_mut(SLOT_BYTES)) {
            let socket = seats.connection(*seat).and_then(Connection::plain);
            if let Some(socket) = socket {
                batch.receive(socket, slot);
            }
            self.results.push(socket.map(|_| Ok(0)));
        }
        let results = batch.run();
        self.results.iter_mut().flatten().zip(results).for_each(|(place, result)| *place = result);
        self.look();
    }

    /// What came from the seat in this place of the batch, where it was received from.
    pub(super) fn came(&mut self, at: usize) -> Option<Came<'_>> {
        let result = self.results.get_mut(at)?.take()?;
        let slot = self.slots.chunks_exact_mut(SLOT_BYTES).nth(at)?;
        Some(Came { result, slot })
    }

    /// Sends the first of these writes, whose bytes are in `out`, where that is done together; what became of it is in
    /// [`Exchange::sent`]. Answers how many they are: never none of some.
    pub(super) fn send(&mut self, seats: &Seats, writes: &[Write], out: &[u8]) -> usize {
        self.results.clear();
        self.ranges.clear();
        self.bytes.clear();
        let Some(ring) = &mut self.ring else { return writes.len() };
        let connection = |write: &Write| seats.connection(seats.find(write.conn)?);
        for write in writes.iter().take(TOGETHER) {
            let from = self.bytes.len();
            if from >= SENT_BYTES {
                break;
            }
            let gathered = connection(write)
                .filter(|connection| connection.plain().is_some())
                .is_some_and(|connection| connection.gather(frames(write, out), &mut self.bytes));
            self.ranges.push(gathered.then_some(from..self.bytes.len()));
        }
        let mut batch = ring.batch();
        for (write, range) in writes.iter().zip(&self.ranges) {
            let bytes = range.as_ref().and_then(|range| self.bytes.get(range.clone()));
            let both = connection(write).and_then(Connection::plain).zip(bytes);
            if let Some((socket, bytes)) = both {
                batch.send(socket, bytes);
            }
            self.results.push(both.map(|_| Ok(0)));
        }
        let results = batch.run();
        self.results.iter_mut().flatten().zip(results).for_each(|(place, result)| *place = stream::taken(result));
        self.look();
        self.ranges.len()
    }

    /// How much the kernel took for the seat in this place of the batch, where it was sent to, and of which bytes.
    pub(super) fn sent(&mut self, at: usize) -> Option<(io::Result<usize>, &[u8])> {
        let result = self.results.get_mut(at)?.take()?;
        Some((result, self.bytes.get(self.ranges.get(at)?.clone()?)?))
    }

    /// Goes on without a ring that the kernel has given up; the batch that met that is done nevertheless.
    fn look(&mut self) {
        if self.ring.as_ref().is_some_and(Ring::is_broken) {
            tracing::warn!("the kernel refuses io_uring from now on: each socket is a system call of its own");
            self.ring = None;
        }
    }
}

/// The frames of a write, whose bytes are in `out`.
pub(super) fn frames<'a>(write: &Write, out: &'a [u8]) -> [&'a [u8]; 4] {
    write.frames.each_ref().map(|range| out.get(range.clone()).unwrap_or_default())
}

/// A ring, where the system has one.
fn ring() -> Option<Ring> {
    static SAID: Once = Once::new();
    match Ring::new(TOGETHER as u32) {
        Ok(ring) => Some(ring),
        Err(error) if error.kind() == ErrorKind::Unsupported => None,
        Err(error) => {
            SAID.call_once(|| {
                tracing::info!("io_uring cannot be used ({error}): each socket is a system call of its own");
            });
            None
        }
    }
}

/// Sockets that one system call is for: with as many its price no longer shows, and what they are sent stays in the
/// caches.
pub(super) const TOGETHER: usize = 32;
/// Bytes received from one socket together with others: what a client sends in some ticks. Of whom more came, the rest
/// is read alone.
const SLOT_BYTES: usize = 512;
/// Bytes after which no more sockets join a batch: a fraction of a core's second cache.
const SENT_BYTES: usize = 64 * 1_024;
