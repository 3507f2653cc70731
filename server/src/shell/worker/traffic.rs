//! What passes through a room's sockets in a tick: the frames that came to the room, its frames to the clients.

use tickwire_protocol::wire::CloseCode;

use super::Shared;
use super::exchange::{Exchange, TOGETHER, frames};
use super::host::{Host, Tick};
use crate::room::{Outbox, Write};
use crate::shell::connection::{Came, Drained, Scratch, Wrote};

impl Host {
    /// Reads each ready socket once; those with more stay on the list.
    pub(super) fn drain(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        let Shared { scratch, exchange, .. } = shared;
        let mut ready = self.seats.ready();
        for together in ready.chunks(TOGETHER) {
            exchange.receive(&self.seats, together);
            for (at, seat) in together.iter().enumerate() {
                let more = self.drain_one(*seat, exchange.came(at), tick, scratch);
                self.seats.set_ready(*seat, more);
            }
        }
        ready.retain(|seat| self.seats.is_ready(*seat));
        self.seats.keep_ready(ready);
    }

    /// Takes what came from a socket, or reads it once; whether it may have more.
    fn drain_one(&mut self, seat: u32, came: Option<Came<'_>>, tick: &Tick<'_>, scratch: &mut Scratch) -> bool {
        let conn = self.seats.id(seat);
        let Some(connection) = self.seats.get(seat) else { return false };
        let room = &mut self.room;
        let drained = connection.drain(came, tick.now, tick.limits, scratch, &mut |heard| {
            if let Some(room) = room {
                match heard {
                    Some(frame) => room.frame(conn, frame),
                    None => room.heard(conn),
                }
            }
        });
        let closing = connection.is_closing();
        match drained {
            Drained::Nothing => {
                self.owe(seat);
                return self.seats.silent(seat);
            }
            Drained::Dry => {
                let owed = self.owe(seat);
                return self.seats.heard(seat, !owed && !closing);
            }
            Drained::More => {
                self.owe(seat);
                return true;
            }
            Drained::Bye | Drained::Fault(_) if closing => self.seats.remove(seat),
            Drained::Gone => {
                self.forget(seat, tick, None);
                self.seats.remove(seat);
            }
            Drained::Bye => {
                self.forget(seat, tick, Some(CloseCode::Bye));
                self.begin_closing(seat, tick, None);
            }
            Drained::Fault((code, reason)) => {
                self.forget(seat, tick, Some(code));
                self.begin_closing(seat, tick, Some((code, reason, true)));
                // What it sends on is read and thrown away, so that it can see why.
                return true;
            }
        }
        false
    }

    /// Writes each client once.
    pub(super) fn write(&mut self, tick: &Tick<'_>, out: &Outbox, exchange: &mut Exchange, small: &mut Vec<u8>) {
        let mut writes = out.writes.as_slice();
        while !writes.is_empty() {
            let count = exchange.send(&self.seats, writes, &out.bytes);
            let (together, later) = writes.split_at_checked(count).unwrap_or((writes, &[]));
            for (at, write) in together.iter().enumerate() {
                let Some(seat) = self.seats.find(write.conn) else { continue };
                let Some(connection) = self.seats.get(seat) else { continue };
                let frames = frames(write, &out.bytes);
                let wrote = match exchange.sent(at) {
                    Some((taken, gathered)) => connection.wrote(taken, gathered, tick.now),
                    None => connection.write(frames, small, tick.now),
                };
                tick.counters.bytes_out.add(frames.iter().map(|frame| frame.len() as u64).sum());
                self.written(seat, write, wrote, tick);
            }
            writes = later;
        }
    }

    fn written(&mut self, seat: u32, write: &Write, wrote: Wrote, tick: &Tick<'_>) {
        match wrote {
            Wrote::All => {}
            Wrote::Part => self.block(seat, tick),
            Wrote::Nothing => {
                self.block(seat, tick);
                if let Some(room) = &mut self.room {
                    room.unwritten(write.conn);
                }
            }
            Wrote::Gone => {
                self.forget(seat, tick, None);
                self.seats.remove(seat);
            }
        }
    }
}
