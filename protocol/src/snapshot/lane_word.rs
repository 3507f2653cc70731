//! What a lane knows of 64 rows.

use super::ledger::LANE_DEPTH;

/// 64 rows of a lane, a bit each. All that is asked of them for a client's frame lies together: a frame looks at some
/// rows of nearly every word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LaneWord {
    /// Rows that are the same one from the base to now, and from each snapshot to the one after it.
    pub(super) same: [u64; LANE_DEPTH],
    /// Rows that kept still at the newest two snapshots; at all three; at the older two, but not since.
    pub(super) still: [u64; 2],
    pub(super) woke: u64,
    /// Rows that are held at all three, did not keep still, and are even.
    pub(super) even: u64,
    /// By the number of snapshots that a client holds the row at, less one.
    pub(super) depths: [DepthWord; LANE_DEPTH],
    /// Slots in which there was a row at the base, and now is another one.
    pub(super) reused: u64,
    /// Rows that are as expected and were not counted, because they are likely to be told as gaps.
    pub(super) unheard: u64,
    /// Rows that have entered in this tick.
    pub(super) entered: u64,
}

/// What is known of 64 rows where clients hold them at so many snapshots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DepthWord {
    /// Rows whose code is known.
    pub(super) known: u64,
    /// Those of them of which nothing is told that was not expected.
    pub(super) exact: u64,
    /// Those of them that are not as they were at the base: expected or not, the client has to learn of the tick.
    pub(super) moved: u64,
    /// What clients want; and what, after the last tick, they are likely to want in this one.
    wanted: u64,
    likely: u64,
}

impl LaneWord {
    /// Nothing is known but what is likely to be wanted: what was, and what was of those that hold a row since one
    /// snapshot less.
    pub(super) fn next(&self) -> LaneWord {
        let [one, two, three] = self.depths.map(|depth| depth.wanted);
        let depths = [self.entered, one, two | three].map(|likely| DepthWord { likely, ..DepthWord::default() });
        LaneWord { depths, ..LaneWord::default() }
    }

    /// Rows that are not known though somebody wants them, or probably will: those had better be coded together.
    pub(super) fn missing(&self, depth: usize, wanted: u64) -> u64 {
        let Some(known) = self.depths.get(depth - 1) else { return 0 };
        let same = self.same.iter().take(depth).fold(u64::MAX, |rows, same| rows & same);
        (wanted | known.likely & same) & !known.known
    }

    /// Rows that keep still where a client holds them at so many snapshots. A row that is new has not moved yet: it
    /// `rests`, where its kind does.
    pub(super) fn still(&self, depth: usize, rests: bool) -> u64 {
        match depth.checked_sub(2) {
            None if rests => u64::MAX,
            None => 0,
            Some(at) => self.still.get(at).copied().unwrap_or(0),
        }
    }
}

impl DepthWord {
    /// Notes that somebody wants some rows; says whether some of them are not known.
    #[inline]
    pub(super) fn want(&mut self, rows: u64) -> bool {
        self.wanted |= rows;
        rows & !self.known != 0
    }

    /// Notes what is found out about more rows.
    pub(super) fn learn(&mut self, [known, exact, moved]: [u64; 3]) {
        self.known |= known;
        self.exact |= exact;
        self.moved |= moved;
    }
}
