//! What a room's connections go through besides snapshots: let in, asked for a sign of life, blocked, closed.

use tickwire_protocol::wire::CloseCode;

use super::Newcomer;
use super::host::{Host, Tick};
use crate::shell::clock;
use crate::shell::connection::{Connection, Limits, Wrote};
use crate::shell::metrics::Counters;

impl Host {
    /// The room answered its hello.
    pub(super) fn settle(&mut self, seat: u32) {
        if let Some(role) = self.seats.get(seat).and_then(Connection::joined) {
            self.settled.push(role);
            self.joining -= 1;
            self.open += 1;
        }
    }

    /// The room is told that a connection is lost, where it does not know yet.
    pub(super) fn forget(&mut self, seat: u32, tick: &Tick<'_>, code: Option<CloseCode>) {
        let conn = self.seats.id(seat);
        let Some(connection) = self.seats.get(seat).filter(|connection| !connection.is_closing()) else { return };
        match connection.joined() {
            Some(role) => {
                self.settled.push(role);
                self.joining -= 1;
            }
            None => self.open -= 1,
        }
        tick.counters.disconnected(code);
        if let Some(room) = &mut self.room {
            room.lost(conn);
        }
    }

    /// Says why, or answers a goodbye, and waits a little.
    pub(super) fn begin_closing(&mut self, seat: u32, tick: &Tick<'_>, why: Option<(CloseCode, &str, bool)>) {
        let until = tick.now + tick.limits.closing;
        let Some(connection) = self.seats.get(seat) else { return };
        match why {
            Some((code, reason, deaf)) => connection.close(code, reason, deaf, until),
            None => connection.answered(until),
        }
        self.closing.push(seat);
        self.owing.push(seat);
    }

    pub(super) fn flush(&mut self, seat: u32, tick: &Tick<'_>) {
        let Some(connection) = self.seats.get(seat) else { return };
        if !connection.is_owed() && !connection.is_blocked() {
            return;
        }
        match connection.flush(tick.now) {
            Wrote::All => connection.all_is_out(),
            Wrote::Part | Wrote::Nothing => self.block(seat, tick),
            Wrote::Gone => {
                self.forget(seat, tick, None);
                self.seats.remove(seat);
            }
        }
    }

    pub(super) fn block(&mut self, seat: u32, tick: &Tick<'_>) {
        tick.counters.partial_writes.add(1);
        self.blocked.push(seat);
        self.seats.watch(seat);
    }

    /// Notes whether something is to be said to it.
    pub(super) fn owe(&mut self, seat: u32) -> bool {
        let Some(connection) = self.seats.get(seat) else { return false };
        let (owed, blocked) = (connection.is_owed(), connection.is_blocked());
        // What is blocked goes on when the kernel says that it can.
        if owed && !blocked {
            self.owing.push(seat);
        }
        owed || blocked
    }

    /// Asks a few clients for a sign of life; everybody has its turn.
    pub(super) fn ping(&mut self) {
        for _ in 0..self.seats.count().div_ceil(self.pings.ticks) {
            let seat = self.pings.next;
            self.pings.next = if seat + 1 < self.seats.count() { seat + 1 } else { 0 };
            if let Some(connection) = self.seats.get(seat)
                && connection.is_open()
                && !connection.is_blocked()
            {
                connection.ping();
                self.owing.push(seat);
            }
        }
    }

    /// Writes what is owed to those who were not written to in this tick.
    pub(super) fn pay(&mut self, tick: &Tick<'_>) {
        let mut owing = std::mem::take(&mut self.owing);
        for seat in owing.drain(..) {
            if self.seats.get(seat).is_some_and(|connection| !connection.is_blocked()) {
                self.flush(seat, tick);
            }
        }
        self.owing = owing;
    }

    /// Drops sockets whose goodbye is said, or takes too long.
    pub(super) fn reap(&mut self, tick: &Tick<'_>) {
        let mut closing = std::mem::take(&mut self.closing);
        closing.retain(|seat| {
            let Some(connection) = self.seats.get(*seat) else { return false };
            if connection.is_over(tick.now) {
                self.seats.remove(*seat);
                return false;
            }
            connection.is_closing()
        });
        self.closing = closing;
    }

    /// Closes every connection; the room is over.
    pub(crate) fn stop(&mut self, code: CloseCode, reason: &str, limits: &Limits, counters: &Counters) {
        self.room = None;
        let now = clock::now();
        for newcomer in std::mem::take(&mut self.waiting) {
            let Newcomer { stream, place, hello } = newcomer;
            self.seats.take(Connection::new(stream, place, hello.role, limits, now));
        }
        for seat in 0..self.seats.count() {
            let Some(connection) = self.seats.get(seat) else { continue };
            if !connection.is_closing() {
                connection.close(code, reason, false, now + limits.closing);
                counters.disconnected(Some(code));
                self.closing.push(seat);
                self.owing.push(seat);
            }
        }
        (self.open, self.joining) = (0, 0);
    }
}
