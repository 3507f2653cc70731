//! Clients that mean harm, or are broken: each is ended alone, with the code that names why, while another one
//! keeps getting its snapshots. Plain, with io_uring where the system has it and without, and over TLS.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test of the shell has sockets and a clock"
)]

mod peer;

use std::io::Write as _;
use std::time::{Duration, Instant};

use peer::{SOON, Socket, Watched, Way, certificate, close_code, code, folder, hello, hello_frame, serve, socket};
use rand::{RngExt as _, SeedableRng as _};
use tickwire_protocol::limits::CLIENT_FRAME_BYTES_MAX;
use tickwire_protocol::wire::CloseCode;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Bytes, Message};

/// What a test does with a socket, and how it has to end.
struct Mischief<'a> {
    server: &'a tickwire_server::Running,
    way: &'a Way,
}

impl Mischief<'_> {
    /// A fresh socket, upgraded but silent.
    fn socket(&self) -> Socket {
        socket(self.server.addr, self.way, Duration::from_millis(50)).0
    }

    /// One that is in the room.
    fn joined(&self) -> Socket {
        let mut socket = self.socket();
        socket.send(hello_frame(&hello())).unwrap();
        let until = Instant::now() + SOON;
        while !matches!(socket.read(), Ok(Message::Binary(_))) {
            assert!(Instant::now() < until, "no welcome");
        }
        socket
    }
}

#[track_caller]
fn ends_with(mut socket: Socket, expected: CloseCode) {
    let (got, reason) = close_code(&mut socket, SOON);
    assert_eq!(got, code(expected), "{reason}");
    assert!(!reason.is_empty(), "the reason is empty");
}

/// Writes to a socket that may be closed in the middle of it.
fn pour(socket: &mut Socket, bytes: &[u8]) {
    let _ = socket.get_mut().write_all(bytes);
    let _ = socket.get_mut().flush();
}

fn fragment(payload: &'static [u8], code: Data, last: bool) -> Message {
    Message::Frame(Frame::message(Bytes::from_static(payload), OpCode::Data(code), last))
}

#[test]
fn mischief_ends_only_its_own_connection() {
    let server = serve(|_| {});
    all_mischief(&server, &Way::default());
}

#[test]
fn mischief_ends_only_its_own_connection_also_without_io_uring() {
    let server = serve(|config| config.io_uring = false);
    all_mischief(&server, &Way::default());
}

#[test]
fn mischief_over_tls_ends_only_its_own_connection() {
    let (cert, key, way) = certificate(&folder("hostile-tls"));
    let server = serve(|config| (config.tls_cert, config.tls_key) = (Some(cert), Some(key)));
    all_mischief(&server, &way);
}

fn all_mischief(server: &tickwire_server::Running, way: &Way) {
    let watched = Watched::begin(server.addr, way);
    let mischief = Mischief { server, way };
    before_the_hello(&mischief);
    frames_that_are_none(&mischief);
    floods(&mischief);
    watched.end();
}

fn before_the_hello(mischief: &Mischief<'_>) {
    ends_with(mischief.socket(), CloseCode::NoHello);

    let mut text = mischief.socket();
    text.send(Message::text("hello")).unwrap();
    ends_with(text, CloseCode::Text);

    let mut not_a_hello = mischief.socket();
    not_a_hello.send(Message::binary(vec![0x02, 1, 2, 3])).unwrap();
    ends_with(not_a_hello, CloseCode::NoHello);

    let mut cut = mischief.socket();
    let Message::Binary(whole) = hello_frame(&hello()) else { unreachable!() };
    cut.send(Message::Binary(whole.slice(..whole.len() - 3))).unwrap();
    ends_with(cut, CloseCode::Undecodable);

    let mut half = mischief.socket();
    pour(&mut half, &[0x82, 0x90, 1, 2]);
    ends_with(half, CloseCode::NoHello);

    let mut old = mischief.socket();
    old.send(hello_frame(&tickwire_protocol::wire::Hello { version: 77, ..hello() })).unwrap();
    ends_with(old, CloseCode::Version);

    let mut eager = mischief.socket();
    eager.write(hello_frame(&hello())).unwrap();
    eager.write(Message::binary(vec![0x05])).unwrap();
    eager.flush().unwrap();
    ends_with(eager, CloseCode::Protocol);
}

fn frames_that_are_none(mischief: &Mischief<'_>) {
    let mut text = mischief.joined();
    text.send(Message::text("{}")).unwrap();
    ends_with(text, CloseCode::Text);

    let mut rng = rand_pcg::Pcg32::seed_from_u64(11);
    for _ in 0..8 {
        let mut random = mischief.joined();
        let mut bytes: Vec<u8> = (0..rng.random_range(1..400)).map(|_| rng.random()).collect();
        if let Some(first) = bytes.first_mut() {
            *first |= 0x80;
        }
        random.send(Message::binary(bytes)).unwrap();
        ends_with(random, CloseCode::Undecodable);
    }

    let mut cut = mischief.joined();
    cut.send(Message::binary(vec![0x02])).unwrap();
    ends_with(cut, CloseCode::Undecodable);

    let mut huge = mischief.joined();
    let mut bytes = vec![0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4];
    bytes.resize(1 << 20, 0);
    pour(&mut huge, &bytes);
    ends_with(huge, CloseCode::TooLarge);

    let mut garbage = mischief.joined();
    pour(&mut garbage, &[0xf3, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    ends_with(garbage, CloseCode::Protocol);
}

fn floods(mischief: &Mischief<'_>) {
    let mut fragments = mischief.joined();
    let _ = fragments.write(fragment(b"", Data::Binary, false));
    flood(fragments, CloseCode::TooMany, || fragment(b"", Data::Continue, false));
    flood(mischief.joined(), CloseCode::TooMany, || Message::Ping(Bytes::from_static(b"are you there?")));
    flood(mischief.joined(), CloseCode::TooMany, || Message::Pong(Bytes::from_static(&[7; 125])));
    const LARGEST: [u8; CLIENT_FRAME_BYTES_MAX] = [0x02; CLIENT_FRAME_BYTES_MAX];
    flood(mischief.joined(), CloseCode::Undecodable, || Message::binary(LARGEST.to_vec()));
    let mut fragments = mischief.joined();
    let _ = fragments.write(fragment(&[0x02; 100], Data::Binary, false));
    flood(fragments, CloseCode::TooLarge, || fragment(&[0x02; 100], Data::Continue, false));
}

/// Sends until the other end has had enough, and says so.
#[track_caller]
fn flood(mut socket: Socket, expected: CloseCode, message: impl Fn() -> Message) {
    // Of large ones few at a time: who pours on after the goodbye is cut off before it can read it.
    let burst = if message().len() > 1_000 { 4 } else { 500 };
    for _ in 0..400 {
        for _ in 0..burst {
            let _ = socket.write(message());
        }
        let _ = socket.flush();
        let (got, reason) = close_code(&mut socket, Duration::from_millis(1));
        if got != 0 {
            assert_eq!(got, code(expected), "{reason}");
            return;
        }
    }
    panic!("the flood goes on");
}

#[test]
fn a_socket_that_never_reads_is_closed_and_hurts_nobody() {
    never_reads(true);
}

#[test]
fn a_socket_that_never_reads_is_closed_also_without_io_uring() {
    never_reads(false);
}

fn never_reads(io_uring: bool) {
    let server = serve(|config| (config.unread_ms, config.io_uring) = (1_000, io_uring));
    let watched = Watched::begin(server.addr, &Way::default());
    let mut deaf = socket(server.addr, &Way::default(), Duration::from_millis(50)).0;
    deaf.send(hello_frame(&hello())).unwrap();
    let until = Instant::now() + Duration::from_secs(8);
    let told = |what: &str| metric(server.addr, what);
    while told("tickwire_disconnects_total{code=\"4030\"}") == 0.0 {
        assert!(Instant::now() < until, "still open");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(close_code(&mut deaf, SOON).0, code(CloseCode::DoesNotRead));
    watched.end();
}

#[test]
fn a_half_open_connection_is_found_by_its_silence() {
    let server = serve(|config| (config.ping_ms, config.silent_ms, config.unread_ms) = (200, 1_000, 60_000));
    let watched = Watched::begin(server.addr, &Way::default());
    let mut silent = Mischief { server: &server, way: &Way::default() }.joined();
    // Nothing is read, so no ping is answered.
    std::thread::sleep(Duration::from_millis(1_600));
    assert_eq!(close_code(&mut silent, SOON).0, code(CloseCode::Silent));
    watched.end();
}

/// A figure of `/metrics`.
fn metric(addr: std::net::SocketAddr, name: &str) -> f64 {
    let text = peer::get(addr, "/metrics", &[]).1;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
}
