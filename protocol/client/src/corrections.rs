//! Own rows that were not what had been predicted, and whether an input that the server replaced explains it.

use std::collections::VecDeque;

use tickwire_protocol::id::{EntityId, InputSeq, Tick};
use tickwire_protocol::wire::Private;

use crate::Micros;

/// That an input was replaced is known when the right one comes, or never came: so long after the tick.
const EXPLAINED_WITHIN: Micros = 2_000_000;
/// Corrections that wait to be asked for.
const KEPT_MAX: usize = 1_024;

/// An own row that was not what had been predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction {
    /// The tick of the truth.
    pub tick: Tick,
    /// The seq whose prediction was wrong.
    pub seq: InputSeq,
    /// Which row.
    pub entity: EntityId,
    /// How far off its `place` was, in the world's units.
    pub distance: f64,
    /// Whether the server had replaced an input.
    pub replaced: bool,
}

/// Corrections, counted.
#[derive(Debug, Default)]
pub(crate) struct Corrections {
    kept: VecDeque<(Micros, Correction)>,
    free: u64,
    replaced: u64,
    inputs_replaced: u32,
}

impl Corrections {
    pub(crate) fn found(&mut self, at: Micros, private: &Private, entity: EntityId, distance: f64) {
        let Private { tick, seq, .. } = *private;
        self.kept.push_back((at, Correction { tick, seq, entity, distance, replaced: false }));
        self.free += 1;
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
    }

    /// The server has replaced so many inputs so far: one more explains what was found lately.
    pub(crate) fn replaced(&mut self, at: Micros, inputs: u32) {
        if core::mem::replace(&mut self.inputs_replaced, inputs) == inputs {
            return;
        }
        for (found_at, correction) in &mut self.kept {
            if !correction.replaced && *found_at + EXPLAINED_WITHIN >= at {
                correction.replaced = true;
                self.free -= 1;
                self.replaced += 1;
            }
        }
    }

    /// Those without a replaced input, and those with.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.free, self.replaced)
    }

    /// Those that nothing can explain any more, or something has; oldest first.
    pub(crate) fn take(&mut self, before: Micros) -> Vec<Correction> {
        let known = |(at, correction): &(Micros, Correction)| {
            correction.replaced || at.saturating_add(EXPLAINED_WITHIN) < before
        };
        let known = self.kept.iter().take_while(|kept| known(kept)).count();
        self.kept.drain(..known).map(|(_, correction)| correction).collect()
    }
}
