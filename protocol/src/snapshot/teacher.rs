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
    candidates: Option<[Candidate; THRIFT.len()]>,
    /// The newest book, and the one before it.
    editions: [Option<Edition>; 2],
    /// Snapshots written since the last check, from one check to the next, and altogether.
    since: u32,
    due: u32,
    snapshots: u32,
    /// Symbols told altogether.
    told: u32,
}

/// A codebook that may be published.
#[derive(Clone, Debug)]
struct Candidate {
    book: Arc<Codebook>,
    bytes: Arc<[u8]>,
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
const CHECK_MAX: u32 = 160;

/// Snapshots over which a book has to earn its bytes: as many as there were, but at least two seconds at 30 Hz, and at
/// the most about two minutes.
const HORIZON: (u32, u32) = (60, 4_000);

/// Symbols that are enough for a check, however few snapshots they took.
const ENOUGH: u32 = 6_000;

/// Snapshots after which what was counted before each check counts half.
const FADE: u32 = 3_000;

/// Bits that a byte of a book must save: a fifth more than it takes, because the future is not the past.
const PRICE: f64 = 9.6;

/// How many times rarer symbols each candidate leaves out.
const THRIFT: [u32; 4] = [1, 3, 10, 30];

impl Teacher {
    pub(super) fn new(plan: &Plan) -> Teacher {
        Teacher {
            recent: Counts::new(&plan.coders),
            all: Counts::new(&plan.coders),
            candidates: None,
            editions: [None, None],
            since: 0,
            due: FIRST_CHECK,
            snapshots: 0,
            told: 0,
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
        let told = self.recent.symbols();
        if self.since < self.due && told < ENOUGH.max(self.told / 2) {
            return;
        }
        self.told = self.told.saturating_add(told);
        let worth = self.best(plan);
        self.all.absorb(&self.recent);
        let books = THRIFT.map(|thrift| Candidate::of(&self.all, plan, thrift));
        // What is published has learned from the last snapshots too.
        if let Some(best) = worth.and_then(|at| books.get(at)) {
            self.publish(best);
        }
        self.candidates = Some(books);
        self.recent = Counts::new(&plan.coders);
        if self.snapshots > FADE {
            self.all.fade();
        }
        self.since = 0;
        self.due = (self.due + self.due / 2).min(CHECK_MAX);
    }

    /// The candidate of the last check that would have saved most since, if that is worth its bytes; in the long run
    /// it must have saved as much, because what happens at the moment may be over soon.
    fn best(&self, plan: &Plan) -> Option<usize> {
        let current = self.newest().map(|edition| &*edition.book);
        let cost = |counts: &Counts, book: Option<&Codebook>| counts.cost(&plan.coders, book) as f64;
        let spans = [(&self.recent, self.since), (&self.all, self.snapshots.saturating_sub(self.since))];
        let now = spans.map(|(counts, _)| cost(counts, current));
        let horizon = f64::from(self.snapshots.clamp(HORIZON.0, HORIZON.1));
        let mut best: Option<(f64, usize)> = None;
        for (at, candidate) in self.candidates.iter().flatten().enumerate() {
            let saved = spans.iter().zip(now).map(|((counts, snapshots), now)| {
                (now - cost(counts, Some(&candidate.book))) / f64::from((*snapshots).clamp(1, FADE))
            });
            let gain = saved.fold(f64::MAX, f64::min) * horizon - candidate.bytes.len() as f64 * PRICE;
            let fits = candidate.bytes.len() <= CODEBOOK_BYTES_MAX;
            if fits && gain > 0.0 && best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, at));
            }
        }
        best.map(|(_, at)| at)
    }

    fn publish(&mut self, best: &Candidate) {
        if best.bytes.len() <= CODEBOOK_BYTES_MAX {
            let version = self.newest().map_or(1, |edition| edition.version + 1);
            let edition = Edition { version, book: Arc::clone(&best.book), bytes: Arc::clone(&best.bytes) };
            self.editions = [Some(edition), self.editions[0].take()];
        }
    }
}

impl Candidate {
    fn of(counts: &Counts, plan: &Plan, thrift: u32) -> Candidate {
        let book = counts.codebook(&plan.coders, thrift);
        let mut bytes = Vec::new();
        book.write(&plan.coders, &mut bytes);
        Candidate { book: Arc::new(book), bytes: Arc::from(bytes) }
    }
}
