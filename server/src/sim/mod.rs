//! A room, its clients, the links between them, and one clock that only this module moves. Pure: the whole thing in
//! one thread, without a socket, the same in every run with the same seed. It stands in for the shell: it drains each
//! connection once per tick, says who is blocked, carries out the outbox, and answers pings as a browser does.

mod bot;
mod probe;
mod seat;
mod viewer;
mod wire;

use rand::SeedableRng as _;
use rand_pcg::Pcg64Mcg;
use tickwire_client::Output;
use tickwire_protocol::id::Tick;
use tickwire_protocol::link::{Conditions, Link, Micros};
use tickwire_protocol::wire::CloseCode;

pub use self::bot::Bot;
pub use self::probe::{Probe, aged};
use self::seat::{Line, Seat};
use self::wire::{Item, bundle};
use crate::room::{AnyRoom, ConnId, Outbox};

/// How often the shell asks whether a client is still there.
const PING_EVERY: Micros = 5_000_000;

/// Longer than any simulation.
const FOREVER: Micros = 1 << 50;

/// What sits at the other end of a link. [`tickwire_client::Session`] has the same methods.
pub trait Peer {
    /// The socket is open.
    fn connected(&mut self, at: Micros);
    /// A frame came.
    fn receive(&mut self, at: Micros, frame: &[u8]);
    /// The socket is gone.
    fn lost(&mut self, at: Micros, code: u16, reason: &str);
    /// Time has come.
    fn update(&mut self, at: Micros);
    /// When [`Peer::update`] has something to do.
    fn next_due(&self) -> Micros;
    /// The next thing to do.
    fn poll(&mut self) -> Option<Output>;
}

/// A room and its clients.
pub struct Sim<R, P> {
    room: R,
    seats: Vec<Seat<P>>,
    at: Micros,
    ticks: u32,
    next_conn: u32,
    tokens: Pcg64Mcg,
    seed: u64,
    out: Outbox,
    closes: Vec<Closed>,
}

/// A connection that the room closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The number of the client.
    pub seat: usize,
    /// In which tick.
    pub tick: Tick,
    /// Why, as a number.
    pub code: CloseCode,
    /// Why, in words.
    pub reason: String,
}

impl<R: AnyRoom, P: Peer> Sim<R, P> {
    /// A room without clients at time 0.
    #[must_use]
    pub fn new(room: R, seed: u64) -> Sim<R, P> {
        Sim {
            room,
            seats: Vec::new(),
            at: 0,
            ticks: 0,
            next_conn: 1,
            tokens: Pcg64Mcg::seed_from_u64(seed),
            seed,
            out: Outbox::default(),
            closes: Vec::new(),
        }
    }

    /// Adds a client behind a link; says its number.
    pub fn add(&mut self, peer: P, conditions: Conditions) -> usize {
        self.seats.push(Seat {
            peer,
            conditions,
            line: None,
            leaving: Vec::new(),
            written: None,
            bytes: 0,
            connections: 0,
        });
        self.seats.len() - 1
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> &R {
        &self.room
    }

    /// The room, to be told something besides.
    pub fn room_mut(&mut self) -> &mut R {
        &mut self.room
    }

    /// A client.
    #[must_use]
    pub fn peer(&self, seat: usize) -> &P {
        &self.seats[seat].peer
    }

    /// A client, to be told something.
    pub fn peer_mut(&mut self, seat: usize) -> &mut P {
        &mut self.seats[seat].peer
    }

    /// The room and a client, to compare them.
    pub fn room_and_peer(&mut self, seat: usize) -> (&R, &mut P) {
        (&self.room, &mut self.seats[seat].peer)
    }

    /// All clients.
    pub fn peers(&self) -> impl Iterator<Item = &P> {
        self.seats.iter().map(|seat| &seat.peer)
    }

    /// Now.
    #[must_use]
    pub fn at(&self) -> Micros {
        self.at
    }

    /// The connections that the room closed, in order.
    #[must_use]
    pub fn closes(&self) -> &[Closed] {
        &self.closes
    }

    /// What the last tick of the room wanted done.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.out
    }

    /// Keeps every frame that is written to a client from now on.
    pub fn keep_frames(&mut self, seat: usize) {
        self.seats[seat].written.get_or_insert_default();
    }

    /// The frames kept, each with the tick in which it was written.
    #[must_use]
    pub fn frames(&self, seat: usize) -> &[(Tick, Vec<u8>)] {
        self.seats[seat].written.as_deref().unwrap_or_default()
    }

    /// Bytes of all frames written to a client so far.
    #[must_use]
    pub fn bytes(&self, seat: usize) -> u64 {
        self.seats[seat].bytes
    }

    /// How often a client has connected.
    #[must_use]
    pub fn connections(&self, seat: usize) -> u32 {
        self.seats[seat].connections
    }

    /// The connection of a client, if it has one.
    #[must_use]
    pub fn conn(&self, seat: usize) -> Option<ConnId> {
        self.seats[seat].line.as_ref().map(|line| line.conn)
    }

    /// What the link of a client does from now on.
    pub fn set_link(&mut self, seat: usize, conditions: Conditions) {
        let seat = &mut self.seats[seat];
        seat.conditions = conditions;
        if let Some(line) = &mut seat.line {
            line.up.set(conditions);
            line.down.set(conditions);
        }
    }

    /// A client stops to read: nothing that is sent to it arrives any more, until it connects again.
    pub fn stop_reading(&mut self, seat: usize) {
        if let Some(line) = &mut self.seats[seat].line {
            let conditions = line.down.conditions();
            line.down.set(Conditions { stall: FOREVER, stall_every: FOREVER, ..conditions });
        }
    }

    /// The connection of a client breaks; both ends know.
    pub fn cut(&mut self, seat: usize) {
        let at = self.at;
        let seat = &mut self.seats[seat];
        if let Some(line) = seat.line.take() {
            self.room.lost(line.conn);
            seat.peer.lost(at, 1006, "");
        }
    }

    /// The connection of a client breaks; the client knows, the room does not.
    pub fn vanish(&mut self, seat: usize) {
        let at = self.at;
        let seat = &mut self.seats[seat];
        if seat.line.take().is_some() {
            seat.peer.lost(at, 1006, "");
        }
    }

    /// Both directions are dead, and nobody knows.
    pub fn go_silent(&mut self, seat: usize) {
        if let Some(line) = &mut self.seats[seat].line {
            line.dead = true;
        }
    }

    /// Lets the room make so many ticks, each at its time.
    pub fn run(&mut self, ticks: u32) {
        self.run_with(ticks, |_| {});
    }

    /// As [`Sim::run`], with a look at everything after each tick.
    pub fn run_with(&mut self, ticks: u32, mut look: impl FnMut(&mut Self)) {
        for _ in 0..ticks {
            let due = self.room.rate().micros(self.ticks + 1);
            self.run_clients(due);
            self.at = due;
            self.ticks += 1;
            self.tick();
            look(self);
        }
    }

    /// Everything that clients do before `until`, in the order of time.
    fn run_clients(&mut self, until: Micros) {
        for seat in 0..self.seats.len() {
            self.carry_out(seat);
        }
        while let Some((at, seat)) = self.next_event().filter(|(at, _)| *at < until) {
            self.at = self.at.max(at);
            self.happen(seat);
            self.carry_out(seat);
        }
    }

    fn next_event(&self) -> Option<(Micros, usize)> {
        self.seats.iter().enumerate().map(|(number, seat)| (seat.next_event(), number)).min()
    }

    /// What is due at a client now.
    fn happen(&mut self, number: usize) {
        let at = self.at;
        let Some(seat) = self.seats.get_mut(number) else { return };
        if let Some(line) = &mut seat.line {
            if !line.open && line.opens <= at {
                line.open = true;
                seat.peer.connected(at);
                return;
            }
            if let Some(bytes) = line.down.receive(at) {
                seat.arrive(at, &bytes);
                return;
            }
        }
        if seat.peer.next_due() <= at {
            seat.peer.update(at);
        }
    }

    /// What a client wants done.
    fn carry_out(&mut self, number: usize) {
        let at = self.at;
        while let Some(output) = self.seats.get_mut(number).and_then(|seat| seat.peer.poll()) {
            match output {
                Output::Connect => self.connect(number),
                Output::Send(frame) => self.send_up(number, at, &Item::Frame(&frame)),
                Output::Close(code, reason) => {
                    self.send_up(number, at, &Item::Close(code.code(), &reason));
                    let Some(seat) = self.seats.get_mut(number) else { return };
                    seat.leaving.extend(seat.line.take());
                }
            }
        }
    }

    fn connect(&mut self, number: usize) {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let Some(seat) = self.seats.get_mut(number) else { return };
        let (up, down) = Link::pair(seat.conditions, self.seed ^ u64::from(conn.0) << 20);
        let opens = self.at + 4 * seat.conditions.delay;
        let ping_due = opens + PING_EVERY;
        seat.connections += 1;
        seat.line = Some(Line { conn, up, down, opens, open: false, greeted: false, ping_due, dead: false });
    }

    fn send_up(&mut self, number: usize, at: Micros, item: &Item<'_>) {
        if let Some(line) =
            self.seats.get_mut(number).and_then(|seat| seat.line.as_mut()).filter(|line| !line.dead)
        {
            let mut bytes = Vec::new();
            bundle(item, &mut bytes);
            // A client whose own buffer is full loses its connection in a browser, too.
            let _ = line.up.send(at, bytes);
        }
    }

    fn tick(&mut self) {
        for number in 0..self.seats.len() {
            self.drain(number);
        }
        self.room.tick(&mut self.out);
        let out = core::mem::take(&mut self.out);
        for write in &out.writes {
            let frames: Vec<&[u8]> = write
                .frames
                .iter()
                .filter(|range| !range.is_empty())
                .map(|range| &out.bytes[range.clone()])
                .collect();
            if !self.send_down(write.conn, &frames) {
                self.room.unwritten(write.conn);
            }
        }
        for close in &out.closes {
            self.close_down(close.conn, close.code, &close.reason);
        }
        self.out = out;
    }

    /// What has arrived from a client, all at once, as a worker drains a socket.
    fn drain(&mut self, number: usize) {
        let (at, room, tokens) = (self.at, &mut self.room, &mut self.tokens);
        let Some(seat) = self.seats.get_mut(number) else { return };
        seat.leaving.retain_mut(|line| !line.drain(at, room, tokens));
        let Some(line) = &mut seat.line else { return };
        if line.drain(at, room, tokens) {
            seat.line = None;
            return;
        }
        if line.down.blocked(at) {
            room.blocked(line.conn);
        } else if line.ping_due <= at && !line.dead {
            line.ping_due += PING_EVERY;
            let mut bytes = Vec::new();
            bundle(&Item::Ping, &mut bytes);
            let _ = line.down.send(at, bytes);
        }
    }

    /// One write. Says `false` where the socket takes no byte of it.
    fn send_down(&mut self, conn: ConnId, frames: &[&[u8]]) -> bool {
        let (at, tick) = (self.at, self.room.newest());
        let Some(seat) = self.seat_of(conn) else { return true };
        let Some(line) = &mut seat.line else { return true };
        let mut bytes = Vec::new();
        for frame in frames {
            bundle(&Item::Frame(frame), &mut bytes);
        }
        if !line.dead && !line.down.send(at, bytes) {
            return false;
        }
        for frame in frames {
            seat.bytes += frame.len() as u64;
            if let Some(written) = &mut seat.written {
                written.push((tick, frame.to_vec()));
            }
        }
        true
    }

    fn close_down(&mut self, conn: ConnId, code: CloseCode, reason: &str) {
        let (at, tick) = (self.at, self.room.newest());
        let Some(number) = self.seats.iter().position(|seat| seat.is_on(conn)) else { return };
        self.closes.push(Closed { seat: number, tick, code, reason: reason.to_owned() });
        let Some(line) = self.seats[number].line.as_mut().filter(|line| !line.dead) else { return };
        let mut bytes = Vec::new();
        bundle(&Item::Close(code.code(), reason), &mut bytes);
        // A reader that stopped does not see the close frame either; its socket is gone all the same.
        let stopped = line.down.conditions().stall >= FOREVER;
        if stopped || !line.down.send(at, bytes) {
            self.seats[number].line = None;
            self.seats[number].peer.lost(at, 1006, "");
        }
    }

    fn seat_of(&mut self, conn: ConnId) -> Option<&mut Seat<P>> {
        self.seats.iter_mut().find(|seat| seat.is_on(conn))
    }
}
