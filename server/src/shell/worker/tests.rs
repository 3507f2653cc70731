//! A room's tick as its sockets see it.

use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::wire::{Hello, Token};

use super::*;
use crate::room::{ConnId, Joined, Stats, Write};
use crate::shell::handshake::anybody;
use crate::shell::listener::Places;

/// What each of two clients has read at the end of a tick's first half.
type Read = Arc<Mutex<[Vec<u8>; 2]>>;

/// A room that writes its first client in the first half of a tick, and its second one in the second.
struct Halves {
    conns: Vec<ConnId>,
    far: Vec<std::net::TcpStream>,
    read: Read,
    stats: Stats,
}

impl Halves {
    fn write(&self, nth: usize, out: &mut Outbox) {
        let Some(conn) = self.conns.get(nth) else { return };
        let from = out.bytes.len();
        out.bytes.extend_from_slice(FRAMES[nth]);
        out.writes.push(Write { conn: *conn, frames: [from..out.bytes.len(), 0..0, 0..0, 0..0] });
        out.joined.push(Joined { conn: *conn, player: tickwire_protocol::id::PlayerId(nth as u32 + 1) });
    }
}

impl AnyRoom for Halves {
    fn join(&mut self, conn: ConnId, _: Hello, _: Token) {
        self.conns.push(conn);
    }
    fn begin_tick(&mut self, out: &mut Outbox) {
        out.clear();
        self.write(0, out);
    }
    fn end_tick(&mut self, out: &mut Outbox) {
        for (far, read) in self.far.iter_mut().zip(self.read.lock().unwrap().iter_mut()) {
            let mut bytes = [0; 64];
            // Whoever was written to has it; nobody else is waited for longer than that.
            let count = far.read(&mut bytes).unwrap_or(0);
            read.extend_from_slice(&bytes[..count]);
        }
        self.write(1, out);
    }
    fn rate(&self) -> TickRate {
        TickRate::hz(30)
    }
    fn name(&self) -> &'static str {
        "halves"
    }
    fn newest(&self) -> Tick {
        Tick(1)
    }
    fn hash(&self) -> u64 {
        0
    }
    fn stats(&self) -> &Stats {
        &self.stats
    }
    fn frame(&mut self, _: ConnId, _: &[u8]) {}
    fn heard(&mut self, _: ConnId) {}
    fn lost(&mut self, _: ConnId) {}
    fn blocked(&mut self, _: ConnId) {}
    fn unwritten(&mut self, _: ConnId) {}
    fn answer(&mut self, _: &[u8]) {}
    fn pace(&mut self, _: u32) {}
}

/// What the room writes to each.
const FRAMES: [&[u8]; 2] = [b"first", b"second"];

/// The two ends of a connection; the far one waits for bytes, but not forever.
fn pair(listener: &std::net::TcpListener, wait: Duration) -> (std::net::TcpStream, std::net::TcpStream) {
    let far = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    far.set_read_timeout(Some(wait)).unwrap();
    let near = listener.accept().unwrap().0;
    near.set_nonblocking(true).unwrap();
    (near, far)
}

#[test]
fn what_the_first_half_of_a_tick_says_has_left_before_the_second_half_begins() {
    for io_uring in [false, true] {
        let config = Arc::new(Config { io_uring, ..Config::default() });
        let (places, limits, counters) = (Places::new(&config), Limits::of(&config), Counters::default());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        // The one who must have something by then, and the one who must not.
        let waits = [Duration::from_secs(10), Duration::from_millis(1)];
        let (near, far): (Vec<_>, Vec<_>) = waits.map(|wait| pair(&listener, wait)).into_iter().unzip();
        let mut last = far[1].try_clone().unwrap();
        let read = Read::default();
        let room = Halves { conns: Vec::new(), far, read: Arc::clone(&read), stats: Stats::default() };
        let new = NewRoom { key: RoomKey(1), room: Box::new(room), gauges: Arc::default(), outside: None };
        let mut host = Host::new(new, &config, 1).map_err(|(_, error)| error).unwrap();
        for near in near {
            let stream = Stream::Plain(mio::net::TcpStream::from_std(near));
            let place = places.take([127, 0, 0, 1].into()).unwrap();
            host.newcomer(Newcomer { stream, place, hello: anybody() });
        }
        let mut shared = Shared {
            scratch: Scratch::new(),
            exchange: Exchange::new(&config),
            out: Outbox::default(),
            rng: rand::rngs::SysRng,
        };
        let (reports, _inbox) = tokio::sync::mpsc::unbounded_channel();
        assert!(host.run(host.due(), &mut shared, &limits, &counters, &reports));
        // A frame is a head of two bytes and what is in it.
        let [first, second] = std::mem::take(&mut *read.lock().unwrap());
        assert_eq!(first.get(2..), Some(FRAMES[0]), "io_uring {io_uring}");
        assert!(second.is_empty(), "io_uring {io_uring}: {second:?}");
        last.set_read_timeout(Some(waits[0])).unwrap();
        let mut bytes = [0; 64];
        let count = last.read(&mut bytes).unwrap();
        assert_eq!(bytes[..count].get(2..), Some(FRAMES[1]), "io_uring {io_uring}");
    }
}
