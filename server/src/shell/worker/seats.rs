//! The sockets of one room: their numbers, and which of them are ready.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use mio::{Events, Poll, Token};

use crate::room::ConnId;
use crate::shell::connection::Connection;

/// Seats, taken and free. A seat's number and how often it was taken make a connection's id.
pub(super) struct Seats {
    poll: Poll,
    events: Events,
    seats: Vec<Seat>,
    free: VecDeque<u32>,
    /// Seats that may have something to read. Readiness comes as edges, so what is not read at once stays here.
    ready: Vec<u32>,
    /// Seats whose sockets can be written again.
    writable: Vec<u32>,
}

#[derive(Default)]
struct Seat {
    used: u16,
    connection: Option<Connection>,
    /// Whether it stands among the ready ones.
    ready: bool,
}

impl Seats {
    /// # Errors
    /// Where the system has no readiness queue left.
    pub(super) fn new() -> io::Result<Seats> {
        Ok(Seats {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            seats: Vec::new(),
            free: VecDeque::new(),
            ready: Vec::new(),
            writable: Vec::new(),
        })
    }

    /// Gives a connection a seat; none where the system has no room for it.
    pub(super) fn take(&mut self, mut connection: Connection) -> Option<u32> {
        let seat = self.free.pop_front().or_else(|| {
            let seat = u32::try_from(self.seats.len()).ok().filter(|seat| *seat <= SEAT_MASK)?;
            self.seats.push(Seat::default());
            Some(seat)
        })?;
        if connection.stream().register(self.poll.registry(), Token(seat as usize)).is_err() {
            self.free.push_back(seat);
            return None;
        }
        self.seats.get_mut(seat as usize)?.connection = Some(connection);
        Some(seat)
    }

    /// Drops a connection; its id is never used again.
    pub(super) fn remove(&mut self, seat: u32) {
        let Some(place) = self.seats.get_mut(seat as usize) else { return };
        if place.connection.take().is_some() && place.used < u16::MAX {
            place.used += 1;
            self.free.push_back(seat);
        }
    }

    /// The connection of a seat.
    pub(super) fn get(&mut self, seat: u32) -> Option<&mut Connection> {
        self.seats.get_mut(seat as usize)?.connection.as_mut()
    }

    /// The id of the connection in a seat.
    pub(super) fn id(&self, seat: u32) -> ConnId {
        let used = self.seats.get(seat as usize).map_or(0, |place| place.used);
        ConnId(u32::from(used) << SEAT_BITS | seat)
    }

    /// The seat of a connection that is still there.
    pub(super) fn find(&self, conn: ConnId) -> Option<u32> {
        let seat = conn.0 & SEAT_MASK;
        let place = self.seats.get(seat as usize)?;
        (self.id(seat) == conn && place.connection.is_some()).then_some(seat)
    }

    /// How many seats there are, taken or not.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    /// Asks the kernel which sockets are ready, without waiting.
    pub(super) fn look(&mut self) {
        loop {
            if self.poll.poll(&mut self.events, Some(Duration::ZERO)).is_err() {
                return;
            }
            let mut count = 0;
            for event in &self.events {
                count += 1;
                let Some(place) = self.seats.get_mut(event.token().0) else { continue };
                let Ok(seat) = u32::try_from(event.token().0) else { continue };
                let reads = event.is_readable() || event.is_read_closed() || event.is_error();
                if reads && !std::mem::replace(&mut place.ready, true) {
                    self.ready.push(seat);
                }
                if event.is_writable() {
                    self.writable.push(seat);
                }
            }
            if count < EVENTS_AT_ONCE {
                return;
            }
        }
    }

    /// The seats that may have something to read; to be given back with [`Seats::keep_ready`].
    pub(super) fn ready(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.ready)
    }

    /// Notes whether a seat has more to read.
    pub(super) fn set_ready(&mut self, seat: u32, more: bool) {
        if let Some(place) = self.seats.get_mut(seat as usize) {
            place.ready = more;
        }
    }

    /// The seats that still may have something to read.
    pub(super) fn keep_ready(&mut self, ready: Vec<u32>) {
        self.ready = ready;
    }

    /// The next seat whose socket can be written again.
    pub(super) fn next_writable(&mut self) -> Option<u32> {
        self.writable.pop()
    }
}

/// Sockets told ready by one system call.
const EVENTS_AT_ONCE: usize = 1_024;
const SEAT_BITS: u32 = 16;
const SEAT_MASK: u32 = (1 << SEAT_BITS) - 1;
