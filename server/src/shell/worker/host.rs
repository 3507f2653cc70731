//! A room and its sockets.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tickwire_protocol::game::Role;
use tickwire_protocol::wire::CloseCode;
use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::seats::Seats;
use super::{NewRoom, Newcomer, Report, RoomKey, Shared};
use crate::config::Config;
use crate::room::{AnyRoom, Stats};
use crate::shell::clock;
use crate::shell::connection::{Connection, Limits, Scratch};
use crate::shell::metrics::{Counters, Gauges};
use crate::shell::ticker::Ticker;

/// A room, its clock and its sockets. Outlives its room until the last socket is closed.
pub(crate) struct Host {
    key: RoomKey,
    name: String,
    pub(super) room: Option<Box<dyn AnyRoom>>,
    ticker: Ticker,
    pub(super) seats: Seats,
    pub(super) waiting: VecDeque<Newcomer>,
    /// Seats that could not be written.
    pub(super) blocked: Vec<u32>,
    /// Seats whose close frame is on its way.
    pub(super) closing: Vec<u32>,
    /// Seats with something to say that no snapshot took along.
    pub(super) owing: Vec<u32>,
    pub(super) pings: Pings,
    gauges: Arc<Gauges>,
    stats: Stats,
    outside: Option<Sender<Vec<u8>>>,
    joins_per_tick: usize,
    pace: Pace,
    pub(super) joining: u64,
    pub(super) open: u64,
    /// Seats whose answer is out, to be told after the numbers.
    pub(super) settled: Vec<Role>,
    /// Whether the end of the room was told.
    ended: bool,
}

/// Pings go round: a few in every tick.
pub(super) struct Pings {
    pub(super) next: u32,
    pub(super) ticks: u32,
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
        let seats = Seats::new().map_err(|error| (new.key, error))?;
        let rate = new.room.rate();
        let host = Host {
            key: new.key,
            name: new.room.name().to_owned(),
            ticker: Ticker::staggered(rate, clock::now(), number, config.catch_up_ticks),
            room: Some(new.room),
            seats,
            waiting: VecDeque::new(),
            blocked: Vec::new(),
            closing: Vec::new(),
            owing: Vec::new(),
            pings: Pings { next: 0, ticks: rate.ticks_in_ms(config.ping_ms) },
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
        tracing::debug!("room {:?} ticks {} µs after others could", host.name, host.ticker.offset() / 1_000);
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
        self.seats.look();
        self.drain(tick, shared);
        self.unblock(tick);
        if let Some(room) = &mut self.room {
            for seat in &self.blocked {
                room.blocked(self.seats.id(*seat));
            }
            room.begin_tick(&mut shared.out);
            self.carry_out(tick, shared);
        }
        if let Some(room) = &mut self.room {
            shared.out.carried_out();
            room.end_tick(&mut shared.out);
            self.carry_out(tick, shared);
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
            let Newcomer { stream, place, hello } = newcomer;
            let role = hello.role;
            let seat = self.seats.take(Connection::new(stream, place, role, tick.limits, tick.now));
            match (&mut self.room, seat) {
                (Some(room), Some(seat)) => {
                    self.joining += 1;
                    room.join(self.seats.id(seat), hello, shared.token());
                }
                (None, Some(seat)) => {
                    tick.settled(self.key, role);
                    self.begin_closing(seat, tick, Some((CloseCode::Restart, ENDED, false)));
                }
                (_, None) => tick.settled(self.key, role),
            }
        }
    }

    /// Gives sockets that can be written again what they are owed, and parts with those that never can.
    fn unblock(&mut self, tick: &Tick<'_>) {
        while let Some(seat) = self.seats.next_writable() {
            self.flush(seat, tick);
        }
        let mut blocked = std::mem::take(&mut self.blocked);
        blocked.sort_unstable();
        blocked.dedup();
        blocked.retain(|seat| {
            let Some(connection) = self.seats.get(*seat) else { return false };
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
    fn carry_out(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        let Shared { scratch: Scratch { small, .. }, exchange, out, .. } = shared;
        for joined in &out.joined {
            if let Some(seat) = self.seats.find(joined.conn) {
                self.settle(seat);
            }
        }
        self.write(tick, out, exchange, small);
        for close in &out.closes {
            if let Some(seat) = self.seats.find(close.conn)
                && self.seats.get(seat).is_some_and(|connection| !connection.is_closing())
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

    fn publish(&mut self, tick: &Tick<'_>, shared: &mut Shared) {
        tick.counters.client_ticks.add(self.open);
        tick.counters.batching.set(shared.exchange.is_on().into());
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
pub(super) struct Tick<'a> {
    pub(super) now: u64,
    pub(super) limits: &'a Limits,
    pub(super) counters: &'a Counters,
    reports: &'a UnboundedSender<Report>,
}

impl Tick<'_> {
    fn settled(&self, key: RoomKey, role: Role) {
        // Nobody listens any more only when everything ends.
        let _ = self.reports.send(Report::Settled(key, role));
    }
}

const ENDED: &str = "the room has ended: join again for another one";
const BROKEN: &str = "the room broke down: come back to a new one";
const UNREAD: &str = "nothing of what was sent was read: come back on a faster connection";
