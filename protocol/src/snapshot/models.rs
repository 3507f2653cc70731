//! Which model of motion each row has: a column beside the image that both ends hold.

use std::collections::VecDeque;

use super::batch::blocks_in;
use super::coder::derived::{BLOCK, Block};
use super::coder::observe::{Record, turn_bits};
use super::coder::plan::Plan as CoderPlan;
use super::coder::predict::Row;
use super::lane::slots_in;
use super::ledger::LANE_DEPTH;
use super::plan::Plan;
use super::row::{Earlier, gather};
use crate::id::Tick;
use crate::image::{History, Image, KindImage, Slots};
use crate::limits::{COMPONENTS_MAX, HISTORY_TICKS};

/// A word per row: by kind, then slot. A slot beyond the end, and a row that is new, has 0.
pub(super) type Columns = Vec<Vec<u32>>;

/// The columns of the last ticks.
#[derive(Clone, Debug, Default)]
pub(super) struct Models {
    ticks: VecDeque<(Tick, Columns)>,
}

impl Models {
    /// The columns of a tick; none where it was never kept.
    pub(super) fn at(&self, tick: Tick) -> &[Vec<u32>] {
        self.ticks.iter().rev().find(|(kept, _)| *kept == tick).map_or(&[], |(_, columns)| columns)
    }

    /// A copy of the columns of a tick, in memory that an old one left.
    pub(super) fn draft(&mut self, tick: Option<Tick>, kinds: usize) -> Columns {
        let spare = if self.ticks.len() >= HISTORY_TICKS { self.ticks.pop_front() } else { None };
        let mut columns = spare.map(|spare| spare.1).unwrap_or_default();
        columns.resize_with(kinds, Vec::new);
        columns.iter_mut().for_each(Vec::clear);
        for (column, from) in columns.iter_mut().zip(tick.map_or(&[][..], |tick| self.at(tick))) {
            column.clone_from(from);
        }
        columns
    }

    /// Keeps the columns of a later tick.
    pub(super) fn push(&mut self, tick: Tick, columns: Columns) {
        self.ticks.push_back((tick, columns));
    }

    pub(super) fn clear(&mut self) {
        self.ticks.clear();
    }
}

/// The word of a row.
pub(super) fn word(columns: &[Vec<u32>], kind: usize, slot: u32) -> u32 {
    columns.get(kind).and_then(|column| column.get(slot as usize)).copied().unwrap_or(0)
}

/// The words of a block of rows.
pub(super) fn words(columns: &[Vec<u32>], kind: usize, from: u32) -> [u32; BLOCK] {
    columns.get(kind).map_or([0; BLOCK], |column| words_of(column, from))
}

/// The same of the column of their kind.
pub(super) fn words_of(column: &[u32], from: u32) -> [u32; BLOCK] {
    let mut words = [0; BLOCK];
    words
        .iter_mut()
        .zip(column.get(from as usize..).unwrap_or_default())
        .for_each(|(word, models)| *word = *models);
    words
}

/// The place of a row's word.
pub(super) fn place(column: &mut Vec<u32>, slot: u32) -> Option<&mut u32> {
    if column.len() <= slot as usize {
        column.resize(slot as usize + 1, 0);
    }
    column.get_mut(slot as usize)
}

/// Of rows whose models have suited for long, every how many images are looked at: 64 neighbours at once, so that the
/// others cost nothing.
const SETTLED_EVERY: usize = 8;

/// The server's side: sees every row at every tick, and finds out which model suits it.
#[derive(Debug, Default)]
pub(super) struct Observer {
    kinds: Vec<Observed>,
    newest: Tick,
    /// Images observed.
    observed: usize,
}

/// The rows of one kind.
#[derive(Debug, Default)]
struct Observed {
    records: Vec<Record>,
    /// Those whose models have not suited for long.
    unsettled: Slots,
}

impl Observer {
    /// Finds the models of the newest image. `spacing`: how far back most clients' snapshots lie.
    pub(super) fn observe(
        &mut self,
        plan: &Plan,
        models: &mut Models,
        history: &History,
        now: &Image,
        spacing: [u32; LANE_DEPTH],
    ) {
        let last = history.at(self.newest);
        let mut columns = models.draft(last.map(|last| last.tick), plan.kinds.len());
        self.kinds.resize_with(plan.kinds.len(), Observed::default);
        let images = spacing.map(|ticks| history.at(now.tick.before(ticks)).filter(|_| ticks > 0));
        let of_kinds = plan.each().zip(&now.kinds).zip(columns.iter_mut().zip(&mut self.kinds));
        for (((kind, _, coder), rows), (column, observed)) in of_kinds {
            if coder.modelled == 0 {
                continue;
            }
            column.resize(rows.capacity(), 0);
            observed.records.resize_with(rows.capacity(), Record::default);
            let rows_at = images.map(|image| image.and_then(|image| image.kinds.get(kind)));
            let earlier = Earlier { rows: rows_at, ages: spacing, ..Earlier::default() };
            let last = last.and_then(|last| last.kinds.get(kind));
            for at in 0..rows.alive.words().len() {
                let known = last.map_or(0, |last| last.same_word(rows, at));
                observed.forget(at, rows.alive.word(at) & !known, column);
                let in_turn = (at + self.observed).is_multiple_of(SETTLED_EVERY);
                let looked_at = known & if in_turn { u64::MAX } else { observed.unsettled.word(at) };
                if looked_at != 0 {
                    observed.look(coder, &earlier, rows, (at, looked_at), column);
                }
            }
        }
        models.push(now.tick, columns);
        self.newest = now.tick;
        self.observed = self.observed.wrapping_add(1);
    }
}

impl Observed {
    /// Begins anew with rows that are new.
    fn forget(&mut self, word: usize, new: u64, column: &mut [u32]) {
        self.unsettled.insert_word(word, new);
        for slot in slots_in(word, new) {
            if let (Some(word), Some(record)) =
                (column.get_mut(slot as usize), self.records.get_mut(slot as usize))
            {
                (*word, *record) = (0, Record::default());
            }
        }
    }

    /// Looks at those rows that moved lately.
    fn look(
        &mut self,
        coder: &CoderPlan,
        earlier: &Earlier<'_>,
        rows: &KindImage,
        (word, rows_of_word): (usize, u64),
        column: &mut [u32],
    ) {
        let [_, two, three] = earlier.held_word(rows, word);
        let still = earlier.rest(coder, word, [two, three]).still[1];
        for (from, block_rows) in blocks_in(word, rows_of_word & three & !still) {
            let block = Block { now: &rows.columns, past: earlier.past(from, LANE_DEPTH), apart: None };
            let turns = turn_bits(coder, &block, block_rows);
            for (slot, turn) in (from..).zip(turns).filter(|(slot, _)| block_rows >> (slot - from) & 1 == 1) {
                let (Some(models), Some(record)) =
                    (column.get_mut(slot as usize), self.records.get_mut(slot as usize))
                else {
                    continue;
                };
                let mut row: Row = [0; COMPONENTS_MAX];
                gather(&coder.components, rows, slot, &mut row);
                *models = record.observe(coder, &earlier.past(slot, LANE_DEPTH), (&row, turn), *models);
                if record.is_settled() {
                    self.unsettled.remove(slot);
                } else {
                    self.unsettled.insert(slot);
                }
            }
        }
    }
}
