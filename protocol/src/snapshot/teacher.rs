//! When a room has learned enough for a new codebook, and which of its clients have which.

use std::sync::Arc;

use super::coder::codebook::{Codebook, GroupBook};
use super::coder::learn::Counts;
use super::plan::Plan;
use crate::limits::CODEBOOK_BYTES_MAX;

/// Learns codebooks from what a room writes.
///
/// Candidates are made from all that was counted, and measured on what is written after they were made: a book that
/// only fits its own past shows there. Both take long, so that a check is spread over ticks, a few steps in each.
#[derive(Debug)]
pub(super) struct Teacher {
    /// Since the check that is under way began, or the last one.
    recent: Counts,
    /// What was counted before that, from check to check; nothing between checks.
    sample: Counts,
    /// Since the room opened, fading; without those two.
    all: Counts,
    candidates: Vec<Candidate>,
    /// The newest book, and the one before it.
    editions: [Option<Edition>; 2],
    /// Snapshots counted in `recent`, from one check to the next, and altogether.
    since: u32,
    due: u32,
    snapshots: u32,
    /// Symbols counted altogether.
    told: u32,
    ticks: u32,
    check: Option<Check>,
    /// Bits that the last snapshots took in the built-in code, and with the newest book; those before count less.
    lately: [u64; 2],
    /// Whether the newest book is left aside, because the built-in code takes less.
    aside: bool,
}

/// A check under way.
#[derive(Debug)]
struct Check {
    step: Step,
    /// Snapshots in the sample, and in all before it.
    spans: [u32; 2],
    /// Bits a snapshot that these took with the book in force.
    now: [f64; 2],
    /// The candidate that gains most, and what.
    best: Option<(f64, usize)>,
    /// The kinds of the candidate that is being made, and those that are made.
    kinds: Vec<Vec<Option<GroupBook>>>,
    made: Vec<Candidate>,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Find what the book in force took.
    Now,
    /// Find what a candidate would have taken.
    Weigh(usize),
    /// Add the sample to all.
    Absorb,
    /// Make the next kind of the next candidate.
    Make,
}

/// Steps of a check in one tick. Each is bounded by the symbols that are counted of a kind, or of all.
const STEPS: usize = 3;

/// A codebook that may be published.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) book: Arc<Codebook>,
    pub(super) bytes: Arc<[u8]>,
}

/// A codebook that was published.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    /// From 1.
    pub(super) version: u32,
    pub(super) book: Arc<Codebook>,
    pub(super) bytes: Arc<[u8]>,
}

/// Snapshots of which it is known what they took with the newest book.
const LATELY: u64 = 4;

/// Snapshots until the first check, and between checks at the most; each time half as many more.
const FIRST_CHECK: u32 = 16;
const CHECK_MAX: u32 = 400;

/// Snapshots over which a book has to earn its bytes: as many as there were, but at least two seconds at 30 Hz, and at
/// the most about two minutes.
pub(super) const HORIZON: (u32, u32) = (60, 4_000);

/// Symbols that are enough for a check, however few snapshots they took.
const ENOUGH: u32 = 6_000;

/// Symbols after which a sample of the snapshots is counted: the codes of rare symbols are known by then.
const PLENTY: u32 = 300_000;

/// Ticks from one snapshot of the sample to the next: as many as it takes that [`A_TICK`] symbols are counted in each of
/// them, at least and at the most so many.
const SAMPLE: (u32, u32) = (4, 32);
const A_TICK: u32 = 512;

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
            sample: Counts::new(&plan.coders),
            all: Counts::new(&plan.coders),
            candidates: Vec::new(),
            editions: [None, None],
            since: 0,
            due: FIRST_CHECK,
            snapshots: 0,
            told: 0,
            ticks: 0,
            check: None,
            lately: [0; 2],
            aside: false,
        }
    }

    /// Begins a tick: says whether what is written in it is to be counted. Of a room that tells much, a sample is.
    pub(super) fn listens(&mut self) -> bool {
        self.ticks = self.ticks.wrapping_add(1);
        let told = self.told.saturating_add(self.recent.symbols());
        let of_one = told.checked_div(self.snapshots).unwrap_or(0);
        told < PLENTY || self.ticks.is_multiple_of((of_one / A_TICK).clamp(SAMPLE.0, SAMPLE.1))
    }

    /// Where to count what is written.
    pub(super) fn counts(&mut self) -> &mut Counts {
        &mut self.recent
    }

    /// The newest book.
    pub(super) fn newest(&self) -> Option<&Edition> {
        self.editions[0].as_ref()
    }

    /// The book that suits what is written: none where the built-in code takes less than the newest one.
    pub(super) fn in_use(&self, version: u32) -> Option<&Edition> {
        self.edition(version).filter(|_| !self.aside)
    }

    /// Sees whether the newest book still suits what is written.
    fn compare(&mut self) {
        let took = self.recent.take_bits();
        for (lately, took) in self.lately.iter_mut().zip(took) {
            *lately = *lately - *lately / LATELY + took;
        }
        let [prior, book] = self.lately;
        let aside = book > prior && self.newest().is_some();
        if aside != self.aside {
            self.aside = aside;
            let unused = self.newest().filter(|_| aside).map(|edition| Arc::clone(&edition.book));
            self.recent.try_unused(unused);
        }
    }

    /// The book of this version; `None` for the built-in one, and where it is neither the newest nor the one before.
    pub(super) fn edition(&self, version: u32) -> Option<&Edition> {
        self.editions.iter().flatten().find(|edition| edition.version == version)
    }

    /// Notes that a snapshot was counted; now and then publishes a book.
    pub(super) fn counted(&mut self, plan: &Plan) {
        self.snapshots = self.snapshots.saturating_add(1);
        self.since += 1;
        self.compare();
        if let Some(mut check) = self.check.take() {
            let going = (0..STEPS).all(|_| self.step(&mut check, plan));
            match going {
                true => self.check = Some(check),
                false => self.end(check),
            }
            return;
        }
        let told = self.recent.symbols();
        if self.since >= self.due || told >= ENOUGH.max(self.told / 2) {
            self.told = self.told.saturating_add(told);
            core::mem::swap(&mut self.recent, &mut self.sample);
            self.recent.try_unused(self.sample.unused_too());
            let spans = [self.since, self.snapshots.saturating_sub(self.since)];
            self.since = 0;
            self.due = (self.due + self.due / 2).min(CHECK_MAX);
            let (kinds, made) = (Vec::new(), Vec::new());
            self.check = Some(Check { step: Step::Now, spans, now: [0.0; 2], best: None, kinds, made });
        }
    }

    /// Does one step of a check; says whether there is another one.
    fn step(&mut self, check: &mut Check, plan: &Plan) -> bool {
        check.step = match check.step {
            Step::Now => {
                let current = self.newest().map(|edition| &*edition.book);
                check.now = self.bits(check.spans, plan, current);
                Step::Weigh(0)
            }
            Step::Weigh(at) => match self.candidates.get(at) {
                None => Step::Absorb,
                Some(candidate) => {
                    let gain = self.gain(check, plan, candidate);
                    if gain > 0.0 && check.best.is_none_or(|(most, _)| gain > most) {
                        check.best = Some((gain, at));
                    }
                    Step::Weigh(at + 1)
                }
            },
            Step::Absorb => {
                self.all.absorb(&self.sample);
                self.sample.clear();
                Step::Make
            }
            Step::Make => {
                let Some(&thrift) = THRIFT.get(check.made.len()) else { return false };
                check.kinds.push(self.all.codes(&plan.coders, check.kinds.len(), thrift));
                if check.kinds.len() >= plan.coders.len() {
                    check.made.push(Candidate::of(core::mem::take(&mut check.kinds), plan));
                }
                Step::Make
            }
        };
        true
    }

    /// Bits a snapshot that the sample, and all before it, take with a book.
    fn bits(&self, spans: [u32; 2], plan: &Plan, book: Option<&Codebook>) -> [f64; 2] {
        let [sample, all] = [&self.sample, &self.all].map(|counts| counts.cost(&plan.coders, book) as f64);
        let [new, old] = spans.map(|snapshots| f64::from(snapshots.clamp(1, FADE)));
        [sample / new, all / old]
    }

    /// Bits that a candidate of the last check would have saved since, less what it takes; in the long run it must have
    /// saved as much, because what happens at the moment may be over soon.
    fn gain(&self, check: &Check, plan: &Plan, candidate: &Candidate) -> f64 {
        let then = self.bits(check.spans, plan, Some(&candidate.book));
        let saved = check.now.iter().zip(then).map(|(now, then)| now - then).fold(f64::MAX, f64::min);
        let fits = candidate.bytes.len() <= CODEBOOK_BYTES_MAX;
        let horizon = if fits { f64::from(self.snapshots.clamp(HORIZON.0, HORIZON.1)) } else { 0.0 };
        saved * horizon - candidate.bytes.len() as f64 * PRICE
    }

    /// Publishes what is worth it. It has learned from the sample too.
    fn end(&mut self, check: Check) {
        if let Some(best) = check.best.and_then(|(_, at)| check.made.get(at)) {
            self.publish(&best.clone());
        }
        self.candidates = check.made;
        if self.snapshots > FADE {
            self.all.fade();
        }
    }

    /// Begins with a book that was learned elsewhere.
    pub(super) fn begin_with(&mut self, shipped: &Candidate) {
        self.publish(shipped);
    }

    /// What was counted since the room opened, of how many snapshots, and how many symbols that are.
    pub(super) fn heard(&self) -> ([&Counts; 3], u32, u32) {
        let symbols = self.told.saturating_add(self.recent.symbols());
        ([&self.recent, &self.sample, &self.all], self.snapshots, symbols)
    }

    fn publish(&mut self, best: &Candidate) {
        if best.bytes.len() <= CODEBOOK_BYTES_MAX {
            let version = self.newest().map_or(1, |edition| edition.version + 1);
            let edition = Edition { version, book: Arc::clone(&best.book), bytes: Arc::clone(&best.bytes) };
            self.editions = [Some(edition), self.editions[0].take()];
            (self.lately, self.aside) = ([0; 2], false);
            self.recent.try_unused(None);
        }
    }
}

impl Candidate {
    pub(super) fn of(kinds: Vec<Vec<Option<GroupBook>>>, plan: &Plan) -> Candidate {
        let book = Codebook::new(kinds);
        let mut bytes = Vec::new();
        book.write(&plan.coders, &mut bytes);
        Candidate { book: Arc::new(book), bytes: Arc::from(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn the_more_a_snapshot_tells_the_fewer_are_counted() {
        let plan = Plan::new(&Schema::nothing());
        let counted = |told: u32, snapshots: u32| {
            let mut teacher = Teacher { told, snapshots, ..Teacher::new(&plan) };
            (0..320).filter(|_| teacher.listens()).count()
        };
        assert_eq!(counted(PLENTY - 1, 20), 320);
        assert_eq!([1_000, 8 * A_TICK, 1_000_000].map(|of_one| counted(of_one * 1_000, 1_000)), [80, 40, 10]);
    }
}
