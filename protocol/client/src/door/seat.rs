//! One session of a page, with the simulated link that may stand before its socket.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tickwire_protocol::id::{EntityId, KindId};
use tickwire_protocol::link::{Conditions, Link};
use tickwire_protocol::wire::Token;

use super::told::Wholes;
use crate::{Micros, Output, Session, State};

/// A session, its link, and what its page has been told.
pub(super) struct Seat {
    pub(super) session: Session,
    /// Up and down, once the page has asked for one.
    link: Option<(Link, Link)>,
    ready: VecDeque<Output>,
    now: Micros,
    wholes: Wholes,
    described: Vec<f64>,
    status: (Option<State>, u32, bool),
    version: u32,
}

impl Seat {
    pub(super) fn new(session: Session) -> Seat {
        Seat {
            session,
            link: None,
            ready: VecDeque::new(),
            now: 0,
            wholes: Wholes::default(),
            described: Vec::new(),
            status: (None, 0, false),
            version: 0,
        }
    }

    pub(super) fn connected(&mut self, at: Micros) {
        self.cut();
        self.session.connected(at);
    }

    pub(super) fn receive(&mut self, at: Micros, frame: &[u8]) {
        self.now = at;
        match &mut self.link {
            Some((_, down)) => down.push(at, frame.to_vec()),
            None => self.session.receive(at, frame),
        }
    }

    pub(super) fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        // What arrived before the socket was gone has arrived.
        if let Some((_, down)) = &mut self.link {
            while let Some(frame) = down.receive(Micros::MAX) {
                self.session.receive(at, &frame);
            }
        }
        self.cut();
        self.session.lost(at, code, reason);
    }

    /// Does what is due by now; says when something is due again.
    pub(super) fn update(&mut self, at: Micros) -> Micros {
        self.now = at;
        if let Some((_, down)) = &mut self.link {
            while let Some(frame) = down.receive(at) {
                self.session.receive(at, &frame);
            }
        }
        self.session.update(at);
        let arrivals = self.link.as_ref().and_then(|(up, down)| {
            let times = [up.next_arrival(), down.next_arrival()];
            times.into_iter().flatten().min()
        });
        self.session.next_due().min(arrivals.unwrap_or(Micros::MAX))
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        while let Some(output) = self.session.poll() {
            match (output, &mut self.link) {
                (Output::Send(frame), Some((up, _))) => up.push(self.now, frame),
                (Output::Close(code, reason), Some((up, _))) => {
                    while let Some(frame) = up.receive(Micros::MAX) {
                        self.ready.push_back(Output::Send(frame));
                    }
                    self.ready.push_back(Output::Close(code, reason));
                }
                (output, _) => self.ready.push_back(output),
            }
        }
        if let Some((up, _)) = &mut self.link {
            while let Some(frame) = up.receive(self.now) {
                self.ready.push_back(Output::Send(frame));
            }
        }
        self.ready.pop_front()
    }

    /// Describes the world as it is now, in numbers: the ticks drawn for others and for own rows, how many events
    /// wait and whether `whole` fields changed (0 or 1 each), the number of kinds; then for each kind its rows, the
    /// numbers per row, and where keys, slots, owners (32 bits each), flags (8) and values (64) lie.
    pub(super) fn draw(&mut self, at: Micros) -> &[f64] {
        self.now = at;
        self.session.update(at);
        self.session.draw(at);
        let wholes = self.wholes.look(&self.session);
        let events = self.session.has_event();
        let drawn = self.session.drawn();
        self.described.clear();
        let flag = |is: bool| f64::from(u8::from(is));
        self.described.extend([drawn.tick, drawn.own_tick, flag(events), flag(wholes), drawn.kinds.len() as f64]);
        for kind in &drawn.kinds {
            let places = [
                kind.keys.as_ptr().addr(),
                kind.slots.as_ptr().addr(),
                kind.owners.as_ptr().addr(),
                kind.flags.as_ptr().addr(),
                kind.values.as_ptr().addr(),
            ];
            self.described.extend([kind.keys.len() as f64, kind.stride as f64]);
            self.described.extend(places.map(|place| place as f64));
        }
        &self.described
    }

    pub(super) fn set_link(&mut self, conditions: Conditions) {
        match &mut self.link {
            Some((up, down)) => {
                up.set(conditions);
                down.set(conditions);
            }
            None => self.link = Some(Link::pair(conditions, u64::from(self.session.player().0) + 1)),
        }
    }

    /// A number that changes when [`Seat::status`] does.
    pub(super) fn version(&mut self) -> u32 {
        let status = (Some(self.session.state().clone()), self.session.player().0, self.session.resumed());
        if self.status != status {
            self.status = status;
            self.version += 1;
        }
        self.version
    }

    pub(super) fn status(&self, at: Micros) -> Value {
        let (state, code, reason, retry) = match self.session.state() {
            State::Connecting | State::Joining => ("connecting", 0, "", 0),
            State::Joined => ("joined", 0, "", 0),
            State::Waiting { until, code, reason } => {
                ("waiting", *code, reason.as_str(), until.saturating_sub(at) / 1_000)
            }
            State::Closed { code, reason } => ("closed", *code, reason.as_str(), 0),
        };
        json!({
            "state": state,
            "code": code,
            "reason": reason,
            "retryIn": retry,
            "player": self.session.player().0,
            "room": self.session.room(),
            "resumed": self.session.resumed(),
            "seat": self.session.seat().map(text),
        })
    }

    /// The `whole` fields that changed, as [kind, key, fields by name].
    pub(super) fn wholes(&mut self) -> Value {
        self.wholes.take(&self.session)
    }

    /// The server's newest word on the row [kind, slot], by field name.
    pub(super) fn truth(&self, which: &Value) -> Value {
        let kind = which.get(0).and_then(Value::as_u64).and_then(|kind| u8::try_from(kind).ok());
        let slot = which.get(1).and_then(Value::as_u64).and_then(|slot| u32::try_from(slot).ok());
        let (Some(kind), Some(slot), Some(image)) = (kind, slot, self.session.newest()) else {
            return Value::Null;
        };
        let entity = EntityId { kind: KindId(kind), slot };
        let (Some(schema), Some(rows)) =
            (self.session.schema().kinds.get(usize::from(kind)), image.kind(entity.kind))
        else {
            return Value::Null;
        };
        if image.contains(entity) { crate::json::row(schema, rows, slot) } else { Value::Null }
    }

    fn cut(&mut self) {
        if let Some((up, down)) = &mut self.link {
            up.cut();
            down.cut();
        }
    }
}

/// A seat's token as text.
fn text(token: Token) -> String {
    token.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The token of a text.
pub(super) fn token(text: &str) -> Option<Token> {
    let mut token = Token::default();
    if text.len() != token.len() * 2 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in token.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_goes_through_text_and_back() {
        let seat: Token = core::array::from_fn(|at| at as u8 * 17);
        assert_eq!(token(&text(seat)), Some(seat));
        assert_eq!((token(""), token("zz")), (None, None));
    }
}
