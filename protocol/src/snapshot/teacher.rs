//! When a room has learned enough for a new codebook, and which of its clients have which.

use std::sync::Arc;

use super::coder::codebook::Codebook;
use super::coder::learn::Counts;
use super::plan::Plan;
use crate::limits::CODEBOOK_BYTES_MAX;

/// Learns codebooks from what a room writes.
///
/// Candidates are made from all that was counted, and measured on what is written after they were made: a book that
/// only fits its own past shows there.
#[derive(Debug)]
pub(super) struct Teacher {
    /// Since the last check.
    recent: Counts,
    /// Since the room opened, fading.
    all: Counts,
    candidates: Vec<(Arc<Codebook>, Arc<[u8]>)>,
    /// The newest book, and the one before it.
    editions: [Option<Edition>; 2],
    /// Snapshots written since the last check, until the next, in `all`, and altogether.
    since: u32,
    due: u32,
    held: u32,
    snapshots: u32,
}

/// A codebook that was published.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    /// From 1.
    pub(super) version: u32,
    pub(super) book: Arc<Codebook>,
    pub(super) bytes: Arc<[u8]>,
}

/// Snapshots until the first check, and between checks at the most; each time half as many more.
const FIRST_CHECK: u32 = 24;
const CHECK_MAX: u32 = 256;

/// Snapshots over which a book has to earn its bytes at the most: half a minute at 30 Hz.
const HORIZON: u32 = 1_000;

/// Snapshots after which what was counted counts half.
const FADE: u32 = 1_500;

/// How many times rarer symbols each candidate leaves out.
const THRIFT: [u32; 4] = [1, 3, 10, 30];

impl Teacher {
    pub(super) fn new(plan: &Plan) -> Teacher {
        Teacher {
            recent: Counts::new(&plan.coders),
            all: Counts::new(&plan.coders),
            candidates: Vec::new(),
            editions: [None, None],
            since: 0,
            due: FIRST_CHECK,
            held: 0,
            snapshots: 0,
        }
    }

    /// Where to count what is written.
    pub(super) fn counts(&mut self) -> &mut Counts {
        &mut self.recent
    }

    /// The newest book.
    pub(super) fn newest(&self) -> Option<&Edition> {
        self.editions[0].as_ref()
    }

    /// The book of this version; `None` for the built-in one, and where it is neither the newest nor the one before.
    pub(super) fn edition(&self, version: u32) -> Option<&Edition> {
        self.editions.iter().flatten().find(|edition| edition.version == version)
    }

    /// Notes that a snapshot was counted; now and then publishes a book.
    pub(super) fn counted(&mut self, plan: &Plan) {
        self.snapshots = self.snapshots.saturating_add(1);
        self.since += 1;
        if self.since >= self.due {
            self.publish(plan);
            self.learn(plan);
        }
    }

    /// Publishes the candidate that saves most, if that is worth its bytes.
    fn publish(&mut self, plan: &Plan) {
        let current = self.newest().map(|edition| Arc::clone(&edition.book));
        let now = self.recent.cost(&plan.coders, current.as_deref());
        let mut best = None;
        for (book, bytes) in &self.candidates {
            let saved = now.saturating_sub(self.recent.cost(&plan.coders, Some(book)));
            let horizon = u64::from(self.snapshots.min(HORIZON));
            let gain = saved.saturating_mul(horizon) / u64::from(self.since.max(1));
            // In bits; half as much again as it takes, because the future is not the past.
            let price = bytes.len() as u64 * 12;
            if gain > price && best.as_ref().is_none_or(|(most, _, _)| gain - price > *most) {
                best = Some((gain - price, Arc::clone(book), Arc::clone(bytes)));
            }
        }
        if let Some((_, book, bytes)) = best {
            let version = self.newest().map_or(1, |edition| edition.version + 1);
            let edition = Edition { version, book, bytes };
            self.editions = [Some(edition), self.editions[0].take()];
        }
    }

    /// Makes new candidates.
    fn learn(&mut self, plan: &Plan) {
        self.all.absorb(&self.recent);
        self.held += self.since;
        self.candidates.clear();
        for thrift in THRIFT {
            let book = self.all.codebook(&plan.coders, thrift);
            let mut bytes = Vec::new();
            book.write(&plan.coders, &mut bytes);
            if bytes.len() <= CODEBOOK_BYTES_MAX {
                self.candidates.push((Arc::new(book), Arc::from(bytes)));
            }
        }
        self.recent = Counts::new(&plan.coders);
        if self.held > FADE {
            self.all.fade();
            self.held /= 2;
        }
        self.since = 0;
        self.due = (self.due + self.due / 2).min(CHECK_MAX);
    }
}
