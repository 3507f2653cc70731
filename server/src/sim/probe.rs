//! A client that predicts nothing and checks everything: what a test puts at the other end of a link.

mod aged;

use std::collections::{BTreeMap, VecDeque};

use tickwire_client::Output;
use tickwire_protocol::game::{self, Game, Role};
use tickwire_protocol::id::{EntityId, InputSeq, PlayerId, Tick};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::link::Micros;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Arrival, Replica};
use tickwire_protocol::wire::{
    CloseCode, Hello, InputFrame, InputLayout, InputRun, Private, Reject, Request, Resume, ServerFrame, VERSION,
    Welcome, client, codec,
};
use tickwire_protocol::world::Input as _;

pub use self::aged::aged;
use super::Peer;
use crate::check::holds;

/// How long a client waits before it comes back.
const COME_BACK_AFTER: Micros = 500_000;

/// A client that holds a world, says what it holds, and remembers everything it was told.
pub struct Probe<G: Game> {
    /// What it says first; a resume is added when it comes back.
    pub hello: Hello,
    /// Whether it sends inputs, one per tick.
    pub plays: bool,
    /// Whether it says what it holds.
    pub acknowledges: bool,
    /// Whether it comes back when its connection is lost.
    pub comes_back: bool,
    /// The controls from now on.
    pub input: G::Input,
    /// Bytes to be sent right behind the hello.
    pub after_hello: Option<Vec<u8>>,
    /// What is on its screen, in sixteenths of a tick behind the newest it holds.
    pub draws_behind: u32,

    schema: Schema,
    layout: InputLayout,
    welcome: Option<Welcome>,
    replica: Replica,
    checked: Tick,
    events: Vec<(u32, Tick, G::Event)>,
    newest_event: u32,
    private: Private,
    privates: u64,
    snapshots: u64,
    spawned: Vec<(InputSeq, u32, EntityId)>,
    faults: Vec<String>,
    closed: Vec<(u16, String)>,
    rejected: Option<Reject>,

    seq: InputSeq,
    /// The seq at which it last jumped or waited.
    paced: InputSeq,
    requests: VecDeque<Request>,
    request: u32,
    out: VecDeque<Output>,
    connected: bool,
    due: Micros,
}

impl<G: Game> Probe<G> {
    /// A client of any name that wants in.
    #[must_use]
    pub fn new(name: &str, role: Role) -> Probe<G> {
        let schema = game::schema::<G>();
        let hello = Hello {
            version: VERSION,
            schema_hash: schema.hash(),
            room: String::new(),
            name: name.to_owned(),
            role,
            ticket: Vec::new(),
            options: BTreeMap::new(),
            resume: None,
        };
        Probe {
            hello,
            plays: role == Role::Plays,
            acknowledges: true,
            comes_back: true,
            input: G::Input::default(),
            after_hello: None,
            draws_behind: 0,
            layout: InputLayout::new(&schema.input),
            replica: Replica::new(&schema),
            schema,
            welcome: None,
            checked: Tick::NONE,
            events: Vec::new(),
            newest_event: 0,
            private: Private::default(),
            privates: 0,
            snapshots: 0,
            spawned: Vec::new(),
            faults: Vec::new(),
            closed: Vec::new(),
            rejected: None,
            seq: InputSeq::NONE,
            paced: InputSeq::NONE,
            requests: VecDeque::new(),
            request: 0,
            out: VecDeque::from([Output::Connect]),
            connected: false,
            due: Micros::MAX,
        }
    }

    /// Asks the room for something: now or, without a connection, when it is back.
    pub fn request(&mut self, request: &G::Request) {
        self.request += 1;
        let mut bytes = Vec::new();
        codec::to_bytes(request, &mut bytes);
        let request = Request { number: self.request, bytes };
        if self.is_in() {
            self.send_request(&request);
        }
        self.requests.push_back(request);
    }

    /// Sends any bytes as a frame.
    pub fn send(&mut self, frame: Vec<u8>) {
        self.out.push_back(Output::Send(frame));
    }

    /// Sends the input of one tick, outside of a simulation.
    pub fn play_now(&mut self) {
        self.play();
    }

    /// Leaves for good.
    pub fn bye(&mut self, reason: &str) {
        let mut frame = Vec::new();
        client::encode_bye(reason, &mut frame);
        self.send(frame);
        self.comes_back = false;
    }

    /// Who it is; nobody before the first welcome.
    #[must_use]
    pub fn player(&self) -> PlayerId {
        self.welcome.as_ref().map_or(PlayerId::NOBODY, |welcome| welcome.player)
    }

    /// The last welcome.
    #[must_use]
    pub fn welcome(&self) -> Option<&Welcome> {
        self.welcome.as_ref()
    }

    /// The reject, if there was one.
    #[must_use]
    pub fn rejected(&self) -> Option<&Reject> {
        self.rejected.as_ref()
    }

    /// What it holds.
    #[must_use]
    pub fn world(&self) -> Option<&Image> {
        self.replica.newest()
    }

    /// The newest tick it holds.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.world().map_or(Tick::NONE, |image| image.tick)
    }

    /// The events told so far: number, tick, event.
    #[must_use]
    pub fn events(&self) -> &[(u32, Tick, G::Event)] {
        &self.events
    }

    /// The last private frame.
    #[must_use]
    pub fn private(&self) -> &Private {
        &self.private
    }

    /// Private frames and snapshots so far.
    #[must_use]
    pub fn frames(&self) -> (u64, u64) {
        (self.privates, self.snapshots)
    }

    /// What its inputs spawned: seq, how many-th of that seq, id.
    #[must_use]
    pub fn spawned(&self) -> &[(InputSeq, u32, EntityId)] {
        &self.spawned
    }

    /// Everything that was not as it has to be: frames that did not decode, hashes that differed, events out of order.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Why its connections ended, in order; 1006 where nothing was said.
    #[must_use]
    pub fn closed(&self) -> &[(u16, String)] {
        &self.closed
    }

    /// Whether it is in the room.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.connected && self.due != Micros::MAX
    }

    /// Compares what it holds with what the room had at the same ticks, every tick once. Says how many were compared.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn check(&mut self, truth: &History) -> Result<usize, String> {
        let mut compared = 0;
        if self.replica.has_rings() {
            return self.check_newest(truth);
        }
        for image in self.replica.history().iter().filter(|image| image.tick > self.checked) {
            let Some(whole) = truth.at(image.tick) else { continue };
            compared += 1;
            holds(&self.schema, image, whole, self.player()).map_err(|difference| difference.to_string())?;
        }
        self.checked = self.tick();
        Ok(compared)
    }

    fn take_frame(&mut self, at: Micros, frame: &[u8]) -> Result<(), String> {
        match ServerFrame::decode(frame).map_err(|error| error.to_string())? {
            ServerFrame::Welcome(welcome) => self.enter(at, *welcome),
            ServerFrame::Reject(reject) => self.rejected = Some(reject),
            ServerFrame::Codebook(frame) | ServerFrame::Private(frame) | ServerFrame::Snapshot(frame) => {
                let arrival = self.replica.receive(frame).map_err(|error| error.to_string())?;
                if let Some(arrival) = arrival {
                    return self.arrive(arrival);
                }
            }
            ServerFrame::Schema(_) | ServerFrame::Bye(_) => {}
        }
        Ok(())
    }

    fn enter(&mut self, at: Micros, welcome: Welcome) {
        self.replica = Replica::new(&self.schema).of(welcome.player);
        if let Err(error) = self.replica.codebook(&welcome.codebook) {
            self.faults.push(error.to_string());
        }
        if !welcome.resumed {
            self.newest_event = 0;
            self.request = self.requests.len() as u32;
            for (number, request) in (1..).zip(&mut self.requests) {
                request.number = number;
            }
        }
        self.checked = Tick::NONE;
        self.seq = self.seq.max(welcome.seq);
        self.welcome = Some(welcome);
        self.due = at;
        // Those that the room has received already it drops by their number.
        for request in self.requests.clone() {
            self.send_request(&request);
        }
    }

    fn arrive(&mut self, arrival: Arrival) -> Result<(), String> {
        self.privates += 1;
        self.snapshots += u64::from(arrival.private.snapshot_follows);
        for event in &arrival.private.events {
            if event.number != self.newest_event + 1 {
                return Err(format!("event {} came after event {}", event.number, self.newest_event));
            }
            self.newest_event = event.number;
            let told = codec::from_bytes(&event.bytes, MESSAGE_BYTES_MAX).map_err(|error| error.to_string())?;
            self.events.push((event.number, event.tick, told));
        }
        self.spawned.extend(&arrival.private.spawned);
        self.private = arrival.private;
        while self.requests.front().is_some_and(|request| request.number <= self.private.request) {
            self.requests.pop_front();
        }
        if arrival.hash_ok == Some(false) {
            return Err(format!("{}: the hash differs", arrival.tick));
        }
        if self.acknowledges {
            self.send_input(Vec::new());
        }
        Ok(())
    }

    /// One seq per tick; ahead or behind where the room says that inputs come late or pile up.
    fn play(&mut self) {
        // What the room says of inputs sent before the last change of pace is no news.
        let margin = if self.private.seq > self.paced { self.private.margin } else { 1 };
        if margin > 4 {
            self.paced = self.seq;
            return;
        }
        if margin < 0 {
            self.seq = self.seq.after(margin.unsigned_abs() + 1);
            self.paced = self.seq;
        }
        self.seq = self.seq.next();
        let mut values = vec![0; G::Input::COMPONENTS];
        self.input.pack(&mut values);
        self.send_input(vec![InputRun { count: 1, values }]);
        self.input = self.input.repeated();
    }

    fn send_input(&mut self, runs: Vec<InputRun>) {
        let held = self.tick();
        let drawn = held.0.saturating_mul(16).saturating_sub(self.draws_behind);
        let frame = InputFrame { held, event: self.newest_event, drawn, first: self.seq, runs };
        let mut bytes = Vec::new();
        client::encode_input(&self.layout, &frame, &mut bytes);
        self.send(bytes);
    }

    fn send_request(&mut self, request: &Request) {
        let mut bytes = Vec::new();
        client::encode_request(request, &mut bytes);
        self.send(bytes);
    }
}

impl<G: Game> Peer for Probe<G> {
    fn connected(&mut self, _: Micros) {
        self.connected = true;
        if let Some(welcome) = &self.welcome {
            let (token, tick) = (welcome.token, self.tick());
            self.hello.resume = Some(Resume { token, tick, event: self.newest_event, seq: self.seq });
        }
        let mut bytes = Vec::new();
        client::encode_hello(&self.hello, &mut bytes);
        self.send(bytes);
        if let Some(bytes) = self.after_hello.take() {
            self.send(bytes);
        }
    }

    fn receive(&mut self, at: Micros, frame: &[u8]) {
        if let Err(fault) = self.take_frame(at, frame) {
            self.faults.push(fault);
        }
    }

    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.closed.push((code, reason.to_owned()));
        self.out.clear();
        let may = CloseCode::from_code(code).is_none_or(CloseCode::may_come_back);
        self.due = if self.comes_back && may { at + COME_BACK_AFTER } else { Micros::MAX };
        self.connected = false;
    }

    fn update(&mut self, at: Micros) {
        if !self.connected {
            self.due = Micros::MAX;
            self.out.push_back(Output::Connect);
            return;
        }
        self.due = at + G::TICK_RATE.micros(1);
        if self.plays {
            self.play();
        }
    }

    fn next_due(&self) -> Micros {
        self.due
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
}
