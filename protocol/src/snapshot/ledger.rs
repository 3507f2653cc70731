//! What was written to a client, and which of it it has taken.

use std::collections::VecDeque;
use std::sync::Arc;

pub use super::held::{Far, Held, RingSet, Visible};
use crate::id::{InputSeq, Tick};
use crate::image::Slots;
use crate::limits::RINGS_MAX;
use crate::wire::Private;

/// Snapshots that a delta may look back at.
pub const LANE_DEPTH: usize = 3;

/// What was written to one client: the last snapshots, newest last, and which of them it has taken.
///
/// One more is kept than a delta looks back at, so that [`Ledger::take_back`] leaves what the client still has.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By ring: those that it was in. The first ring is in all of them.
    rings: [VecDeque<Arc<Held>>; RINGS_MAX],
    unacknowledged: VecDeque<Tick>,
    acknowledged: bool,
    pub(super) told: Option<Told>,
    pub(super) books: Books,
    /// As they were before the last frames.
    books_before: Books,
}

/// Which codebook a client has, and how far the next one has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    /// The version of the last one that was written whole; 0: none.
    pub(super) has: u32,
    /// The version of one that is on its way, and how many bytes of it were written.
    pub(super) next: u32,
    pub(super) sent: usize,
}

/// What the last private frame said; the next one leaves out what is still so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// No input was consumed yet.
    pub(super) idle: bool,
    /// Ticks less seqs: stays, as every tick consumes one seq.
    pub(super) lead: u32,
    pub(super) margin: i32,
    pub(super) replaced: u32,
    pub(super) request: u32,
    pub(super) pace: u32,
}

impl Told {
    /// The seq that is expected to be consumed at `tick`.
    pub(super) fn seq(&self, tick: Tick) -> InputSeq {
        // Before its first input a player consumes none.
        if self.idle { InputSeq::NONE } else { InputSeq(tick.0.wrapping_sub(self.lead)) }
    }

    pub(super) fn of(private: &Private) -> Told {
        Told {
            idle: private.seq == InputSeq::NONE,
            lead: private.tick.0.wrapping_sub(private.seq.0),
            margin: private.margin,
            replaced: private.replaced,
            request: private.request,
            pace: private.pace,
        }
    }
}

impl Ledger {
    /// Nothing written yet.
    #[must_use]
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// The tick this client's next delta is made from: the last snapshot that was *written* to its socket.
    ///
    /// Not the last one encoded: what a slow socket skipped was never seen, and must not become a baseline.
    #[must_use]
    pub fn baseline(&self) -> Option<Tick> {
        self.held().map(|held| held.tick)
    }

    /// What the client has after that snapshot.
    #[must_use]
    pub fn held(&self) -> Option<&Arc<Held>> {
        self.all().back()
    }

    /// The last snapshot that a ring was in.
    #[must_use]
    pub fn ring_tick(&self, ring: usize) -> Option<Tick> {
        Some(self.rings.get(ring)?.back()?.tick)
    }

    /// The last snapshots that a ring was in, newest first, at most [`LANE_DEPTH`] and back to the last keyframe.
    pub(super) fn lane(&self, ring: usize) -> impl Iterator<Item = &Arc<Held>> {
        self.rings.get(ring).into_iter().flat_map(|written| written.iter().rev().take(LANE_DEPTH))
    }

    fn all(&self) -> &VecDeque<Arc<Held>> {
        let [written, ..] = &self.rings;
        written
    }

    /// Notes that a snapshot was written.
    pub fn written(&mut self, held: Arc<Held>) {
        self.unacknowledged.push_back(held.tick);
        if held.keyframe {
            self.rings.iter_mut().for_each(VecDeque::clear);
        }
        for ring in held.rings.iter() {
            let Some(ring) = self.rings.get_mut(ring) else { continue };
            if ring.len() > LANE_DEPTH {
                ring.pop_front();
            }
            ring.push_back(Arc::clone(&held));
        }
    }

    /// Notes that the last tick's frames were not written after all; once for each [`Ledger::written`] at the most.
    pub fn take_back(&mut self) {
        let rings = self.held().map(|held| held.rings);
        for ring in rings.into_iter().flat_map(RingSet::iter) {
            self.rings.get_mut(ring).and_then(VecDeque::pop_back);
        }
        self.unacknowledged.pop_back();
        self.untell();
    }

    /// Notes that the last tick's private frame, without a snapshot, was not written after all.
    pub fn untell(&mut self) {
        self.told = None;
        self.books = self.books_before;
    }

    /// Notes that a part of a codebook is written.
    pub(super) fn book(&mut self, books: Books) {
        self.books_before = core::mem::replace(&mut self.books, books);
    }

    /// Notes what a private frame said.
    pub(super) fn told(&mut self, private: &Private) {
        self.told = Some(Told::of(private));
    }

    /// Begins again from nothing: the next snapshot is a keyframe.
    pub fn forget(&mut self) {
        self.rings.iter_mut().for_each(VecDeque::clear);
        self.unacknowledged.clear();
        self.told = None;
    }

    /// Notes the newest tick that the client says it holds.
    pub fn acknowledged(&mut self, tick: Tick) {
        self.acknowledged = true;
        while self.unacknowledged.front().is_some_and(|&oldest| oldest <= tick) {
            self.unacknowledged.pop_front();
        }
    }

    /// Bytes of memory for what is remembered of this client; what others hold alike is counted for each.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let sets = |kinds: &[Slots]| kinds.iter().map(Slots::memory_bytes).sum::<usize>();
        let of_held = |held: &Arc<Held>| {
            sets(&held.kinds) + sets(&held.owed) + held.far.iter().map(|ring| sets(ring)).sum::<usize>()
        };
        let mut held: Vec<&Arc<Held>> = self.rings.iter().flatten().collect();
        held.sort_by_key(|held| held.tick);
        held.dedup_by_key(|held| held.tick);
        let held: usize = held.into_iter().map(|held| size_of::<Held>() + of_held(held)).sum();
        size_of::<Ledger>() + held + self.unacknowledged.len() * size_of::<Tick>()
    }

    /// Whether the client has ever said that it holds something.
    #[must_use]
    pub fn has_acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// The oldest snapshot that was written and not acknowledged yet.
    #[must_use]
    pub fn oldest_unacknowledged(&self) -> Option<Tick> {
        self.unacknowledged.front().copied()
    }
}
