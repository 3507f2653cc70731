//! The sockets of one room: their numbers, and which of them are ready.
//!
//! The kernel is asked once a tick which sockets have something to read. Of a client that sends something in every tick
//! that is known without asking: its socket is read in every tick, for as long as there is something each time, and
//! the kernel does not keep watch over it meanwhile: asking it costs a few percent of what a player does.

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
    /// Seats that may have something to read: those that are talkative, and as readiness comes as edges, also those of
    /// which not everything was read at once.
    ready: Vec<u32>,
    /// Seats whose sockets can be written again.
    writable: Vec<u32>,
    /// Counts the ticks.
    tick: u32,
}

#[derive(Default)]
struct Seat {
    used: u16,
    connection: Option<Connection>,
    /// Whether it stands among the ready ones.
    ready: bool,
    talk: Talk,
}

/// How regularly a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    /// The kernel keeps watch over its socket. It was last heard in this tick, and as many times in a row.
    Watched { heard: u32, times: u32 },
    /// It is read in every tick. For so many it has sent nothing.
    Talkative { silent: u32 },
}

impl Default for Talk {
    fn default() -> Talk {
        Talk::Watched { heard: 0, times: 0 }
    }
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
            tick: 0,
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
        let place = self.seats.get_mut(seat as usize)?;
        (place.connection, place.talk) = (Some(connection), Talk::default());
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

    /// The connection of a seat, to look at.
    pub(super) fn connection(&self, seat: u32) -> Option<&Connection> {
        self.seats.get(seat as usize)?.connection.as_ref()
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

    /// Something came from a client; `free` where nothing is owed to it. Says whether it is to be read in every tick.
    pub(super) fn heard(&mut self, seat: u32, free: bool) -> bool {
        let Some(place) = self.seats.get_mut(seat as usize) else { return false };
        let Talk::Watched { heard, times } = place.talk else {
            place.talk = Talk::Talkative { silent: 0 };
            return true;
        };
        let times = if heard.wrapping_add(1) == self.tick { times + 1 } else { 1 };
        place.talk = Talk::Watched { heard: self.tick, times };
        let talkative = free && times >= TALKATIVE;
        if talkative
            && let Some(connection) = &mut place.connection
            && connection.stream().deregister(self.poll.registry()).is_ok()
        {
            place.talk = Talk::Talkative { silent: 0 };
            return true;
        }
        false
    }

    /// Nothing came from a client. Says whether it is still to be read in every tick.
    pub(super) fn silent(&mut self, seat: u32) -> bool {
        let Some(place) = self.seats.get_mut(seat as usize) else { return false };
        match place.talk {
            Talk::Watched { .. } => false,
            Talk::Talkative { silent } if silent + 1 < SILENT => {
                place.talk = Talk::Talkative { silent: silent + 1 };
                true
            }
            Talk::Talkative { .. } => !self.watch(seat),
        }
    }

    /// Has the kernel keep watch over a socket again, for what can be read and written. Says whether it does.
    pub(super) fn watch(&mut self, seat: u32) -> bool {
        let Some(place) = self.seats.get_mut(seat as usize) else { return false };
        if let (Talk::Talkative { .. }, Some(connection)) = (place.talk, &mut place.connection) {
            // What is there already is told at once. Where the system has no room for it, it is read on as before.
            if connection.stream().register(self.poll.registry(), Token(seat as usize)).is_err() {
                return false;
            }
            place.talk = Talk::default();
        }
        true
    }

    /// Asks the kernel which sockets are ready, without waiting.
    pub(super) fn look(&mut self) {
        self.tick = self.tick.wrapping_add(1);
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

    /// Whether a seat may have more to read.
    pub(super) fn is_ready(&self, seat: u32) -> bool {
        self.seats.get(seat as usize).is_some_and(|place| place.ready)
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

/// Ticks in a row in which something came, after which that is taken to go on; and ticks in a row without anything,
/// after which it is not.
const TALKATIVE: u32 = 16;
const SILENT: u32 = 4;
/// Sockets told ready by one system call.
const EVENTS_AT_ONCE: usize = 1_024;
const SEAT_BITS: u32 = 16;
const SEAT_MASK: u32 = (1 << SEAT_BITS) - 1;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tickwire_protocol::game::Role;

    use super::*;
    use crate::config::Config;
    use crate::shell::connection::{Drained, Limits, Scratch};
    use crate::shell::listener::Places;
    use crate::shell::stream::Stream;

    /// A taken seat, and the other end of its socket.
    fn seated() -> (Seats, u32, std::net::TcpStream, Limits) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let far = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let near = listener.accept().unwrap().0;
        near.set_nonblocking(true).unwrap();
        let config = Config::default();
        let limits = Limits::of(&config);
        let place = Places::new(&config).take([127, 0, 0, 1].into()).unwrap();
        let stream = Stream::Plain(mio::net::TcpStream::from_std(near));
        let mut connection = Connection::new(stream, place, Role::Plays, &limits, 0);
        connection.joined();
        let mut seats = Seats::new().unwrap();
        let seat = seats.take(connection).unwrap();
        (seats, seat, far, limits)
    }

    /// A tick; says whether the kernel told of the seat, and whether it is to be read in the next one too.
    fn tick(seats: &mut Seats, seat: u32, limits: &Limits) -> (bool, bool) {
        seats.set_ready(seat, false);
        seats.look();
        let told = !seats.ready().is_empty();
        let drained = seats.get(seat).unwrap().drain(None, 0, limits, &mut Scratch::new(), &mut |_| {});
        let more = match drained {
            Drained::Dry => seats.heard(seat, true),
            Drained::Nothing => seats.silent(seat),
            _ => panic!("{drained:?}"),
        };
        (told, more)
    }

    #[test]
    fn a_client_that_sends_in_every_tick_is_read_without_asking_until_it_falls_silent() {
        let (mut seats, seat, mut far, limits) = seated();
        // A masked binary frame of one byte.
        let mut says = || {
            far.write_all(&[0x82, 0x81, 0, 0, 0, 0, 5]).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        };
        for times in 1..=TALKATIVE {
            says();
            assert_eq!(tick(&mut seats, seat, &limits), (true, times == TALKATIVE), "{times}");
        }
        says();
        assert_eq!(tick(&mut seats, seat, &limits), (false, true), "read, and the kernel did not say so");
        for silent in 1..=SILENT {
            assert_eq!(tick(&mut seats, seat, &limits), (false, silent < SILENT), "{silent}");
        }
        says();
        assert_eq!(tick(&mut seats, seat, &limits), (true, false), "the kernel keeps watch again");
    }

    #[test]
    fn what_came_before_the_kernel_keeps_watch_again_is_told() {
        let (mut seats, seat, mut far, limits) = seated();
        for _ in 0..TALKATIVE {
            far.write_all(&[0x82, 0x81, 0, 0, 0, 0, 5]).unwrap();
            std::thread::sleep(Duration::from_millis(2));
            tick(&mut seats, seat, &limits);
        }
        far.write_all(&[0x82, 0x81, 0, 0, 0, 0, 5]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert!(seats.watch(seat));
        assert!(tick(&mut seats, seat, &limits).0);
    }
}
