//! A thread that runs rooms and their sockets.
//!
//! It sleeps until the next room's tick is due, looks once which of that room's sockets are ready, reads each of
//! them once, makes the tick, and writes each client once; many of them by one system call, where the system has
//! io_uring. It takes no lock, and nothing wakes it in between.

mod exchange;
mod goodbye;
mod host;
mod seats;
#[cfg(test)]
mod tests;
mod traffic;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use rand::rand_core::TryRng as _;
use tickwire_protocol::game::Role;
use tickwire_protocol::wire::{CloseCode, Hello};
use tokio::sync::mpsc::{Sender, UnboundedSender};

use self::exchange::Exchange;
use self::host::Host;
use super::clock;
use super::connection::{Limits, Scratch};
use super::listener::Place;
use super::metrics::{Counters, Gauges};
use super::stream::Stream;
use crate::config::Config;
use crate::room::{AnyRoom, Outbox};

/// A room, numbered by the process; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoomKey(pub(crate) u32);

/// What a worker is told.
pub(crate) enum Order {
    /// To run this room.
    Open(NewRoom),
    /// To let somebody into a room.
    Join(RoomKey, Newcomer),
    /// To hand a room the answer of the process around it.
    Answer(RoomKey, Vec<u8>),
    /// To end a room in which nobody is.
    Close(RoomKey),
    /// To close everything with this code and end.
    Stop(CloseCode),
}

/// A room that begins.
pub(crate) struct NewRoom {
    pub(crate) key: RoomKey,
    pub(crate) room: Box<dyn AnyRoom>,
    pub(crate) gauges: Arc<Gauges>,
    /// Where its events for the process around it go.
    pub(crate) outside: Option<Sender<Vec<u8>>>,
}

/// A client that said hello.
pub(crate) struct Newcomer {
    pub(crate) stream: Stream,
    pub(crate) place: Place,
    pub(crate) hello: Hello,
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// A newcomer has its answer; it counts now, or not.
    Settled(RoomKey, Role),
    /// A room is over.
    Ended(RoomKey),
}

/// A thread's rooms.
pub(crate) struct Worker {
    orders: Receiver<Order>,
    reports: UnboundedSender<Report>,
    counters: Arc<Counters>,
    limits: Limits,
    config: Arc<Config>,
    hosts: Vec<Host>,
    opened: u32,
    shared: Shared,
    stopping: Option<u64>,
    second: Second,
}

/// What all rooms of a worker use in turn.
pub(crate) struct Shared {
    pub(crate) scratch: Scratch,
    pub(crate) exchange: Exchange,
    pub(crate) out: Outbox,
    pub(crate) rng: rand::rngs::SysRng,
}

/// The time a worker spent in ticks, second by second.
#[derive(Default)]
struct Second {
    ends: u64,
    busy: u64,
}

impl Worker {
    /// To be made by the thread that it is to be.
    pub(crate) fn new(
        orders: Receiver<Order>,
        reports: UnboundedSender<Report>,
        counters: Arc<Counters>,
        config: Arc<Config>,
    ) -> Worker {
        Worker {
            orders,
            reports,
            counters,
            limits: Limits::of(&config),
            shared: Shared {
                scratch: Scratch::new(),
                exchange: Exchange::new(&config),
                out: Outbox::default(),
                rng: rand::rngs::SysRng,
            },
            config,
            hosts: Vec::new(),
            opened: 0,
            stopping: None,
            second: Second::default(),
        }
    }

    /// Runs until it is told to stop, or nobody is there any more to tell it.
    pub(crate) fn run(mut self) {
        clock::sleep_precisely();
        while self.take_orders() {
            let Some(at) = (0..self.hosts.len()).min_by_key(|at| self.hosts.get(*at).map(Host::due)) else {
                continue;
            };
            let Some(host) = self.hosts.get_mut(at) else { continue };
            let now = clock::now();
            if host.due() > now {
                clock::sleep_until(host.due(), NAP_MAX);
                continue;
            }
            let live = host.run(now, &mut self.shared, &self.limits, &self.counters, &self.reports);
            let ended = clock::now();
            self.counters.duration.add(ended - now);
            self.second.tick(now, ended, &self.counters);
            if !live {
                self.hosts.swap_remove(at);
            }
        }
    }

    /// Takes the orders that wait; whether to go on.
    fn take_orders(&mut self) -> bool {
        if self.stopping.is_some_and(|until| self.hosts.is_empty() || clock::now() >= until) {
            return false;
        }
        loop {
            let order = if self.hosts.is_empty() {
                match self.orders.recv_timeout(Duration::from_secs(60)) {
                    Ok(order) => order,
                    Err(RecvTimeoutError::Timeout) => return true,
                    Err(RecvTimeoutError::Disconnected) => return false,
                }
            } else {
                match self.orders.try_recv() {
                    Ok(order) => order,
                    Err(TryRecvError::Empty) => return true,
                    Err(TryRecvError::Disconnected) => return false,
                }
            };
            if !self.take(order) {
                return false;
            }
        }
    }

    fn take(&mut self, order: Order) -> bool {
        match order {
            Order::Open(new) => self.open(new),
            Order::Join(key, newcomer) => match self.host(key) {
                Some(host) => host.newcomer(newcomer),
                None => drop(newcomer),
            },
            Order::Answer(key, bytes) => {
                if let Some(host) = self.host(key) {
                    host.answer(&bytes);
                }
            }
            Order::Close(key) => {
                if let Some(host) = self.hosts.iter_mut().find(|host| host.key() == key) {
                    host.stop(CloseCode::Bye, EMPTY, &self.limits, &self.counters);
                }
            }
            Order::Stop(code) => {
                self.hosts.iter_mut().for_each(|host| host.stop(code, STOPPING, &self.limits, &self.counters));
                self.stopping = Some(clock::now() + STOP_MAX);
                return !self.hosts.is_empty();
            }
        }
        true
    }

    fn open(&mut self, new: NewRoom) {
        self.opened = self.opened.wrapping_add(1);
        match Host::new(new, &self.config, self.opened) {
            Ok(host) => self.hosts.push(host),
            Err((key, error)) => {
                tracing::error!("a room cannot open, the system refuses a readiness queue: {error}");
                // Nobody listens any more only when everything ends.
                let _ = self.reports.send(Report::Ended(key));
            }
        }
    }

    fn host(&mut self, key: RoomKey) -> Option<&mut Host> {
        self.hosts.iter_mut().find(|host| host.key() == key)
    }
}

impl Second {
    fn tick(&mut self, began: u64, ended: u64, counters: &Counters) {
        self.busy += ended - began;
        if ended >= self.ends {
            counters.busy.set(self.busy);
            counters.cpu_nanos.set(clock::thread_cpu());
            *self = Second { ends: ended + clock::millis(1_000), busy: 0 };
        }
    }
}

impl Shared {
    /// Randomness that nobody can guess: what a client comes back with.
    pub(crate) fn token(&mut self) -> [u8; 16] {
        let mut token = [0; 16];
        if self.rng.try_fill_bytes(&mut token).is_err() {
            tracing::error!("the system has no randomness: sessions cannot be resumed");
        }
        token
    }
}

/// Orders are looked at least this often, whatever the tick rate.
const NAP_MAX: Duration = Duration::from_millis(50);
/// How long a worker that stops waits for clients to say goodbye, in nanoseconds.
const STOP_MAX: u64 = clock::millis(600);
const EMPTY: &str = "nobody was in this room: join again for another one";
const STOPPING: &str = "the server shuts down: it may be back soon";
