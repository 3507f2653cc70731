//! Reading neighbouring rows together: their symbols one after the other, what follows from them for all at once.

use super::coder::derived::{BLOCK, Block, derived_values};
use super::coder::entity::{Pipe, Told};
use super::coder::found::{Turn, circles};
use super::coder::plan::{Group, Plan as CoderPlan};
use super::ledger::LANE_DEPTH;
use super::models::{place, words_of};
use super::row::{self, Earlier};
use crate::image::KindImage;
use crate::wire::DecodeError;

/// A kind of which most rows are told by the turn of a steady lead alone.
pub(super) struct BlockReader<'a> {
    coder: &'a CoderPlan,
    earlier: &'a Earlier<'a>,
    /// As [`CoderPlan::steady_lead`] gives it.
    lead: (&'a Group, [usize; 2]),
}

impl<'a> BlockReader<'a> {
    /// `None` where rows of the kind are told in another way.
    pub(super) fn new(coder: &'a CoderPlan, earlier: &'a Earlier<'a>) -> Option<BlockReader<'a>> {
        let lead = coder.steady_lead().filter(|_| coder.is_told_by_turns())?;
        Some(BlockReader { coder, earlier, lead })
    }

    /// Reads those of the slots from `from` on that are set in `rows` into `now`, which holds what the base held. They
    /// are held at all snapshots.
    pub(super) fn read<P: Pipe>(
        &self,
        (from, rows): (u32, u32),
        now: &mut KindImage,
        models: &mut Vec<u32>,
        pipe: &mut P,
    ) -> Result<(), DecodeError> {
        let past = self.earlier.past(from, LANE_DEPTH);
        let block = Block { now: &now.columns, past, apart: None };
        let circles = circles(self.coder, self.lead, &block, words_of(models, from));
        let mut told = [Told::default(); BLOCK];
        let mut turned = 0;
        for row in (0..BLOCK).filter(|row| rows >> row & 1 == 1) {
            let told = &mut told[row];
            pipe.group(Turn::expected(&circles, row).place(self.coder.lead, self.lead.0), told)?;
            let slot = from + row as u32;
            if told.flags == 0 {
                if !circles.is_there(row) {
                    return Err(DecodeError::Malformed("a turn of what stood still"));
                }
                turned |= 1 << row;
            } else if let Some(word) = place(models, slot) {
                let past = self.earlier.past(slot, LANE_DEPTH);
                row::read_on(self.coder, past, now, word, Some(*told), pipe)?;
            }
        }
        let mut turns = [0; BLOCK];
        turns.iter_mut().zip(&told).for_each(|(turn, told)| *turn = told.parts[0]);
        let mut velocities = [[0; BLOCK]; 3];
        for (part, (to, at)) in velocities.iter_mut().zip(circles.at(&turns)).enumerate() {
            for ((to, at), told) in to.iter_mut().zip(at).zip(&told) {
                *to = at.wrapping_add(told.parts[part + 1]);
            }
        }
        put(self.lead.0, &velocities, (from, turned), now);
        for &number in &self.coder.derived {
            let group = self.coder.group(number)?;
            let values = derived_values(self.coder, group, &Block { now: &now.columns, past, apart: None });
            put(group, &values, (from, turned), now);
        }
        Ok(())
    }
}

/// Puts a group's values into the rows, each within its bounds.
fn put(group: &Group, values: &[[i32; BLOCK]; 3], (from, rows): (u32, u32), now: &mut KindImage) {
    for ((&at, bounds), values) in group.components.iter().zip(&group.bounds).zip(values) {
        let column = now.columns.get_mut(at).and_then(|column| column.get_mut(from as usize..));
        for (row, (place, &value)) in column.unwrap_or_default().iter_mut().zip(values).enumerate() {
            if rows >> row & 1 == 1 {
                *place = bounds.within(value);
            }
        }
    }
}
