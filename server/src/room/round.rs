//! What rows that enter worlds may cost one tick of a room, all clients together: who gets how many bytes.
//!
//! Half is for newcomers, whose world is not whole yet: who has waited longest is served first, until its world is
//! whole, so that few are served at a time and each of them soon has everything. The other half goes in equal parts to
//! all others, who are never in line behind newcomers; where nobody is new, they have all of it.

use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::snapshot::Encoded;

use super::client::Client;
use super::session::Sessions;
use super::{Caps, Stats};

/// The bytes of one tick.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// For each client whose world is whole.
    slice: usize,
    /// What is left for newcomers.
    left: usize,
    /// Less is not given to one of them.
    least: usize,
    /// Newcomers, who has waited longest first.
    line: Vec<(Tick, PlayerId)>,
}

impl Round {
    /// Begins a tick.
    pub(super) fn begin<I>(&mut self, caps: Caps, sessions: &Sessions<I>) {
        let mut whole = 0;
        self.line.clear();
        for session in sessions.values() {
            match session.fills_since() {
                Some(since) => self.line.push((since, session.id)),
                None => whole += usize::from(session.client().is_some()),
            }
        }
        self.line.sort_unstable();
        let all = caps.enter_bytes_per_tick as usize;
        self.left = if self.line.is_empty() { 0 } else { all / 2 };
        self.least = self.left.min(PART_BYTES_MIN);
        self.slice = (all - self.left) / whole.max(1);
    }

    /// How many newcomers there are.
    pub(super) fn waiting(&self) -> usize {
        self.line.len()
    }

    /// The newcomer who has waited longest but so many.
    pub(super) fn nth(&self, nth: usize) -> Option<PlayerId> {
        self.line.get(nth).map(|(_, id)| *id)
    }

    /// The bytes that a client's next snapshot has for rows that enter; `None` where its turn has not come, so that it
    /// is sent no snapshot. `refresh`: who holds something has to be sent one in any case.
    pub(super) fn part(&self, client: &Client, refresh: bool, stats: &mut Stats) -> Option<usize> {
        if client.filling.is_none() {
            return Some(self.slice);
        }
        if self.left >= self.least {
            return Some(self.left);
        }
        stats.worlds_postponed += 1;
        (refresh && client.ledger.held().is_some()).then_some(0)
    }

    /// Notes what a client's snapshot took. All of a newcomer's snapshot counts, since most of it are rows that enter.
    pub(super) fn took(&mut self, client: &mut Client, encoded: &Encoded) {
        if client.filling.is_some() {
            self.left = self.left.saturating_sub(encoded.frame.len());
            client.filling = client.filling.filter(|_| encoded.postponed > 0);
        }
    }
}

/// Less is not worth a snapshot: what a client is sent first, before it is known what its link lets through.
const PART_BYTES_MIN: usize = super::pace::BULK_BYTES_FIRST;
