//! Sections: which rows leave, stay and enter, as lists that both ends can follow without ids.
//!
//! Per kind: a bit whether anything is to be said; a bit whether there are lists, without which only integers of rows
//! that stay change; the leaves, as positions among the rows held; a bit whether any row that stays is not as
//! expected, and if so first those that kept still but do not now, as gaps with a code each, then a code for each of the
//! others; rows in which a `whole` field has changed, as positions; rows that go into another ring, as positions; the
//! enters, as rising slots with an owner and a record each.

use super::coder::learn::Counts;
use super::frame::Entering;
use super::lane::{Codes, Coding, LaneKind, slots_in, word_of};
use super::ledger::{Held, LANE_DEPTH, RingSet, Visible};
use super::plan::KindPlan;
use super::wholes::Wholes;
use crate::id::{EntityId, KindId};
use crate::limits::RINGS_MAX;
use crate::wire::bits::BitWriter;

/// Golomb orders of the lists: what a tick of a room usually brings is at the short end of each.
pub(super) mod orders {
    /// Rows that leave, enter, go into another ring, or have a `whole` field that changed.
    pub(in crate::snapshot) const COUNT: u32 = 0;
    /// Rows between one in a list of positions and the next.
    pub(in crate::snapshot) const POSITION: u32 = 3;
    /// Slots between one that enters and the next.
    pub(in crate::snapshot) const ENTER: u32 = 3;
    /// A row's owner.
    pub(in crate::snapshot) const OWNER: u32 = 3;

    /// The Rice order of the gaps between rows that kept still but do not now: where few woke before, few will.
    pub(in crate::snapshot) fn gap(still: u32, woke: u32) -> u32 {
        (still / (woke + 1)).checked_ilog2().unwrap_or(0)
    }
}

/// Everything a kind's part of a section is made from.
pub(super) struct KindSection<'a> {
    pub(super) plan: &'a KindPlan,
    pub(super) coding: Coding<'a>,
    pub(super) of: Of<'a>,
    /// Rising.
    pub(super) enters: &'a [Entering],
    pub(super) records: &'a Codes,
}

/// Whose section it is.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    /// What the client held at the snapshots that the ring was in, newest first.
    pub(super) held: [Option<&'a Held>; LANE_DEPTH],
    /// What it may see; `None`: everything.
    pub(super) visible: Option<&'a Visible>,
    pub(super) ring: usize,
    /// Those in the frame.
    pub(super) rings: RingSet,
}

/// Bits of a ring's number.
pub(super) const RING_BITS: u32 = RINGS_MAX.ilog2();

/// 64 rows of a client that stay, by what it holds of them.
#[derive(Clone, Copy, Debug, Default)]
struct Stays {
    all: u64,
    /// By the number of snapshots they are held at, less one.
    by_depth: [u64; LANE_DEPTH],
    /// Those that kept still, and those of which nothing unexpected is told.
    still: u64,
    exact: u64,
    /// Those that are not as at the base, though nothing unexpected is told of them.
    moved: u64,
}

impl KindSection<'_> {
    /// The rows that the client holds and keeps.
    pub(super) fn stays(&self, lane: &LaneKind, word: usize) -> u64 {
        let visible = self.of.visible.filter(|visible| !visible.everything);
        let slots =
            |visible: &Visible| visible.kinds.get(self.coding.kind).map_or(0, |slots| word_of(slots, word));
        self.held_at(0, word) & visible.map_or(u64::MAX, slots) & word_of(&lane.same[0], word)
    }

    /// Those of them that go into another ring, one of those that the frame has.
    fn moves(&self, lane: &LaneKind, word: usize) -> u64 {
        let Some(visible) = self.of.visible.filter(|_| self.of.rings != RingSet::FIRST) else { return 0 };
        // From the first ring only into one that the frame has; from another one at least into the first.
        let stays_in = |ring| ring == self.of.ring || self.of.ring == 0 && !self.of.rings.has(ring);
        let others = (0..RINGS_MAX).filter(|&ring| !stays_in(ring));
        let others = others.fold(0, |rows, ring| rows | visible.ring_word(ring, self.coding.kind, word));
        self.stays(lane, word) & others
    }

    /// The ring that a row goes into: the one that it belongs into, or the first on its way there.
    fn ring_of(&self, slot: u32) -> usize {
        let id = EntityId { kind: KindId(self.coding.kind as u8), slot };
        let ring = self.of.visible.map_or(0, |visible| visible.ring_of(id));
        if self.of.rings.has(ring) { ring } else { 0 }
    }

    /// Rows that stay in which a `whole` field has changed since the base.
    pub(super) fn changed_wholes(&self, lane: &LaneKind, word: usize) -> u64 {
        self.stays(lane, word) & word_of(&lane.wholes.known, word)
    }

    /// Rows that stay of which the client was not told a value of before.
    pub(super) fn owed(&self, lane: &LaneKind, word: usize) -> u64 {
        let owed = self.of.held[0].map_or(0, |held| held.owed_word(self.coding.kind, word));
        if owed == 0 { 0 } else { owed & self.stays(lane, word) }
    }

    fn held_at(&self, age: usize, word: usize) -> u64 {
        let held = self.of.held.get(age).copied().flatten();
        held.map_or(0, |held| held.ring_word(self.of.ring, self.coding.kind, word))
    }

    /// Words of what the client holds.
    pub(super) fn words(&self) -> usize {
        self.of.held[0].and_then(|held| held.kinds.get(self.coding.kind)).map_or(0, |slots| slots.words().len())
    }

    fn split(&self, lane: &LaneKind, word: usize) -> Stays {
        let all = self.stays(lane, word);
        let two = all & self.held_at(1, word) & word_of(&lane.same[1], word);
        let three = two & self.held_at(2, word) & word_of(&lane.same[2], word);
        let by_depth = [all & !two, two & !three, three];
        let (mut exact, mut moved) = (0, 0);
        for (rows, codes) in by_depth.iter().zip(&lane.codes) {
            exact |= rows & word_of(&codes.exact, word);
            moved |= rows & word_of(&codes.moved, word);
        }
        let [still, longer] = &lane.still;
        let still = by_depth[1] & word_of(still, word) | three & word_of(longer, word);
        Stays { all, by_depth, still, exact, moved }
    }

    /// Appends this kind's part; says whether anything differs from the base, as expected or not.
    pub(super) fn write(
        &self,
        lane: &mut LaneKind,
        told: &Wholes,
        counts: &mut Option<&mut Counts>,
        to: &mut BitWriter<'_>,
    ) -> bool {
        let (mut leaving, mut changed, mut moved, mut wholes, mut moves, mut still) = (0, 0, 0, 0, 0, 0);
        for word in 0..self.words() {
            let mut stays = self.split(lane, word);
            let mut coded = false;
            for (depth, &wanted) in (1..).zip(&stays.by_depth) {
                coded |= lane.ensure(&self.coding, depth, word, wanted, counts);
            }
            if coded {
                stays = self.split(lane, word);
            }
            leaving |= self.held_at(0, word) & !stays.all;
            still |= stays.still;
            changed |= stays.all & !stays.exact;
            moved |= stays.moved;
            wholes |= self.told_wholes(lane, told, word);
            moves |= self.moves(lane, word);
        }
        let any = leaving | changed | wholes | moves != 0 || !self.enters.is_empty();
        to.flag(any);
        if !any {
            return moved != 0;
        }
        let lists = leaving | wholes | moves != 0 || !self.enters.is_empty();
        to.flag(lists);
        if lists {
            let leaves = |word| self.held_at(0, word) & !self.stays(lane, word);
            self.write_positions(|word| self.held_at(0, word), leaves, |_, _| {}, to);
            to.flag(changed != 0);
        }
        if changed != 0 {
            if still != 0 {
                self.write_still(lane, to);
            }
            self.write_others(lane, to);
        }
        if lists && !self.plan.open.wholes.is_empty() {
            let (stays, told) = (|word| self.stays(lane, word), |word| self.told_wholes(lane, told, word));
            let append = |slot: u32, to: &mut BitWriter<'_>| {
                let owed = self.owed(lane, slot as usize / 64) >> (slot % 64) & 1 == 1;
                if owed { lane.all_wholes.append(slot, to) } else { lane.wholes.append(slot, to) }
            };
            self.write_positions(stays, told, append, to);
        }
        if lists && self.of.rings != RingSet::FIRST {
            let (stays, moves) = (|word| self.stays(lane, word), |word| self.moves(lane, word));
            self.write_positions(stays, moves, |slot, to| to.write(self.ring_of(slot) as u64, RING_BITS), to);
        }
        if lists {
            self.write_enters(to);
        }
        true
    }

    fn told_wholes(&self, lane: &LaneKind, told: &Wholes, word: usize) -> u64 {
        let candidates = self.changed_wholes(lane, word) | self.owed(lane, word);
        if candidates == 0 { 0 } else { candidates & told.told(self.coding.kind, word) }
    }

    /// Appends a list of some among other rows: how many, and before each how many others lie between.
    fn write_positions(
        &self,
        among: impl Fn(usize) -> u64,
        listed: impl Fn(usize) -> u64,
        each: impl Fn(u32, &mut BitWriter<'_>),
        to: &mut BitWriter<'_>,
    ) {
        let count: u32 = (0..self.words()).map(|word| listed(word).count_ones()).sum();
        to.golomb(count, orders::COUNT);
        let mut between = 0;
        for word in 0..self.words() {
            let mut among = among(word);
            for slot in slots_in(word, listed(word)) {
                let before = among & ((1 << (slot % 64)) - 1);
                to.golomb(between + before.count_ones(), orders::POSITION);
                each(slot, to);
                between = 0;
                among &= !(before | 1 << (slot % 64));
            }
            between += among.count_ones();
        }
    }

    fn write_still(&self, lane: &LaneKind, to: &mut BitWriter<'_>) {
        let (mut still, mut woke, mut wakes) = (0, 0, 0);
        for word in 0..self.words() {
            let stays = self.split(lane, word);
            still += stays.still.count_ones();
            woke += (stays.by_depth[2] & word_of(&lane.woke, word)).count_ones();
            wakes |= stays.still & !stays.exact;
        }
        to.flag(wakes != 0);
        if wakes == 0 {
            return;
        }
        let order = orders::gap(still, woke);
        let (mut gap, mut left) = (0, still);
        for word in 0..self.words() {
            let stays = self.split(lane, word);
            let mut rest = stays.still;
            for slot in slots_in(word, stays.still & !stays.exact) {
                let before = rest & ((1 << (slot % 64)) - 1);
                gap += before.count_ones();
                to.rice(gap, order, left);
                left -= gap + 1;
                gap = 0;
                append(lane, slot, &stays, to);
                rest &= !(before | 1 << (slot % 64));
            }
            gap += rest.count_ones();
        }
        // Past the end.
        to.rice(gap, order, left);
    }

    fn write_others(&self, lane: &LaneKind, to: &mut BitWriter<'_>) {
        for word in 0..self.words() {
            let stays = self.split(lane, word);
            let rows = stays.all & !stays.still;
            if rows & !stays.by_depth[LANE_DEPTH - 1] == 0 {
                lane.codes[LANE_DEPTH - 1].append_word(word, rows, to);
                continue;
            }
            for slot in slots_in(word, rows) {
                append(lane, slot, &stays, to);
            }
        }
    }

    fn write_enters(&self, to: &mut BitWriter<'_>) {
        to.golomb(self.enters.len() as u32, orders::COUNT);
        let mut next = 0;
        for &(_, _, slot) in self.enters {
            to.golomb(slot - next, orders::ENTER);
            next = slot + 1;
            if !self.plan.owner {
                to.golomb(self.coding.now.owner_of(slot).0, orders::OWNER);
            }
            self.records.append(slot, to);
        }
    }

    /// Adds what the client holds of this section after the frame.
    pub(super) fn next(&self, lane: &LaneKind, next: &mut Held) {
        let (kind, ring) = (self.coding.kind, self.of.ring);
        for word in 0..self.words() {
            let (stays, moves) = (self.stays(lane, word), self.moves(lane, word));
            next.insert_word(ring, kind, word, stays & !moves);
            for slot in slots_in(word, stays & moves) {
                next.insert(self.ring_of(slot), kind, slot);
            }
        }
        self.enters.iter().for_each(|&(_, _, slot)| next.insert(ring, kind, slot));
    }
}

fn append(lane: &LaneKind, slot: u32, stays: &Stays, to: &mut BitWriter<'_>) {
    let depth = stays.by_depth.iter().position(|rows| rows >> (slot % 64) & 1 == 1);
    if let Some(codes) = depth.and_then(|depth| lane.codes.get(depth)) {
        codes.append(slot, to);
    }
}
