//! Iteration in id order, by types that have no destructor, so that a borrow ends where it is used last.

use core::marker::PhantomData;
use core::slice;

use crate::id::Id;
use crate::image::Slots;

/// The ids of a table, in order: see [`super::Table::ids`].
pub(super) struct Ids<'a, T> {
    slots: Ones<'a>,
    of: PhantomData<fn() -> T>,
}

/// The rows of a table, in id order: see [`super::Table::iter`].
pub struct Rows<'a, T> {
    rows: &'a [T],
    slots: Ones<'a>,
}

/// The rows of a table to change, in id order: see [`super::Table::iter_mut`].
pub struct RowsMut<'a, T> {
    rows: Rising<'a, T>,
    touched: &'a mut Slots,
    slots: Ones<'a>,
}

/// The rows of one player, in id order: see [`super::Table::of`].
pub struct RowsOf<'a, T> {
    rows: &'a [T],
    alive: &'a Slots,
    slots: slice::Iter<'a, u32>,
}

/// The rows of one player to change, in id order: see [`super::Table::of_mut`].
pub struct RowsOfMut<'a, T> {
    rows: Rising<'a, T>,
    touched: &'a mut Slots,
    alive: &'a Slots,
    slots: slice::Iter<'a, u32>,
}

impl<'a, T> Ids<'a, T> {
    pub(super) fn new(alive: &'a Slots) -> Ids<'a, T> {
        Ids { slots: Ones::new(alive), of: PhantomData }
    }
}

impl<T> Iterator for Ids<'_, T> {
    type Item = Id<T>;
    fn next(&mut self) -> Option<Id<T>> {
        self.slots.next().map(Id::new)
    }
    fn nth(&mut self, n: usize) -> Option<Id<T>> {
        self.slots.nth(n).map(Id::new)
    }
}

impl<T> Clone for Ids<'_, T> {
    fn clone(&self) -> Self {
        Ids { slots: self.slots.clone(), of: PhantomData }
    }
}

impl<'a, T> Rows<'a, T> {
    pub(super) fn new(rows: &'a [T], alive: &'a Slots) -> Rows<'a, T> {
        Rows { rows, slots: Ones::new(alive) }
    }
}

impl<'a, T> Iterator for Rows<'a, T> {
    type Item = (Id<T>, &'a T);
    fn next(&mut self) -> Option<(Id<T>, &'a T)> {
        let slot = self.slots.next()?;
        Some((Id::new(slot), self.rows.get(slot as usize)?))
    }
    fn nth(&mut self, n: usize) -> Option<(Id<T>, &'a T)> {
        let slot = self.slots.nth(n)?;
        Some((Id::new(slot), self.rows.get(slot as usize)?))
    }
}

impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        Rows { rows: self.rows, slots: self.slots.clone() }
    }
}

impl<'a, T> RowsMut<'a, T> {
    pub(super) fn new(rows: &'a mut [T], touched: &'a mut Slots, alive: &'a Slots) -> RowsMut<'a, T> {
        RowsMut { rows: Rising::new(rows), touched, slots: Ones::new(alive) }
    }
}

impl<'a, T> Iterator for RowsMut<'a, T> {
    type Item = (Id<T>, &'a mut T);
    fn next(&mut self) -> Option<(Id<T>, &'a mut T)> {
        let slot = self.slots.next()?;
        self.touched.insert(slot);
        Some((Id::new(slot), self.rows.take(slot)?))
    }
}

impl<'a, T> RowsOf<'a, T> {
    pub(super) fn new(rows: &'a [T], alive: &'a Slots, slots: &'a [u32]) -> RowsOf<'a, T> {
        RowsOf { rows, alive, slots: slots.iter() }
    }
}

impl<'a, T> Iterator for RowsOf<'a, T> {
    type Item = (Id<T>, &'a T);
    fn next(&mut self) -> Option<(Id<T>, &'a T)> {
        let slot = *self.slots.find(|&&slot| self.alive.contains(slot))?;
        Some((Id::new(slot), self.rows.get(slot as usize)?))
    }
}

impl<'a, T> RowsOfMut<'a, T> {
    pub(super) fn new(
        rows: &'a mut [T],
        touched: &'a mut Slots,
        alive: &'a Slots,
        slots: &'a [u32],
    ) -> RowsOfMut<'a, T> {
        RowsOfMut { rows: Rising::new(rows), touched, alive, slots: slots.iter() }
    }
}

impl<'a, T> Iterator for RowsOfMut<'a, T> {
    type Item = (Id<T>, &'a mut T);
    fn next(&mut self) -> Option<(Id<T>, &'a mut T)> {
        let slot = *self.slots.find(|&&slot| self.alive.contains(slot))?;
        self.touched.insert(slot);
        Some((Id::new(slot), self.rows.take(slot)?))
    }
}

/// Mutable rows at rising slots, without a borrow of all of them at once.
struct Rising<'a, T> {
    rest: &'a mut [T],
    from: usize,
}

impl<'a, T> Rising<'a, T> {
    fn new(rows: &'a mut [T]) -> Rising<'a, T> {
        Rising { rest: rows, from: 0 }
    }

    fn take(&mut self, slot: u32) -> Option<&'a mut T> {
        let rest = core::mem::take(&mut self.rest);
        let (_, rest) = rest.split_at_mut_checked((slot as usize).checked_sub(self.from)?)?;
        let (row, rest) = rest.split_first_mut()?;
        self.rest = rest;
        self.from = slot as usize + 1;
        Some(row)
    }
}

/// The slots of a set, in rising order.
#[derive(Clone)]
struct Ones<'a> {
    words: slice::Iter<'a, u64>,
    word: u64,
    /// The slot behind the last one of `word`.
    end: u32,
}

impl<'a> Ones<'a> {
    fn new(slots: &'a Slots) -> Ones<'a> {
        Ones { words: slots.words().iter(), word: 0, end: 0 }
    }
}

impl Iterator for Ones<'_> {
    type Item = u32;
    fn next(&mut self) -> Option<u32> {
        while self.word == 0 {
            self.word = *self.words.next()?;
            self.end += 64;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(self.end - 64 + bit)
    }
    fn nth(&mut self, mut n: usize) -> Option<u32> {
        // 64 slots at a time: games ask for "the nth row" by a player's number.
        while self.word.count_ones() as usize <= n {
            n -= self.word.count_ones() as usize;
            self.word = 0;
            self.word = *self.words.next()?;
            self.end += 64;
        }
        for _ in 0..n {
            self.word &= self.word - 1;
        }
        self.next()
    }
}
