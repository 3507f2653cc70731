//! A lane: what is coded once for all clients that hold the same snapshots and the same codebook.

use core::ops::Range;

use super::coder::codebook::Codebook;
use super::coder::entity::Walk;
use super::coder::learn::Counts;
use super::coder::pipes::{Prior, Writer};
use super::coder::plan::Plan as CoderPlan;
use super::ledger::LANE_DEPTH;
use super::models::word;
use super::plan::{KindPlan, Plan};
use super::row::{self, Earlier, Watched};
use crate::id::Tick;
use crate::image::{Image, KindImage, Slots};
use crate::limits::COMPONENTS_MAX;
use crate::wire::bits::BitWriter;

/// The codes of one tick against the same snapshots, made as they are asked for.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The snapshots, newest first; [`Tick::NONE`] where there are fewer.
    pub(super) ticks: [Tick; LANE_DEPTH],
    /// The tick that is coded.
    pub(super) tick: Tick,
    /// How many clients asked for it.
    pub(super) uses: u32,
    /// The version of the codebook; 0 for the built-in one.
    pub(super) book: u32,
    pub(super) kinds: Vec<LaneKind>,
}

/// The rows of one kind in a lane.
#[derive(Debug, Default)]
pub(super) struct LaneKind {
    /// Rows that are the same one from the base to now, and from each snapshot to the one after it.
    pub(super) same: [Slots; LANE_DEPTH],
    /// Slots in which there was a row at the base, and now is another one.
    pub(super) reused: Slots,
    /// Rows that kept still at the newest two snapshots; at all three; at the older two, but not since.
    pub(super) still: [Slots; 2],
    pub(super) woke: Slots,
    /// By the number of snapshots that a client holds the row at, less one.
    pub(super) codes: [Codes; LANE_DEPTH],
    /// The `whole` fields of rows in which one has changed since the base.
    pub(super) wholes: Codes,
    /// All `whole` fields of rows of which somebody is owed some.
    pub(super) all_wholes: Codes,
}

/// The codes of rows, one after the other in a buffer of bits.
#[derive(Debug, Default)]
pub(super) struct Codes {
    pub(super) known: Slots,
    /// Those of them of which nothing is told that was not expected.
    pub(super) exact: Slots,
    /// Those of them that are not as they were at the base: expected or not, the client has to learn of the tick.
    pub(super) moved: Slots,
    places: Vec<Place>,
    /// Where longer codes lie in `bits`.
    spans: Vec<Range<usize>>,
    bits: Vec<u8>,
}

/// A code of at most [`SHORT`] bits itself, behind its length in [`LENGTH_BITS`]; or the place of a longer one in
/// `spans`, behind [`LONG`]. Four bytes a row, so that those of thousands stay in the cache that is nearest.
#[derive(Clone, Copy, Debug, Default)]
struct Place(u32);

const LENGTH_BITS: u32 = 5;
const SHORT: u32 = u32::BITS - LENGTH_BITS;
const LONG: u32 = (1 << LENGTH_BITS) - 1;

/// The images that a lane looks back at, newest first.
pub(super) type Images<'a> = [Option<&'a Image>; LANE_DEPTH];

/// What coding a row of a kind takes.
pub(super) struct Coding<'a> {
    pub(super) kind: usize,
    pub(super) coder: &'a CoderPlan,
    pub(super) earlier: Earlier<'a>,
    pub(super) now: &'a KindImage,
    /// The models in the base and now.
    pub(super) models: [&'a [Vec<u32>]; 2],
    pub(super) prior: &'a Prior,
    pub(super) book: Option<&'a Codebook>,
}

impl Lane {
    /// Begins anew for these snapshots, in the memory there is.
    pub(super) fn reset(&mut self, plan: &Plan, now: &Image, images: &Images<'_>, book: u32) {
        self.ticks = images.map(|image| image.map_or(Tick::NONE, |image| image.tick));
        self.book = book;
        self.tick = now.tick;
        self.uses = 1;
        self.kinds.resize_with(plan.kinds.len(), LaneKind::default);
        for ((at, kind_plan, coder), kind) in plan.each().zip(&mut self.kinds) {
            let earlier = earlier_of(images, now.tick, at);
            if let Some(now) = now.kinds.get(at) {
                kind.reset(kind_plan, coder, &earlier, now);
            }
        }
    }
}

impl LaneKind {
    pub(super) fn reset(&mut self, plan: &KindPlan, coder: &CoderPlan, earlier: &Earlier<'_>, now: &KindImage) {
        let sets = self.same.iter_mut().chain(&mut self.still).chain([&mut self.woke, &mut self.reused]);
        sets.for_each(Slots::clear);
        let [a, b, c] = earlier.rows;
        let same = |older: Option<&KindImage>, newer: Option<&KindImage>, word| {
            older.zip(newer).map_or(0, |(older, newer)| older.same_word(newer, word))
        };
        for word in 0..a.map_or(0, |a| a.alive.words().len()) {
            let of_word = [same(a, Some(now), word), same(b, a, word), same(c, b, word)];
            self.same.iter_mut().zip(of_word).for_each(|(same, rows)| same.insert_word(word, rows));
            let both = a.map_or(0, |a| a.alive.word(word)) & now.alive.word(word);
            self.reused.insert_word(word, both & !of_word[0]);
            let rest = earlier.rest(coder, word, [of_word[1], of_word[1] & of_word[2]]);
            self.still.iter_mut().zip(rest.still).for_each(|(still, rows)| still.insert_word(word, rows));
            self.woke.insert_word(word, rest.woke);
        }
        self.codes.iter_mut().for_each(Codes::clear);
        self.wholes.clear();
        self.all_wholes.clear();
        let Some(base) = earlier.rows[0].filter(|_| !plan.open.wholes.is_empty()) else { return };
        for slot in self.same[0].iter().filter(|&slot| row::wholes_differ(&plan.open, base, now, slot)) {
            self.wholes.add(slot, |mut to| {
                row::write_wholes(&plan.open, base, now, slot, &mut to);
                to
            });
        }
    }

    /// Whether some of `wanted` (64 slots from `at * 64` on) are not known at this depth.
    #[inline]
    pub(super) fn lacks(&self, depth: usize, at: usize, wanted: u64) -> bool {
        self.codes.get(depth - 1).is_some_and(|codes| wanted & !codes.known.word(at) != 0)
    }

    /// Codes those of `wanted` (64 slots from `at * 64` on) that are not known at this depth.
    pub(super) fn ensure(
        &mut self,
        coding: &Coding<'_>,
        depth: usize,
        at: usize,
        wanted: u64,
        counts: &mut Option<&mut Counts>,
    ) {
        let Some(codes) = self.codes.get_mut(depth - 1) else { return };
        let missing = wanted & !codes.known.word(at);
        let rare_stays = coding.earlier.rows[0]
            .map_or(0, |base| base.unchanged_word(coding.now, &coding.coder.rare_components, at, missing));
        let mut now = [0; COMPONENTS_MAX];
        for slot in slots_in(at, missing) {
            let still = depth.checked_sub(2).and_then(|at| self.still.get(at));
            let still = depth == 1 && coding.coder.rests() || still.is_some_and(|still| still.contains(slot));
            if still && coding.stays(slot) {
                codes.known.insert(slot);
                codes.exact.insert(slot);
                continue;
            }
            let [models_before, mut models] = coding.models.map(|models| word(models, coding.kind, slot));
            let rare_stays = rare_stays >> (slot % 64) & 1 == 1 && models == models_before;
            let coder = coding.coder;
            let components = if rare_stays { &coder.usual_components } else { &coder.components };
            row::gather(components, coding.now, slot, &mut now);
            let walk = Walk { plan: coder, past: coding.earlier.past(slot, depth), models_before, rare_stays };
            let mut off = false;
            codes.add(slot, |bits| {
                let counts = counts.as_deref_mut().map(|counts| (counts, coding.kind));
                let book = coding.book.map(|book| (book, coding.kind));
                let pipe = Writer { book, prior: coding.prior, bits, counts };
                let mut pipe = Watched { pipe, off: false };
                // Writing does not fail: what a plan names it has.
                let written = walk.code(&mut now, &mut models, &mut pipe);
                debug_assert!(written.is_ok(), "{written:?}");
                off = pipe.off;
                pipe.pipe.bits
            });
            // What kept still is taken to stay, even where it is expected to go.
            if !off && !still {
                codes.exact.insert(slot);
                if !coding.stays(slot) {
                    codes.moved.insert(slot);
                }
            }
        }
    }
}

impl Coding<'_> {
    /// Whether a row is as it was at the base.
    fn stays(&self, slot: u32) -> bool {
        let Some(base) = self.earlier.rows[0] else { return false };
        let [before, now] = self.models.map(|models| word(models, self.kind, slot));
        before == now && self.coder.components.iter().all(|&at| base.value(at, slot) == self.now.value(at, slot))
    }
}

impl Codes {
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.exact.clear();
        self.moved.clear();
        self.bits.clear();
        self.spans.clear();
    }

    /// Writes the code of a row.
    pub(super) fn add(&mut self, slot: u32, write: impl FnOnce(BitWriter<'_>) -> BitWriter<'_>) {
        let at = slot as usize;
        if at >= self.places.len() {
            self.places.resize((at + 1).next_power_of_two().max(64), Place::default());
        }
        let from = self.bits.len();
        let to = write(BitWriter::new(&mut self.bits));
        let len = to.len() - 8 * from;
        let place = match to.finish_or_take(from, SHORT) {
            Some(code) => Place((code as u32) << LENGTH_BITS | len as u32),
            None => {
                self.spans.push(8 * from..8 * from + len);
                Place((self.spans.len() as u32 - 1) << LENGTH_BITS | LONG)
            }
        };
        if let Some(entry) = self.places.get_mut(at) {
            *entry = place;
        }
        self.known.insert(slot);
    }

    /// Bits of a code that is known.
    pub(super) fn len(&self, slot: u32) -> usize {
        let place = self.places.get(slot as usize).copied().unwrap_or_default();
        if place.is_long() { self.span(place).len() } else { place.len() as usize }
    }

    /// Appends a code that is known.
    #[inline]
    pub(super) fn append(&self, slot: u32, to: &mut BitWriter<'_>) {
        if let Some(&place) = self.places.get(slot as usize) {
            self.append_at(place, to);
        }
    }

    /// Appends codes that are known: of those of the 64 slots from `word * 64` on whose bits are set.
    #[inline]
    pub(super) fn append_word(&self, word: usize, mut rows: u64, to: &mut BitWriter<'_>) {
        let Some(places) = self.places.as_chunks::<64>().0.get(word) else { return };
        while rows != 0 {
            if let Some(&place) = places.get(rows.trailing_zeros() as usize) {
                self.append_at(place, to);
            }
            rows &= rows - 1;
        }
    }

    #[inline]
    fn append_at(&self, place: Place, to: &mut BitWriter<'_>) {
        if place.is_long() {
            let span = self.span(place);
            to.append(&self.bits, span.start, span.len());
        } else {
            to.write(u64::from(place.0 >> LENGTH_BITS), place.len());
        }
    }

    fn span(&self, place: Place) -> Range<usize> {
        self.spans.get((place.0 >> LENGTH_BITS) as usize).cloned().unwrap_or_default()
    }
}

impl Place {
    fn is_long(self) -> bool {
        self.len() == LONG
    }

    /// Bits of a short one.
    fn len(self) -> u32 {
        self.0 & LONG
    }
}

/// The rows of one kind in the images of a lane.
pub(super) fn earlier_of<'a>(images: &Images<'a>, now: Tick, kind: usize) -> Earlier<'a> {
    Earlier {
        rows: images.map(|image| image.and_then(|image| image.kinds.get(kind))),
        ages: images.map(|image| image.map_or(0, |image| now.since(image.tick))),
        ticks: images.map(|image| image.map_or(Tick::NONE, |image| image.tick)),
    }
}

/// The slots of `bits`, the 64 from `word * 64` on, in rising order.
#[inline]
pub(super) fn slots_in(word: usize, mut bits: u64) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let bit = bits.trailing_zeros();
        bits &= bits.checked_sub(1)?;
        Some((word * 64) as u32 + bit)
    })
}
