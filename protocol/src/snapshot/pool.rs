//! Memory for what clients hold: a set of slots per client and tick, given back when no ledger keeps it any more.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Held;

/// Sets that are remembered: four for each of 4,000 clients.
const REMEMBERED_MAX: usize = 16_384;
/// Old ones that are tried before a new one is made: some may be kept long by a client that reads nothing.
const TRIES: usize = 2;

/// Every set that was made lately, the longest unused first.
#[derive(Debug, Default)]
pub(super) struct Pool {
    made: VecDeque<Arc<Held>>,
}

impl Pool {
    /// A set that nobody else has, empty, in old memory where there is some.
    pub(super) fn take(&mut self) -> Arc<Held> {
        for _ in 0..TRIES.min(self.made.len()) {
            let Some(mut oldest) = self.made.pop_front() else { break };
            if let Some(held) = Arc::get_mut(&mut oldest) {
                held.clear();
                return oldest;
            }
            self.made.push_back(oldest);
        }
        Arc::default()
    }

    /// Remembers a set that was taken, for when it is free again.
    pub(super) fn remember(&mut self, held: &Arc<Held>) {
        if self.made.len() < REMEMBERED_MAX {
            self.made.push_back(Arc::clone(held));
        }
    }
}
