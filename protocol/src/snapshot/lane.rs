//! A lane: what is coded once for all clients that hold the same snapshots and the same codebook.

use core::array::from_fn;

use super::assemble::Word;
use super::batch::{Batch, batches_in};
use super::coder::codebook::{Codebook, GroupBook};
use super::coder::derived::{BLOCK, Block, rows_where};
use super::coder::entity::Walk;
use super::coder::found::Found;
use super::coder::learn::Counts;
use super::coder::pipes::{Prior, Writer, told_by_turn};
use super::coder::plan::Plan as CoderPlan;
use super::coder::residual::Tokens;
use super::codes::{Codes, Place, Records};
use super::lane_word::LaneWord;
use super::ledger::LANE_DEPTH;
use super::models::{word, words};
use super::plan::{KindPlan, Plan};
use super::row::{self, Earlier, Watched};
use super::runs::Among;
use crate::id::Tick;
use crate::image::{Image, KindImage};
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
    /// What is known of the rows, by words of 64 slots.
    pub(super) rows: Vec<LaneWord>,
    /// Whether there is a slot with another row than at the base.
    pub(super) has_reused: bool,
    /// Which rows the last frame of this lane told as gaps: of those a codebook need not know that they are as expected.
    ran: Option<Among>,
    /// By the number of snapshots that a client holds the row at, less one.
    pub(super) codes: [Codes; LANE_DEPTH],
    /// The `whole` fields of rows in which one has changed since the base.
    pub(super) wholes: Records,
    /// All `whole` fields of rows of which somebody is owed some.
    pub(super) all_wholes: Records,
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
        let [a, b, c] = earlier.rows;
        let same = |older: Option<&KindImage>, newer: Option<&KindImage>, word| {
            older.zip(newer).map_or(0, |(older, newer)| older.same_word(newer, word))
        };
        let words = a.map_or(0, |a| a.alive.words().len()).max(self.rows.len());
        self.rows.resize(words, LaneWord::default());
        self.has_reused = false;
        for (word, rows) in self.rows.iter_mut().enumerate() {
            *rows = rows.next();
            rows.same = [same(a, Some(now), word), same(b, a, word), same(c, b, word)];
            let both = a.map_or(0, |a| a.alive.word(word)) & now.alive.word(word);
            rows.reused = both & !rows.same[0];
            self.has_reused |= rows.reused != 0;
            let three = rows.same[1] & rows.same[2];
            let rest = earlier.rest(coder, word, [rows.same[1], three]);
            (rows.still, rows.woke) = (rest.still, rest.woke);
            rows.even = earlier.even(coder, word, three & !rest.still[1]);
        }
        self.codes.iter_mut().for_each(Codes::clear);
        self.wholes.clear();
        self.all_wholes.clear();
        let Some(base) = earlier.rows[0].filter(|_| !plan.open.wholes.is_empty()) else { return };
        let same = self.rows.iter().enumerate().flat_map(|(word, rows)| slots_in(word, rows.same[0]));
        for slot in same.filter(|&slot| row::wholes_differ(&plan.open, base, now, slot)) {
            self.wholes.add(slot, |mut to| {
                row::write_wholes(&plan.open, base, now, slot, &mut to);
                to
            });
        }
    }

    /// Whether this row is the same one as at the base.
    pub(super) fn is_same(&self, slot: u32) -> bool {
        self.rows.get(slot as usize / 64).is_some_and(|rows| rows.same[0] >> (slot % 64) & 1 == 1)
    }

    /// Of some rows (64 slots from `at * 64` on) that clients hold at so many snapshots those of which nothing unexpected
    /// is told. Codes those that nobody asked for before.
    #[inline]
    pub(super) fn exact(
        &mut self,
        coding: &Coding<'_>,
        depth: usize,
        (at, wanted): (usize, u64),
        counts: &mut Option<&mut Counts>,
    ) -> u64 {
        let rows = self.rows.get_mut(at).filter(|_| wanted != 0);
        let Some(known) = rows.and_then(|rows| rows.depths.get_mut(depth - 1)) else { return 0 };
        if !known.want(wanted) {
            return wanted & known.exact;
        }
        self.ensure(coding, depth, at, wanted, counts);
        self.rows.get(at).and_then(|rows| rows.depths.get(depth - 1)).map_or(0, |known| wanted & known.exact)
    }

    /// Codes those of `wanted` (64 slots from `at * 64` on) that are not known at this depth.
    fn ensure(
        &mut self,
        coding: &Coding<'_>,
        depth: usize,
        at: usize,
        wanted: u64,
        counts: &mut Option<&mut Counts>,
    ) {
        let (Some(codes), Some(rows)) = (self.codes.get_mut(depth - 1), self.rows.get_mut(at)) else { return };
        let missing = rows.missing(depth, wanted);
        let still = rows.still(depth, coding.coder.rests());
        let stays = coding.stay(at, missing & still);
        let missing = missing & !stays;
        let rare = &coding.coder.rare_components;
        let rare_stays =
            coding.earlier.rows[0].map_or(0, |base| base.unchanged_word(coding.now, rare, at, missing));
        let lead = coding.lead().filter(|_| counts.is_none());
        let in_run = match self.ran.filter(|_| counts.is_some()) {
            Some(Among::Even) if depth == LANE_DEPTH => rows.even,
            Some(Among::Others) => u64::MAX,
            _ => 0,
        } & !still;
        let mut exact = 0;
        for batch in batches_in(at, missing) {
            let models = coding.models_of(&batch);
            let past = coding.earlier.past(batch.slots[0], depth);
            let block = Block { now: &coding.now.columns, past, apart: (!batch.is_block).then_some(batch.slots) };
            let found = Found::of_some(coding.coder, &block, batch.rows, models[0]);
            let rare_stays = batch.among(rare_stays) & alike(&models);
            let told = lead.map_or(0, |lead| lead.tell(&found, batch.rows & rare_stays, &batch.slots, codes));
            let mut off = told & !found.expected();
            let heard = !batch.among(in_run);
            for row in (0..BLOCK).filter(|row| (batch.rows & !told) >> row & 1 == 1) {
                let past = coding.earlier.past(batch.slots[row], depth);
                let [models_before, models] = [models[0][row], models[1][row]];
                let (found, rare_stays) = (found.row(coding.coder, row), rare_stays >> row & 1 == 1);
                let walk = Walk { plan: coding.coder, past, models_before, found, read: None, rare_stays };
                if heard >> row & 1 == 1 || coding.code(&walk, models, &mut None, codes) {
                    off |= u32::from(coding.code(&walk, models, counts, codes)) << row;
                }
            }
            exact |= batch.bits(!off);
        }
        rows.unheard |= exact & in_run;
        // What kept still is taken to stay, even where it is expected to go.
        let exact = exact & !still;
        let moved = exact & !coding.stay(at, exact);
        rows.depths[depth - 1].learn([missing | stays, exact | stays, moved]);
    }

    /// Notes that rows have entered: they are held at one snapshot then.
    pub(super) fn note_enters(&mut self, slots: impl Iterator<Item = u32>) {
        for slot in slots {
            let at = slot as usize / 64;
            if at >= self.rows.len() {
                self.rows.resize(at + 1, LaneWord::default());
            }
            if let Some(rows) = self.rows.get_mut(at) {
                rows.entered |= 1 << (slot % 64);
            }
        }
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
            let unheard = self.rows.get(word.at).map_or(0, |rows| rows.unheard);
            for (depth, rows) in (1..).zip(word.by_depth) {
                let rows = rows & unheard;
                if let Some(lane) = self.rows.get_mut(word.at).filter(|_| rows != 0) {
                    lane.depths[depth - 1].known &= !rows;
                    self.ensure(coding, depth, word.at, rows, counts);
                }
            }
        }
        self.rows.iter_mut().for_each(|rows| rows.unheard = 0);
    }
}

/// How the turns of a kind's steady lead are told: of the rows of which nothing else is, which are most.
#[derive(Clone, Copy)]
struct Lead<'a> {
    turns: &'a Tokens,
    book: &'a GroupBook,
}

impl Lead<'_> {
    /// Puts the codes of those of some rows that are short into place; says which.
    #[inline]
    fn tell(&self, found: &Found<BLOCK>, rows: u32, slots: &[u32; BLOCK], codes: &mut Codes) -> u32 {
        let (mut left, mut told) = (rows & found.told_by_turns(), 0);
        while left != 0 {
            let row = left.trailing_zeros() as usize % BLOCK;
            left &= left - 1;
            let parts = found.turns.map(|parts| parts[row]);
            let code = told_by_turn(self.book, found.context[row].into(), self.turns, parts);
            let short = code.and_then(|(code, len)| Place::short(code, len));
            if let Some(short) = short {
                codes.put(slots[row], short);
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

    /// The models of a batch's rows in the base and now.
    fn models_of(&self, batch: &Batch) -> [[u32; BLOCK]; 2] {
        self.models.map(|models| match batch.is_block {
            true => words(models, self.kind, batch.slots[0]),
            false => batch.slots.map(|slot| word(models, self.kind, slot)),
        })
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
