//! The loop that runs all players of a load on one thread.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use tickwire_client::Micros;
use tickwire_client_demo::net::{Address, Read, Socket};
use tickwire_protocol::game::Role;
use tickwire_protocol::id::Tick;

use super::player::{Lane, Player, Told};
use super::{Hands, Meter};
use crate::machine;

/// Who is to play where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub to: Address,
    /// The scene it runs, where that is known.
    pub scene: Option<String>,
    /// The room; any with space where it is empty.
    pub room: String,
    /// As what they come.
    pub role: Role,
    /// How many.
    pub players: usize,
    /// How many begin to connect in a second.
    pub joins_per_second: f64,
    /// One player in so many decodes everything; all do where it is 1.
    pub decode_every: usize,
    /// Whether all see the same, so that those on one lane must be sent the same bytes.
    pub shared: bool,
}

/// All players of a run.
pub struct Engine {
    plan: Plan,
    poll: Poll,
    events: Events,
    players: Vec<Player>,
    due: BinaryHeap<Reverse<(Micros, usize)>>,
    hands: Hands,
    /// What was measured since the last [`Engine::reset`].
    pub meter: Meter,
    seen: Seen,
    snapshot_at: Micros,
    begun: u64,
    scratch: Vec<u8>,
    ready: Vec<usize>,
}

impl Engine {
    /// Nobody connected yet.
    ///
    /// # Errors
    /// Where there is no such scene, or the system gives no readiness queue.
    pub fn new(plan: Plan) -> anyhow::Result<Engine> {
        machine::raise_file_limit();
        let hands = Hands::of(plan.scene.as_deref())?;
        Ok(Engine {
            plan,
            poll: Poll::new()?,
            events: Events::with_capacity(4_096),
            players: Vec::new(),
            due: BinaryHeap::new(),
            hands,
            meter: Meter::new()?,
            seen: Seen::default(),
            snapshot_at: 0,
            begun: machine::now(),
            scratch: vec![0; 256 * 1_024],
            ready: Vec::new(),
        })
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

    /// Players that are in now.
    #[must_use]
    pub fn playing(&self) -> usize {
        self.players.iter().filter(|player| player.is_in() && player.socket.is_some()).count()
    }

    /// Forgets what was measured so far.
    ///
    /// # Errors
    /// As [`Meter::new`].
    pub fn reset(&mut self) -> anyhow::Result<()> {
        let (joined, connect) = (self.meter.joined, self.meter.connect.clone());
        self.meter = Meter { joined, connect, ..Meter::new()? };
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
        while self.playing() < self.plan.players {
            if self.at() > end || self.meter.disconnected() > 0 {
                return Ok(false);
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
        let next = self.due.peek().map_or(end, |Reverse((due, _))| *due).min(end);
        let wait = Duration::from_micros(next.saturating_sub(self.at())).min(WAIT_MAX);
        self.poll.poll(&mut self.events, Some(wait))?;
        self.ready.clear();
        self.ready.extend(self.events.iter().map(|event| event.token().0));
        for index in 0..self.ready.len() {
            self.read(self.ready[index]);
        }
        Ok(())
    }

    fn join_due(&mut self) -> anyhow::Result<()> {
        let at = self.at();
        let due = (at as f64 / 1e6 * self.plan.joins_per_second) as usize + 1;
        while self.players.len() < self.plan.players.min(due) {
            let seat = self.players.len();
            let decodes = seat.is_multiple_of(self.plan.decode_every.max(1));
            let mut player = Player::new(seat as u32, decodes, self.plan.role, at);
            let mut socket = Socket::connect(&self.plan.to)?;
            let both = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(socket.stream(), Token(seat), both)?;
            player.socket = Some(socket);
            self.players.push(player);
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
            let Some(player) = self.players.get_mut(seat) else { continue };
            let Some(mut socket) = player.socket.take() else { continue };
            let frame = player.act(at, &mut self.hands, &mut self.meter);
            if !frame.is_empty() {
                self.meter.bytes_out += frame.len() as u64;
                socket.send(frame);
            }
            player.socket = Some(socket);
            if let Some(next) = player.next_due() {
                self.due.push(Reverse((next, seat)));
            }
        }
    }

    fn read(&mut self, seat: usize) {
        let at = self.at();
        let Engine { players, hands, meter, seen, due, plan, .. } = self;
        let Some(player) = players.get_mut(seat) else { return };
        let Some(mut socket) = player.socket.take() else { return };
        let mut ended = None;
        let mut snapshot = false;
        socket.flush();
        let read = socket.read(&mut self.scratch, |socket, read| match read {
            Read::Open => socket.send(player.hello(hands.schema(), &plan.room)),
            Read::Frame(bytes) => {
                if player.is_in() {
                    meter.bytes_in += bytes.len() as u64;
                }
                match player.receive(at, bytes, hands, meter) {
                    Ok(Told::Nothing) => {}
                    Ok(Told::Welcome) => due.extend(player.next_due().map(|next| Reverse((next, seat)))),
                    Ok(Told::Snapshot(lane, bytes)) => {
                        snapshot = true;
                        if plan.shared {
                            let same = seen.compare(player.newest(), lane, bytes);
                            meter.compared += 1;
                            meter.mismatches += u64::from(!same);
                        }
                    }
                    Err(error) => ended = Some((NO_CODE, format!("{error:#}"))),
                }
            }
            Read::Close(code, reason) => ended = Some((code, reason.to_owned())),
        });
        if let Err(error) = read {
            ended.get_or_insert((NO_CODE, format!("{error:#}")));
        }
        if snapshot {
            self.snapshot_at = at;
        }
        if let (true, Some(frame)) = (snapshot, player.acknowledge()) {
            meter.bytes_out += frame.len() as u64;
            socket.send(frame);
        }
        match ended {
            Some((code, reason)) => {
                if meter.disconnected() == 0 {
                    eprintln!("player {} is disconnected with {code}: {reason}", seat + 1);
                }
                *meter.disconnects.entry(code).or_default() += 1;
            }
            None => player.socket = Some(socket),
        }
    }
}

/// The shared frames of the last ticks, to be compared with what others on the same lane are sent.
#[derive(Default)]
struct Seen {
    frames: BTreeMap<(Tick, Lane), Vec<u8>>,
    order: VecDeque<(Tick, Lane)>,
}

impl Seen {
    /// Whether this is what others on the lane were sent at this tick.
    fn compare(&mut self, tick: Tick, lane: Lane, bytes: &[u8]) -> bool {
        if let Some(known) = self.frames.get(&(tick, lane)) {
            return known == bytes;
        }
        let mut frame = Vec::new();
        if self.order.len() >= SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            frame = self.frames.remove(&oldest).unwrap_or_default();
        }
        frame.clear();
        frame.extend_from_slice(bytes);
        self.frames.insert((tick, lane), frame);
        self.order.push_back((tick, lane));
        true
    }
}

/// Frames that are remembered: some ticks on some lanes.
const SEEN_MAX: usize = 256;

/// What a socket that broke without a close frame is counted as.
const NO_CODE: u16 = 1006;

/// The longest wait for a frame: joins and ends are looked after in between.
const WAIT_MAX: Duration = Duration::from_millis(5);
