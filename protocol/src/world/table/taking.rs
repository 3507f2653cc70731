//! Mutable iteration.

use crate::id::Id;
use crate::image::Slots;

/// Mutable rows at rising slots, without a borrow of all of them at once.
pub(super) struct Taking<'a, T, S> {
    rest: &'a mut [T],
    from: usize,
    touched: &'a mut Slots,
    slots: S,
}

impl<'a, T, S: Iterator<Item = u32>> Taking<'a, T, S> {
    pub(super) fn new(rows: &'a mut [T], touched: &'a mut Slots, slots: S) -> Taking<'a, T, S> {
        Taking { rest: rows, from: 0, touched, slots }
    }
}

impl<'a, T, S: Iterator<Item = u32>> Iterator for Taking<'a, T, S> {
    type Item = (Id<T>, &'a mut T);
    fn next(&mut self) -> Option<(Id<T>, &'a mut T)> {
        let slot = self.slots.next()?;
        let rest = core::mem::take(&mut self.rest);
        let (_, rest) = rest.split_at_mut_checked(slot as usize - self.from)?;
        let (row, rest) = rest.split_first_mut()?;
        self.rest = rest;
        self.from = slot as usize + 1;
        self.touched.insert(slot);
        Some((Id::new(slot), row))
    }
}
