//! One player of a load run.

mod odd;

use std::collections::VecDeque;

use tickwire_client::{Due, Micros, Pacer};
use tickwire_client_demo::net::Socket;
use tickwire_protocol::game::Role;
use tickwire_protocol::id::{InputSeq, PlayerId, Tick};
use tickwire_protocol::link::{Conditions, Link};
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Glance, LANE_DEPTH, Replica};
use tickwire_protocol::wire::{
    Hello, InputFrame, InputLayout, InputRun, Resume, ServerFrame, Token, VERSION, client, server,
};

use super::scenario::Habit;
use super::{Hands, Meter};

/// The snapshots that a player holds, newest first: those on the same lane are sent the same bytes.
pub(super) type Lane = [Tick; LANE_DEPTH];

pub(super) struct Player {
    pub(super) socket: Option<Socket>,
    pub(super) habit: Habit,
    /// What lies between it and its socket, up and down.
    link: Option<Box<(Link, Link)>>,
    seat: u32,
    begun: Micros,
    role: Role,
    id: PlayerId,
    joined: bool,
    /// From its last welcome, to come back with.
    token: Option<Token>,
    glance: Glance,
    replica: Option<Replica>,
    decodes: bool,
    layout: InputLayout,
    pacer: Pacer,
    tick_us: f64,
    seq: InputSeq,
    values: Vec<i32>,
    /// When the inputs that are not seen yet were due.
    waiting: VecDeque<(InputSeq, Micros)>,
    event: u32,
    lane: Lane,
    /// Snapshots since its last keyframe.
    since_keyframe: u32,
    snapshot_at: Option<Micros>,
    buffer: Vec<u8>,
    flooding: bool,
}

/// What a frame was.
pub(super) enum Told<'a> {
    /// Nothing that others need to know.
    Nothing,
    /// The player is in.
    Welcome,
    /// A snapshot for a player on this lane.
    Snapshot(Lane, &'a [u8]),
}

impl Player {
    pub(super) fn new(seat: u32, habit: Habit, decodes: bool, role: Role, begun: Micros) -> Player {
        Player {
            socket: None,
            habit,
            link: None,
            seat,
            begun,
            role,
            id: PlayerId::NOBODY,
            joined: false,
            token: None,
            glance: Glance::new(),
            replica: None,
            decodes,
            layout: InputLayout::new(&[]),
            pacer: Pacer::new(1.0),
            tick_us: 1.0,
            seq: InputSeq::NONE,
            values: Vec::new(),
            waiting: VecDeque::new(),
            event: 0,
            lane: [Tick::NONE; LANE_DEPTH],
            since_keyframe: 0,
            snapshot_at: None,
            buffer: Vec::new(),
            flooding: false,
        }
    }

    /// The same behind a link.
    pub(super) fn behind(mut self, link: Option<Conditions>) -> Player {
        self.link = link.map(|link| Box::new(Link::pair(link, self.seat.into())));
        self
    }

    /// A connection begins, the first one or another one: nothing is held any more.
    pub(super) fn begin_again(&mut self, at: Micros) {
        self.begun = at;
        self.joined = false;
        self.flooding = false;
        self.glance = Glance::new();
        self.lane = [Tick::NONE; LANE_DEPTH];
        self.snapshot_at = None;
        self.waiting.clear();
        if let Some(link) = &mut self.link {
            **link = Link::pair(link.0.conditions(), self.seat.into());
        }
    }

    /// Microseconds of a tick.
    pub(super) fn tick_us(&self) -> f64 {
        self.tick_us
    }

    pub(super) fn is_in(&self) -> bool {
        self.joined
    }

    /// When its next input is due.
    pub(super) fn next_due(&self) -> Option<Micros> {
        (self.joined && self.plays()).then(|| self.pacer.next_at())
    }

    /// Whether it sends inputs. Who floods says nothing else, so that a message stays in pieces.
    fn plays(&self) -> bool {
        self.role == Role::Plays && !self.layout.is_empty() && !self.floods()
    }

    fn floods(&self) -> bool {
        matches!(self.habit, Habit::Floods(..))
    }

    pub(super) fn hello(&mut self, schema: Option<&Schema>, room: &str) -> &[u8] {
        let hello = Hello {
            version: VERSION,
            schema_hash: schema.map_or(0, Schema::hash),
            room: room.to_owned(),
            name: format!("load {}", self.seat + 1),
            role: self.role,
            ticket: Vec::new(),
            options: Default::default(),
            resume: self.token.map(|token| {
                let [tick, ..] = self.lane;
                Resume { token, tick, event: self.event, seq: self.seq }
            }),
        };
        self.buffer.clear();
        client::encode_hello(&hello, &mut self.buffer);
        &self.buffer
    }

    /// Makes the inputs that are due by `at`; whether there is a frame to be sent.
    pub(super) fn act(&mut self, at: Micros, hands: &mut Hands, meter: &mut Meter) -> bool {
        let due = self.pacer.next_at();
        let ticks = match self.pacer.due(at) {
            Due::Ticks(ticks) => ticks,
            Due::Slept(ticks) => ticks.min(1),
        };
        if ticks == 0 {
            return false;
        }
        meter.lateness.saturating_record(at.saturating_sub(due));
        let first = self.seq.next();
        let mut runs = Vec::new();
        for nth in 0..ticks {
            self.seq = self.seq.next();
            hands.input(self.replica.as_ref().and_then(Replica::newest), self.id, self.seq.0, &mut self.values);
            runs.push(InputRun { count: 1, values: self.values.clone() });
            self.waiting.push_back((self.seq, due + (f64::from(nth) * self.tick_us) as Micros));
        }
        self.encode(first, runs);
        true
    }

    /// Makes what says how far snapshots and events have come, for those who send no inputs; whether there is any.
    pub(super) fn acknowledge(&mut self) -> bool {
        let acknowledges = !self.plays() && !self.floods();
        if acknowledges {
            self.encode(self.seq.next(), Vec::new());
        }
        acknowledges
    }

    fn encode(&mut self, first: InputSeq, runs: Vec<InputRun>) {
        let [held, ..] = self.lane;
        let frame = InputFrame { held, event: self.event, drawn: held.0 * 16, first, runs };
        self.buffer.clear();
        client::encode_input(&self.layout, &frame, &mut self.buffer);
    }

    /// Sends the frame that was made. Where a link lies in between: when something arrives over it.
    pub(super) fn send(&mut self, socket: &mut Socket, at: Micros, meter: &mut Meter) -> Option<Micros> {
        meter.bytes_out += self.buffer.len() as u64;
        let Some(link) = &mut self.link else {
            socket.send(&self.buffer);
            return None;
        };
        link.0.push(at, self.buffer.clone());
        link.0.next_arrival()
    }

    /// A frame from the server sets out over the link, if there is one: when something arrives.
    pub(super) fn fly(&mut self, at: Micros, frame: &[u8]) -> Option<Micros> {
        let link = self.link.as_mut()?;
        link.1.push(at, frame.to_vec());
        link.1.next_arrival()
    }

    /// When the next frame arrives over the link.
    pub(super) fn next_arrival(&self) -> Option<Micros> {
        let link = self.link.as_ref()?;
        link.0.next_arrival().into_iter().chain(link.1.next_arrival()).min()
    }

    /// Sends what has come over the link from the player.
    pub(super) fn send_arrived(&mut self, socket: &mut Socket, at: Micros) {
        let Some(link) = &mut self.link else { return };
        while let Some(frame) = link.0.receive(at) {
            socket.send(&frame);
        }
    }

    /// The next frame that has come over the link from the server.
    pub(super) fn arrived(&mut self, at: Micros) -> Option<Vec<u8>> {
        self.link.as_mut()?.1.receive(at)
    }

    /// Takes a frame.
    ///
    /// # Errors
    /// Where it is not what a server could have sent.
    pub(super) fn receive<'a>(
        &mut self,
        at: Micros,
        bytes: &'a [u8],
        hands: &mut Hands,
        meter: &mut Meter,
    ) -> anyhow::Result<Told<'a>> {
        match bytes.first() {
            Some(&server::WELCOME) => self.welcome(at, bytes, hands, meter),
            Some(&server::PRIVATE) => self.private(at, bytes, meter),
            Some(&server::SNAPSHOT) => {
                self.decode(bytes, meter);
                Ok(self.snapshot(at, bytes, meter))
            }
            Some(&server::CODEBOOK) => {
                self.decode(bytes, meter);
                Ok(Told::Nothing)
            }
            _ => anyhow::bail!("the server says {:?}", ServerFrame::decode(bytes)),
        }
    }

    fn welcome<'a>(
        &mut self,
        at: Micros,
        bytes: &[u8],
        hands: &mut Hands,
        meter: &mut Meter,
    ) -> anyhow::Result<Told<'a>> {
        let ServerFrame::Welcome(welcome) = ServerFrame::decode(bytes)? else {
            anyhow::bail!("a welcome is no welcome")
        };
        let told = welcome.schema.as_deref().map(serde_json::from_str::<Schema>).transpose()?;
        let schema = told.as_ref().or(hands.schema());
        let Some(schema) = schema else { anyhow::bail!("the welcome brings no schema") };
        self.layout = InputLayout::new(&schema.input);
        if self.decodes {
            let mut replica = Replica::new(schema).of(welcome.player);
            replica.codebook(&welcome.codebook)?;
            self.replica = Some(replica);
        }
        let fields = schema.input.clone();
        hands.learn(&fields);
        self.token = Some(welcome.token);
        self.id = welcome.player;
        self.tick_us = 1e6 / f64::from(welcome.tick_rate.max(1));
        self.pacer = Pacer::new(self.tick_us);
        // Players do not look at the same instant: spread over a tick by their number.
        let spread = f64::from(self.seat) * 0.618_033_988_7;
        self.pacer.begin(at + (spread.fract() * self.tick_us) as Micros);
        self.joined = true;
        if welcome.resumed {
            meter.back.saturating_record(at - self.begun);
        } else {
            meter.joined += 1;
            meter.connect.saturating_record(at - self.begun);
        }
        Ok(Told::Welcome)
    }

    fn private<'a>(&mut self, at: Micros, bytes: &[u8], meter: &mut Meter) -> anyhow::Result<Told<'a>> {
        self.decode(bytes, meter);
        let private = self.glance.private(bytes)?;
        self.event = private.events.last().map_or(self.event, |event| event.number);
        if private.seq != InputSeq::NONE {
            let jump = self.pacer.heard(at, private.margin);
            self.seq = self.seq.after(u32::try_from(jump).unwrap_or(0));
        }
        meter.privates += 1;
        meter.margin += i64::from(private.margin);
        while let Some((_, due)) = self.waiting.pop_front_if(|(seq, _)| *seq <= private.seq) {
            let took = at.saturating_sub(due);
            let waited = f64::from(private.margin.max(0)) * self.tick_us;
            meter.seen.saturating_record(took);
            meter.beat.seen.saturating_record(took);
            meter.seen_beyond.saturating_record(took.saturating_sub(waited as Micros));
        }
        if !private.snapshot_follows {
            self.snapshot_at = Some(at);
        }
        Ok(Told::Nothing)
    }

    fn snapshot<'a>(&mut self, at: Micros, bytes: &'a [u8], meter: &mut Meter) -> Told<'a> {
        let (before, tick) = (self.lane, self.glance.newest());
        self.lane.rotate_right(1);
        self.lane[0] = tick;
        meter.snapshots += 1;
        meter.beat.snapshots += 1;
        if Glance::is_keyframe(bytes) {
            meter.keyframes += u64::from(before[0] != Tick::NONE);
            self.since_keyframe = 0;
        }
        self.since_keyframe = self.since_keyframe.saturating_add(1);
        if before[0] != Tick::NONE {
            meter.ticks += u64::from(tick.since(before[0]));
        } else {
            meter.ticks += 1;
        }
        if let Some(last) = self.snapshot_at.replace(at) {
            let (gap, ticks) = (at - last, tick.since(before[0]).max(1));
            meter.interval.saturating_record(gap);
            meter.beat.interval.saturating_record(gap);
            meter.jitter.saturating_record(gap.abs_diff((f64::from(ticks) * self.tick_us) as Micros));
            meter.gaps += 1;
            meter.long_gaps += u64::from(gap as f64 > 3.0 * self.tick_us);
            meter.stalls += u64::from(gap > 100_000);
        }
        Told::Snapshot(before, bytes)
    }

    fn decode(&mut self, bytes: &[u8], meter: &mut Meter) {
        let Some(replica) = &mut self.replica else { return };
        match replica.receive(bytes) {
            Ok(Some(arrival)) => {
                meter.hashes += u64::from(arrival.hash_ok.is_some());
                meter.mismatches += u64::from(arrival.hash_ok == Some(false));
            }
            Ok(None) => {}
            Err(error) => {
                eprintln!("player {} cannot read a frame: {error}", self.seat + 1);
                meter.mismatches += 1;
            }
        }
    }

    /// Whether it has all that it may see, for which a keyframe is the beginning: only then others on its lane hold
    /// the same.
    pub(super) fn is_whole(&self) -> bool {
        self.since_keyframe > FILLING_SNAPSHOTS
    }

    /// The tick of the newest snapshot.
    pub(super) fn newest(&self) -> Tick {
        self.glance.newest()
    }
}

/// Snapshots after which a world is whole, also where each brings little of it.
const FILLING_SNAPSHOTS: u32 = 64;
