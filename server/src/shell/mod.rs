//! Sockets, timers, files: everything around the rooms, which never looks inside a frame.
//!
//! tokio accepts connections, serves pages and takes hellos; then a socket belongs to the worker of its room.

mod clock;
mod connection;
mod handshake;
pub(crate) mod hooks;
mod http;
mod listener;
mod manners;
mod metrics;
pub(crate) mod page;
mod reader;
mod rooms;
pub(crate) mod shutdown;
mod stream;
mod ticker;
mod tls;
mod worker;

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::sync::Arc;

use tickwire_protocol::game::Rules;
use tickwire_protocol::wire::CloseCode;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

use self::hooks::{Open, OutsideHook, TicketHook};
use self::listener::Places;
use self::metrics::{Metrics, Refused};
use self::page::Page;
use self::rooms::Rooms;
use self::tls::Certificate;
use crate::config::Config;

pub use self::hooks::Ticket;

/// A game, and what its process hangs around it, without its types.
pub(crate) struct Game {
    pub(crate) rules: Rules,
    /// As JSON.
    pub(crate) schema: String,
    pub(crate) open: Open,
    pub(crate) outside: Option<OutsideHook>,
    pub(crate) tickets: Option<TicketHook>,
    pub(crate) page: Page,
}

/// What everybody who answers a connection shares.
pub(crate) struct Front {
    pub(crate) config: Arc<Config>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) places: Places,
    pub(crate) tls: Option<Arc<Certificate>>,
    pub(crate) tickets: Option<TicketHook>,
    pub(crate) page: Page,
    pub(crate) schema: String,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) refused: Arc<Refused>,
    pub(crate) stopping: watch::Receiver<bool>,
    /// A permit is out for each connection that has no room yet.
    pub(crate) arriving: Arc<Semaphore>,
}

/// Why a server does not start: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use.
    #[error("port {port} is taken: stop what listens there, or choose another one with --port")]
    PortTaken {
        /// Which.
        port: u16,
    },
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on ({why}): choose another one with --host and --port")]
    Address {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        why: io::Error,
    },
    /// The configuration contradicts itself, or names a file that cannot be used.
    #[error("{0}")]
    Config(String),
    /// The system gives no threads.
    #[error("the system gives no threads ({0}): raise its limits")]
    Threads(io::Error),
}

/// A server that runs. Dropping it stops it.
pub struct Running {
    /// Where it listens; the port is the real one, also where 0 was asked for.
    pub addr: SocketAddr,
    /// The seed of its first room.
    pub seed: u64,
    rooms: Arc<Rooms>,
    stop: watch::Sender<bool>,
    arriving: Arc<Semaphore>,
    runtime: Option<Runtime>,
}

/// Binds the port of the configuration; with `or_next` one of the following ports, where it is taken.
pub(crate) fn bind(config: &Config, or_next: bool) -> Result<std::net::TcpListener, StartError> {
    let ports = if or_next { PORTS_TRIED } else { 1 };
    for port in (config.port..=u16::MAX).take(ports) {
        let address = SocketAddr::new(config.host, port);
        match listener::listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(why) => return Err(StartError::Address { address, why }),
        }
    }
    Err(StartError::PortTaken { port: config.port })
}

/// Starts a server on a port that is bound.
pub(crate) fn start(game: Game, config: Config, listener: std::net::TcpListener) -> Result<Running, StartError> {
    config.check().map_err(StartError::Config)?;
    listener::raise_file_limit();
    let tls = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => Some(Arc::new(Certificate::read(cert, key).map_err(StartError::Config)?)),
        _ => None,
    };
    let page = match &config.page {
        Some(folder) if !folder.is_dir() => {
            let why = format!("{} is not a folder: give --page the folder of the page's files", folder.display());
            return Err(StartError::Config(why));
        }
        Some(folder) => Page::Folder(folder.clone()),
        None => game.page,
    };
    let addr =
        listener.local_addr().map_err(|why| StartError::Config(format!("the port cannot be asked: {why}")))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(IO_THREADS)
        .thread_name("tickwire-io")
        .on_thread_start(clock::yield_to_ticks)
        .enable_all()
        .build()
        .map_err(StartError::Threads)?;
    let config = Arc::new(config);
    let seed = config.seed.unwrap_or_else(rand::random);
    let rules = rules(game.rules, &config);
    let (rooms, inbox) =
        Rooms::new(Arc::clone(&config), rules, seed, game.open, game.outside).map_err(StartError::Threads)?;
    let (stop, stopping) = watch::channel(false);
    let places = Places::new(&config);
    let refused = Arc::new(Refused::default());
    let metrics = Arc::new(Metrics {
        workers: rooms.counters().to_vec(),
        rooms: Box::new({
            let rooms = Arc::clone(&rooms);
            move || rooms.gauges()
        }),
        places: places.count(),
        refused: Arc::clone(&refused),
    });
    let (tickets, schema) = (game.tickets, game.schema);
    let arriving = Arc::new(Semaphore::new(ARRIVING_MAX as usize));
    let front = Front {
        config,
        rooms: Arc::clone(&rooms),
        places,
        tls,
        tickets,
        page,
        schema,
        metrics,
        refused,
        stopping: stopping.clone(),
        arriving: Arc::clone(&arriving),
    };
    let entered = runtime.enter();
    rooms.open_first().map_err(StartError::Config)?;
    if let Some(tls) = &front.tls {
        tokio::spawn(Arc::clone(tls).follow());
    }
    tokio::spawn(Arc::clone(&rooms).keep(inbox));
    tokio::spawn(listener::accept(listener, Arc::new(front), stopping));
    drop(entered);
    Ok(Running { addr, seed, rooms, stop, arriving, runtime: Some(runtime) })
}

/// The game's rules, with what the configuration says otherwise.
fn rules(mut rules: Rules, config: &Config) -> Rules {
    rules.bots = config.bots.unwrap_or(rules.bots);
    rules.players_max = config.players_max.unwrap_or(rules.players_max);
    rules.client_bytes_per_second = config.client_bytes_per_second.unwrap_or(rules.client_bytes_per_second);
    rules.room_bytes_per_second = config.room_bytes_per_second.unwrap_or(rules.room_bytes_per_second);
    rules.watchers_max = config.watchers_max.unwrap_or(rules.watchers_max);
    rules.watch_delay_ms = config.watch_delay_ms.unwrap_or(rules.watch_delay_ms);
    rules
}

impl Running {
    /// Stops accepting, tells every client (1001), and ends within a second.
    pub fn stop(mut self) {
        self.end();
    }

    /// Waits for a future on the server's own threads.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.runtime.as_ref().map(|runtime| runtime.block_on(future))
    }

    fn end(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // Without a receiver nothing runs any more that could be told.
        let _ = self.stop.send(true);
        self.rooms.stop(CloseCode::ShuttingDown);
        // Meanwhile those without a room are told as well; who does not answer is not waited for.
        let told = runtime.block_on(async {
            tokio::time::timeout(RUNTIME_END, self.arriving.acquire_many(ARRIVING_MAX)).await.is_ok()
        });
        if !told {
            tracing::debug!("some connections without a room did not answer the goodbye");
        }
        runtime.shutdown_timeout(RUNTIME_END);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ports tried from the default one on.
const PORTS_TRIED: usize = 20;
/// Threads that accept, serve pages and take hellos. One would do; a second one keeps a slow handshake from holding
/// up the others.
const IO_THREADS: usize = 2;
/// More connections than any machine has that are between upgrade and room.
const ARRIVING_MAX: u32 = 1 << 24;
const RUNTIME_END: std::time::Duration = std::time::Duration::from_millis(200);

/// The address of this machine towards others; nothing is sent to find it.
pub(crate) fn lan_ip() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address for documentation: it only decides which way packets would go.
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

/// A text file.
pub(crate) fn read_text(path: &std::path::Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Finds out whether a file can be written, before it took long to make it. What is there stays.
pub(crate) fn may_be_written(path: &std::path::Path) -> io::Result<()> {
    let is_new = !path.exists();
    std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    if is_new { std::fs::remove_file(path) } else { Ok(()) }
}

/// Puts these bytes into a file, in place of what was there.
pub(crate) fn write_file(path: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)
}

/// What is logged. A word that is no level would be taken for a module of that name, and nothing else be logged.
pub(crate) fn log_filter(filter: &str) -> Result<tracing_subscriber::EnvFilter, String> {
    let cannot = |why: String| format!("the log filter {filter:?} cannot be used ({why}): try --log info");
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let mut words = filter.split(',').map(str::trim).filter(|word| !word.is_empty());
    if let Some(bad) = words.find(|word| !word.contains(['=', '[']) && !is_level(word)) {
        return Err(cannot(format!("{bad:?} is none of off, error, warn, info, debug and trace")));
    }
    tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| cannot(error.to_string()))
}

/// Whether standard error is looked at by a person who has nothing against colours (<https://no-color.org>).
fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
}

/// Writes what is logged to standard error.
pub(crate) fn log_to_console(filter: &str) -> Result<(), String> {
    let filter = log_filter(filter)?;
    // A program that logs already goes on as it does.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours()).with_writer(io::stderr).try_init();
    Ok(())
}
