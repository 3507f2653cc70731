//! Sections: which rows leave, stay and enter, as lists that both ends can follow without ids.
//!
//! Per kind: a bit whether anything is to be said; a bit whether there are lists, without which only integers of rows
//! that stay change; the leaves, as positions among the rows held; a bit whether any row that stays is not as
//! expected, and if so which, and their codes (see `runs`); rows in which a `whole` field has changed, as positions;
//! rows that go into another ring, as positions; the enters, as rising slots with an owner and a record each.

use super::coder::learn::Counts;
use super::codes::Records;
use super::frame::Entering;
use super::held::RingRows;
use super::lane::{Coding, LaneKind, slots_in};
use super::lane_word::LaneWord;
use super::ledger::{Held, LANE_DEPTH, RingSet, Visible};
use super::plan::KindPlan;
use super::runs::{self, Among};
use super::wholes::Wholes;
use crate::id::{EntityId, KindId};
use crate::image::Slots;
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
}

/// Everything a kind's part of a section is made from.
pub(super) struct KindSection<'a> {
    pub(super) plan: &'a KindPlan,
    pub(super) coding: Coding<'a>,
    pub(super) of: Of<'a>,
    /// Rising.
    pub(super) enters: &'a [Entering],
    pub(super) records: &'a Records,
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

/// 64 rows of a section, by what becomes of them and by what the client holds of them: made once for a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    pub(super) at: usize,
    held: u64,
    /// Those that the client keeps.
    pub(super) stays: u64,
    /// By the number of snapshots they are held at, less one.
    pub(super) by_depth: [u64; LANE_DEPTH],
    /// Those that kept still, those of the others that are even, and those of which nothing unexpected is told.
    pub(super) still: u64,
    pub(super) even: u64,
    pub(super) exact: u64,
    /// Those of which a `whole` field is told, and those that go into another ring.
    wholes: u64,
    moves: u64,
}

/// What there is to say of a section: the rows that it is about, of all words together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    leaves: u64,
    /// Not as expected.
    changed: u64,
    still: u64,
    wholes: u64,
    moves: u64,
}

impl KindSection<'_> {
    /// The rows that the client holds and keeps.
    pub(super) fn stays(&self, lane: &LaneKind, word: usize) -> u64 {
        let visible = self.of.visible.filter(|visible| !visible.everything);
        let slots = |visible: &Visible| visible.kinds.get(self.coding.kind).map_or(0, |slots| slots.word(word));
        let same = lane.rows.get(word).map_or(0, |rows| rows.same[0]);
        self.held_at(0, word) & visible.map_or(u64::MAX, slots) & same
    }

    /// Those of the rows that stay that go into another ring, one of those that the frame has.
    fn moves(&self, word: usize, stays: u64) -> u64 {
        let Some(visible) = self.of.visible.filter(|_| self.of.rings != RingSet::FIRST) else { return 0 };
        // From the first ring only into one that the frame has; from another one at least into the first.
        let stays_in = |ring| ring == self.of.ring || self.of.ring == 0 && !self.of.rings.has(ring);
        let others = (0..RINGS_MAX).filter(|&ring| !stays_in(ring));
        let others = others.fold(0, |rows, ring| rows | visible.ring_rows(ring, self.coding.kind).word(word));
        stays & others
    }

    /// The ring that a row goes into: the one that it belongs into, or the first on its way there.
    fn ring_of(&self, slot: u32) -> usize {
        let id = EntityId { kind: KindId(self.coding.kind as u8), slot };
        let ring = self.of.visible.map_or(0, |visible| visible.ring_of(id));
        if self.of.rings.has(ring) { ring } else { 0 }
    }

    /// Rows that stay in which a `whole` field has changed since the base.
    pub(super) fn changed_wholes(&self, lane: &LaneKind, word: usize) -> u64 {
        self.stays(lane, word) & lane.wholes.known.word(word)
    }

    /// Rows that stay of which the client was not told a value of before.
    pub(super) fn owed(&self, lane: &LaneKind, word: usize) -> u64 {
        let owed = self.of.held[0].map_or(0, |held| held.owed_word(self.coding.kind, word));
        if owed == 0 { 0 } else { owed & self.stays(lane, word) }
    }

    fn held_at(&self, age: usize, word: usize) -> u64 {
        let held = self.of.held.get(age).copied().flatten();
        held.map_or(0, |held| held.ring_rows(self.of.ring, self.coding.kind).word(word))
    }

    /// Words of what the client holds.
    pub(super) fn words(&self) -> usize {
        self.of.held[0].and_then(|held| held.kinds.get(self.coding.kind)).map_or(0, |slots| slots.words().len())
    }

    /// Sorts the rows that the client holds, and codes those that nobody asked for before.
    fn look(
        &self,
        lane: &mut LaneKind,
        told: &Wholes,
        counts: &mut Option<&mut Counts>,
        words: &mut Vec<Word>,
    ) -> Sum {
        let (ring, kind) = (self.of.ring, self.coding.kind);
        let rows = self.of.held.map(|held| held.map_or(RingRows::default(), |held| held.ring_rows(ring, kind)));
        let [newest, second, third] = rows;
        // Most rooms have no rings.
        match (newest.all(), second.all(), third.all()) {
            (Some(newest), Some(second), Some(third)) => {
                let word = |rows: &[u64], at: usize| rows.get(at).copied().unwrap_or(0);
                let held = |at| [word(newest, at), word(second, at), word(third, at)];
                self.look_at(held, lane, told, counts, words)
            }
            _ => {
                let held = |at| [newest.word(at), second.word(at), third.word(at)];
                self.look_at(held, lane, told, counts, words)
            }
        }
    }

    /// The same, where `held` are 64 rows that the client held at the three snapshots.
    #[inline]
    fn look_at(
        &self,
        held: impl Fn(usize) -> [u64; LANE_DEPTH],
        lane: &mut LaneKind,
        told: &Wholes,
        counts: &mut Option<&mut Counts>,
        words: &mut Vec<Word>,
    ) -> Sum {
        words.clear();
        let visible = self.of.visible.filter(|visible| !visible.everything);
        let visible = visible.map(|visible| visible.kinds.get(self.coding.kind).map_or(&[][..], Slots::words));
        let may_tell_more = !self.plan.open.wholes.is_empty() || self.of.rings != RingSet::FIRST;
        let rests = self.coding.coder.rests();
        let nothing = LaneWord::default();
        let mut sum = Sum::default();
        for at in 0..self.words() {
            let [held, second, third] = held(at);
            if held == 0 {
                continue;
            }
            let seen = visible.map_or(u64::MAX, |words| words.get(at).copied().unwrap_or(0));
            let rows = lane.rows.get(at).unwrap_or(&nothing);
            let stays = held & seen & rows.same[0];
            let two = stays & second & rows.same[1];
            let three = two & third & rows.same[2];
            let by_depth = [stays & !two, two & !three, three];
            let (mut exact, mut still, even) = (0, three & rows.still[1], three & rows.even);
            // Most rows are held for long.
            if stays != three {
                still |= by_depth[1] & rows.still[0] | if rests { by_depth[0] } else { 0 };
                exact = lane.exact(&self.coding, 1, (at, by_depth[0]), counts);
                exact |= lane.exact(&self.coding, 2, (at, by_depth[1]), counts);
            }
            exact |= lane.exact(&self.coding, LANE_DEPTH, (at, three), counts);
            let mut word = Word { at, held, stays, by_depth, still, even, exact, wholes: 0, moves: 0 };
            if may_tell_more {
                word.wholes = self.told_wholes(lane, told, at);
                word.moves = self.moves(at, stays);
            }
            sum.add(&word);
            words.push(word);
        }
        sum
    }

    /// Whether any of these rows is not as at the base.
    fn moved(&self, lane: &LaneKind, words: &[Word]) -> bool {
        let moved = |word: &Word| {
            let rows = lane.rows.get(word.at)?;
            Some(rows.depths.iter().zip(word.by_depth).any(|(depth, rows)| rows & depth.moved != 0))
        };
        words.iter().any(|word| moved(word) == Some(true))
    }

    /// Appends this kind's part; says whether anything differs from the base, as expected or not. `words` are what was
    /// found on the way, for [`KindSection::next`].
    pub(super) fn write(
        &self,
        lane: &mut LaneKind,
        told: &Wholes,
        counts: &mut Option<&mut Counts>,
        words: &mut Vec<Word>,
        to: &mut BitWriter<'_>,
    ) -> bool {
        let found = self.look(lane, told, counts, words);
        let lists = found.leaves | found.wholes | found.moves != 0 || !self.enters.is_empty();
        let changed = found.changed != 0;
        to.flag(lists || changed);
        if !changed {
            lane.note_run(&self.coding, Some(Among::Others), words, counts);
        }
        if !(lists || changed) {
            return self.moved(lane, words);
        }
        to.flag(lists);
        if lists {
            write_positions(words, |word| (word.held, word.held & !word.stays), |_, _| {}, to);
            to.flag(changed);
        }
        if changed {
            if found.still != 0 {
                runs::write_still(lane, words, to);
            }
            let ran = runs::write_others(lane, words, to);
            lane.note_run(&self.coding, ran, words, counts);
        }
        if lists && !self.plan.open.wholes.is_empty() {
            let append = |slot: u32, to: &mut BitWriter<'_>| {
                let owed = self.owed(lane, slot as usize / 64) >> (slot % 64) & 1 == 1;
                if owed { lane.all_wholes.append(slot, to) } else { lane.wholes.append(slot, to) }
            };
            write_positions(words, |word| (word.stays, word.wholes), append, to);
        }
        if lists && self.of.rings != RingSet::FIRST {
            let append = |slot: u32, to: &mut BitWriter<'_>| to.write(self.ring_of(slot) as u64, RING_BITS);
            write_positions(words, |word| (word.stays, word.moves), append, to);
        }
        if lists {
            self.write_enters(to);
            lane.note_enters(self.enters.iter().map(|entering| entering.2));
        }
        true
    }

    fn told_wholes(&self, lane: &LaneKind, told: &Wholes, word: usize) -> u64 {
        let candidates = self.changed_wholes(lane, word) | self.owed(lane, word);
        if candidates == 0 { 0 } else { candidates & told.told(self.coding.kind, word) }
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
    pub(super) fn next(&self, words: &[Word], next: &mut Held) {
        let (kind, ring) = (self.coding.kind, self.of.ring);
        next.insert_words(ring, kind, || words.iter().map(|word| (word.at, word.stays & !word.moves)));
        for word in words.iter().filter(|word| word.moves != 0) {
            for slot in slots_in(word.at, word.moves) {
                next.insert(self.ring_of(slot), kind, slot);
            }
        }
        self.enters.iter().for_each(|&(_, _, slot)| next.insert(ring, kind, slot));
    }
}

impl Sum {
    fn add(&mut self, word: &Word) {
        self.leaves |= word.held & !word.stays;
        self.changed |= word.stays & !word.exact;
        self.still |= word.still;
        self.wholes |= word.wholes;
        self.moves |= word.moves;
    }
}

/// Appends a list of some (the second of `of`) among other rows (the first): how many, and before each how many others
/// lie between.
fn write_positions(
    words: &[Word],
    of: impl Fn(&Word) -> (u64, u64),
    each: impl Fn(u32, &mut BitWriter<'_>),
    to: &mut BitWriter<'_>,
) {
    let count: u32 = words.iter().map(|word| of(word).1).filter(|listed| *listed != 0).map(u64::count_ones).sum();
    to.golomb(count, orders::COUNT);
    let (mut between, mut left) = (0, count);
    for word in words {
        if left == 0 {
            return;
        }
        let (mut among, listed) = of(word);
        for slot in slots_in(word.at, listed) {
            let before = among & ((1 << (slot % 64)) - 1);
            to.golomb(between + before.count_ones(), orders::POSITION);
            each(slot, to);
            (between, left) = (0, left - 1);
            among &= !(before | 1 << (slot % 64));
        }
        between += among.count_ones();
    }
}
