//! Rows of a word of slots that are looked at together.

use core::array::from_fn;

use super::coder::derived::{BLOCK, DENSE};
use super::lane::slots_in;

/// Some rows of a word of 64 slots: as many as are worth it of a block of neighbours, or such as lie apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    /// Of rows that lie apart, those beyond the last one are the first one again.
    pub(super) slots: [u32; BLOCK],
    /// Which of them it is about, a bit each.
    pub(super) rows: u32,
    /// Whether the slots follow each other.
    pub(super) is_block: bool,
}

impl Batch {
    /// Those of the slots whose bits are set in their word.
    pub(super) fn among(&self, word: u64) -> u32 {
        if self.is_block {
            return (word >> (self.slots[0] % 64)) as u32 & ((1 << BLOCK) - 1);
        }
        self.slots.iter().enumerate().fold(0, |rows, (row, slot)| rows | ((word >> (slot % 64) & 1) as u32) << row)
    }

    /// The bits in their word of some of the rows.
    pub(super) fn bits(&self, rows: u32) -> u64 {
        let rows = rows & self.rows;
        if self.is_block {
            return u64::from(rows) << (self.slots[0] % 64);
        }
        self.slots.iter().enumerate().fold(0, |bits, (row, slot)| bits | u64::from(rows >> row & 1) << (slot % 64))
    }
}

/// Those of the 64 slots from `word * 64` on that are set, in batches.
pub(super) fn batches_in(word: usize, bits: u64) -> impl Iterator<Item = Batch> {
    let is_worth_it = |(_, rows): &(u32, u32)| rows.count_ones() >= DENSE;
    let blocks = blocks_in(word, bits).filter(is_worth_it);
    let in_blocks = blocks.clone().fold(0, |all, (from, rows)| all | u64::from(rows) << (from % 64));
    let blocks = blocks.map(|(from, rows)| {
        let slots = from_fn(|row| from + row as u32);
        Batch { slots, rows, is_block: true }
    });
    let mut others = bits & !in_blocks;
    let apart = core::iter::from_fn(move || {
        let rows = others.count_ones().min(BLOCK as u32);
        let mut left = slots_in(word, others);
        let mut slots = [left.next()?; BLOCK];
        slots.iter_mut().skip(1).zip(left).for_each(|(place, slot)| *place = slot);
        (0..rows).for_each(|_| others &= others.wrapping_sub(1));
        Some(Batch { slots, rows: (1 << rows) - 1, is_block: false })
    });
    blocks.chain(apart)
}

/// Those of the 64 slots from `word * 64` on that are set, by blocks of neighbours: the first slot, and a bit for each.
pub(super) fn blocks_in(word: usize, bits: u64) -> impl Iterator<Item = (u32, u32)> + Clone {
    let first = (word * 64) as u32;
    let blocks = (0..64).step_by(BLOCK).map(move |at| (first + at, (bits >> at) as u32 & ((1 << BLOCK) - 1)));
    blocks.filter(|(_, rows)| *rows != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_row_is_in_one_batch(word in 0usize..1_000, bits: u64, also: u64) {
            // Words of few rows too.
            for bits in [bits, bits & also, bits & also & also.rotate_left(7)] {
                let mut found = 0;
                for batch in batches_in(word, bits) {
                    let rows = batch.bits(u32::MAX);
                    prop_assert!(rows != 0 && found & rows == 0);
                    prop_assert_eq!(batch.among(bits) & batch.rows, batch.rows);
                    prop_assert_eq!(batch.bits(batch.among(also)), rows & also);
                    prop_assert_eq!(rows.count_ones(), batch.rows.count_ones());
                    for slot in batch.slots {
                        prop_assert_eq!(slot as usize / 64, word);
                    }
                    found |= rows;
                }
                prop_assert_eq!(found, bits);
            }
        }
    }
}
