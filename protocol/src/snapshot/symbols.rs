//! What frames told of rows, symbol by symbol: for a yardstick that codes the same in another way.
//!
//! Only with the feature `symbols`; no client and no server has it.

use core::cell::RefCell;
use core::ops::Range;

use super::coder::entity::{Pipe, Place, Told};
use super::coder::pipes::Reader;
use super::coder::plan::GROUP_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::BitReader;

/// Something that a snapshot frame told of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Which bits of the frame told it.
    pub bits: Range<usize>,
    /// What it is.
    pub what: What,
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// How far a group of a row is from what was expected.
    Group(GroupSymbol),
    /// A few bits of which nothing is expected.
    Raw {
        /// The bits.
        value: u32,
        /// How many.
        len: u32,
    },
    /// Of rows that kept still: how many go on to do so, before one that does not.
    Gap {
        /// How many; where that is `left`, none follows that does not.
        gap: u32,
        /// How many there are yet.
        left: u32,
        /// About the logarithm of how many it will be.
        order: u32,
    },
    /// Which rows are told at all, or how that is told: rows of which nothing is told follow with their symbols, of no
    /// bits, as if they were.
    Which,
    /// The frame ends here, but for what fills its last byte.
    End,
}

/// The joint symbol of a group, with everything that its code may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSymbol {
    /// The row's kind.
    pub kind: usize,
    /// The group's number in the kind.
    pub group: usize,
    /// The group's context, below 16.
    pub context: usize,
    /// How many parts there are.
    pub parts_len: usize,
    /// How far each is off.
    pub parts: [i32; GROUP_MAX],
    /// How far each is expected to be off, as the class of its code; it depends on the parts before it.
    pub classes: [usize; GROUP_MAX],
    /// How many flags there are.
    pub flags_len: u32,
    /// Which of them are set.
    pub flags: u32,
}

/// Notes the symbols of one frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Symbols {
    noted: RefCell<Vec<Symbol>>,
}

impl Symbols {
    /// Those of a frame of so many bits.
    pub(super) fn take(&mut self, frame_bits: usize) -> Vec<Symbol> {
        let mut noted = self.noted.take();
        for Symbol { bits, .. } in &mut noted {
            *bits = frame_bits.saturating_sub(bits.start)..frame_bits.saturating_sub(bits.end);
        }
        noted
    }

    /// Notes what was told since there were `before` bits left; for now the range counts those.
    fn note(&self, before: usize, from: &BitReader<'_>, what: What) {
        self.noted.borrow_mut().push(Symbol { bits: before..from.left(), what });
    }

    /// Notes that nothing but filling follows.
    pub(super) fn end(&self, from: &BitReader<'_>) {
        self.note(from.left(), from, What::End);
    }

    /// Notes what says which rows are told.
    pub(super) fn which(&self, before: usize, from: &BitReader<'_>) {
        self.note(before, from, What::Which);
    }

    /// Notes a gap.
    pub(super) fn gap(&self, before: usize, from: &BitReader<'_>, gap: u32, left: u32, order: u32) {
        self.note(before, from, What::Gap { gap, left, order });
    }
}

/// A reader whose symbols are noted.
pub(super) struct Noted<'a, 'b, 'c> {
    pub(super) pipe: Reader<'a, 'b>,
    pub(super) kind: usize,
    pub(super) symbols: &'c Symbols,
}

impl Pipe for Noted<'_, '_, '_> {
    const WRITES: bool = false;

    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError> {
        let before = self.pipe.bits.left();
        self.pipe.group(at, told)?;
        self.symbols.note(before, self.pipe.bits, What::Group(symbol(self.kind, &at, told)));
        Ok(())
    }

    fn raw(&mut self, value: u32, bits: u32) -> Result<u32, DecodeError> {
        let before = self.pipe.bits.left();
        let value = self.pipe.raw(value, bits)?;
        self.symbols.note(before, self.pipe.bits, What::Raw { value, len: bits });
        Ok(value)
    }
}

/// What a row tells that is as expected: that it is.
pub(super) struct NotedAsExpected<'a, 'b, 'c> {
    pub(super) from: &'a BitReader<'b>,
    pub(super) kind: usize,
    pub(super) symbols: &'c Symbols,
}

impl Pipe for NotedAsExpected<'_, '_, '_> {
    const WRITES: bool = false;

    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError> {
        self.symbols.note(self.from.left(), self.from, What::Group(symbol(self.kind, &at, told)));
        Ok(())
    }

    fn raw(&mut self, _: u32, _: u32) -> Result<u32, DecodeError> {
        Ok(0)
    }
}

fn symbol(kind: usize, at: &Place<'_>, told: &Told) -> GroupSymbol {
    let mut classes = [0; GROUP_MAX];
    for (part, class) in classes.iter_mut().enumerate() {
        *class = at.unrest.class(part, &told.parts);
    }
    GroupSymbol {
        kind,
        group: at.number,
        context: at.context,
        parts_len: at.group.scales.len(),
        parts: told.parts,
        classes,
        flags_len: at.group.flags,
        flags: told.flags,
    }
}
