//! Step 9 of a tick: who is closed, and the end of the room itself.

use tickwire_protocol::game::Game;
use tickwire_protocol::limits::{CLOSE_REASON_BYTES_MAX, SERVER_FRAME_BYTES_MAX};
use tickwire_protocol::wire::CloseCode;

use super::calls::Call;
use super::seats::cut;
use super::session::Presence;
use super::{Close, Outbox, Room};

impl<G: Game> Room<G> {
    pub(super) fn close_those_who_do_not_listen(&mut self) {
        let (now, rate, patience) = (self.tick, G::TICK_RATE, self.setup.patience);
        let mut faults = Vec::new();
        for session in self.sessions.values() {
            let (client, silent_ms) = match &session.presence {
                Presence::Here(client) => (client, patience.silent_ms),
                Presence::Away(client) => (client, patience.away_ms),
                Presence::Bot | Presence::Lost { .. } | Presence::Over => continue,
            };
            if let Some(bytes) = client.too_large {
                let reason = format!(
                    "a tick's news for this player takes {bytes} bytes, of {SERVER_FRAME_BYTES_MAX}: `owner` rows and \
                     fields hold too much"
                );
                faults.push((session.id, CloseCode::TooLarge, reason));
            } else if client.stuck_for(self.clock_of(session.role)) >= rate.ticks_in_ms(patience.unread_ms) {
                let reason = format!(
                    "took nothing for {} ms: the connection is too slow, or nobody reads it",
                    patience.unread_ms
                );
                faults.push((session.id, CloseCode::DoesNotRead, reason));
            } else if now.since(client.heard) > rate.ticks_in_ms(silent_ms) {
                let reason = format!("nothing was heard for {silent_ms} ms: come back");
                faults.push((session.id, CloseCode::Silent, reason));
            }
        }
        for (player, code, reason) in faults {
            // What is too much now would be too much again.
            self.close_connection(player, code, reason, code == CloseCode::TooLarge);
        }
    }

    pub(super) fn send_away(&mut self) {
        for (player, reason) in self.host.take_sent_away() {
            self.close_connection(player, CloseCode::SentAway, reason, true);
        }
    }

    /// Where the game closed the room: everyone is told, and no tick is made any more.
    pub(super) fn end(&mut self, out: &mut Outbox) -> bool {
        let Some(reason) = self.host.closing() else { return false };
        let reason = cut(reason, CLOSE_REASON_BYTES_MAX);
        let conns = core::mem::take(&mut self.conns);
        out.closes.extend(conns.into_keys().map(|conn| Close {
            conn,
            code: CloseCode::Bye,
            reason: reason.clone(),
        }));
        for call in self.calls.drain(..) {
            if let Call::Join { conn, .. } = call {
                out.closes.push(Close { conn, code: CloseCode::Bye, reason: reason.clone() });
            }
        }
        self.sessions.clear();
        out.ended = Some(reason);
        true
    }
}
