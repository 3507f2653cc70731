//! The rooms of the process: which there are, on which worker each runs, who is on the way to it.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use tickwire_protocol::game::{Role, Rules};
use tickwire_protocol::wire::{CloseCode, Hello, Reject};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Semaphore, mpsc as tokio_mpsc};

use super::clock;
use super::hooks::{Open, OutsideHook};
use super::metrics::{Counters, Gauges};
use super::worker::{NewRoom, Newcomer, Order, Report, RoomKey, Worker};
use crate::config::Config;
use crate::lobby::{FIRST_ROOM, Lobby, Population, Seat};
use crate::room::{Caps, Patience, RoomSetup};

/// All rooms. Asked by the handshake, never by a tick.
pub(crate) struct Rooms {
    book: Mutex<Book>,
    reports: UnboundedSender<Report>,
    config: Arc<Config>,
    rules: Rules,
    seed: u64,
    open: Open,
    outside: Option<OutsideHook>,
    counters: Vec<Arc<Counters>>,
}

struct Book {
    lobby: Lobby,
    entries: BTreeMap<String, Entry>,
    opened: u32,
    workers: Vec<Running>,
    stopped: bool,
}

struct Running {
    orders: Sender<Order>,
    thread: JoinHandle<()>,
}

struct Entry {
    key: RoomKey,
    worker: usize,
    gauges: Arc<Gauges>,
    /// Since when nobody is in it.
    idle: Option<u64>,
}

/// The way into a room, in which a seat is held.
pub(crate) struct Entrance {
    key: RoomKey,
    orders: Sender<Order>,
    reports: UnboundedSender<Report>,
}

impl Entrance {
    /// Sends a newcomer in.
    pub(crate) fn go(self, newcomer: Newcomer) {
        // A worker that is gone drops the socket, as it does with all of its own.
        let _ = self.orders.send(Order::Join(self.key, newcomer));
    }

    /// Nobody comes after all.
    pub(crate) fn give_back(self, role: Role) {
        // Nobody listens any more only when everything ends.
        let _ = self.reports.send(Report::Settled(self.key, role));
    }
}

/// A room as `/api/rooms` tells it.
#[derive(Debug, Serialize)]
pub(crate) struct RoomState {
    name: String,
    players: u64,
    players_max: u32,
    watchers: u64,
    watchers_max: u32,
    /// By how many milliseconds watchers see it later.
    watch_delay_ms: u32,
    bots: u64,
    tick: u64,
    /// Percent of its tick rate that the room keeps.
    pace: u64,
}

impl Rooms {
    /// Starts the workers.
    ///
    /// # Errors
    /// Where the system has no thread for one.
    pub(crate) fn new(
        config: Arc<Config>,
        rules: Rules,
        seed: u64,
        open: Open,
        outside: Option<OutsideHook>,
    ) -> io::Result<(Arc<Rooms>, UnboundedReceiver<Report>)> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let count = if config.workers == 0 { cores } else { config.workers as usize };
        let (reports, inbox) = tokio_mpsc::unbounded_channel();
        let counters: Vec<Arc<Counters>> = (0..count).map(|_| Arc::default()).collect();
        let start = |(at, counters): (usize, &Arc<Counters>)| {
            let (orders, inbox) = mpsc::channel();
            let (reports, counters, config) = (reports.clone(), Arc::clone(counters), Arc::clone(&config));
            let work = move || Worker::new(inbox, reports, counters, config).run();
            let thread = std::thread::Builder::new().name(format!("tickwire-{at}")).spawn(work)?;
            Ok(Running { orders, thread })
        };
        let workers = counters.iter().enumerate().map(start).collect::<io::Result<_>>()?;
        let book = Book {
            lobby: Lobby::new(&rules, config.rooms_max as usize),
            entries: BTreeMap::new(),
            opened: 0,
            workers,
            stopped: false,
        };
        let rooms = Rooms { book: Mutex::new(book), reports, config, rules, seed, open, outside, counters };
        Ok((Arc::new(rooms), inbox))
    }

    /// The way to the room of a hello, which is opened where it is not there; the hello then names it.
    ///
    /// # Errors
    /// Why there is no room for it.
    pub(crate) fn enter(self: &Arc<Rooms>, hello: &mut Hello) -> Result<Entrance, Reject> {
        let mut guard = self.lock();
        let book = &mut *guard;
        if book.stopped {
            return Err(Reject { code: CloseCode::ShuttingDown, reason: "the server shuts down".to_owned() });
        }
        book.count();
        let seat = book.lobby.seat(hello)?;
        if seat.opens
            && let Err(reason) = self.open(book, &seat.room)
        {
            book.lobby.ended(&seat.room);
            return Err(Reject { code: CloseCode::Full, reason });
        }
        let way = book.entries.get_mut(&seat.room).and_then(|entry| {
            entry.idle = None;
            Some((entry.key, book.workers.get(entry.worker)?.orders.clone()))
        });
        let Some((key, orders)) = way else {
            return Err(Reject {
                code: CloseCode::Restart,
                reason: "the room has just ended: try again".to_owned(),
            });
        };
        hello.room = seat.room;
        Ok(Entrance { key, orders, reports: self.reports.clone() })
    }

    /// Opens the room in which newcomers without a wish land.
    ///
    /// # Errors
    /// Where the system has no thread for it.
    pub(crate) fn open_first(self: &Arc<Rooms>) -> Result<(), String> {
        let mut book = self.lock();
        let hello = super::handshake::anybody();
        match book.lobby.seat(&hello) {
            Ok(seat) => {
                self.open(&mut book, &seat.room)?;
                book.lobby.settled(&seat);
                Ok(())
            }
            Err(reject) => Err(reject.reason),
        }
    }

    fn open(self: &Arc<Rooms>, book: &mut Book, name: &str) -> Result<(), String> {
        let worker = self.least_busy(book);
        book.opened += 1;
        let (key, gauges) = (RoomKey(book.opened), Arc::new(Gauges::default()));
        // Each room's seed follows from the first one's, so that one number repeats a run.
        let seed = self.seed.wrapping_add(u64::from(book.opened - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let setup = RoomSetup {
            name: name.to_owned(),
            seed,
            options: BTreeMap::new(),
            rules: self.rules.clone(),
            patience: Patience {
                silent_ms: self.config.silent_ms,
                away_ms: self.config.away_ms,
                unread_ms: self.config.unread_ms,
            },
            caps: Caps {
                joins_per_tick: self.config.joins_per_tick,
                enter_bytes_per_tick: self.config.enter_bytes_per_tick,
            },
            learns: true,
        };
        let opened = catch_unwind(AssertUnwindSafe(|| (self.open)(setup)));
        let room =
            opened.map_err(|_| "the game broke down while it opened this room: try another one".to_owned())?;
        let Some(running) = book.workers.get(worker) else { return Err("no worker runs".to_owned()) };
        let outside =
            self.outside.clone().map(|hook| answerer(hook, name.to_owned(), key, running.orders.clone()));
        let new = NewRoom { key, room, gauges: Arc::clone(&gauges), outside };
        let _ = running.orders.send(Order::Open(new));
        tracing::info!("room {name:?} opens with seed {seed}");
        book.entries.insert(name.to_owned(), Entry { key, worker, gauges, idle: None });
        Ok(())
    }

    /// The worker with the least to do.
    fn least_busy(&self, book: &Book) -> usize {
        let rooms = |at: usize| book.entries.values().filter(|entry| entry.worker == at).count() as u64;
        // A room that has just opened has not been measured: it counts as a millisecond per second.
        let load = |at: usize| {
            self.counters.get(at).map_or(0, |counters| counters.busy.get()) + rooms(at) * clock::millis(1)
        };
        (0..book.workers.len()).min_by_key(|at| load(*at)).unwrap_or(0)
    }

    /// Hears the workers, and ends rooms in which nobody is.
    pub(crate) async fn keep(self: Arc<Rooms>, mut inbox: UnboundedReceiver<Report>) {
        let mut look = tokio::time::interval(Duration::from_secs(1));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                report = inbox.recv() => match report {
                    Some(report) => self.lock().hear(&report),
                    None => return,
                },
                _ = look.tick() => self.lock().end_idle(clock::millis(self.config.room_idle_ms)),
            }
        }
    }

    /// Tells every worker to end, and waits for it.
    pub(crate) fn stop(&self, code: CloseCode) {
        let mut book = self.lock();
        book.stopped = true;
        let workers: Vec<Running> = std::mem::take(&mut book.workers);
        drop(book);
        for worker in &workers {
            let _ = worker.orders.send(Order::Stop(code));
        }
        for worker in workers {
            if worker.thread.join().is_err() {
                tracing::error!("a worker broke down");
            }
        }
    }

    pub(crate) fn states(&self) -> Vec<RoomState> {
        let book = self.lock();
        let state = |(name, entry): (&String, &Entry)| RoomState {
            name: name.clone(),
            players: entry.gauges.players.get(),
            players_max: self.rules.players_max,
            watchers: entry.gauges.watchers.get(),
            watchers_max: self.rules.watchers_max,
            watch_delay_ms: self.rules.watch_delay_ms,
            bots: entry.gauges.bots.get(),
            tick: entry.gauges.tick.get(),
            pace: entry.gauges.pace.get(),
        };
        book.entries.iter().map(state).collect()
    }

    pub(crate) fn gauges(&self) -> Vec<Arc<Gauges>> {
        self.lock().entries.values().map(|entry| Arc::clone(&entry.gauges)).collect()
    }

    pub(crate) fn counters(&self) -> &[Arc<Counters>] {
        &self.counters
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Tells the lobby how full the rooms are.
    fn count(&mut self) {
        for (name, entry) in &self.entries {
            self.lobby.counted(name, entry.population());
        }
    }

    fn hear(&mut self, report: &Report) {
        let (Report::Settled(key, _) | Report::Ended(key)) = *report;
        let Some((name, entry)) = self.entries.iter().find(|(_, entry)| entry.key == key) else { return };
        let name = name.clone();
        match report {
            Report::Settled(_, role) => {
                self.lobby.counted(&name, entry.population());
                self.lobby.settled(&Seat { room: name, opens: false, role: *role });
            }
            Report::Ended(_) => {
                self.lobby.ended(&name);
                self.entries.remove(&name);
            }
        }
    }

    fn end_idle(&mut self, after: u64) {
        self.count();
        let now = clock::now();
        let full: BTreeMap<&str, Population> = self.lobby.rooms().collect();
        let mut over = Vec::new();
        for (name, entry) in &mut self.entries {
            let nobody = full.get(name.as_str()).is_none_or(|now| *now == Population::default());
            entry.idle = if nobody { entry.idle.or(Some(now)) } else { None };
            // The room in which everybody lands is always there.
            if name != FIRST_ROOM && entry.idle.is_some_and(|since| now - since >= after) {
                over.push((name.clone(), entry.key, entry.worker));
            }
        }
        for (name, key, worker) in over {
            tracing::info!("room {name:?} ends: nobody was in it for a while");
            self.lobby.ended(&name);
            self.entries.remove(&name);
            if let Some(worker) = self.workers.get(worker) {
                let _ = worker.orders.send(Order::Close(key));
            }
        }
    }
}

impl Entry {
    fn population(&self) -> Population {
        let (players, bots) = (self.gauges.players.get(), self.gauges.bots.get());
        Population {
            players: u32::try_from(players.saturating_sub(bots)).unwrap_or(u32::MAX),
            watchers: u32::try_from(self.gauges.watchers.get()).unwrap_or(u32::MAX),
        }
    }
}

/// Hands a room's events to the handler around it, and the answers to the room.
fn answerer(hook: OutsideHook, room: String, key: RoomKey, orders: Sender<Order>) -> tokio_mpsc::Sender<Vec<u8>> {
    let (events, mut inbox) = tokio_mpsc::channel::<Vec<u8>>(OUTSIDE_WAITING_MAX);
    let room: Arc<str> = room.into();
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(OUTSIDE_AT_ONCE));
        while let Some(event) = inbox.recv().await {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let (answer, orders) = (hook(Arc::clone(&room), event), orders.clone());
            tokio::spawn(async move {
                if let Some(bytes) = answer.await {
                    let _ = orders.send(Order::Answer(key, bytes));
                }
                drop(place);
            });
        }
    });
    events
}

/// Events that may wait for the outside handler of one room; more are dropped, and said.
const OUTSIDE_WAITING_MAX: usize = 1_024;
/// Calls of the outside handler at once, for one room.
const OUTSIDE_AT_ONCE: usize = 64;
