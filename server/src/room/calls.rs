//! What a room is told between ticks: checked at once, in effect with the next tick.

use tickwire_protocol::game::{Game, Role};
use tickwire_protocol::id::{InputSeq, PlayerId, Tick, TickRate};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::wire::{ClientFrame, CloseCode, Hello, InputFrame, Request, Token, codec};
use tickwire_protocol::world::Input as _;

use super::session::{Presence, Verdict};
use super::{AnyRoom, Close, ConnId, Outbox, Room, Stats};

/// Answers from the process around the room that may wait for a tick: more than any tick can tell.
const ANSWERS_WAITING_MAX: usize = 4_096;

/// What waits for the next tick, in the order in which it came.
pub(super) enum Call<G: Game> {
    /// A connection wants in.
    Join { conn: ConnId, hello: Box<Hello>, token: Token },
    /// A player or watcher asks.
    Request(PlayerId, G::Request),
    /// The process around the room answers.
    Answer(G::Request),
}

/// Why a connection is to be closed.
pub(super) type Fault = (CloseCode, String);

impl<G: Game> AnyRoom for Room<G> {
    fn join(&mut self, conn: ConnId, hello: Hello, token: Token) {
        self.calls.push_back(Call::Join { conn, hello: Box::new(hello), token });
    }

    fn frame(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(&player) = self.conns.get(&conn) else {
            self.interrupt_join(conn);
            return;
        };
        if let Err((code, reason)) = self.read_frame(player, bytes) {
            let ends = matches!(code, CloseCode::Bye | CloseCode::Version);
            self.close_connection(player, code, reason, ends);
        }
    }

    fn heard(&mut self, conn: ConnId) {
        let now = self.tick;
        if let Some(client) = self.client_of(conn) {
            client.heard = now;
        }
    }

    fn lost(&mut self, conn: ConnId) {
        self.calls.retain(|call| !matches!(call, Call::Join { conn: joining, .. } if *joining == conn));
        if let Some(player) = self.conns.remove(&conn) {
            self.lose(player);
        }
    }

    fn blocked(&mut self, conn: ConnId) {
        if let Some(client) = self.client_of(conn) {
            client.blocked = true;
        }
    }

    fn unwritten(&mut self, conn: ConnId) {
        let (now, watched) = (self.tick, self.clock_of(Role::Watches));
        let Some(session) = self.conns.get(&conn).and_then(|player| self.sessions.get_mut(player)) else { return };
        let now = if session.role == Role::Watches { watched } else { now };
        if session.take_back(now) {
            self.stats.snapshots_skipped += 1;
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        match codec::from_bytes(bytes, MESSAGE_BYTES_MAX) {
            Ok(request) if self.calls.len() < ANSWERS_WAITING_MAX => self.calls.push_back(Call::Answer(request)),
            Ok(_) | Err(_) => self.stats.answers_refused += 1,
        }
    }

    fn pace(&mut self, percent: u32) {
        self.pace = percent;
    }

    fn begin_tick(&mut self, out: &mut Outbox) {
        self.make_tick(out);
    }

    fn end_tick(&mut self, out: &mut Outbox) {
        self.finish_tick(out);
    }

    fn newest(&self) -> Tick {
        self.tick
    }

    fn rate(&self) -> TickRate {
        G::TICK_RATE
    }

    fn name(&self) -> &str {
        &self.setup.name
    }

    fn hash(&self) -> u64 {
        self.host.history().newest().map_or(0, super::record::world_hash)
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }
}

impl<G: Game> Room<G> {
    /// A connection that is not in the room sent something. Between hello and welcome a client is silent.
    fn interrupt_join(&mut self, conn: ConnId) {
        let waiting = self.calls.len();
        self.calls.retain(|call| !matches!(call, Call::Join { conn: joining, .. } if *joining == conn));
        if self.calls.len() < waiting {
            let reason = "bytes between hello and welcome: wait for the welcome".to_owned();
            self.closing.push(Close { conn, code: CloseCode::Protocol, reason });
        }
    }

    fn read_frame(&mut self, player: PlayerId, bytes: &[u8]) -> Result<(), Fault> {
        let now = self.tick;
        let client = self.sessions.get_mut(&player).and_then(|session| session.client_mut());
        if !client.is_some_and(|client| client.takes_frame(now)) {
            return Err((CloseCode::TooMany, "too many frames in a second: send one a tick".to_owned()));
        }
        let undecodable = |error| (CloseCode::Undecodable, format!("{error}: the frame does not decode"));
        let mut input = core::mem::take(&mut self.input);
        let read = input.read(bytes, &self.layout).map_err(undecodable);
        let taken = match read {
            Ok(true) => self.take_input(player, &input),
            Ok(false) => {
                let frame = ClientFrame::decode(bytes, &self.layout).map_err(undecodable);
                frame.and_then(|frame| self.take_frame(player, frame))
            }
            Err(fault) => Err(fault),
        };
        self.input = input;
        taken
    }

    fn take_frame(&mut self, player: PlayerId, frame: ClientFrame) -> Result<(), Fault> {
        let Some(session) = self.sessions.get_mut(&player) else { return Ok(()) };
        let Some(client) = session.client_mut() else { return Ok(()) };
        match frame {
            ClientFrame::Input(input) => self.take_input(player, &input),
            ClientFrame::Request(request) => self.take_request(player, &request),
            ClientFrame::Away => {
                client.leave_off();
                session.presence.look(false);
                Ok(())
            }
            ClientFrame::Here => {
                if matches!(session.presence, Presence::Away(_)) {
                    client_resyncs(session.client_mut());
                    session.presence.look(true);
                }
                Ok(())
            }
            ClientFrame::Resync => {
                self.stats.resyncs += 1;
                client_resyncs(Some(client));
                Ok(())
            }
            ClientFrame::Bye(reason) if reason.is_empty() => Err((CloseCode::Bye, "said goodbye".to_owned())),
            ClientFrame::Bye(reason) if client.other_schema => Err((CloseCode::Version, reason)),
            ClientFrame::Bye(reason) => Err((CloseCode::Bye, reason)),
            ClientFrame::Hello(_) => {
                Err((CloseCode::Protocol, "a second hello on one connection: open a new one".to_owned()))
            }
        }
    }

    fn take_input(&mut self, player: PlayerId, frame: &InputFrame) -> Result<(), Fault> {
        let watched = self.clock_of(Role::Watches);
        let (now, stats) = (self.tick, &mut self.stats);
        let Some(session) = self.sessions.get_mut(&player) else { return Ok(()) };
        let now = if session.role == Role::Watches { watched } else { now };
        if let Some(client) = session.client_mut() {
            client.acknowledged(frame.held, now);
        }
        session.events.acknowledged(frame.event);
        let count = frame.runs.iter().fold(0u32, |sum, run| sum.saturating_add(run.count));
        if count == 0 {
            return Ok(());
        }
        if session.role == Role::Watches {
            return Err((CloseCode::Protocol, "a watcher sends no inputs: join to play".to_owned()));
        }
        let newest = frame.first.after(count - 1);
        session.inputs.arrive(frame.first, newest);
        let mut seq = frame.first;
        for run in &frame.runs {
            let input = G::Input::unpack(&run.values);
            for _ in 0..run.count {
                let drawn = frame.drawn.saturating_sub(newest.since(seq).saturating_mul(16));
                session.inputs.put(seq, &input, drawn, stats);
                seq = InputSeq(seq.0.saturating_add(1));
            }
        }
        Ok(())
    }

    fn take_request(&mut self, player: PlayerId, request: &Request) -> Result<(), Fault> {
        let (now, rules) = (self.tick, &self.setup.rules);
        let Some(session) = self.sessions.get_mut(&player) else { return Ok(()) };
        if session.role == Role::Watches && !rules.watchers_ask {
            return Err((
                CloseCode::Protocol,
                "a watcher of this room sends no requests: join to play".to_owned(),
            ));
        }
        match session.requests.judge(request.number, now) {
            Verdict::Take => {}
            Verdict::Repeated => return Ok(()),
            Verdict::Gap => {
                let expected = session.requests.received + 1;
                let reason =
                    format!("request {} came before request {expected}: number them in order", request.number);
                return Err((CloseCode::Protocol, reason));
            }
            Verdict::TooMany => {
                let reason = format!("more than {} requests a second: ask less often", rules.requests_per_second);
                return Err((CloseCode::TooMany, reason));
            }
        }
        let value = codec::from_bytes(&request.bytes, MESSAGE_BYTES_MAX)
            .map_err(|error| (CloseCode::Undecodable, format!("request {}: {error}", request.number)))?;
        self.stats.requests += 1;
        self.calls.push_back(Call::Request(player, value));
        Ok(())
    }

    fn client_of(&mut self, conn: ConnId) -> Option<&mut super::client::Client> {
        let player = self.conns.get(&conn)?;
        self.sessions.get_mut(player)?.client_mut()
    }
}

fn client_resyncs(client: Option<&mut super::client::Client>) {
    if let Some(client) = client {
        client.resync = true;
    }
}
