//! What a client may have, and what it has after a snapshot: sets of slots by kind, in distance rings.

use crate::id::{EntityId, KindId, Tick};
use crate::image::Slots;
use crate::limits::RINGS_MAX;

/// What a client may have now. Shared by all who see everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// One per kind; not read where `everything` is set.
    pub kinds: Vec<Slots>,
    /// Every row there is.
    pub everything: bool,
    /// Whether rows are in rings: those of the rings beyond the first need not go in every frame.
    pub ringed: bool,
    /// Which of them belong into the rings beyond the first, by ring, then kind.
    pub far: Far,
}

/// Some of the distance rings; the first is always among them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RingSet(u8);

impl RingSet {
    /// The first ring alone.
    pub const FIRST: RingSet = RingSet(1);
    /// All of them.
    pub const ALL: RingSet = RingSet((1 << RINGS_MAX) - 1);

    /// Also this ring.
    #[must_use]
    pub const fn and(self, ring: usize) -> RingSet {
        RingSet(self.0 | (1 << ring) & RingSet::ALL.0)
    }

    /// Whether a ring is among them.
    #[must_use]
    pub const fn has(self, ring: usize) -> bool {
        ring < RINGS_MAX && self.0 >> ring & 1 == 1
    }

    /// The rings, from the first on.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..RINGS_MAX).filter(move |&ring| self.has(ring))
    }

    /// A bit for each ring beyond the first.
    pub(super) const fn far_bits(self) -> u64 {
        (self.0 >> 1) as u64
    }

    /// What [`RingSet::far_bits`] said.
    pub(super) const fn of_far_bits(bits: u64) -> RingSet {
        RingSet((bits << 1) as u8 & RingSet::ALL.0 | 1)
    }
}

impl Default for RingSet {
    fn default() -> RingSet {
        RingSet::FIRST
    }
}

impl core::fmt::Debug for RingSet {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

/// Rows of the rings beyond the first, by ring, then kind. A kind beyond the end has none.
pub type Far = [Vec<Slots>; RINGS_MAX - 1];

/// What a client has after a snapshot: these rows, as they were at this tick, or those of a far ring as they were when
/// it was last sent. Rows of kinds marked `owner` are never among them: whose they are says who has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The tick of the snapshot.
    pub tick: Tick,
    /// One per kind.
    pub kinds: Vec<Slots>,
    /// The snapshot was made from nothing: what was before it counts no more.
    pub(super) keyframe: bool,
    /// Whether rows are in rings.
    pub(super) ringed: bool,
    /// The rings that the snapshot had.
    pub(super) rings: RingSet,
    pub(super) far: Far,
    /// The last snapshot that each ring beyond the first was in; [`Tick::NONE`]: none since the last keyframe.
    pub(super) far_ticks: [Tick; RINGS_MAX - 1],
    /// By kind: rows of which it has older values of `whole` fields than it should. Empty where there are none.
    pub(super) owed: Vec<Slots>,
    /// Kind and slot of the one whose turn it is.
    pub(super) owed_turn: (usize, u32),
}

impl Held {
    /// What a client has before its first snapshot of a world of so many kinds.
    #[must_use]
    pub fn nothing(kinds: usize) -> Held {
        Held { kinds: vec![Slots::default(); kinds], ..Held::default() }
    }

    /// Whether the row is there.
    #[must_use]
    pub fn contains(&self, id: EntityId) -> bool {
        self.kinds.get(usize::from(id.kind.0)).is_some_and(|slots| slots.contains(id.slot))
    }

    /// The tick at which a row was what the client has of it.
    #[must_use]
    pub fn as_of(&self, id: EntityId) -> Tick {
        let ring = self.far.iter().position(|ring| has(ring, id));
        ring.and_then(|ring| self.far_ticks.get(ring)).copied().unwrap_or(self.tick)
    }

    /// Whether everything that it has of its rows is as it was at their ticks: no `whole` value waits to be told.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.owed.iter().all(Slots::is_empty)
    }

    /// Whether it has an older value of a `whole` field of this row than it should.
    #[must_use]
    pub fn owes(&self, id: EntityId) -> bool {
        has(&self.owed, id)
    }

    /// 64 rows of which values are owed.
    pub(super) fn owed_word(&self, kind: usize, word: usize) -> u64 {
        self.owed.get(kind).map_or(0, |slots| slots.word(word))
    }

    /// Whether the row is in a ring beyond the first.
    #[must_use]
    pub fn is_far(&self, id: EntityId) -> bool {
        self.far.iter().any(|ring| has(ring, id))
    }

    /// Whether the row is there and in the first ring, and so what it was at this tick.
    pub(super) fn is_near(&self, id: EntityId) -> bool {
        self.contains(id) && !self.is_far(id)
    }

    /// The rows of a ring.
    pub(super) fn ring_rows(&self, ring: usize, kind: usize) -> RingRows<'_> {
        RingRows::of(&self.kinds, self.ringed.then_some(&self.far), ring, kind)
    }

    /// The ring of a row.
    fn ring_of(&self, id: EntityId) -> usize {
        self.far.iter().position(|ring| has(ring, id)).map_or(0, |far| far + 1)
    }

    /// Whether a ring has rows.
    pub(super) fn has_rows(&self, ring: usize) -> bool {
        match ring.checked_sub(1) {
            Some(far) => self.far.get(far).is_some_and(|ring| ring.iter().any(|slots| !slots.is_empty())),
            None => !self.is_empty(),
        }
    }

    /// Becomes what a client has after a snapshot of `tick` with `rings`: so far the rows of the other rings, which
    /// stay as they were in `before`. The set must be empty.
    pub(super) fn begin(
        &mut self,
        tick: Tick,
        before: Option<&Held>,
        (ringed, rings): (bool, RingSet),
        kinds: usize,
    ) {
        (self.tick, self.keyframe, self.ringed, self.rings) = (tick, before.is_none(), ringed, rings);
        self.kinds.resize_with(kinds, Slots::default);
        if let Some(before) = before.filter(|before| !before.is_whole()) {
            self.owed_turn = before.owed_turn;
            self.owed.resize_with(kinds, Slots::default);
            for (kind, (owed, stays)) in self.owed.iter_mut().zip(&before.owed).enumerate() {
                let id = |slot| EntityId { kind: KindId(kind as u8), slot };
                owed.extend(stays.iter().filter(|&slot| !rings.has(before.ring_of(id(slot)))));
            }
        }
        if !ringed {
            return;
        }
        self.far_ticks = before.map_or(self.far_ticks, |before| before.far_ticks);
        let in_frame = (1..).zip(&mut self.far_ticks).filter(|(ring, _)| rings.has(*ring));
        in_frame.for_each(|(_, at)| *at = tick);
        self.far.iter_mut().for_each(|ring| ring.resize_with(kinds, Slots::default));
        let Some(before) = before else { return };
        let others = (1..).zip(self.far.iter_mut().zip(&before.far)).filter(|(ring, _)| !rings.has(*ring));
        for (_, (ring, stays)) in others {
            for ((slots, stays), all) in ring.iter_mut().zip(stays).zip(&mut self.kinds) {
                slots.copy_from(stays);
                all.extend(stays.iter());
            }
        }
    }

    /// Adds a row to a ring.
    pub(super) fn insert(&mut self, ring: usize, kind: usize, slot: u32) {
        let far = ring.checked_sub(1).and_then(|far| self.far.get_mut(far));
        for slots in [Some(&mut self.kinds), far].into_iter().flatten().filter_map(|kinds| kinds.get_mut(kind)) {
            slots.insert(slot);
        }
    }

    /// Adds rows to a ring: of each 64 from slot `word * 64` on those whose bits are set.
    pub(super) fn insert_words<I: Iterator<Item = (usize, u64)>>(
        &mut self,
        ring: usize,
        kind: usize,
        words: impl Fn() -> I,
    ) {
        let far = ring.checked_sub(1).and_then(|far| self.far.get_mut(far));
        for slots in [Some(&mut self.kinds), far].into_iter().flatten().filter_map(|kinds| kinds.get_mut(kind)) {
            slots.insert_words(words());
        }
    }

    /// Forgets all, keeping the memory.
    pub(super) fn clear(&mut self) {
        let sets = self.kinds.iter_mut().chain(self.far.iter_mut().flatten()).chain(&mut self.owed);
        sets.for_each(Slots::clear);
        self.owed_turn = (0, 0);
        self.far_ticks = Default::default();
    }

    /// Rows in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.iter().map(Slots::len).sum()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.iter().all(Slots::is_empty)
    }
}

impl Visible {
    /// The rows that belong into a ring.
    pub(super) fn ring_rows(&self, ring: usize, kind: usize) -> RingRows<'_> {
        RingRows::of(&self.kinds, self.ringed.then_some(&self.far), ring, kind)
    }

    /// The ring that a row belongs into.
    #[must_use]
    pub fn ring_of(&self, id: EntityId) -> usize {
        let far = self.far.iter().position(|ring| has(ring, id)).filter(|_| self.ringed);
        far.map_or(0, |far| far + 1)
    }
}

/// The slots of a kind, 64 a word.
fn words_of(kinds: &[Slots], kind: usize) -> &[u64] {
    kinds.get(kind).map_or(&[], Slots::words)
}

/// The rows of one kind in one ring, 64 a word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RingRows<'a> {
    all: &'a [u64],
    /// Those in the other rings, where there are any.
    without: Option<[&'a [u64]; RINGS_MAX - 1]>,
}

impl<'a> RingRows<'a> {
    /// Of rows some of which are far: `None` where rows are not in rings, and all are in the first one.
    fn of(kinds: &'a [Slots], far: Option<&'a Far>, ring: usize, kind: usize) -> RingRows<'a> {
        match (ring.checked_sub(1), far) {
            (None, far) => RingRows {
                all: words_of(kinds, kind),
                without: far.map(|far| far.each_ref().map(|ring| words_of(ring, kind))),
            },
            (Some(at), far) => {
                let far = far.and_then(|far| far.get(at));
                RingRows { all: far.map_or(&[], |far| words_of(far, kind)), without: None }
            }
        }
    }

    /// All of them, where that takes no look at other rings.
    pub(super) fn all(&self) -> Option<&'a [u64]> {
        self.without.is_none().then_some(self.all)
    }

    /// The 64 rows from slot `at * 64` on.
    #[inline]
    pub(super) fn word(&self, at: usize) -> u64 {
        let word = |words: &[u64]| words.get(at).copied().unwrap_or(0);
        let others = self.without.map_or(0, |others| others.into_iter().fold(0, |rows, other| rows | word(other)));
        word(self.all) & !others
    }
}

/// Whether a row is in sets of slots by kind.
fn has(kinds: &[Slots], id: EntityId) -> bool {
    kinds.get(usize::from(id.kind.0)).is_some_and(|slots| slots.contains(id.slot))
}
