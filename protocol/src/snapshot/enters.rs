//! Which rows enter a client's world in a tick, and what they say.

use super::apply;
use super::coder::plan::Plan as CoderPlan;
use super::codes::Records;
use super::lane::{Lane, slots_in};
use super::lanes::{Lanes, Sections};
use super::models::word;
use super::plan::{KindPlan, Plan};
use super::{Held, RingSet, Visible, row};
use crate::id::EntityId;
use crate::image::{Image, KindImage};

/// Chooses, as far as a tick's budget goes.
pub(super) struct Enters<'a> {
    pub(super) plan: &'a Plan,
    pub(super) now: &'a Image,
    pub(super) models: &'a [Vec<u32>],
    /// Rows that enter: by ring, kind, slot.
    pub(super) chosen: &'a mut Vec<(usize, usize, u32)>,
    /// The records of this tick, by kind, made once for all clients.
    pub(super) records: &'a mut [Records],
    /// The budget.
    pub(super) bytes: usize,
}

impl Enters<'_> {
    /// Chooses reused slots, then the `wanted` in their order. Says how many the budget put off.
    pub(super) fn choose(
        &mut self,
        (lanes, sections, rings): (&Lanes, &Sections<'_>, RingSet),
        held: Option<&Held>,
        visible: &Visible,
        wanted: &[EntityId],
    ) -> usize {
        self.chosen.clear();
        let mut budget = Budget { left: self.bytes * 8, postponed: 0 };
        for ring in rings.iter() {
            if let (Some(lane), Some(held)) = (lanes.of(sections, ring), held) {
                self.take_reused((ring, lane), held, visible, &mut budget);
            }
        }
        for id in wanted {
            let kind = usize::from(id.kind.0);
            let open = self.plan.kinds.get(kind).is_some_and(|plan| !plan.owner);
            let held = held.is_some_and(|held| held.contains(*id));
            let ring = visible.ring_of(*id);
            if open && !held && rings.has(ring) && self.now.contains(*id) && visible.allows(kind, id.slot) {
                self.take((ring, kind, id.slot), &mut budget);
            }
        }
        self.chosen.sort_unstable();
        self.chosen.dedup();
        budget.postponed
    }

    /// Slots that are held, and hold another row now. It enters the ring of the old one: there the client learns that
    /// that one is gone.
    fn take_reused(&mut self, (ring, lane): (usize, &Lane), held: &Held, visible: &Visible, budget: &mut Budget) {
        for (kind, (plan, lane)) in self.plan.kinds.iter().zip(&lane.kinds).enumerate() {
            if plan.owner || !lane.has_reused {
                continue;
            }
            let in_ring = held.ring_rows(ring, kind);
            for (at, rows) in lane.rows.iter().enumerate() {
                for slot in slots_in(at, in_ring.word(at) & rows.reused) {
                    if visible.allows(kind, slot) {
                        self.take((ring, kind, slot), budget);
                    }
                }
            }
        }
    }

    fn take(&mut self, (ring, kind, slot): (usize, usize, u32), budget: &mut Budget) {
        let (Some(records), Some(rows)) = (self.records.get_mut(kind), self.now.kinds.get(kind)) else { return };
        let (Some(plan), Some(coder)) = (self.plan.kinds.get(kind), self.plan.coders.get(kind)) else { return };
        if !records.known.contains(slot) {
            write_record(plan, coder, rows, self.models, (kind, slot), records);
        }
        let bits = records.len(slot) + SLOT_AND_OWNER_BITS;
        // One at least, so that a row larger than the budget comes too.
        if budget.postponed > 0 || bits > budget.left && !self.chosen.is_empty() {
            budget.postponed += 1;
            return;
        }
        budget.left = budget.left.saturating_sub(bits);
        self.chosen.push((ring, kind, slot));
    }
}

/// What is left of a tick's enter records for one client.
struct Budget {
    /// In bits.
    left: usize,
    postponed: usize,
}

/// Writes the record of a row that enters.
pub(super) fn write_record(
    plan: &KindPlan,
    coder: &CoderPlan,
    now: &KindImage,
    models: &[Vec<u32>],
    (kind, slot): (usize, u32),
    records: &mut Records,
) {
    records.add(slot, |mut to| {
        row::write_new(plan, &plan.open, now, slot, &mut to);
        apply::write_models(coder, word(models, kind, slot), &mut to);
        to
    });
}

impl Visible {
    fn allows(&self, kind: usize, slot: u32) -> bool {
        self.everything || self.kinds.get(kind).is_some_and(|slots| slots.contains(slot))
    }
}

/// What an enter takes beside its record, about.
const SLOT_AND_OWNER_BITS: usize = 16;
