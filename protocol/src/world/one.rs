//! A single row that is always there.

use core::fmt;
use core::ops::{Deref, DerefMut};

use super::{AnyTable, Replicate, Table};
use crate::id::PlayerId;
use crate::image::KindImage;
use crate::schema::Kind;

/// A kind of which there is exactly one row: the score of a match, the phase of a round.
///
/// Reads and writes go straight to the row; a write marks it as changed. It belongs to nobody, so nothing of it can be
/// marked `owner`; what only the server knows stands in the type that implements `Game`.
///
/// ```
/// # use tickwire_protocol::prelude::*;
/// #[derive(Replicate, Clone, Default, PartialEq)]
/// struct Score {
///     red: u16,
///     blue: u16,
/// }
/// #[derive(World, Default)]
/// struct Pitch {
///     score: One<Score>,
/// }
/// let mut pitch = Pitch::default();
/// pitch.score.red += 1;
/// assert_eq!((pitch.score.red, pitch.score.blue), (1, 0));
/// ```
/// ```compile_fail
/// # use tickwire_protocol::prelude::*;
/// #[derive(Replicate, Clone, Default, PartialEq)]
/// struct Secret {
///     #[rep(owner)]
///     word: u32,
/// }
/// #[derive(World, Default)]
/// struct Vault {
///     secret: One<Secret>,
/// }
/// let _ = Vault::kinds();
/// ```
#[derive(Clone)]
pub struct One<T: Replicate> {
    table: Table<T>,
}

impl<T: Replicate + fmt::Debug> fmt::Debug for One<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Replicate> Default for One<T> {
    fn default() -> One<T> {
        One { table: Table::single() }
    }
}

impl<T: Replicate> Deref for One<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.table.rows()[0]
    }
}

impl<T: Replicate> DerefMut for One<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.table.touch(0)
    }
}

impl<T: Replicate> AnyTable for One<T> {
    fn kind(name: &str) -> Kind {
        const {
            assert!(
                !T::OWNER_KIND && !T::OWNER_FIELDS,
                "a `One` belongs to nobody: what is marked `owner` would be sent to no one"
            );
        }
        Kind { one: true, ..Table::<T>::kind(name) }
    }
    fn open(&mut self, _: u64, _: usize) {}
    fn settle(&mut self, image: &mut KindImage) {
        self.table.settle(image);
    }
    fn restore(&mut self, image: &KindImage) {
        if image.alive.contains(0) {
            self.table.restore(image);
        } else {
            // Not received yet: the row is there all the same, at its default.
            *self = One::default();
        }
    }
    fn conceal(&mut self) {
        self.table.conceal();
    }
    fn lend(&mut self, me: PlayerId) {
        self.table.lend(me);
    }
    fn take_back(&mut self, me: PlayerId, spawned: &mut dyn FnMut(u32)) {
        self.table.take_back(me, spawned);
    }
    fn reveal(&mut self) {
        self.table.reveal();
    }
    fn remove_owned(&mut self, _: PlayerId) {}
    fn owned_by(&self, _: PlayerId) -> &[u32] {
        &[]
    }
    fn row_count(&self) -> usize {
        1
    }
    fn refused(&self) -> u64 {
        0
    }
}
