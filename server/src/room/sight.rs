//! Step 7 of a tick: what each client may see, and who is told what.

use std::sync::Arc;

use tickwire_protocol::game::{Game, To};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::wire::{CloseCode, codec};

use super::client::Greeting;
use super::interest::{has, unshared};
use super::session::Presence;
use super::{Outbox, Room};

impl<G: Game> Room<G> {
    /// Finds what each client may see.
    pub(super) fn look(&mut self) {
        self.take_told();
        let asked = self.told.iter().any(|(to, _)| matches!(to, To::Seeing(_)));
        let sends = self.sends();
        let Some(image) = self.host.history().newest() else { return };
        for session in self.sessions.values_mut() {
            let greeting = match &session.presence {
                Presence::Here(client) => client.greeting != Greeting::Done,
                Presence::Bot | Presence::Away(_) | Presence::Lost { .. } | Presence::Over => continue,
            };
            if !(asked || sends || greeting) {
                continue;
            }
            let Some(player) = self.host.player(session.id) else { continue };
            let view = self.game.view(&self.world, player);
            session.sight.turn();
            if view.everything && view.without.is_empty() {
                session.sight.now = self.interest.everything(image);
            } else {
                let visible = unshared(&mut session.sight.now);
                self.interest.see(image, &view, &session.sight.before, visible);
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
            for session in self.sessions.values_mut() {
                let told = match to {
                    To::Everyone => true,
                    To::One(player) => session.id == player,
                    To::AllBut(player) => session.id != player,
                    To::Seeing(entity) => has(&session.sight.now.kinds, entity),
                    To::Outside => false,
                };
                let there = !matches!(session.presence, Presence::Bot | Presence::Over);
                if told && there && session.events.push(self.tick, &bytes).is_err() {
                    full.push(session.id);
                }
            }
        }
        for player in full {
            let reason = "too many events wait to be read: read faster, or come back".to_owned();
            self.close_connection(player, CloseCode::DoesNotRead, reason, true);
        }
    }
}
