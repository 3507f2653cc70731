//! A lane: what is coded once for all clients that hold the same snapshots and the same codebook.

use core::array::from_fn;

use super::assemble::Word;
use super::coder::codebook::{Codebook, GroupBook};
use super::coder::derived::{BLOCK, Block, rows_where};
use super::coder::entity::Walk;
use super::coder::found::Found;
use super::coder::learn::Counts;
use super::coder::pipes::{Prior, Writer, told_by_turn};
use super::coder::plan::Plan as CoderPlan;
use super::coder::residual::Tokens;
use super::codes::{Codes, Place};
use super::ledger::LANE_DEPTH;
use super::models::{word, words};
use super::plan::{KindPlan, Plan};
use super::row::{self, Earlier, Watched};
use super::runs::Among;
use crate::id::Tick;
use crate::image::{Image, KindImage, Slots};
use crate::limits::COMPONENTS_MAX;

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
    /// Rows that are held at all three, did not keep still, and are even.
    pub(super) even: Slots,
    /// Which rows the last frame of this lane told as gaps: of those a codebook need not know that they are as expected.
    ran: Option<Among>,
    /// Rows that are as expected and were not counted, because they are likely to be told as gaps.
    unheard: Slots,
    /// By the number of snapshots that a client holds the row at, less one.
    pub(super) codes: [Codes; LANE_DEPTH],
    /// The `whole` fields of rows in which one has changed since the base.
    pub(super) wholes: Codes,
    /// All `whole` fields of rows of which somebody is owed some.
    pub(super) all_wholes: Codes,
}

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
        let sets = self.same.iter_mut().chain(&mut self.still).chain([&mut self.woke, &mut self.even]);
        let sets = sets.chain([&mut self.reused, &mut self.unheard]);
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
            let three = of_word[1] & of_word[2];
            let rest = earlier.rest(coder, word, [of_word[1], three]);
            self.still.iter_mut().zip(rest.still).for_each(|(still, rows)| still.insert_word(word, rows));
            self.woke.insert_word(word, rest.woke);
            self.even.insert_word(word, earlier.even(coder, word, three & !rest.still[1]));
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
    pub(super) fn lacks(&mut self, depth: usize, at: usize, wanted: u64) -> bool {
        self.codes.get_mut(depth - 1).is_some_and(|codes| codes.want(at, wanted))
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
        // What is held for long and somebody wanted in the last tick will be wanted again: better now, with its
        // neighbours.
        let same = self.same.iter().fold(u64::MAX, |rows, same| rows & same.word(at));
        let again = if depth == LANE_DEPTH { codes.wanted_before(at) & same } else { 0 };
        let missing = (wanted | again) & !codes.known.word(at);
        let still = match depth {
            1 if coding.coder.rests() => u64::MAX,
            1 => 0,
            _ => self.still.get(depth - 2).map_or(0, |still| still.word(at)),
        };
        let stays = coding.stay(at, missing & still);
        codes.known.insert_word(at, stays);
        codes.exact.insert_word(at, stays);
        let missing = missing & !stays;
        let rare = &coding.coder.rare_components;
        let rare_stays =
            coding.earlier.rows[0].map_or(0, |base| base.unchanged_word(coding.now, rare, at, missing));
        let lead = coding.lead().filter(|_| counts.is_none());
        let in_run = match self.ran.filter(|_| counts.is_some()) {
            Some(Among::Even) if depth == LANE_DEPTH => self.even.word(at),
            Some(Among::Others) => u64::MAX,
            _ => 0,
        } & !still;
        let mut exact = 0;
        for (from, rows) in blocks_in(at, missing) {
            let block = Block { now: &coding.now.columns, past: coding.earlier.past(from, depth) };
            let models = coding.models.map(|models| words(models, coding.kind, from));
            let found = Found::of_some(coding.coder, &block, rows, models[0]);
            let rare_stays = (rare_stays >> (from % 64)) as u32 & alike(&models);
            let told = lead.map_or(0, |lead| lead.tell(&found, rows & rare_stays, codes.block(from)));
            let mut off = told & !found.expected();
            for row in (0..BLOCK).filter(|row| (rows & !told) >> row & 1 == 1) {
                let past = coding.earlier.past(from + row as u32, depth);
                let [models_before, models] = [models[0][row], models[1][row]];
                let (found, rare_stays) = (found.row(coding.coder, row), rare_stays >> row & 1 == 1);
                let walk = Walk { plan: coding.coder, past, models_before, found, read: None, rare_stays };
                let heard = in_run >> (from % 64) >> row & 1 == 0;
                if heard || coding.code(&walk, models, &mut None, codes) {
                    off |= u32::from(coding.code(&walk, models, counts, codes)) << row;
                }
            }
            exact |= u64::from(rows & !off) << (from % 64);
        }
        codes.known.insert_word(at, missing);
        self.unheard.insert_word(at, exact & in_run);
        // What kept still is taken to stay, even where it is expected to go.
        let exact = exact & !still;
        codes.exact.insert_word(at, exact);
        codes.moved.insert_word(at, exact & !coding.stay(at, exact));
    }

    /// Notes which rows a frame told as gaps. Where that are none though some were likely to be, those are counted now.
    pub(super) fn note_run(
        &mut self,
        coding: &Coding<'_>,
        ran: Option<Among>,
        words: &[Word],
        counts: &mut Option<&mut Counts>,
    ) {
        let likely = core::mem::replace(&mut self.ran, ran);
        if ran.is_some() || likely.is_none() || counts.is_none() {
            return;
        }
        for word in words {
            for (depth, rows) in (1..).zip(word.by_depth) {
                let rows = rows & self.unheard.word(word.at);
                if let Some(codes) = self.codes.get_mut(depth - 1).filter(|_| rows != 0) {
                    slots_in(word.at, rows).for_each(|slot| _ = codes.known.remove(slot));
                    self.ensure(coding, depth, word.at, rows, counts);
                }
            }
        }
        self.unheard.clear();
    }
}

/// How the turns of a kind's steady lead are told: of the rows of which nothing else is, which are most.
#[derive(Clone, Copy)]
struct Lead<'a> {
    turns: &'a Tokens,
    book: &'a GroupBook,
}

impl Lead<'_> {
    /// Puts the codes of those of some rows of a block that are short into place; says which.
    #[inline]
    fn tell(&self, found: &Found<BLOCK>, rows: u32, places: &mut [Place]) -> u32 {
        let (mut left, mut told) = (rows & found.told_by_turns(), 0);
        while left != 0 {
            let row = left.trailing_zeros() as usize % BLOCK;
            left &= left - 1;
            let parts = found.turns.map(|parts| parts[row]);
            let code = told_by_turn(self.book, found.context[row].into(), self.turns, parts);
            let short = code.and_then(|(code, len)| Place::short(code, len));
            if let (Some(short), Some(place)) = (short, places.get_mut(row)) {
                *place = short;
                told |= 1 << row;
            }
        }
        told
    }
}

/// Which rows of a block have the same models before and now, a bit each.
#[inline]
fn alike([before, now]: &[[u32; BLOCK]; 2]) -> u32 {
    rows_where(from_fn::<_, BLOCK, _>(|row| before[row] ^ now[row]), |off| off == 0)
}

impl<'a> Coding<'a> {
    fn lead(&self) -> Option<Lead<'a>> {
        let (group, _) = self.coder.steady_lead().filter(|_| self.coder.is_told_by_turns())?;
        Some(Lead { turns: group.tokens.first()?, book: self.book?.group(self.kind, self.coder.lead)? })
    }

    /// Codes a row; says whether anything is told that was not expected.
    fn code(&self, walk: &Walk<'_>, mut models: u32, counts: &mut Option<&mut Counts>, codes: &mut Codes) -> bool {
        let coder = self.coder;
        let slot = walk.past.slot as u32;
        let mut now = [0; COMPONENTS_MAX];
        let components = if walk.rare_stays { &coder.usual_components } else { &coder.components };
        row::gather(components, self.now, slot, &mut now);
        let mut off = false;
        codes.add(slot, |bits| {
            let counts = counts.as_deref_mut().map(|counts| (counts, self.kind));
            let book = self.book.map(|book| (book, self.kind));
            let pipe = Writer { book, prior: self.prior, bits, counts };
            let mut pipe = Watched { pipe, off: false };
            // Writing does not fail: what a plan names it has.
            let written = walk.code(&mut now, &mut models, &mut pipe);
            debug_assert!(written.is_ok(), "{written:?}");
            off = pipe.off;
            pipe.pipe.bits
        });
        off
    }

    /// Those of some rows that are as they were at the base.
    fn stay(&self, at: usize, among: u64) -> u64 {
        let Some(base) = self.earlier.rows[0].filter(|_| among != 0) else { return 0 };
        let unchanged = base.unchanged_word(self.now, &self.coder.components, at, among);
        let changed = |&slot: &u32| {
            let [before, now] = self.models.map(|models| word(models, self.kind, slot));
            before != now
        };
        slots_in(at, unchanged).filter(changed).fold(unchanged, |stay, slot| stay & !(1 << (slot % 64)))
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

/// Those of the 64 slots from `word * 64` on that are set, by blocks of neighbours: the first slot, and a bit for each.
pub(super) fn blocks_in(word: usize, bits: u64) -> impl Iterator<Item = (u32, u32)> {
    let blocks = (0..64).step_by(BLOCK).map(move |at| ((word * 64) as u32 + at, (bits >> at) as u32 & 0xff));
    blocks.filter(|(_, rows)| *rows != 0)
}
