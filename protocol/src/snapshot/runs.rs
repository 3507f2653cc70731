//! Runs: rows that are likely to be as expected, told as gaps between those that are not.
//!
//! A row that is as expected then costs no bit of its own. Rows that kept still are always told like that. The others
//! are where that is shorter: all of them, or those that are even alone. Where there are few, nothing of this is told.

use super::apply::{KindReader, Stay};
use super::assemble::Word;
use super::lane::{LaneKind, slots_in};
use super::ledger::LANE_DEPTH;
use crate::image::KindImage;
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter, last_bits};

/// Rows from which on a frame may give another order than [`usual_order`], or tell others than the still ones as gaps.
const ROWS_MIN: u32 = 32;

/// Bits of an order.
const ORDER_BITS: u32 = 4;

/// Told as an order: there are no gaps, each of the rows has a code.
const EACH: u32 = (1 << ORDER_BITS) - 1;

/// The Rice order of the gaps between rows that kept still but do not now: where few woke before, few will.
fn usual_order(still: u32, woke: u32) -> u32 {
    order(still, woke)
}

/// The same of rows that did not keep still: a row that turns is not even for two snapshots.
fn usual_run_order(rows: u32, uneven: u32) -> u32 {
    order(rows, uneven / 2)
}

/// An order for gaps between so many among other rows.
fn order(rows: u32, listed: u32) -> u32 {
    (rows / (listed + 1)).checked_ilog2().unwrap_or(0).min(EACH - 1)
}

/// Bits that a gap takes.
fn rice_len(gap: u32, order: u32, left: u32) -> u32 {
    let zeros = gap >> order;
    zeros + if zeros < left >> order { 1 + order } else { last_bits(order, left) }
}

/// Which rows are told as gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    Still,
    /// Those that did not keep still.
    Others,
    /// Those of them that are even.
    Even,
}

impl Among {
    fn rows(self, word: &Word) -> u64 {
        match self {
            Among::Still => word.still,
            Among::Others => word.stays & !word.still,
            Among::Even => word.even,
        }
    }
}

/// Some rows, and how many of them are not as expected.
#[derive(Clone, Copy, Debug)]
struct Run {
    among: Among,
    rows: u32,
    told: u32,
}

impl Run {
    fn of(among: Among, words: &[Word]) -> Run {
        Run::unless(among, words, |_| false).unwrap_or(Run { among, rows: 0, told: 0 })
    }

    /// `None` as soon as those so far are hopeless.
    fn unless(among: Among, words: &[Word], hopeless: impl Fn(&Run) -> bool) -> Option<Run> {
        let mut run = Run { among, rows: 0, told: 0 };
        for word in words {
            let rows = among.rows(word);
            if rows != 0 {
                run.rows += rows.count_ones();
                run.told += (rows & !word.exact).count_ones();
                if hopeless(&run) {
                    return None;
                }
            }
        }
        Some(run)
    }

    /// Goes through those that are not as expected: each with how many others lie before it, and how many rows were
    /// left before those. At the end there is none.
    fn gaps(self, words: &[Word], mut each: impl FnMut(u32, u32, Option<(u32, &Word)>)) {
        let (mut gap, mut left) = (0, self.rows);
        for word in words {
            let mut rest = self.among.rows(word);
            for slot in slots_in(word.at, rest & !word.exact) {
                let before = rest & ((1 << (slot % 64)) - 1);
                gap += before.count_ones();
                each(gap, left, Some((slot, word)));
                left -= gap + 1;
                gap = 0;
                rest &= !(before | 1 << (slot % 64));
            }
            gap += rest.count_ones();
        }
        each(gap, left, None);
    }

    /// The order under which the gaps are shortest, of those about the one that their number suggests, and their bits;
    /// and those under another one.
    fn shortest(self, words: &[Word], usual: u32) -> ((u32, u32), u32) {
        if self.told == self.rows {
            return ((EACH, 0), u32::MAX);
        }
        let near = order(self.rows, self.told).clamp(2, EACH - 2);
        let orders = [near - 2, near - 1, near, near + 1, usual];
        let mut bits = [0; 5];
        self.gaps(words, |gap, left, _| {
            bits.iter_mut().zip(orders).for_each(|(bits, order)| *bits += rice_len(gap, order, left));
        });
        let [others @ .., of_usual] = bits;
        let shortest = others.into_iter().zip(orders).min().unwrap_or_default();
        ((shortest.1, shortest.0), of_usual)
    }

    /// Bits that gaps save, where they do.
    fn gain(self, lane: &LaneKind, words: &[Word]) -> Option<usize> {
        // Where half of them are not as expected, the others take hardly more than a bit each.
        if self.told >= self.rows.div_ceil(2) {
            return None;
        }
        let (_, gaps) = self.shortest(words, 0).0;
        let expected = words.iter().flat_map(|word| {
            slots_in(word.at, self.among.rows(word) & word.exact).map(|slot| length(lane, slot, word))
        });
        let saved = expected.sum::<usize>().checked_sub((gaps + ORDER_BITS + 1) as usize)?;
        (saved > 0).then_some(saved)
    }

    /// Says whether another order than the usual one is used, and which; returns it.
    fn write_order(self, usual: u32, words: &[Word], to: &mut BitWriter<'_>) -> u32 {
        let ((order, bits), of_usual) = self.shortest(words, usual);
        let other = bits + ORDER_BITS < of_usual;
        to.flag(other);
        if !other {
            return usual;
        }
        to.write(order.into(), ORDER_BITS);
        order
    }

    fn write(self, order: u32, lane: &LaneKind, words: &[Word], to: &mut BitWriter<'_>) {
        self.gaps(words, |gap, left, row| {
            if order != EACH {
                to.rice(gap, order, left);
            }
            if let Some((slot, word)) = row {
                append(lane, slot, word, to);
            }
        });
    }
}

/// Appends those that kept still but do not now.
pub(super) fn write_still(lane: &LaneKind, words: &[Word], to: &mut BitWriter<'_>) {
    let run = Run::of(Among::Still, words);
    to.flag(run.told != 0);
    if run.told == 0 {
        return;
    }
    let mut woke = 0;
    for word in words {
        // Of those that are new nothing is known: they count as likely to wake.
        woke += (word.by_depth[0] & word.still
            | word.by_depth[2] & lane.rows.get(word.at).map_or(0, |rows| rows.woke))
        .count_ones();
    }
    let mut order = usual_order(run.rows, woke);
    if run.rows >= ROWS_MIN {
        order = run.write_order(order, words, to);
    }
    run.write(order, lane, words, to);
}

/// Appends those that did not keep still; says which of them as gaps.
pub(super) fn write_others(lane: &LaneKind, words: &[Word], to: &mut BitWriter<'_>) -> Option<Among> {
    let told = if has_rows(words) { write_run(lane, words, to) } else { None };
    for word in words {
        let rows = Among::Others.rows(word) & !told.map_or(0, |among| among.rows(word));
        if rows & !word.by_depth[LANE_DEPTH - 1] == 0 {
            lane.codes[LANE_DEPTH - 1].append_word(word.at, rows, to);
            continue;
        }
        for slot in slots_in(word.at, rows) {
            append(lane, slot, word, to);
        }
    }
    told
}

/// Whether there are enough that did not keep still.
fn has_rows(words: &[Word]) -> bool {
    let mut rows = 0;
    words.iter().any(|word| {
        rows += Among::Others.rows(word).count_ones();
        rows >= ROWS_MIN
    })
}

/// Appends those that take fewer bits as gaps, and says which they are.
fn write_run(lane: &LaneKind, words: &[Word], to: &mut BitWriter<'_>) -> Option<Among> {
    // Where most of the first are not as expected, the others will not be either.
    let hopeless = |run: &Run| run.rows >= 2 * ROWS_MIN && run.told > run.rows / 4 * 3;
    let runs = [Among::Even, Among::Others].into_iter().filter_map(|among| Run::unless(among, words, hopeless));
    let gains = runs.filter_map(|run| Some((run, run.gain(lane, words)?)));
    let best = gains.max_by_key(|(_, saved)| *saved);
    to.flag(best.is_some());
    let (run, _) = best?;
    to.flag(run.among == Among::Even);
    let [others, even] = [Among::Others, Among::Even].map(|among| Run::of(among, words).rows);
    let order = run.write_order(usual_run_order(run.rows, others.saturating_sub(even)), words, to);
    run.write(order, lane, words, to);
    Some(run.among)
}

/// The depth of a row, less one.
fn depth(slot: u32, word: &Word) -> Option<usize> {
    word.by_depth.iter().position(|rows| rows >> (slot % 64) & 1 == 1)
}

fn append(lane: &LaneKind, slot: u32, word: &Word, to: &mut BitWriter<'_>) {
    if let Some(codes) = depth(slot, word).and_then(|depth| lane.codes.get(depth)) {
        codes.append(slot, to);
    }
}

/// Bits of a row's code.
fn length(lane: &LaneKind, slot: u32, word: &Word) -> usize {
    depth(slot, word).and_then(|depth| lane.codes.get(depth)).map_or(0, |codes| codes.len(slot))
}

impl KindReader<'_> {
    /// Reads those that kept still but do not now, and all others.
    pub(super) fn read_changed(
        &self,
        stays: &[Stay],
        now: &mut KindImage,
        models: &mut Vec<u32>,
        from: &mut BitReader<'_>,
    ) -> Result<(), DecodeError> {
        let (mut still, mut woke, mut evens) = (0, 0, 0);
        for stay in stays {
            still += u32::from(stay.still);
            woke += u32::from(stay.woke);
            evens += u32::from(stay.even);
        }
        if still > 0 && from.flag()? {
            let usual = usual_order(still, woke);
            let order = if still >= ROWS_MIN { self.order(usual, from)? } else { usual };
            self.read_woken(stays, (still, order, usual), now, models, from)?;
        }
        let others = stays.len() as u32 - still;
        let run = others >= ROWS_MIN && self.choice(1, from)? == 1;
        let even = run && self.choice(1, from)? == 1;
        let in_run = |stay: &&Stay| run && !stay.still && (stay.even || !even);
        if run {
            let rows = if even { evens } else { others };
            let order = self.order(usual_run_order(rows, others.saturating_sub(evens)), from)?;
            self.read_run(stays.iter().filter(in_run), (rows, order), now, models, from)?;
        }
        self.read_rows(stays.iter().filter(|stay| !stay.still && !in_run(stay)), now, models, Some(from))
    }

    fn read_woken(
        &self,
        stays: &[Stay],
        (mut left, order, usual): (u32, u32, u32),
        now: &mut KindImage,
        models: &mut Vec<u32>,
        from: &mut BitReader<'_>,
    ) -> Result<(), DecodeError> {
        let mut gap = self.gap((order, usual), left, from)?;
        for stay in stays.iter().filter(|stay| stay.still) {
            left -= 1;
            if gap > 0 {
                gap -= 1;
                continue;
            }
            self.read_rows(core::iter::once(stay), now, models, Some(from))?;
            gap = self.gap((order, usual), left, from)?;
        }
        Ok(())
    }

    /// Reads rows that did not keep still, as gaps between those that are not as expected.
    fn read_run<'s>(
        &self,
        mut rows: impl Iterator<Item = &'s Stay>,
        (mut left, order): (u32, u32),
        now: &mut KindImage,
        models: &mut Vec<u32>,
        from: &mut BitReader<'_>,
    ) -> Result<(), DecodeError> {
        loop {
            let gap = if order == EACH { 0 } else { self.chosen(from, |from| from.rice(order, left))? };
            self.expect_rows(rows.by_ref().take(gap as usize), now, models, from)?;
            left = left.saturating_sub(gap);
            let Some(told) = rows.next() else { return Ok(()) };
            self.read_rows(core::iter::once(told), now, models, Some(from))?;
            left = left.saturating_sub(1);
        }
    }

    /// The order of gaps, where it may be another one than the usual.
    fn order(&self, usual: u32, from: &mut BitReader<'_>) -> Result<u32, DecodeError> {
        if self.choice(1, from)? == 1 { self.choice(ORDER_BITS, from) } else { Ok(usual) }
    }

    /// A number that says how rows are told.
    fn choice(&self, bits: u32, from: &mut BitReader<'_>) -> Result<u32, DecodeError> {
        self.chosen(from, |from| Ok(from.read(bits)? as u32))
    }

    fn chosen(
        &self,
        from: &mut BitReader<'_>,
        read: impl FnOnce(&mut BitReader<'_>) -> Result<u32, DecodeError>,
    ) -> Result<u32, DecodeError> {
        #[cfg(feature = "symbols")]
        let before = from.left();
        let value = read(from)?;
        #[cfg(feature = "symbols")]
        if let Some(symbols) = self.symbols {
            symbols.which(before, from);
        }
        Ok(value)
    }

    /// How many rows that kept still go on to do so. A yardstick knows the usual order alone.
    fn gap(&self, (order, _usual): (u32, u32), left: u32, from: &mut BitReader<'_>) -> Result<u32, DecodeError> {
        #[cfg(feature = "symbols")]
        let before = from.left();
        let gap = if order == EACH { 0 } else { from.rice(order, left)? };
        #[cfg(feature = "symbols")]
        if let Some(symbols) = self.symbols {
            symbols.gap(before, from, gap, left, _usual);
        }
        Ok(gap)
    }

    /// Makes rows of which a run says that they are as expected.
    fn expect_rows<'s>(
        &self,
        rows: impl Iterator<Item = &'s Stay>,
        now: &mut KindImage,
        models: &mut Vec<u32>,
        _from: &BitReader<'_>,
    ) -> Result<(), DecodeError> {
        #[cfg(feature = "symbols")]
        if let Some(symbols) = self.symbols {
            let mut pipe = super::symbols::NotedAsExpected { from: _from, kind: self.kind, symbols };
            return self.read_from(rows, now, models, &mut pipe);
        }
        self.read_rows(rows, now, models, None)
    }
}
