//! The loop that runs all players of a load on one thread.

mod joins;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use mio::{Events, Poll, Token};
use tickwire_client::Micros;
use tickwire_client_demo::net::{Read, Socket};

use self::joins::Joins;
use super::player::{Player, Told};
use super::scenario::Habit;
use super::seen::{Fastest, Seen};
use super::{Hands, Meter, Plan};
use crate::machine;

/// All players of a run.
pub struct Engine {
    plan: Plan,
    poll: Poll,
    events: Events,
    pub(super) players: Vec<Player>,
    joins: Vec<Joins>,
    /// Who comes back, and when.
    again: BinaryHeap<Reverse<(Micros, usize)>>,
    due: BinaryHeap<Reverse<(Micros, usize)>>,
    /// When something arrives over a player's link.
    arrivals: BinaryHeap<Reverse<(Micros, usize)>>,
    hands: Hands,
    /// What was measured of the players since the last [`Engine::reset`].
    pub meter: Meter,
    /// The same of those who came on top of them.
    pub others: Meter,
    /// Why the first player that was disconnected was, in words.
    pub(super) first_end: Option<String>,
    seen: Seen,
    fastest: Fastest,
    snapshot_at: Micros,
    odd_at: Micros,
    begun: u64,
    scratch: Vec<u8>,
    /// Measured players whose sockets are ready, and others.
    ready: Vec<usize>,
    crowd: VecDeque<usize>,
}

impl Engine {
    /// Nobody connected yet.
    ///
    /// # Errors
    /// Where there is no such scene, or the system gives no readiness queue.
    pub fn new(plan: Plan) -> anyhow::Result<Engine> {
        machine::raise_file_limit();
        let mut hands = Hands::of(plan.scene.as_deref())?;
        hands.one_spot = plan.one_spot;
        let mut engine = Engine {
            poll: Poll::new()?,
            events: Events::with_capacity(4_096),
            players: Vec::new(),
            joins: Vec::new(),
            again: BinaryHeap::new(),
            due: BinaryHeap::new(),
            arrivals: BinaryHeap::new(),
            hands,
            meter: Meter::new()?,
            others: Meter::new()?,
            first_end: None,
            seen: Seen::default(),
            fastest: Fastest::default(),
            snapshot_at: 0,
            odd_at: 0,
            begun: machine::now(),
            scratch: vec![0; 256 * 1_024],
            ready: Vec::new(),
            crowd: VecDeque::new(),
            plan,
        };
        let (players, per_second) = (engine.plan.players, engine.plan.joins_per_second);
        engine.add(Habit::Plays, players, per_second);
        Ok(engine)
    }

    /// Lets the first so many players ask for a keyframe.
    pub fn resync(&mut self, players: usize) {
        for player in self.players.iter_mut().filter(|player| player.is_in()).take(players) {
            player.ask_again();
        }
    }

    /// Microseconds since the engine began.
    #[must_use]
    pub fn at(&self) -> Micros {
        (machine::now() - self.begun) / 1_000
    }

    /// When the newest snapshot came, in nanoseconds of the machine's clock.
    #[must_use]
    pub fn snapshot_nanos(&self) -> u64 {
        self.begun + self.snapshot_at * 1_000
    }

    /// Measured players that are in now.
    #[must_use]
    pub fn playing(&self) -> usize {
        let plays = |player: &&Player| player.habit == Habit::Plays && player.is_in() && player.socket.is_some();
        self.players.iter().filter(plays).count()
    }

    /// Forgets what was measured so far.
    ///
    /// # Errors
    /// As [`Meter::new`].
    pub fn reset(&mut self) -> anyhow::Result<()> {
        let (joined, connect) = (self.meter.joined, self.meter.connect.clone());
        self.meter = Meter { joined, connect, ..Meter::new()? };
        self.others = Meter::new()?;
        Ok(())
    }

    /// Plays until `end`, by the clock of [`Engine::at`].
    ///
    /// # Errors
    /// Where the system gives no sockets.
    pub fn run_until(&mut self, end: Micros) -> anyhow::Result<()> {
        while self.at() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Plays until everybody is in; false where that takes longer than `longest`.
    ///
    /// # Errors
    /// Where the system gives no sockets.
    pub fn run_until_joined(&mut self, longest: Duration) -> anyhow::Result<bool> {
        let end = self.at() + longest.as_micros() as Micros;
        let mut told = self.at() + 1_000_000;
        while self.playing() < self.plan.players {
            if self.at() > end || self.meter.disconnected() > 0 {
                return Ok(false);
            }
            if self.at() > told {
                eprintln!("{} of {} players are in", self.playing(), self.plan.players);
                told += 1_000_000;
            }
            let until = self.at() + 20_000;
            self.run_until(until)?;
        }
        Ok(true)
    }

    /// One round: joins, inputs, frames. Waits at most until `end`, and never long.
    ///
    /// # Errors
    /// Where the system gives no sockets.
    pub fn turn(&mut self, end: Micros) -> anyhow::Result<()> {
        self.join_due()?;
        self.act_due();
        self.arrive_due();
        self.be_odd();
        let next = self.due.peek().map_or(end, |Reverse((due, _))| *due).min(end);
        let next = self.arrivals.peek().map_or(next, |Reverse((due, _))| next.min(*due));
        let wait = Duration::from_micros(next.saturating_sub(self.at())).min(WAIT_MAX);
        let wait = if self.crowd.is_empty() { wait } else { Duration::ZERO };
        self.poll.poll(&mut self.events, Some(wait))?;
        self.ready.clear();
        for Token(seat) in self.events.iter().map(mio::event::Event::token) {
            if seat < self.plan.players { self.ready.push(seat) } else { self.crowd.push_back(seat) }
        }
        for index in 0..self.ready.len() {
            self.read(self.ready[index], usize::MAX);
        }
        // What comes for those who are measured does not wait until all that came for a crowd is read.
        for _ in 0..CROWD_AT_ONCE {
            let Some(seat) = self.crowd.pop_front() else { break };
            self.read(seat, usize::MAX);
        }
        Ok(())
    }

    fn act_due(&mut self) {
        while let Some(&Reverse((due, seat))) = self.due.peek() {
            let at = self.at();
            if due > at {
                return;
            }
            self.due.pop();
            let Some(player) = self.players.get_mut(seat).filter(|player| player.is_in()) else { continue };
            let Some(mut socket) = player.socket.take() else { continue };
            let meter = if player.habit == Habit::Plays { &mut self.meter } else { &mut self.others };
            if player.act(at, &mut self.hands, meter) {
                let next = player.send(&mut socket, at, meter);
                self.arrivals.extend(next.map(|next| Reverse((next, seat))));
            }
            player.socket = Some(socket);
            if let Some(next) = player.next_due() {
                self.due.push(Reverse((next, seat)));
            }
        }
    }

    /// What arrives over links, in both directions.
    fn arrive_due(&mut self) {
        while let Some(&Reverse((due, seat))) = self.arrivals.peek() {
            let at = self.at();
            if due > at {
                return;
            }
            self.arrivals.pop();
            let Some(mut socket) = self.players[seat].socket.take() else { continue };
            self.players[seat].send_arrived(&mut socket, at);
            let mut ended = None;
            while let Some(frame) = self.players[seat].arrived(at) {
                ended = ended.or(self.take(seat, at, &frame, &mut socket).err());
            }
            self.settle(seat, socket, ended);
            let next = self.players[seat].next_arrival();
            self.arrivals.extend(next.map(|next| Reverse((next, seat))));
        }
    }

    /// Those who read slowly read, and those who flood go on.
    fn be_odd(&mut self) {
        let at = self.at();
        let reads = at >= self.odd_at;
        if reads {
            self.odd_at = at + ODD_EVERY;
        }
        for seat in self.plan.players.min(self.players.len())..self.players.len() {
            let player = &mut self.players[seat];
            match player.habit {
                Habit::Dawdles(bytes) if reads && player.is_in() => {
                    self.read(seat, bytes * ODD_EVERY as usize / 1_000_000);
                }
                Habit::Floods(first, bytes) if player.is_in() => player.flood(first, bytes),
                Habit::Plays | Habit::Crowds | Habit::Ignores | Habit::Dawdles(_) | Habit::Floods(..) => {}
            }
        }
    }

    /// Reads a socket: all there is, or at most so many bytes.
    fn read(&mut self, seat: usize, most: usize) {
        let at = self.at();
        let Some(player) = self.players.get_mut(seat) else { return };
        let unread = match player.habit {
            Habit::Ignores => player.is_in(),
            Habit::Dawdles(_) => player.is_in() && most == usize::MAX,
            Habit::Plays | Habit::Crowds | Habit::Floods(..) => false,
        };
        let Some(mut socket) = player.socket.take_if(|_| !unread) else { return };
        let (mut ended, mut scratch) = (None, std::mem::take(&mut self.scratch));
        socket.flush();
        let size = scratch.len().min(most);
        let mut told = |socket: &mut Socket, read: Read<'_>| match read {
            Read::Open => {
                let room = self.plan.room_of(seat);
                socket.send(self.players[seat].hello(self.hands.schema(), &room));
            }
            Read::Frame(bytes) => match self.players[seat].fly(at, bytes) {
                Some(next) => self.arrivals.push(Reverse((next, seat))),
                None => ended = ended.take().or(self.take(seat, at, bytes, socket).err()),
            },
            Read::Close(code, reason) => ended = Some((code, reason.to_owned())),
        };
        let read = if most == usize::MAX {
            socket.read(&mut scratch, &mut told)
        } else {
            socket.read_once(&mut scratch[..size], &mut told).map(|_| ())
        };
        if let Err(error) = read {
            ended.get_or_insert((NO_CODE, format!("{error:#}")));
        }
        self.scratch = scratch;
        self.settle(seat, socket, ended);
    }

    /// A frame that a player was sent.
    fn take(&mut self, seat: usize, at: Micros, bytes: &[u8], socket: &mut Socket) -> Result<(), (u16, String)> {
        let Engine { players, hands, meter, others, seen, due, plan, fastest, .. } = self;
        let player = &mut players[seat];
        let meter = if player.habit == Habit::Plays { meter } else { others };
        if player.is_in() {
            meter.bytes_in += bytes.len() as u64;
        }
        match player.receive(at, bytes, hands, meter) {
            Ok(Told::Nothing) => {}
            Ok(Told::Welcome) => due.extend(player.next_due().map(|next| Reverse((next, seat)))),
            Ok(Told::Snapshot(lane, bytes)) => {
                self.snapshot_at = at;
                meter.age.saturating_record(fastest.age(at, player.newest(), player.tick_us()));
                if plan.shared && player.is_whole() {
                    let same = seen.compare(player.newest(), lane, bytes);
                    meter.compared += 1;
                    meter.mismatches += u64::from(!same);
                }
                if player.acknowledge() {
                    let next = player.send(socket, at, meter);
                    self.arrivals.extend(next.map(|next| Reverse((next, seat))));
                }
            }
            Err(error) => return Err((NO_CODE, format!("{error:#}"))),
        }
        Ok(())
    }

    /// Puts a socket back, where it did not end.
    fn settle(&mut self, seat: usize, socket: Socket, ended: Option<(u16, String)>) {
        let Some((code, reason)) = ended else {
            self.players[seat].socket = Some(socket);
            return;
        };
        let habit = self.players[seat].habit;
        let measured = habit == Habit::Plays;
        let meter = if measured { &mut self.meter } else { &mut self.others };
        if measured && meter.disconnected() == 0 {
            eprintln!("player {} is disconnected with {code}: {reason}", seat + 1);
            self.first_end.get_or_insert_with(|| format!("{code}: {reason}"));
        }
        *meter.disconnects.entry(code).or_default() += 1;
        if matches!(habit, Habit::Floods(..)) {
            self.again.push(Reverse((self.at() + FLOODER_RESTS, seat)));
        }
    }

    /// Says goodbye for everybody, and waits for the answers, a second at the most.
    ///
    /// # Errors
    /// Where readiness cannot be asked.
    pub fn leave(&mut self) -> anyhow::Result<()> {
        let mut left: Vec<Socket> = self.players.iter_mut().filter_map(|player| player.socket.take()).collect();
        left.iter_mut().for_each(|socket| socket.close(1_000, "the load is over"));
        let end = self.at() + LEAVE_MAX;
        while !left.is_empty() && self.at() < end {
            left.retain_mut(|socket| !socket.is_over(&mut self.scratch));
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// What a socket that broke without a close frame is counted as.
const NO_CODE: u16 = 1006;
/// The longest wait for a frame: joins and ends are looked after in between.
const WAIT_MAX: Duration = Duration::from_millis(5);
/// How many sockets of others are read between two looks at those who are measured.
const CROWD_AT_ONCE: usize = 16;
/// How often those who read slowly do, in microseconds.
const ODD_EVERY: Micros = 50_000;
/// How long a flooder that was thrown out stays away, in microseconds: ten times a second it knocks again.
const FLOODER_RESTS: Micros = 100_000;
const LEAVE_MAX: Micros = 1_000_000;
