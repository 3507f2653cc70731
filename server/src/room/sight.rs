//! Step 7 of a tick: what each client may see, and who is told what.

use std::sync::Arc;

use tickwire_protocol::game::{Game, Role, To};
use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::wire::{CloseCode, codec};

use super::client::{Client, Greeting};
use super::delayed::Delayed;
use super::interest::{has, unshared};
use super::session::{Presence, Session};
use super::{Outbox, Room};

impl<G: Game> Room<G> {
    /// Finds what each client may see.
    pub(super) fn look(&mut self) {
        self.take_told();
        let asked = self.told.iter().any(|(to, _)| matches!(to, To::Seeing(_)));
        let asked_late = self.delayed.as_ref().is_some_and(Delayed::asks);
        let sends = self.sends();
        // Both come in the order of their ids.
        let mut players = self.host.players().peekable();
        for session in self.sessions.values_mut() {
            while players.next_if(|player| player.id < session.id).is_some() {}
            let player = players.peek().copied().filter(|player| player.id == session.id);
            let late = self.delayed.as_mut().filter(|_| session.role == Role::Watches);
            let asked = if late.is_some() { asked_late } else { asked };
            let greeting = match &session.presence {
                Presence::Here(client) => client.greeting != Greeting::Done,
                Presence::Bot | Presence::Away(_) | Presence::Lost { .. } | Presence::Over => continue,
            };
            if !(asked || sends || greeting) {
                continue;
            }
            let (world, history, interest) = match late {
                Some(late) => (&late.world, &late.history, &mut late.interest),
                None => (&self.world, self.host.history(), &mut self.interest),
            };
            let (Some(image), Some(player)) = (history.newest(), player) else { continue };
            let view = self.game.view(world, player);
            session.sight.turn();
            // Who is short of bytes has what is far less often, whether the game says so or not.
            let slowed = session.client().is_some_and(Client::is_slowed);
            let own = || interest.rings_of(image, &view, session.id);
            let rings = view.rings.or_else(|| if slowed { own() } else { None });
            if view.everything && view.without.is_empty() && rings.is_none() {
                session.sight.now = interest.everything(image);
            } else {
                let visible = unshared(&mut session.sight.now);
                interest.see(image, &view, &session.sight.before, visible);
                if let Some(rings) = rings {
                    interest.put_into_rings(image, &rings, session.id, &session.sight.before, visible);
                }
            }
            session.sight.centre = view.areas.first().map(|area| area.centre);
        }
    }

    /// Takes what the game told, as bytes. An event over its limit is not told, and counted.
    fn take_told(&mut self) {
        for told in self.host.take_told() {
            self.scratch.clear();
            codec::to_bytes(&told.event, &mut self.scratch);
            if self.scratch.len() > MESSAGE_BYTES_MAX {
                self.stats.events_refused += 1;
            } else {
                self.told.push((told.to, Arc::from(self.scratch.as_slice())));
            }
        }
    }

    /// Gives events to whom they are told.
    pub(super) fn tell(&mut self, out: &mut Outbox) {
        let mut full = Vec::new();
        for (to, bytes) in self.told.drain(..) {
            if to == To::Outside {
                let from = out.bytes.len();
                out.bytes.extend_from_slice(&bytes);
                out.outside.push(from..out.bytes.len());
                continue;
            }
            if let Some(delayed) = &mut self.delayed {
                delayed.tell(self.tick, to, &bytes);
            }
            let apart = self.delayed.is_some();
            let now = self.sessions.values_mut().filter(|session| !(apart && session.role == Role::Watches));
            tell_each(now, (self.tick, to, &bytes), &mut full);
        }
        while let Some((tick, to, bytes)) = self.delayed.as_mut().and_then(Delayed::next_told) {
            let late = self.sessions.values_mut().filter(|session| session.role == Role::Watches);
            tell_each(late, (tick, to, &bytes), &mut full);
        }
        for player in full {
            let reason = "too many events wait to be read: read faster, or come back".to_owned();
            self.close_connection(player, CloseCode::DoesNotRead, reason, true);
        }
    }
}

/// Gives an event to those among the sessions to whom it is told; `full` are those for whom too many wait.
fn tell_each<'a, I: 'a>(
    sessions: impl Iterator<Item = &'a mut Box<Session<I>>>,
    (tick, to, bytes): (Tick, To, &Arc<[u8]>),
    full: &mut Vec<PlayerId>,
) {
    for session in sessions {
        let told = match to {
            To::Everyone => true,
            To::One(player) => session.id == player,
            To::AllBut(player) => session.id != player,
            To::Seeing(entity) => has(&session.sight.now.kinds, entity),
            To::Outside => false,
        };
        let there = !matches!(session.presence, Presence::Bot | Presence::Over);
        if told && there && session.events.push(tick, bytes).is_err() {
            full.push(session.id);
        }
    }
}
