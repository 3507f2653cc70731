//! Sections: which rows leave, stay and enter, as lists that both ends can follow without ids.
//!
//! Per kind: a bit whether anything is to be said; the leaves, as positions among the rows held; of the rows that
//! stay, first those at rest as runs of unchanged ones between the codes of the others, then those awake, each with
//! a bit before its code; the enters, as rising slots with an owner and a record each.

use super::lane::{Codes, Earlier, LaneKind, slots_in, word_of};
use super::ledger::{Held, LANE_DEPTH};
use super::plan::KindPlan;
use super::row::Past;
use crate::image::{Image, KindImage, Slots};
use crate::wire::bits::BitWriter;

/// Golomb orders of the lists: what a tick of a room usually brings is at the short end of each.
pub(super) mod orders {
    /// Rows that leave or enter.
    pub(in crate::snapshot) const COUNT: u32 = 0;
    /// Rows between one that leaves and the next.
    pub(in crate::snapshot) const LEAVE: u32 = 3;
    /// Unchanged rows in a run.
    pub(in crate::snapshot) const RUN: u32 = 2;
    /// Slots between one that enters and the next.
    pub(in crate::snapshot) const ENTER: u32 = 3;
    /// A row's owner.
    pub(in crate::snapshot) const OWNER: u32 = 3;
}

/// Everything a kind's part of a section is made from.
pub(super) struct KindSection<'a> {
    pub(super) plan: &'a KindPlan,
    pub(super) kind: usize,
    pub(super) now: &'a Image,
    pub(super) earlier: &'a Earlier<'a>,
    /// What the client holds, newest first.
    pub(super) held: &'a [Option<&'a Held>; LANE_DEPTH],
    /// What it may see; `None`: everything.
    pub(super) visible: Option<&'a Slots>,
    /// Rising.
    pub(super) enters: &'a [u32],
    pub(super) records: &'a Codes,
}

/// 64 rows of a client that stay, by what it holds of them.
#[derive(Clone, Copy, Debug, Default)]
struct Stays {
    all: u64,
    /// By the number of snapshots they are held at, less one.
    by_depth: [u64; LANE_DEPTH],
}

impl KindSection<'_> {
    /// Whether the row in `slot` is the one the client holds, and may keep.
    pub(super) fn stays(&self, lane: &LaneKind, word: usize) -> u64 {
        let visible = self.visible.map_or(u64::MAX, |visible| word_of(visible, word));
        self.held_at(0, word) & visible & word_of(&lane.same[0], word)
    }

    fn held_at(&self, age: usize, word: usize) -> u64 {
        let held = self.held.get(age).copied().flatten();
        held.and_then(|held| held.kinds.get(self.kind)).map_or(0, |slots| word_of(slots, word))
    }

    /// Words of what the client holds.
    pub(super) fn words(&self) -> usize {
        self.held[0].and_then(|held| held.kinds.get(self.kind)).map_or(0, |slots| slots.words().len())
    }

    fn stays_by_depth(&self, lane: &LaneKind, word: usize) -> Stays {
        let all = self.stays(lane, word);
        let two = all & self.held_at(1, word) & word_of(&lane.same[1], word);
        let three = two & self.held_at(2, word) & word_of(&lane.same[2], word);
        Stays { all, by_depth: [all & !two, two & !three, three] }
    }

    /// Appends this kind's part; says whether anything differs from the base, as expected or not.
    pub(super) fn write(&self, lane: &mut LaneKind, to: &mut BitWriter<'_>) -> bool {
        let Some(now) = self.now.kinds.get(self.kind) else { return false };
        let (mut leaving, mut changed, mut moved) = (0, 0, 0);
        for word in 0..self.words() {
            let stays = self.stays_by_depth(lane, word);
            self.ensure(lane, now, word, &stays);
            leaving |= self.held_at(0, word) & !stays.all;
            changed |= stays.all & !exact(lane, word, &stays);
            moved |= moved_in(lane, word, &stays);
        }
        let any = leaving | changed != 0 || !self.enters.is_empty();
        to.flag(any);
        if any {
            self.write_leaves(lane, to);
            to.flag(changed != 0);
            if changed != 0 {
                self.write_rest(lane, to);
                self.write_awake(lane, to);
            }
            self.write_enters(now, to);
        }
        any || moved != 0
    }

    /// Whether a row that stays is another one than in the base, though it may be exactly as expected.
    pub(super) fn moved(&self, lane: &LaneKind) -> bool {
        let base = self.earlier[0].and_then(|base| base.kinds.get(self.kind));
        let (Some(now), Some(base)) = (self.now.kinds.get(self.kind), base) else { return false };
        let differs = |column: usize, slot: u32| now.value(column, slot) != base.value(column, slot);
        (0..self.words()).any(|word| {
            slots_in(word, self.stays(lane, word))
                .any(|slot| self.plan.open.fields.iter().cloned().flatten().any(|column| differs(column, slot)))
        })
    }

    fn ensure(&self, lane: &mut LaneKind, now: &KindImage, word: usize, stays: &Stays) {
        for (depth, &wanted) in stays.by_depth.iter().enumerate().filter(|&(_, &wanted)| wanted != 0) {
            if let Some(past) = past(self.earlier, self.now, self.kind, depth) {
                lane.ensure(self.plan, &past, now, word, wanted);
            }
        }
    }

    fn write_leaves(&self, lane: &LaneKind, to: &mut BitWriter<'_>) {
        let leaves = |word| self.held_at(0, word) & !self.stays(lane, word);
        let count: u32 = (0..self.words()).map(|word| leaves(word).count_ones()).sum();
        to.golomb(count, orders::COUNT);
        // Rows held since the last that left.
        let mut between = 0;
        for word in 0..self.words() {
            let mut held = self.held_at(0, word);
            let mut left = leaves(word);
            while left != 0 {
                let below = left.trailing_zeros();
                let before = held & ((1 << below) - 1);
                to.golomb(between + before.count_ones(), orders::LEAVE);
                between = 0;
                held &= !(before | 1 << below);
                left &= left - 1;
            }
            between += held.count_ones();
        }
    }

    fn write_rest(&self, lane: &LaneKind, to: &mut BitWriter<'_>) {
        let mut run = 0;
        for word in 0..self.words() {
            let stays = self.stays_by_depth(lane, word);
            let mut rest = stays.all & !awake(lane, word, &stays);
            let mut changed = rest & !exact(lane, word, &stays);
            while changed != 0 {
                let bit = changed.trailing_zeros();
                let before = rest & ((1 << bit) - 1);
                to.golomb(run + before.count_ones(), orders::RUN);
                run = 0;
                append(lane, word, bit, &stays, to);
                rest &= !(before | 1 << bit);
                changed &= changed - 1;
            }
            run += rest.count_ones();
        }
        if run > 0 {
            to.golomb(run, orders::RUN);
        }
    }

    fn write_awake(&self, lane: &LaneKind, to: &mut BitWriter<'_>) {
        for word in 0..self.words() {
            let stays = self.stays_by_depth(lane, word);
            let exact = exact(lane, word, &stays);
            for slot in slots_in(word, awake(lane, word, &stays)) {
                let bit = slot % 64;
                let changed = exact >> bit & 1 == 0;
                to.flag(changed);
                if changed {
                    append(lane, word, bit, &stays, to);
                }
            }
        }
    }

    fn write_enters(&self, now: &KindImage, to: &mut BitWriter<'_>) {
        to.golomb(self.enters.len() as u32, orders::COUNT);
        let mut next = 0;
        for &slot in self.enters {
            to.golomb(slot - next, orders::ENTER);
            next = slot + 1;
            if !self.plan.owner {
                let owner = now.owner.get(slot as usize).copied().unwrap_or_default();
                to.golomb(owner.0, orders::OWNER);
            }
            self.records.append(slot, to);
        }
    }
}

/// What a row that is held at `depth` + 1 snapshots is coded against; `None` where there are not so many.
pub(super) fn past<'a>(earlier: &Earlier<'a>, now: &Image, kind: usize, depth: usize) -> Option<Past<'a>> {
    let rows = |image: &'a Image| image.kinds.get(kind);
    let base = earlier[0]?;
    let mut past = Past { base: rows(base)?, lag: now.tick.since(base.tick), before: [None; LANE_DEPTH - 1] };
    let mut newer = base;
    for (before, older) in past.before.iter_mut().zip(earlier.iter().skip(1)).take(depth) {
        let older = (*older)?;
        *before = Some((rows(older)?, newer.tick.since(older.tick)));
        newer = older;
    }
    Some(past)
}

/// Of these rows, those that are as expected.
fn exact(lane: &LaneKind, word: usize, stays: &Stays) -> u64 {
    let by_depth = stays.by_depth.iter().zip(&lane.codes);
    by_depth.fold(0, |exact, (rows, codes)| exact | rows & word_of(&codes.exact, word))
}

/// Of these rows, those that are as expected and yet not as at the base.
fn moved_in(lane: &LaneKind, word: usize, stays: &Stays) -> u64 {
    let by_depth = stays.by_depth.iter().zip(&lane.codes);
    by_depth.fold(0, |moved, (rows, codes)| moved | rows & word_of(&codes.moved, word))
}

/// Of these rows, those that changed when last heard of.
fn awake(lane: &LaneKind, word: usize, stays: &Stays) -> u64 {
    (stays.by_depth[1] | stays.by_depth[2]) & word_of(&lane.awake, word)
}

fn append(lane: &LaneKind, word: usize, bit: u32, stays: &Stays, to: &mut BitWriter<'_>) {
    let depth = stays.by_depth.iter().position(|rows| rows >> bit & 1 == 1);
    if let Some(codes) = depth.and_then(|depth| lane.codes.get(depth)) {
        codes.append((word * 64) as u32 + bit, to);
    }
}
