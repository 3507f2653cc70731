//! One player's stay in a room, which outlives a lost socket.

mod connection;

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_protocol::id::{EntityId, PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::wire::{
    CloseCode, EventRecord, Hello, Request, Resume, ServerFrame, Token, VERSION, client,
};

use crate::corrections::Correction;
use crate::netcode::Netcode;
use crate::playing::Playing;
use crate::predict::Simulate;
use crate::{Drawn, Join, Micros, Output, State, Stats};

/// Requests that the room has not received yet.
const REQUESTS_MAX: usize = 256;

/// One player's stay in a room. Needs only the schema; knows no socket and no clock.
pub struct Session {
    state: State,
    join: Join,
    /// The schema that this client was built with; `None` takes the server's.
    own_schema: bool,
    schema: Arc<Schema>,
    make: Option<fn() -> Box<dyn Simulate>>,
    playing: Playing,
    out: VecDeque<Output>,
    requests: VecDeque<Request>,
    requested: u32,
    seat: Option<Token>,
    room: String,
    resumed: bool,
    now: Micros,
    tries: u32,
    joined_at: Micros,
    resync_at: Option<Micros>,
}

impl Session {
    pub(crate) fn new(schema: Option<Schema>, make: Option<fn() -> Box<dyn Simulate>>, mut join: Join) -> Session {
        join.fit();
        let own_schema = schema.is_some();
        let schema = schema.unwrap_or_else(Schema::nothing);
        Session {
            state: State::Connecting,
            join,
            own_schema,
            playing: Playing::new(&schema, make.map(|make| make())),
            schema: Arc::new(schema),
            make,
            out: VecDeque::from([Output::Connect]),
            requests: VecDeque::new(),
            requested: 0,
            seat: None,
            room: String::new(),
            resumed: false,
            now: 0,
            tries: 0,
            joined_at: 0,
            resync_at: None,
        }
    }

    /// The socket is open: the hello goes out.
    pub fn connected(&mut self, at: Micros) {
        self.now = at;
        if self.state != State::Connecting {
            return;
        }
        let resume = self.seat.map(|token| Resume {
            token,
            tick: self.playing.tick_held(),
            event: self.playing.event,
            seq: self.playing.inputs.latest(),
        });
        let hello = Hello {
            version: VERSION,
            schema_hash: if self.own_schema { self.schema.hash() } else { 0 },
            room: self.join.room.clone(),
            name: self.join.name.clone(),
            role: self.join.role,
            ticket: self.join.ticket.clone(),
            options: self.join.options.clone(),
            resume,
        };
        self.state = State::Joining;
        self.send(|bytes| client::encode_hello(&hello, bytes));
    }

    /// A frame came. One that does not decode is counted and answered with the wish for a keyframe.
    pub fn receive(&mut self, at: Micros, frame: &[u8]) {
        self.now = at;
        let stats = &mut self.playing.stats;
        stats.frames_in += 1;
        stats.bytes_in += frame.len() as u64;
        let count = match ServerFrame::decode(frame) {
            Ok(ServerFrame::Private(_)) => &mut stats.bytes_private,
            Ok(ServerFrame::Snapshot(_)) => &mut stats.bytes_snapshot,
            Ok(_) | Err(_) => &mut stats.bytes_other,
        };
        *count += frame.len() as u64;
        let joined = self.state == State::Joined;
        match ServerFrame::decode(frame) {
            Ok(ServerFrame::Welcome(welcome)) if self.state == State::Joining => self.welcomed(at, &welcome),
            Ok(ServerFrame::Reject(reject)) if self.state == State::Joining => {
                self.ended(at, reject.code.code(), &reject.reason);
            }
            Ok(ServerFrame::Bye(bye)) => self.ended(at, bye.code.code(), &bye.reason),
            Ok(ServerFrame::Private(_) | ServerFrame::Snapshot(_) | ServerFrame::Codebook(_)) if joined => {
                self.told(at, frame);
            }
            Ok(_) => {}
            Err(_) => self.broken(at),
        }
    }

    /// The socket is gone: with the close frame's code and reason, or 1006 and an empty one.
    pub fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.now = at;
        match &self.state {
            State::Closed { .. } | State::Waiting { .. } => {}
            State::Connecting | State::Joining | State::Joined => self.ended(at, code, reason),
        }
    }

    /// Makes the inputs that are due by now, and tries again to connect.
    pub fn update(&mut self, at: Micros) {
        self.now = at;
        match self.state {
            State::Waiting { until, .. } if at >= until => {
                self.state = State::Connecting;
                self.out.push_back(Output::Connect);
            }
            State::Joined => {
                if let Some(frame) = self.playing.update(at) {
                    self.push_frame(frame);
                }
            }
            State::Waiting { .. } | State::Connecting | State::Joining | State::Closed { .. } => {}
        }
    }

    /// When [`Session::update`] has something to do, in the time it was last told or later.
    #[must_use]
    pub fn next_due(&self) -> Micros {
        let rest = self.now + 100_000;
        match self.state {
            State::Waiting { until, .. } => until.min(rest),
            State::Joined => self.playing.next_due(rest).min(rest),
            State::Connecting | State::Joining | State::Closed { .. } => rest,
        }
    }

    /// The next thing to do; `None`: nothing until something is told again.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The world as it is to be drawn now.
    pub fn draw(&mut self, at: Micros) -> &Drawn {
        self.now = at;
        self.playing.draw(at)
    }

    /// What was drawn last.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.playing.drawn
    }

    /// Nobody looks: snapshots and inputs stop.
    pub fn away(&mut self, at: Micros) {
        self.now = at;
        if !core::mem::replace(&mut self.playing.away, true) && self.state == State::Joined {
            self.send(client::encode_away);
        }
    }

    /// Somebody looks again.
    pub fn here(&mut self, at: Micros) {
        self.now = at;
        if core::mem::replace(&mut self.playing.away, false) && self.state == State::Joined {
            self.playing.begin_ticking(at);
            self.send(client::encode_here);
        }
    }

    /// Leaves for good: the seat is given up.
    pub fn bye(&mut self, at: Micros) {
        self.now = at;
        self.leave(CloseCode::Bye, "left");
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who this client is; nobody before the welcome.
    #[must_use]
    pub fn player(&self) -> PlayerId {
        self.playing.me
    }

    /// The room's name, also where the join left it open.
    #[must_use]
    pub fn room(&self) -> &str {
        &self.room
    }

    /// Whether the last welcome went on with an earlier session.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The schema in force.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The newest tick held.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.playing.tick_held()
    }

    /// The tick at which a row of the newest world was as it is held: far rows may be some ticks older than the rest.
    #[must_use]
    pub fn as_of(&self, id: EntityId) -> Tick {
        self.playing.held.as_of(id)
    }

    /// The newest world that the server told.
    #[must_use]
    pub fn newest(&self) -> Option<&Image> {
        self.playing.newest()
    }

    /// The world predicted for the newest input; `None` where nothing is predicted.
    #[must_use]
    pub fn predicted(&self) -> Option<&Image> {
        self.playing.predicted()
    }

    /// What a net graph needs, as of now.
    pub fn stats(&mut self) -> &Stats {
        self.playing.measure();
        &self.playing.stats
    }

    /// The corrections since the last call, oldest first; each two seconds after it happened, when it is known
    /// whether a replaced input explains it.
    pub fn take_corrections(&mut self) -> Vec<Correction> {
        self.playing.corrections.take(self.now)
    }

    /// The hash of what is held: what the room's encoder says of the same.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.playing.hash()
    }

    /// Drives so many ticks on from the newest world with inputs made of `seed`, and hashes what comes of each:
    /// the same number natively and in wasm. Prediction begins anew at the next snapshot. `None` without types.
    pub fn replay(&mut self, seed: u64, ticks: u32) -> Option<u64> {
        self.playing.replay(seed, ticks)
    }

    /// Switches parts of the netcode off and on.
    pub fn set_netcode(&mut self, netcode: Netcode) {
        self.playing.netcode = netcode;
    }

    /// What another process, or a page after a reload, needs to go on with this session.
    #[must_use]
    pub fn seat(&self) -> Option<Token> {
        self.seat
    }

    /// Goes on with the session of this token instead of beginning one; before the socket is open.
    pub fn resume(&mut self, seat: Token) {
        self.seat = Some(seat);
    }

    pub(crate) fn set_input(&mut self, values: &[i32]) {
        self.playing.inputs.set(values);
    }

    /// The input as it was last set.
    #[must_use]
    pub fn input(&self) -> &[i32] {
        self.playing.inputs.held()
    }

    /// Whether an event waits whose tick is drawn.
    #[must_use]
    pub fn has_event(&self) -> bool {
        self.playing.has_event()
    }

    pub(crate) fn next_record(&mut self) -> Option<EventRecord> {
        self.playing.next_event()
    }

    /// Asks with the bytes of a request; too many that the room has not received yet are dropped.
    pub(crate) fn ask(&mut self, bytes: Vec<u8>) {
        if self.requests.len() >= REQUESTS_MAX {
            return;
        }
        self.requested += 1;
        let request = Request { number: self.requested, bytes };
        if self.state == State::Joined {
            self.send(|bytes| client::encode_request(&request, bytes));
        }
        self.requests.push_back(request);
    }

    /// Leaves, and says why to the server and to whoever asks for the state.
    pub(crate) fn leave(&mut self, code: CloseCode, reason: &str) {
        if matches!(self.state, State::Closed { .. }) {
            return;
        }
        if matches!(self.state, State::Joined | State::Joining) {
            self.send(|bytes| client::encode_bye(reason, bytes));
        }
        self.out.push_back(Output::Close(CloseCode::Bye, String::new()));
        self.seat = None;
        self.state = State::Closed { code: code.code(), reason: reason.to_owned() };
    }
}
