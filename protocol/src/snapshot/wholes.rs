//! Which changed `whole` values go with a frame: they are long, and a tick may change thousands.
//!
//! What does not fit is owed: the client goes on with the old value, and is told the new one when its turn has come.
//! Turns go round, so that a value that changes in each tick does not keep others waiting.

use super::assemble::KindSection;
use super::lane::{LaneKind, slots_in};
use super::ledger::Held;
use super::row;
use crate::image::Slots;

/// The rows whose values go with a frame.
#[derive(Debug, Default)]
pub(super) struct Wholes {
    /// By kind; not read where `all` do.
    told: Vec<Slots>,
    all: bool,
    /// Kind and slot of each candidate, and the bits that it takes.
    candidates: Vec<(usize, u32, usize)>,
    bits: usize,
}

impl Wholes {
    /// All of them.
    pub(super) fn all() -> Wholes {
        Wholes { all: true, ..Wholes::default() }
    }

    /// Begins a frame without any.
    pub(super) fn begin(&mut self) {
        self.candidates.clear();
        self.bits = 0;
    }

    /// Adds the rows of a section in which a value has changed or is owed.
    pub(super) fn add(&mut self, section: &KindSection<'_>, lane: &mut LaneKind) {
        if section.plan.open.wholes.is_empty() {
            return;
        }
        let kind = section.coding.kind;
        for word in 0..section.words() {
            let changed = section.changed_wholes(lane, word);
            let owed = section.owed(lane, word);
            for slot in slots_in(word, owed & !lane.all_wholes.known.word(word)) {
                let now = section.coding.now;
                lane.all_wholes.add(slot, |mut to| {
                    row::write_all_wholes(&section.plan.open, now, slot, &mut to);
                    to
                });
            }
            for slot in slots_in(word, changed | owed) {
                let is_owed = owed >> (slot % 64) & 1 == 1;
                let codes = if is_owed { &lane.all_wholes } else { &lane.wholes };
                let bits = codes.len(slot) + POSITION_BITS;
                self.candidates.push((kind, slot, bits));
                self.bits += bits;
            }
        }
    }

    /// Chooses, as far as so many bytes go, and notes in `next` what is owed then. Says how many that are.
    pub(super) fn choose(&mut self, bytes: usize, before: Option<&Held>, next: &mut Held) -> usize {
        self.all = self.bits <= bytes * 8;
        if self.all {
            return 0;
        }
        self.told.resize_with(next.kinds.len(), Slots::default);
        self.told.iter_mut().for_each(Slots::clear);
        next.owed.resize_with(next.kinds.len(), Slots::default);
        self.candidates.sort_unstable();
        let turn = before.map_or((0, 0), |before| before.owed_turn);
        let first = self.candidates.partition_point(|&(kind, slot, _)| (kind, slot) < turn);
        let (last, next_ones) = self.candidates.split_at(first);
        let (mut left, mut postponed) = (bytes * 8, 0);
        for (nth, &(kind, slot, bits)) in next_ones.iter().chain(last).enumerate() {
            // One at least, and none after the first that does not fit.
            let fits = postponed == 0 && (bits <= left || nth == 0);
            left = left.saturating_sub(bits);
            if !fits && postponed == 0 {
                next.owed_turn = (kind, slot);
            }
            postponed += usize::from(!fits);
            let slots = if fits { &mut self.told } else { &mut next.owed };
            if let Some(slots) = slots.get_mut(kind) {
                slots.insert(slot);
            }
        }
        postponed
    }

    /// Those of 64 rows that go with the frame.
    pub(super) fn told(&self, kind: usize, word: usize) -> u64 {
        if self.all { u64::MAX } else { self.told.get(kind).map_or(0, |slots| slots.word(word)) }
    }
}

/// What a changed value takes beside itself, about.
const POSITION_BITS: usize = 8;
