//! The rows of one kind.

mod any;
mod iter;

use core::fmt;
use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg32;

pub use self::any::settled;
use self::iter::Ids;
pub use self::iter::{Rows, RowsMut, RowsOf, RowsOfMut};
use super::Replicate;
use crate::id::{Id, PlayerId};
use crate::image::{Blob, Slots};
use crate::limits::SLOTS_MAX;

/// Rows of one kind, each under an [`Id`], iterated in id order.
///
/// A mutable borrow of a row marks it as changed; what was only read costs nothing at the end of the tick.
#[derive(Clone)]
pub struct Table<T> {
    rows: Vec<T>,
    alive: Slots,
    touched: Slots,
    generation: Vec<u32>,
    owner: Vec<PlayerId>,
    owned: BTreeMap<PlayerId, Vec<u32>>,
    /// Slots to take, the last one first. Shuffled, so that a slot's number says nothing about the others.
    free: Vec<u32>,
    order: Pcg32,
    /// Since it was restored: what is spawned now is a guess, and takes no slot that the server is known to use.
    provisional: bool,
    rows_max: usize,
    refused: u64,
    /// Per slot: the `skip` and `owner` fields while they are concealed, else default.
    shadow: Vec<T>,
    /// Rows of an `owner` kind while they are concealed.
    hidden: Slots,
    /// What the player that drives has spawned, while it drives.
    journal: Option<Vec<u32>>,
    /// By `whole` field and slot: the bytes of which the row's field is the value, if it was not touched since.
    known: Vec<Vec<Option<Blob>>>,
    /// Room for the bytes of one `whole` field.
    bytes: Vec<u8>,
}

impl<T: Replicate> Table<T> {
    /// Adds a row that belongs to the room.
    ///
    /// Where the table is full (`Rules::rows_max`), nothing is added: the id is [`Id::NONE`], and the room counts it.
    pub fn spawn(&mut self, row: T) -> Id<T> {
        self.spawn_for(PlayerId::NOBODY, row)
    }

    /// Adds a row that belongs to `owner` until it is removed; otherwise as [`Table::spawn`].
    pub fn spawn_for(&mut self, owner: PlayerId, row: T) -> Id<T> {
        let Some(slot) = self.take_slot() else {
            self.refused += 1;
            return Id::NONE;
        };
        let at = slot as usize;
        self.rows[at] = row;
        self.owner[at] = owner;
        self.generation[at] = self.generation[at].wrapping_add(1);
        self.alive.insert(slot);
        self.touched.insert(slot);
        if owner != PlayerId::NOBODY {
            let slots = self.owned.entry(owner).or_default();
            slots.insert(slots.partition_point(|&other| other < slot), slot);
        }
        if let Some(journal) = &mut self.journal {
            journal.push(slot);
        }
        Id::new(slot)
    }

    /// Removes a row and hands it back; `None` where it is not there.
    pub fn remove(&mut self, id: Id<T>) -> Option<T> {
        if !self.alive.remove(id.slot) {
            return None;
        }
        let at = id.slot as usize;
        self.touched.insert(id.slot);
        let owner = core::mem::take(&mut self.owner[at]);
        if let Some(slots) = self.owned.get_mut(&owner) {
            slots.retain(|&slot| slot != id.slot);
            if slots.is_empty() {
                self.owned.remove(&owner);
            }
        }
        if let Some(shadow) = self.shadow.get_mut(at) {
            *shadow = any::settled_default();
        }
        if !self.provisional {
            self.free.push(id.slot);
            let last = self.free.len() - 1;
            self.free.swap(last, self.order.random_range(0..=last as u32) as usize);
        }
        Some(core::mem::take(&mut self.rows[at]))
    }

    /// Keeps the rows for which `keep` says so, in id order. All of them count as changed.
    pub fn retain(&mut self, mut keep: impl FnMut(Id<T>, &mut T) -> bool) {
        for at in 0..self.rows.len() {
            let id = Id::new(at as u32);
            if self.alive.contains(id.slot) {
                self.touched.insert(id.slot);
                if !keep(id, &mut self.rows[at]) {
                    self.remove(id);
                }
            }
        }
    }

    /// The row, `None` where there is none (any more).
    #[must_use]
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        self.alive.contains(id.slot).then(|| &self.rows[id.slot as usize])
    }

    /// The row to change, `None` where there is none (any more).
    #[must_use]
    pub fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        if !self.alive.contains(id.slot) {
            return None;
        }
        self.touched.insert(id.slot);
        Some(&mut self.rows[id.slot as usize])
    }

    /// Two rows to change at once, as when they touch; `None` where one is missing or both are the same.
    #[must_use]
    pub fn get_two_mut(&mut self, one: Id<T>, two: Id<T>) -> Option<(&mut T, &mut T)> {
        if !self.alive.contains(one.slot) || !self.alive.contains(two.slot) {
            return None;
        }
        let [a, b] = self.rows.get_disjoint_mut([one.slot as usize, two.slot as usize]).ok()?;
        self.touched.insert(one.slot);
        self.touched.insert(two.slot);
        Some((a, b))
    }

    /// Whether the row is there.
    #[must_use]
    pub fn contains(&self, id: Id<T>) -> bool {
        self.alive.contains(id.slot)
    }

    /// Whose row it is; [`PlayerId::NOBODY`] for the room's and for a row that is not there.
    #[must_use]
    pub fn owner(&self, id: Id<T>) -> PlayerId {
        self.get(id).map_or(PlayerId::NOBODY, |_| self.owner[id.slot as usize])
    }

    /// Rows in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alive.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alive.is_empty()
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = Id<T>> + '_ {
        Ids::new(&self.alive)
    }

    /// The rows, in id order.
    #[must_use]
    pub fn iter(&self) -> Rows<'_, T> {
        Rows::new(&self.rows, &self.alive)
    }

    /// The rows to change, in id order. Each row that is taken counts as changed.
    pub fn iter_mut(&mut self) -> RowsMut<'_, T> {
        RowsMut::new(&mut self.rows, &mut self.touched, &self.alive)
    }

    /// The rows of `player`, in id order.
    #[must_use]
    pub fn of(&self, player: PlayerId) -> RowsOf<'_, T> {
        RowsOf::new(&self.rows, &self.alive, self.slots_of(player))
    }

    /// The rows of `player` to change, in id order. Each row that is taken counts as changed.
    pub fn of_mut(&mut self, player: PlayerId) -> RowsOfMut<'_, T> {
        let slots = self.owned.get(&player).map_or(&[][..], Vec::as_slice);
        RowsOfMut::new(&mut self.rows, &mut self.touched, &self.alive, slots)
    }

    /// The first row of `player`: for kinds of which a player has one.
    #[must_use]
    pub fn first_of(&self, player: PlayerId) -> Option<(Id<T>, &T)> {
        self.of(player).next()
    }

    /// The first row of `player` to change.
    #[must_use]
    pub fn first_of_mut(&mut self, player: PlayerId) -> Option<(Id<T>, &mut T)> {
        self.of_mut(player).next()
    }

    /// A table of exactly one default row, in slot 0.
    pub(super) fn single() -> Table<T> {
        let mut table = Table::default();
        table.grow(1);
        table.alive.insert(0);
        table.touched.insert(0);
        table
    }

    pub(super) fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The row in `slot`, which must exist, marked as changed.
    pub(super) fn touch(&mut self, slot: u32) -> &mut T {
        self.touched.insert(slot);
        &mut self.rows[slot as usize]
    }

    fn slots_of(&self, player: PlayerId) -> &[u32] {
        self.owned.get(&player).map_or(&[], Vec::as_slice)
    }

    /// A free slot, made by doubling where there is none.
    fn take_slot(&mut self) -> Option<u32> {
        if self.alive.len() + self.hidden.len() >= self.rows_max {
            return None;
        }
        if self.free.is_empty() {
            let from = self.rows.len();
            let to = (from * 2).clamp(16, SLOTS_MAX);
            self.grow(to);
            self.free.extend((from as u32..to as u32).rev());
            for last in (1..self.free.len()).rev() {
                self.free.swap(last, self.order.random_range(0..=last as u32) as usize);
            }
        }
        self.free.pop()
    }

    fn grow(&mut self, capacity: usize) {
        if capacity > self.rows.len() {
            self.rows.resize_with(capacity, T::default);
            self.generation.resize(capacity, 0);
            self.owner.resize(capacity, PlayerId::NOBODY);
            self.alive.reserve(capacity);
            self.touched.reserve(capacity);
            if T::SKIPS || T::OWNER_FIELDS {
                self.shadow.resize(capacity, any::settled_default());
            }
        }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table {
            rows: Vec::new(),
            alive: Slots::default(),
            touched: Slots::default(),
            generation: Vec::new(),
            owner: Vec::new(),
            owned: BTreeMap::new(),
            free: Vec::new(),
            order: Pcg32::seed_from_u64(0),
            provisional: false,
            rows_max: SLOTS_MAX,
            refused: 0,
            shadow: Vec::new(),
            hidden: Slots::default(),
            journal: None,
            known: Vec::new(),
            bytes: Vec::new(),
        }
    }
}

impl<'a, T: Replicate> IntoIterator for &'a Table<T> {
    type Item = (Id<T>, &'a T);
    type IntoIter = Rows<'a, T>;
    fn into_iter(self) -> Rows<'a, T> {
        self.iter()
    }
}

impl<'a, T: Replicate> IntoIterator for &'a mut Table<T> {
    type Item = (Id<T>, &'a mut T);
    type IntoIter = RowsMut<'a, T>;
    fn into_iter(self) -> RowsMut<'a, T> {
        self.iter_mut()
    }
}

/// The rows, by slot.
impl<T: Replicate + fmt::Debug> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
