//! A room and its sockets.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mio::{Events, Poll, Token};
use tickwire_protocol::wire::{CloseCode, Hello};
use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::{NewRoom, Newcomer, Report, RoomKey, Shared};
use crate::config::Config;
use crate::room::{AnyRoom, ConnId, Outbox, Stats};
use crate::shell::clock;
use crate::shell::connection::{Connection, Drained, Limits, Wrote};
use crate::shell::metrics::{Counters, Gauges};
use crate::shell::ticker::Ticker;
use tickwire_protocol::game::Role;

/// A room, its clock and its sockets. Outlives its room until the last socket is closed.
pub(crate) struct Host {
    key: RoomKey,
    name: String,
    room: Option<Box<dyn AnyRoom>>,
    ticker: Ticker,
    poll: Poll,
    events: Events,
    seats: Vec<Seat>,
    free: VecDeque<u32>,
    waiting: VecDeque<Newcomer>,
    /// Seats that may have something to read. Readiness comes as edges, so what is not read at once is kept here.
    ready: Vec<u32>,
    /// Seats whose sockets can be written again.
    writable: Vec<u32>,
    /// Seats that could not be written.
    blocked: Vec<u32>,
    /// Seats whose close frame is on its way.
    closing: Vec<u32>,
    /// Seats with something to say that no snapshot took along.
    owing: Vec<u32>,
    pings: Pings,
    gauges: Arc<Gauges>,
    stats: Stats,
    outside: Option<Sender<Vec<u8>>>,
    joins_per_tick: usize,
    pace: Pace,
    joining: u64,
    open: u64,
    /// Seats whose answer is out, to be told after the numbers.
    settled: Vec<Role>,
    /// Whether the end of the room was told.
    ended: bool,
}

/// A place for a connection. Its number and how often it was used make the connection's id.
#[derive(Default)]
struct Seat {
    used: u16,
    connection: Option<Connection>,
    /// The role it asked for, until it is settled.
    role: Option<Role>,
    /// Whether it stands on the list of those that may have something to read.
    ready: bool,
}

/// Pings go round: a few in every tick.
struct Pings {
    next: usize,
    ticks: usize,
}

/// How many ticks were made in a second, and how many should have been.
struct Pace {
    made: u64,
    due: u64,
    rate: u64,
}

impl Host {
    /// # Errors
    /// Where the system has no readiness queue left.
    pub(crate) fn new(new: NewRoom, config: &Config, number: u32) -> Result<Host, (RoomKey, std::io::Error)> {
        let poll = Poll::new().map_err(|error| (new.key, error))?;
        let rate = new.room.rate();
        let mut host = Host {
            key: new.key,
            name: new.room.name().to_owned(),
            ticker: Ticker::new(rate, clock::now(), config.catch_up_ticks),
            room: Some(new.room),
            poll,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            seats: Vec::new(),
            free: VecDeque::new(),
            waiting: VecDeque::new(),
            ready: Vec::new(),
            writable: Vec::new(),
            blocked: Vec::new(),
            closing: Vec::new(),
            owing: Vec::new(),
            pings: Pings { next: 0, ticks: rate.ticks_in_ms(config.ping_ms) as usize },
            gauges: new.gauges,
            stats: Stats::default(),
            outside: new.outside,
            joins_per_tick: config.joins_per_tick as usize,
            pace: Pace { made: 0, due: 0, rate: rate.get().into() },
            joining: 0,
            open: 0,
            settled: Vec::new(),
            ended: false,
        };
        // The golden ratio puts each room's ticks into the largest gap between those of the rooms before it.
        let phase = host.ticker.period() * (u64::from(number) * 618 % 1_000) / 1_000;
        host.ticker = Ticker::new(rate, clock::now() + phase, config.catch_up_ticks);
        Ok(host)
    }

    pub(crate) fn key(&self) -> RoomKey {
        self.key
    }

    pub(crate) fn due(&self) -> u64 {
        self.ticker.due()
    }

    /// Somebody wants in; let in at one of the next ticks.
    pub(crate) fn newcomer(&mut self, newcomer: Newcomer) {
        self.waiting.push_back(newcomer);
    }

    pub(crate) fn answer(&mut self, bytes: &[u8]) {
        if let Some(room) = &mut self.room {
            room.answer(bytes);
        }
    }

    /// Makes the tick that is due. Whether there is anything left to run.
    pub(crate) fn run(
        &mut self,
        now: u64,
        shared: &mut Shared,
        limits: &Limits,
        counters: &Counters,
        reports: &UnboundedSender<Report>,
    ) -> bool {
        let begun = self.ticker.begin(now);
        counters.ticks.add(1);
        counters.overruns.add(begun.overruns);
        counters.lateness.add(begun.late);
        let mut tick = Tick { now, limits, counters, reports };
        let made = catch_unwind(AssertUnwindSafe(|| self.tick(&mut tick, shared)));
        if made.is_err() {
            counters.panics.add(1);
            tracing::error!("room {:?} panicked and is closed; its players may come back to a new one", self.name);
            self.room = None;
            self.stop(CloseCode::Restart, BROKEN, limits, counters);
        }
        if self.room.is_none() && !std::mem::replace(&mut self.ended, true) {
            // Nobody listens any more only when everything ends.
            let _ = reports.send(Report::Ended(self.key));
        }
        if let Some(percent) = self.pace.tick(1 + begun.overruns)
            && let Some(room) = &mut self.room
        {
            room.pace(percent);
            self.gauges.pace.set(percent.into());
        }
        self.room.is_some() || !self.closing.is_empty()
    }

    fn tick(&mut self, tick: &mut Tick<'_>, shared: &mut Shared) {
        self.admit(tick, shared);
        self.look();
        self.drain(tick, shared);
        self.unblock(tick);
        if let Some(room) = &mut self.room {
            for seat in &self.blocked {
                if let Some(conn) = self.seats.get(*seat as usize).map(|place| place.id(*seat)) {
                    room.blocked(conn);
                }
            }
            room.tick(&mut shared.out);
            self.carry_out(tick, &mut shared.out);
        }
        self.ping();
        self.pay(tick);
        self.reap(tick);
        self.publish(tick, shared);
    }

    /// Lets newcomers in, as many as one tick can bear.
    fn admit(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        for _ in 0..self.waiting.len().min(self.joins_per_tick) {
            let Some(newcomer) = self.waiting.pop_front() else { break };
            let (hello, seat) = self.seat(newcomer, tick.now, tick.limits);
            let role = hello.role;
            match (&mut self.room, seat) {
                (Some(room), Some(seat)) => {
                    if let Some(place) = self.seats.get_mut(seat as usize) {
                        place.role = Some(role);
                        self.joining += 1;
                        room.join(place.id(seat), hello, shared.token());
                    }
                }
                (None, Some(seat)) => {
                    tick.settled(self.key, role);
                    self.begin_closing(seat, tick, Some((CloseCode::Restart, ENDED, false)));
                }
                (_, None) => tick.settled(self.key, role),
            }
        }
    }

    /// Gives a newcomer's socket a place; none where the system has no room for it.
    fn seat(&mut self, newcomer: Newcomer, now: u64, limits: &Limits) -> (Hello, Option<u32>) {
        let mut connection = Connection::new(newcomer.stream, newcomer.place, limits, now);
        let at = self.free.pop_front().or_else(|| {
            let at = u32::try_from(self.seats.len()).ok().filter(|at| *at <= SEAT_MASK)?;
            self.seats.push(Seat::default());
            Some(at)
        });
        let registered =
            at.filter(|at| connection.stream().register(self.poll.registry(), Token(*at as usize)).is_ok());
        match registered.and_then(|at| self.seats.get_mut(at as usize)) {
            Some(place) => place.connection = Some(connection),
            None => self.free.extend(at),
        }
        (newcomer.hello, registered)
    }

    /// Asks the kernel which sockets are ready, without waiting.
    fn look(&mut self) {
        loop {
            if self.poll.poll(&mut self.events, Some(std::time::Duration::ZERO)).is_err() {
                return;
            }
            let mut count = 0;
            for event in &self.events {
                count += 1;
                let seat = u32::try_from(event.token().0).unwrap_or(u32::MAX);
                if (event.is_readable() || event.is_read_closed() || event.is_error())
                    && let Some(place) = self.seats.get_mut(event.token().0)
                    && !std::mem::replace(&mut place.ready, true)
                {
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

    /// Reads each ready socket once; those with more stay on the list.
    fn drain(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        let mut ready = std::mem::take(&mut self.ready);
        ready.retain(|seat| {
            let more = self.drain_one(*seat, tick, shared);
            if let Some(place) = self.seats.get_mut(*seat as usize) {
                place.ready = more;
            }
            more
        });
        self.ready = ready;
    }

    /// Reads a socket once; whether it may have more.
    fn drain_one(&mut self, seat: u32, tick: &Tick<'_>, shared: &mut Shared) -> bool {
        let Some(place) = self.seats.get_mut(seat as usize) else { return false };
        let conn = place.id(seat);
        let Some(connection) = &mut place.connection else { return false };
        let room = &mut self.room;
        let drained = connection.drain(tick.now, tick.limits, &mut shared.scratch, &mut |heard| {
            if let Some(room) = room {
                match heard {
                    Some(frame) => room.frame(conn, frame),
                    None => room.heard(conn),
                }
            }
        });
        let closing = connection.is_closing();
        match drained {
            Drained::Dry => self.owe(seat),
            Drained::More => {
                self.owe(seat);
                return true;
            }
            Drained::Bye | Drained::Fault(_) if closing => self.remove(seat),
            Drained::Gone => {
                self.forget(seat, tick, None);
                self.remove(seat);
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

    /// Gives sockets that can be written again what they are owed, and parts with those that never can.
    fn unblock(&mut self, tick: &Tick<'_>) {
        let mut writable = std::mem::take(&mut self.writable);
        for seat in writable.drain(..) {
            self.flush(seat, tick);
        }
        self.writable = writable;
        let mut blocked = std::mem::take(&mut self.blocked);
        blocked.retain(|seat| {
            let Some(connection) = self.connection(*seat) else { return false };
            if connection.is_open() && connection.does_not_read(tick.now, tick.limits) {
                self.forget(*seat, tick, Some(CloseCode::DoesNotRead));
                self.begin_closing(*seat, tick, Some((CloseCode::DoesNotRead, UNREAD, false)));
                return false;
            }
            connection.is_open() && connection.is_blocked()
        });
        self.blocked = blocked;
    }

    /// Does what the room wants done after its tick.
    fn carry_out(&mut self, tick: &Tick<'_>, out: &mut Outbox) {
        for joined in &out.joined {
            if let Some(seat) = self.seat_of(joined.conn) {
                self.settle(seat);
            }
        }
        for write in &out.writes {
            let Some(seat) = self.seat_of(write.conn) else { continue };
            let frames = write.frames.each_ref().map(|range| out.bytes.get(range.clone()).unwrap_or_default());
            let Some(connection) = self.connection(seat) else { continue };
            let wrote = connection.write(frames, tick.now);
            tick.counters.bytes_out.add(frames.iter().map(|frame| frame.len() as u64).sum());
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
                    self.remove(seat);
                }
            }
        }
        for close in &out.closes {
            if let Some(seat) = self.seat_of(close.conn)
                && self.connection(seat).is_some_and(|connection| !connection.is_closing())
            {
                self.settle(seat);
                self.open -= 1;
                tick.counters.disconnected(Some(close.code));
                self.begin_closing(seat, tick, Some((close.code, &close.reason, false)));
            }
        }
        for event in &out.outside {
            let bytes = out.bytes.get(event.clone()).unwrap_or_default();
            if let Some(outside) = &self.outside
                && outside.try_send(bytes.to_vec()).is_err()
            {
                tracing::warn!(
                    "room {:?}: the outside handler is too slow, an event for it is dropped",
                    self.name
                );
            }
        }
        if let Some(why) = out.ended.take() {
            tracing::info!("room {:?} ended: {why}", self.name);
            self.room = None;
        }
    }

    /// Asks a few clients for a sign of life; everybody has its turn.
    fn ping(&mut self) {
        let count = self.seats.len().div_ceil(self.pings.ticks);
        for _ in 0..count {
            let seat = self.pings.next;
            self.pings.next = if seat + 1 < self.seats.len() { seat + 1 } else { 0 };
            if let Some(seat) = u32::try_from(seat).ok()
                && let Some(connection) = self.connection(seat)
                && connection.is_open()
                && !connection.is_blocked()
            {
                connection.ping();
                self.owing.push(seat);
            }
        }
    }

    /// Writes what is owed to those who were not written to in this tick.
    fn pay(&mut self, tick: &Tick<'_>) {
        let mut owing = std::mem::take(&mut self.owing);
        for seat in owing.drain(..) {
            if self.connection(seat).is_some_and(|connection| !connection.is_blocked()) {
                self.flush(seat, tick);
            }
        }
        self.owing = owing;
    }

    /// Drops sockets whose goodbye is said, or takes too long.
    fn reap(&mut self, tick: &Tick<'_>) {
        let mut closing = std::mem::take(&mut self.closing);
        closing.retain(|seat| {
            let Some(connection) = self.connection(*seat) else { return false };
            if connection.is_over(tick.now) {
                self.remove(*seat);
                return false;
            }
            true
        });
        self.closing = closing;
    }

    fn publish(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        tick.counters.client_ticks.add(self.open);
        tick.counters.bytes_in.add(std::mem::take(&mut shared.scratch.bytes_in));
        tick.counters.frames_in.add(std::mem::take(&mut shared.scratch.frames_in));
        self.gauges.joining.set(self.joining);
        self.gauges.open.set(self.open);
        self.gauges.closing.set(self.closing.len() as u64);
        if let Some(room) = &self.room {
            let stats = room.stats();
            tick.counters.add_stats(&self.stats, stats);
            self.stats.clone_from(stats);
            self.gauges.tick.set(room.newest().0.into());
            self.gauges.players.set(stats.players.into());
            self.gauges.watchers.set(stats.watchers.into());
            self.gauges.bots.set(stats.bots.into());
            self.gauges.rows.set(stats.rows);
        }
        // Told after the room's new numbers are out, so that nobody takes such a seat for a free one in between.
        for role in self.settled.drain(..) {
            tick.settled(self.key, role);
        }
    }

    /// Closes every connection; the room is over.
    pub(crate) fn stop(&mut self, code: CloseCode, reason: &str, limits: &Limits, counters: &Counters) {
        self.room = None;
        let now = clock::now();
        for newcomer in std::mem::take(&mut self.waiting) {
            self.seat(newcomer, now, limits);
        }
        for seat in 0..u32::try_from(self.seats.len()).unwrap_or(u32::MAX) {
            let Some(connection) = self.connection(seat) else { continue };
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

/// One connection's way through its states.
impl Host {
    /// The room answered its hello.
    fn settle(&mut self, seat: u32) {
        let Some(place) = self.seats.get_mut(seat as usize) else { return };
        if let Some(connection) = &mut place.connection {
            connection.joined();
        }
        if let Some(role) = place.role.take() {
            self.settled.push(role);
            self.joining -= 1;
            self.open += 1;
        }
    }

    /// The room is told that a connection is lost, where it does not know yet.
    fn forget(&mut self, seat: u32, tick: &Tick<'_>, code: Option<CloseCode>) {
        let Some(place) = self.seats.get_mut(seat as usize) else { return };
        let conn = place.id(seat);
        if place.connection.as_ref().is_none_or(Connection::is_closing) {
            return;
        }
        match place.role.take() {
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
    fn begin_closing(&mut self, seat: u32, tick: &Tick<'_>, why: Option<(CloseCode, &str, bool)>) {
        let until = tick.now + tick.limits.closing;
        let Some(connection) = self.connection(seat) else { return };
        match why {
            Some((code, reason, deaf)) => connection.close(code, reason, deaf, until),
            None => connection.answered(until),
        }
        self.closing.push(seat);
        self.owing.push(seat);
    }

    fn flush(&mut self, seat: u32, tick: &Tick<'_>) {
        let Some(connection) = self.connection(seat) else { return };
        if !connection.is_owed() && !connection.is_blocked() {
            return;
        }
        match connection.flush(tick.now) {
            Wrote::All => connection.all_is_out(),
            Wrote::Part | Wrote::Nothing => self.block(seat, tick),
            Wrote::Gone => {
                self.forget(seat, tick, None);
                self.remove(seat);
            }
        }
    }

    fn block(&mut self, seat: u32, tick: &Tick<'_>) {
        tick.counters.partial_writes.add(1);
        if !self.blocked.contains(&seat) {
            self.blocked.push(seat);
        }
    }

    /// Notes that something is to be said to it.
    fn owe(&mut self, seat: u32) {
        if self.connection(seat).is_some_and(|connection| connection.is_owed()) {
            self.owing.push(seat);
        }
    }

    fn remove(&mut self, seat: u32) {
        let Some(place) = self.seats.get_mut(seat as usize) else { return };
        if place.connection.take().is_some() && place.used < u16::MAX {
            place.used += 1;
            self.free.push_back(seat);
        }
    }

    fn connection(&mut self, seat: u32) -> Option<&mut Connection> {
        self.seats.get_mut(seat as usize)?.connection.as_mut()
    }

    /// The seat of a connection that is still there.
    fn seat_of(&self, conn: ConnId) -> Option<u32> {
        let seat = conn.0 & SEAT_MASK;
        let place = self.seats.get(seat as usize)?;
        (place.id(seat) == conn && place.connection.is_some()).then_some(seat)
    }
}

impl Seat {
    fn id(&self, seat: u32) -> ConnId {
        ConnId(u32::from(self.used) << SEAT_BITS | seat)
    }
}

impl Pace {
    /// Counts a tick, of `due` that should have been made; once a second the percentage.
    fn tick(&mut self, due: u64) -> Option<u32> {
        self.made += 1;
        self.due += due;
        if self.due < self.rate {
            return None;
        }
        let percent = self.made * 100 / self.due;
        (self.made, self.due) = (0, 0);
        u32::try_from(percent).ok()
    }
}

/// What a tick of a room is made with.
struct Tick<'a> {
    now: u64,
    limits: &'a Limits,
    counters: &'a Counters,
    reports: &'a UnboundedSender<Report>,
}

impl Tick<'_> {
    fn settled(&self, key: RoomKey, role: Role) {
        // Nobody listens any more only when everything ends.
        let _ = self.reports.send(Report::Settled(key, role));
    }
}

/// Sockets told ready by one system call.
const EVENTS_AT_ONCE: usize = 1_024;
/// A connection's id is its seat and, above it, how often the seat was used before.
const SEAT_BITS: u32 = 16;
const SEAT_MASK: u32 = (1 << SEAT_BITS) - 1;
const ENDED: &str = "the room has ended: join again for another one";
const BROKEN: &str = "the room broke down: come back to a new one";
const UNREAD: &str = "nothing of what was sent was read: come back on a faster connection";
