//! Accepts connections, as many as there are places, and serves HTTP on each.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tickwire_protocol::wire::CloseCode;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::manners::{Manners, Patience};
use super::tls::Io;
use super::{Front, clock};
use crate::config::Config;

/// One connection's place; given back when it is dropped, without a lock.
#[derive(Debug)]
pub(crate) struct Place {
    all: Arc<AtomicU64>,
    address: Option<Arc<Address>>,
}

/// What is remembered of an address.
#[derive(Debug)]
struct Address {
    connections: AtomicU64,
    manners: Manners,
}

/// The places there are.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<AtomicU64>,
    all_max: u64,
    address_max: u64,
    loopback_exempt: bool,
    patience: Patience,
    addresses: Mutex<Addresses>,
}

/// The addresses that have connections, or had some that broke the rules.
#[derive(Debug, Default)]
struct Addresses {
    known: HashMap<IpAddr, Arc<Address>>,
    /// How many there may be before those are looked for that can be forgotten.
    kept: usize,
}

impl Addresses {
    fn find(&mut self, address: IpAddr, patience: Patience) -> Arc<Address> {
        if self.known.len() >= self.kept.max(ADDRESSES_KEPT) {
            let (now, full) = (clock::now(), self.known.len() >= ADDRESSES_MAX);
            self.known.retain(|_, address| {
                address.connections.load(Relaxed) > 0 || !full && !address.manners.is_forgiven(now)
            });
            // Not all over again for each one that comes.
            self.kept = 2 * self.known.len();
        }
        let new = || Arc::new(Address { connections: AtomicU64::new(0), manners: Manners::new(patience) });
        Arc::clone(self.known.entry(network(address)).or_insert_with(new))
    }
}

/// Lets a crowd in bit by bit: so many in a hundredth of a second, none of whom has to come in any particular moment.
#[derive(Debug)]
struct Turnstile {
    per_period: u32,
    passed: u32,
    /// When the next period begins.
    next: u64,
}

impl Turnstile {
    fn new(per_second: u32) -> Turnstile {
        Turnstile { per_period: per_second.div_ceil(PERIODS_PER_SECOND), passed: 0, next: 0 }
    }

    /// Whether one more may pass now: if not, how long to wait.
    fn pass(&mut self, now: u64) -> Option<Duration> {
        if now >= self.next {
            self.next = now + clock::millis(1_000 / PERIODS_PER_SECOND);
            self.passed = 0;
        }
        if self.passed >= self.per_period {
            return Some(Duration::from_nanos(self.next - now));
        }
        self.passed += 1;
        None
    }
}

/// Whom a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Taken by the upgrade.
    pub(crate) place: Arc<Mutex<Option<Place>>>,
}

impl Places {
    pub(crate) fn new(config: &Config) -> Places {
        Places {
            all: Arc::default(),
            all_max: config.connections_max.into(),
            address_max: config.connections_per_address_max.into(),
            loopback_exempt: config.loopback_exempt,
            patience: Patience::of(config),
            addresses: Mutex::default(),
        }
    }

    /// Connections now.
    pub(crate) fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.all)
    }

    /// A place for a connection of this address, where there is one.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Place> {
        let mut place = Place { all: Arc::clone(&self.all), address: None };
        let all = self.all.fetch_add(1, Relaxed);
        if all >= self.all_max {
            return None;
        }
        if !(self.loopback_exempt && address.to_canonical().is_loopback()) {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            let address = addresses.find(address, self.patience);
            let used = address.connections.fetch_add(1, Relaxed);
            place.address = Some(address);
            if used >= self.address_max {
                return None;
            }
        }
        Some(place)
    }
}

impl Place {
    /// Its connection was closed with this code.
    pub(crate) fn closed(&self, code: CloseCode) {
        if let Some(address) = &self.address {
            address.manners.closed(code, clock::now());
        }
    }

    /// How long its connection waits before it is let in.
    ///
    /// # Errors
    /// As [`Manners::turn`].
    pub(crate) fn turn(&self) -> Result<Duration, Duration> {
        self.address.as_ref().map_or(Ok(Duration::ZERO), |address| address.manners.turn(clock::now()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Relaxed);
        if let Some(address) = &self.address {
            address.connections.fetch_sub(1, Relaxed);
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them: what is counted is the network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

/// Listens on `address`; port 0 is any free one.
///
/// # Errors
/// Where the port is taken, or not ours to take.
pub(crate) fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let domain = if address.is_ipv4() { socket2::Domain::IPV4 } else { socket2::Domain::IPV6 };
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts until the server stops.
pub(crate) async fn accept(
    listener: std::net::TcpListener,
    front: Arc<Front>,
    mut stopping: watch::Receiver<bool>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("nobody can connect: {error}"),
    };
    let router = TowerToHyperService::new(super::http::router(&front));
    let mut turnstile = Turnstile::new(front.config.accepts_per_second);
    loop {
        if let Some(wait) = turnstile.pass(clock::now()) {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopping.changed() => return,
            }
            continue;
        }
        clock::let_ticks_go_first();
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((socket, peer)) => {
                let serving = serve(socket, peer, Arc::clone(&front), router.clone());
                let mut stopping = stopping.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = serving => {}
                        _ = stopping.changed() => {}
                    }
                });
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Mostly: no file descriptors left. Trying again at once would change nothing.
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(socket: TcpStream, peer: SocketAddr, front: Arc<Front>, router: TowerToHyperService<axum::Router>) {
    let handshake = Duration::from_millis(front.config.handshake_ms.into());
    // A place in excess is there only to say that there is none.
    let place = front.places.take(peer.ip());
    // Where it fails, frames wait for acknowledgements: slower, nothing else.
    let _ = socket.set_nodelay(true);
    let io = match front.tls.as_ref().map(|tls| tls.acceptor()) {
        None => Io::Plain(socket),
        Some(_) if place.is_none() => return,
        Some(acceptor) => match tokio::time::timeout(handshake, acceptor.accept(socket)).await {
            Ok(Ok(stream)) => Io::Tls(Box::new(stream)),
            Ok(Err(error)) => return tracing::debug!("{peer}: no TLS: {error}"),
            Err(_) => return tracing::debug!("{peer}: no TLS in time"),
        },
    };
    let full = place.is_none();
    let peer = Peer { address: peer.ip(), place: Arc::new(Mutex::new(place)) };
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let answer = (!full).then(|| router.call(request));
        async move {
            match answer {
                Some(answer) => answer.await,
                None => Ok(super::http::full()),
            }
        }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(handshake)
        .max_buf_size(HTTP_BUFFER_BYTES)
        .keep_alive(!full)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    // Ends with the upgrade, too. Who takes longer than this for pages does not take them.
    if let Ok(Err(error)) = tokio::time::timeout(HTTP_MAX, serving).await {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Raises the number of files this process may open to what the system allows.
pub(crate) fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_err() {
            tracing::debug!("the limit of open files stays at {:?}", limit.current);
        }
    }
}

/// Connections the kernel keeps for us while we are busy: a crowd's first second.
const BACKLOG: i32 = 1_024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const PERIODS_PER_SECOND: u32 = 100;
/// Addresses remembered before those without connections are forgotten.
const ADDRESSES_KEPT: usize = 1_024;
/// So many that also those without connections are forgotten that broke rules: some megabytes.
const ADDRESSES_MAX: usize = 65_536;
/// The head of a request: nobody's is longer.
const HTTP_BUFFER_BYTES: usize = 16 * 1_024;
/// How long one connection may speak HTTP.
const HTTP_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_let_in_bit_by_bit_and_everybody_in_the_end() {
        let mut turnstile = Turnstile::new(2_000);
        let (mut now, mut waits) = (5, 0);
        for nth in 0..1_000_u32 {
            while let Some(wait) = turnstile.pass(now) {
                waits += 1;
                now += u64::try_from(wait.as_nanos()).unwrap();
            }
            let periods = (now - 5) / 10_000_000;
            assert!(u64::from(nth) < (periods + 1) * 20, "{nth} have passed after {now} ns");
        }
        // The first twenty do not wait.
        assert_eq!((waits, now), (49, 5 + 490_000_000));
    }

    #[test]
    fn only_the_address_that_broke_the_rules_takes_turns() {
        let places = Places::new(&Config { faults_per_minute: 2, ..Config::default() });
        let place = |last: u8| places.take(IpAddr::from([192, 0, 2, last])).unwrap();
        let (bad, good) = (place(1), place(2));
        (0..2).for_each(|_| bad.closed(CloseCode::TooMany));
        assert_eq!(bad.turn(), Ok(Duration::ZERO));
        assert!(bad.turn().is_ok_and(|wait| !wait.is_zero()));
        assert_eq!((good.turn(), good.turn()), (Ok(Duration::ZERO), Ok(Duration::ZERO)));
        // It is remembered without a connection, and however many others come.
        drop(bad);
        for nth in 0..5_000_u32 {
            drop(places.take(IpAddr::from((0x0a00_0000 + nth).to_be_bytes())));
        }
        assert!(place(1).turn().is_ok_and(|wait| !wait.is_zero()));
        let known = places.addresses.lock().unwrap().known.len();
        assert!(known <= ADDRESSES_KEPT, "{known} addresses are kept");
    }
}
