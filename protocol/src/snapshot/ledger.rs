//! What a client may have, has, and had: sets of slots by kind.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::id::{EntityId, InputSeq, Tick};
use crate::image::Slots;
use crate::wire::Private;

/// Snapshots that a delta may look back at.
pub const LANE_DEPTH: usize = 3;

/// What a client may have now. Shared by all who see everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// One per kind; not read where `everything` is set.
    pub kinds: Vec<Slots>,
    /// Every row there is.
    pub everything: bool,
}

/// What a client has after a snapshot: these rows, as they were at this tick. Rows of kinds marked `owner` are
/// never among them: whose they are says who has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The tick of the snapshot.
    pub tick: Tick,
    /// One per kind.
    pub kinds: Vec<Slots>,
    /// The snapshot was made from nothing: what was before it counts no more.
    pub(super) keyframe: bool,
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

/// What was written to one client: the last snapshots, newest last, and which of them it has taken.
///
/// One more is kept than a delta looks back at, so that [`Ledger::take_back`] leaves what the client still has.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    written: VecDeque<Arc<Held>>,
    unacknowledged: VecDeque<Tick>,
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
        self.written.back()
    }

    /// The last snapshots, newest first, at most [`LANE_DEPTH`] and back to the last keyframe.
    pub(super) fn lane(&self) -> impl Iterator<Item = &Arc<Held>> {
        let mut begun = false;
        let mut before = move |held: &&Arc<Held>| !core::mem::replace(&mut begun, held.keyframe);
        self.written.iter().rev().take(LANE_DEPTH).take_while(move |held| before(held))
    }

    /// Notes that a snapshot was written.
    pub fn written(&mut self, held: Arc<Held>) {
        if self.written.len() > LANE_DEPTH {
            self.written.pop_front();
        }
        self.unacknowledged.push_back(held.tick);
        self.written.push_back(held);
    }

    /// Notes that the last tick's frames were not written after all; once for each [`Ledger::written`] at the most.
    pub fn take_back(&mut self) {
        self.written.pop_back();
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
        self.written.clear();
        self.unacknowledged.clear();
        self.told = None;
    }

    /// Notes the newest tick that the client says it holds.
    pub fn acknowledged(&mut self, tick: Tick) {
        while self.unacknowledged.front().is_some_and(|&oldest| oldest <= tick) {
            self.unacknowledged.pop_front();
        }
    }

    /// The oldest snapshot that was written and not acknowledged yet.
    #[must_use]
    pub fn oldest_unacknowledged(&self) -> Option<Tick> {
        self.unacknowledged.front().copied()
    }
}
