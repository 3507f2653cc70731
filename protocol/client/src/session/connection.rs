//! What becomes of a connection: welcomed, told, broken, ended.

use std::sync::Arc;

use tickwire_protocol::game::Role;
use tickwire_protocol::image::Mapping;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::wire::{CloseCode, Welcome, client};

use super::Session;
use crate::held::Held;
use crate::playing::Playing;
use crate::{Micros, Output, State};

/// The first wait before a lost connection is tried again; each further one is twice as long.
const BACKOFF_FIRST: Micros = 250_000;
const BACKOFF_MAX: Micros = 8_000_000;
/// A connection that lasted so long was a good one: the next wait is short again.
const GOOD_AFTER: Micros = 5_000_000;
/// A keyframe is asked for at most this often.
const RESYNC_EVERY: Micros = 1_000_000;
/// WebSocket's code for a connection that ended without a close frame.
const NO_CLOSE_FRAME: u16 = 1006;

impl Session {
    pub(super) fn welcomed(&mut self, at: Micros, welcome: &Welcome) {
        let held = match welcome.schema.as_ref().map(|json| self.take_schema(json)) {
            None => Held::new(&self.schema),
            Some(Ok(held)) => held,
            Some(Err(reason)) => return self.leave(CloseCode::Version, &reason),
        };
        let known = welcome.resumed.then_some(welcome.seq);
        if welcome.resumed {
            self.playing.stats.reconnects += 1;
        } else {
            // Another session: what this one wanted to ask was never received.
            self.requests.clear();
            self.requested = 0;
        }
        let plays = self.join.role == Role::Plays;
        self.seat = Some(welcome.token);
        self.room.clone_from(&welcome.room);
        // Whoever comes back wants the same room, not any with space.
        self.join.room.clone_from(&welcome.room);
        self.resumed = welcome.resumed;
        self.joined_at = at;
        self.state = State::Joined;
        let book = &welcome.codebook;
        if self.playing.welcomed(at, held, welcome.player, plays, known, book).is_err() {
            self.broken(at);
        }
        if self.playing.away {
            self.send(client::encode_away);
        }
        for request in self.requests.clone() {
            self.send(|bytes| client::encode_request(&request, bytes));
        }
    }

    /// Takes the server's schema, or says in words why this client cannot play.
    fn take_schema(&mut self, json: &str) -> Result<Held, String> {
        let theirs = Schema::from_json(json).map_err(|error| format!("the server's schema: {error}"))?;
        if self.own_schema {
            return match Mapping::new(&theirs, &self.schema) {
                Ok(mapping) => Ok(Held::mapped(&theirs, mapping, Arc::clone(&self.schema))),
                Err(breaks) => Err(in_words(&breaks)),
            };
        }
        if *self.schema != theirs {
            let kept = core::mem::take(&mut self.playing.stats);
            let netcode = self.playing.netcode;
            self.playing = Playing::new(&theirs, self.make.map(|make| make()));
            (self.playing.stats, self.playing.netcode) = (kept, netcode);
            self.schema = Arc::new(theirs);
        }
        Ok(Held::new(&self.schema))
    }

    pub(super) fn told(&mut self, at: Micros, frame: &[u8]) {
        match self.playing.receive(at, frame) {
            Ok(Some(answer)) => {
                while self.requests.pop_front_if(|request| request.number <= answer.request).is_some() {}
                let frame = self.playing.acknowledgement();
                self.push_frame(frame);
                if answer.resync {
                    self.resync(at);
                }
            }
            Ok(None) => {}
            Err(_) => self.broken(at),
        }
    }

    pub(super) fn broken(&mut self, at: Micros) {
        self.playing.stats.decode_errors += 1;
        if self.state == State::Joined {
            self.resync(at);
        }
    }

    fn resync(&mut self, at: Micros) {
        if self.resync_at.is_none_or(|then| at >= then + RESYNC_EVERY) {
            self.resync_at = Some(at);
            self.send(client::encode_resync);
        }
    }

    /// The connection has ended, or is about to: comes back by itself where it may.
    pub(super) fn ended(&mut self, at: Micros, code: u16, reason: &str) {
        if matches!(self.state, State::Closed { .. } | State::Waiting { .. }) {
            return;
        }
        let known = CloseCode::from_code(code);
        let reason = if reason.is_empty() { describe(code) } else { reason.to_owned() };
        if known.is_some_and(|code| !code.may_come_back()) {
            self.state = State::Closed { code, reason };
            return;
        }
        if self.state == State::Joined && at >= self.joined_at + GOOD_AFTER {
            self.tries = 0;
        }
        let wait = (BACKOFF_FIRST << self.tries.min(5)).min(BACKOFF_MAX);
        self.tries += 1;
        // What a token says is random: clients that were lost together do not come back together.
        let spread = self.seat.map_or(0, |token| u64::from(token[0]) * wait / 1_024);
        self.state = State::Waiting { until: at + wait + spread, code, reason };
    }

    pub(super) fn send(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let mut frame = Vec::new();
        encode(&mut frame);
        self.push_frame(frame);
    }

    pub(super) fn push_frame(&mut self, frame: Vec<u8>) {
        self.playing.stats.frames_out += 1;
        self.playing.stats.bytes_out += frame.len() as u64;
        self.out.push_back(Output::Send(frame));
    }
}

/// What differs between two schemas, as a sentence that fits a close reason.
fn in_words(differences: &[String]) -> String {
    match differences {
        [] => "the server's schema is another one".to_owned(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first}; {} more differences", rest.len()),
    }
}

/// Words for a connection that ended without any.
fn describe(code: u16) -> String {
    if code == NO_CLOSE_FRAME {
        return "the connection was lost".to_owned();
    }
    format!("the server closed the connection with {code}")
}
