//! What a connection costs the server in memory: one that plays, and one that never reads.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test of the shell has sockets and a clock"
)]
#![expect(unsafe_code, reason = "a global allocator that counts is unsafe to write")]

mod peer;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use peer::{Peer, Way, serve};
use tickwire_client::Join;

struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

fn add(bytes: usize) {
    LIVE.fetch_add(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(i64::try_from(layout.size()).unwrap_or(i64::MAX), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Connections that are measured at once.
const COUNT: usize = 40;

/// A player without memory of its own: bytes in, bytes out.
fn bare(addr: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(addr).unwrap();
    let head = format!(
        "GET /ws HTTP/1.1\r\nhost: {addr}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    let tungstenite::Message::Binary(hello) = peer::hello_frame(&peer::hello()) else { unreachable!() };
    // A mask of zeros.
    let mut frame = vec![0x82, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(&hello);
    socket.write_all(&frame).unwrap();
    socket
}

/// The heap that each of many connections takes after some time in a room in which something moves.
fn bytes_per_connection(reads: bool) -> i64 {
    let server = serve(|config| (config.unread_ms, config.silent_ms) = (60_000, 60_000));
    let mut mover = Peer::joined(server.addr, &Way::default(), Join::player("moves"));
    mover.run_for(Duration::from_millis(500));
    let before = LIVE.load(Ordering::Relaxed);
    let mut sockets: Vec<TcpStream> = (0..COUNT).map(|_| bare(server.addr)).collect();
    let until = Instant::now() + Duration::from_secs(3);
    let mut buffer = [0; 4_096];
    let mut ticks = 0;
    while Instant::now() < until {
        ticks += 1;
        mover.client.set_input(&peer::Keys { x: if ticks % 60 < 30 { 1 } else { -1 } });
        mover.run_for(Duration::from_millis(10));
        for socket in sockets.iter_mut().filter(|_| reads) {
            socket.set_nonblocking(true).unwrap();
            while matches!(socket.read(&mut buffer), Ok(1..)) {}
        }
    }
    (LIVE.load(Ordering::Relaxed) - before) / COUNT as i64
}

#[test]
fn a_connection_costs_little_and_one_that_never_reads_a_bounded_amount() {
    let (reads, ignores) = (bytes_per_connection(true), bytes_per_connection(false));
    println!("{reads} bytes for one that reads, {ignores} for one that does not");
    assert!(reads <= 24 * 1_024, "{reads} bytes");
    assert!(ignores <= 256 * 1_024, "{ignores} bytes");
}
