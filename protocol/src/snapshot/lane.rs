//! A lane: what is coded once for all clients that hold the same snapshots.

use super::ledger::LANE_DEPTH;
use super::plan::{KindPlan, Plan};
use super::row::{self, Past};
use crate::id::Tick;
use crate::image::{Image, KindImage, Slots};
use crate::wire::bits::BitWriter;

/// The codes of one tick against the same snapshots, made as they are asked for.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The snapshots, newest first; [`Tick::NONE`] where there are fewer.
    pub(super) ticks: [Tick; LANE_DEPTH],
    pub(super) kinds: Vec<LaneKind>,
}

/// The rows of one kind in a lane.
#[derive(Debug, Default)]
pub(super) struct LaneKind {
    /// Rows that are the same one from the base to now, and from each snapshot to the one after it.
    pub(super) same: [Slots; LANE_DEPTH],
    /// Rows that changed from the snapshot before the base to the base.
    pub(super) awake: Slots,
    /// By the number of snapshots that a client holds the row at, less one.
    pub(super) codes: [Codes; LANE_DEPTH],
}

/// The codes of rows, one after the other in a buffer of bits.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pub(super) known: Slots,
    /// Those of them that are as expected: they have no code.
    pub(super) exact: Slots,
    /// Those of them that are not as they were at the base: expected or not, the client has to learn of the tick.
    pub(super) moved: Slots,
    places: Vec<Place>,
    bits: Vec<u8>,
}

/// Where a code lies, in bits.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    from: usize,
    len: usize,
}

/// The images that a lane looks back at, newest first.
pub(super) type Earlier<'a> = [Option<&'a Image>; LANE_DEPTH];

impl Lane {
    /// Begins anew for these snapshots, in the memory there is.
    pub(super) fn reset(&mut self, plan: &Plan, now: &Image, earlier: &Earlier<'_>) {
        self.ticks = earlier.map(|image| image.map_or(Tick::NONE, |image| image.tick));
        self.kinds.resize_with(plan.kinds.len(), LaneKind::default);
        for (at, kind) in self.kinds.iter_mut().enumerate() {
            let [base, before, _] = earlier.map(|image| image.and_then(|image| image.kinds.get(at)));
            let mut newer = now.kinds.get(at);
            for (same, older) in kind.same.iter_mut().zip(earlier) {
                let older = older.and_then(|image| image.kinds.get(at));
                keep_same(same, older, newer);
                newer = older;
            }
            kind.awake.clear();
            if let (Some(base), Some(before), Some(plan)) = (base, before, plan.kinds.get(at)) {
                for slot in kind.same[1].iter().filter(|&slot| row::is_awake(&plan.open, base, before, slot)) {
                    kind.awake.insert(slot);
                }
            }
            kind.codes.iter_mut().for_each(Codes::clear);
        }
    }
}

impl LaneKind {
    /// Codes those of `wanted` (64 slots from `word * 64` on) that are not known at this depth.
    pub(super) fn ensure(&mut self, plan: &KindPlan, past: &Past<'_>, now: &KindImage, word: usize, wanted: u64) {
        let depth = past.before.iter().flatten().count();
        let Some(codes) = self.codes.get_mut(depth) else { return };
        let mut missing = wanted & !word_of(&codes.known, word);
        while missing != 0 {
            let slot = (word * 64) as u32 + missing.trailing_zeros();
            missing &= missing - 1;
            if row::is_exact(plan, &plan.open, past, now, slot) {
                codes.known.insert(slot);
                codes.exact.insert(slot);
                if row::is_awake(&plan.open, now, past.base, slot) {
                    codes.moved.insert(slot);
                }
            } else {
                codes.add(slot, |to| row::encode(plan, &plan.open, past, now, slot, to));
            }
        }
    }
}

impl Codes {
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.exact.clear();
        self.moved.clear();
        self.bits.clear();
    }

    /// Writes the code of a row.
    pub(super) fn add(&mut self, slot: u32, write: impl FnOnce(&mut BitWriter<'_>)) {
        let at = slot as usize;
        if at >= self.places.len() {
            self.places.resize((at + 1).next_power_of_two(), Place::default());
        }
        let mut to = BitWriter::new(&mut self.bits);
        let from = to.len();
        write(&mut to);
        let len = to.len() - from;
        // Each code begins at a whole byte, so that it is copied 57 bits at a time.
        to.finish();
        if let Some(place) = self.places.get_mut(at) {
            *place = Place { from, len };
        }
        self.known.insert(slot);
    }

    /// Bits of a code that is known.
    pub(super) fn len(&self, slot: u32) -> usize {
        self.places.get(slot as usize).map_or(0, |place| place.len)
    }

    /// Appends a code that is known.
    #[inline]
    pub(super) fn append(&self, slot: u32, to: &mut BitWriter<'_>) {
        if let Some(place) = self.places.get(slot as usize) {
            to.append(&self.bits, place.from, place.len);
        }
    }
}

/// The 64 slots from `word * 64` on.
#[inline]
pub(super) fn word_of(slots: &Slots, word: usize) -> u64 {
    slots.words().get(word).copied().unwrap_or(0)
}

/// The slots of `bits`, the 64 from `word * 64` on, in rising order.
#[inline]
pub(super) fn slots_in(word: usize, mut bits: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = bits.trailing_zeros();
        bits &= bits.checked_sub(1)?;
        Some((word * 64) as u32 + bit)
    })
}

/// The slots that hold the same row in both.
pub(super) fn keep_same(same: &mut Slots, older: Option<&KindImage>, newer: Option<&KindImage>) {
    same.clear();
    let (Some(older), Some(newer)) = (older, newer) else { return };
    for slot in older.alive.iter() {
        let at = slot as usize;
        if newer.alive.contains(slot) && older.generation.get(at) == newer.generation.get(at) {
            same.insert(slot);
        }
    }
}
