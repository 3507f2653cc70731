//! What rooms and predictors do with a table: settle, restore, conceal.

use std::sync::Arc;

use rand::SeedableRng as _;
use rand_pcg::Pcg32;

use super::Table;
use crate::id::{Id, PlayerId};
use crate::image::{Blob, KindImage};
use crate::limits::{COMPONENTS_MAX, SLOTS_MAX};
use crate::schema::Kind;
use crate::world::{AnyTable, Replicate};

impl<T: Replicate> AnyTable for Table<T> {
    fn kind(name: &str) -> Kind {
        Kind {
            name: name.to_owned(),
            row: T::NAME.to_owned(),
            one: false,
            owner: T::OWNER_KIND,
            predicted: T::PREDICTED,
            fields: T::fields(),
        }
    }

    fn open(&mut self, seed: u64, rows_max: usize) {
        self.order = Pcg32::seed_from_u64(seed);
        self.rows_max = rows_max.min(SLOTS_MAX);
    }

    fn settle(&mut self, image: &mut KindImage) {
        let mut touched = core::mem::take(&mut self.touched);
        image.reserve(self.rows.len());
        for slot in touched.iter() {
            self.settle_row(slot, image);
        }
        touched.clear();
        self.touched = touched;
    }

    fn restore(&mut self, image: &KindImage) {
        self.grow(image.capacity());
        self.alive.copy_from(&image.alive);
        self.hidden.clear();
        self.owned.clear();
        // What is spawned here is provisional: behind every slot that the server is known to use.
        self.free.clear();
        self.provisional = true;
        self.free.extend((image.capacity() as u32..self.rows.len() as u32).rev());
        for at in 0..self.rows.len() {
            let slot = at as u32;
            self.owner[at] = PlayerId::NOBODY;
            if self.alive.contains(slot) {
                self.restore_row(slot, image);
            }
        }
        self.touched.clear();
    }

    fn conceal(&mut self) {
        self.swap_with_shadow();
        if T::OWNER_KIND {
            core::mem::swap(&mut self.alive, &mut self.hidden);
        }
    }

    fn lend(&mut self, me: PlayerId) {
        if T::OWNER_KIND {
            for &slot in self.owned.get(&me).map_or(&[][..], Vec::as_slice) {
                if self.hidden.remove(slot) {
                    self.alive.insert(slot);
                }
            }
        }
        if T::OWNER_FIELDS {
            self.swap_owned(me);
        }
        self.journal.get_or_insert_default().clear();
    }

    fn take_back(&mut self, me: PlayerId, spawned: &mut dyn FnMut(u32)) {
        if T::OWNER_FIELDS {
            self.swap_owned(me);
        }
        if T::OWNER_KIND {
            for &slot in self.owned.get(&me).map_or(&[][..], Vec::as_slice) {
                if self.alive.remove(slot) {
                    self.hidden.insert(slot);
                }
            }
        }
        for slot in self.journal.take().into_iter().flatten() {
            spawned(slot);
        }
    }

    fn reveal(&mut self) {
        if T::OWNER_KIND {
            for slot in self.hidden.iter() {
                self.alive.insert(slot);
            }
            self.hidden.clear();
        }
        self.swap_with_shadow();
        if T::SKIPS || T::OWNER_FIELDS {
            let default = settled_default::<T>();
            for slot in self.alive.iter() {
                // What was written to a concealed field is lost.
                self.shadow[slot as usize].clone_from(&default);
            }
        }
    }

    fn remove_owned(&mut self, player: PlayerId) {
        for slot in self.slots_of(player).to_vec() {
            self.remove(Id::new(slot));
        }
    }

    fn owned_by(&self, player: PlayerId) -> &[u32] {
        self.slots_of(player)
    }

    fn row_count(&self) -> usize {
        self.alive.len() + self.hidden.len()
    }

    fn refused(&self) -> u64 {
        self.refused
    }
}

impl<T: Replicate> Table<T> {
    fn settle_row(&mut self, slot: u32, image: &mut KindImage) {
        let at = slot as usize;
        if !self.alive.contains(slot) {
            image.remove(slot);
            for field in 0..T::WHOLES {
                self.know(field, at, None);
            }
            return;
        }
        image.insert(slot, self.owner[at], self.generation[at]);
        let mut integers = [0; COMPONENTS_MAX];
        let integers = &mut integers[..T::COMPONENTS];
        let row = &mut self.rows[at];
        row.pack(integers);
        row.unpack(integers);
        for (column, value) in image.columns.iter_mut().zip(&*integers) {
            if let Some(place) = column.get_mut(at) {
                *place = *value;
            }
        }
        for field in 0..T::WHOLES {
            let (row, bytes) = (&mut self.rows[at], &mut self.bytes);
            bytes.clear();
            row.pack_whole(field, bytes);
            if row.fit_whole(field, bytes.len()) {
                bytes.clear();
                row.pack_whole(field, bytes);
            }
            image.set_whole(field, slot, bytes);
            self.know(field, at, blob(image, field, at));
        }
    }

    fn restore_row(&mut self, slot: u32, image: &KindImage) {
        let at = slot as usize;
        let mut integers = [0; COMPONENTS_MAX];
        let integers = &mut integers[..T::COMPONENTS];
        for (component, value) in integers.iter_mut().enumerate() {
            *value = image.value(component, slot);
        }
        if T::SKIPS {
            self.rows[at].swap_skipped(&mut T::default());
        }
        self.rows[at].unpack(integers);
        for field in 0..T::WHOLES {
            let whole = blob(image, field, at);
            if !self.touched.contains(slot) && self.knows(field, at, whole) {
                continue;
            }
            let decoded = self.rows[at].unpack_whole(field, whole.map_or(&[], |bytes| bytes));
            // Never from bytes: they are checked against the shape on arrival.
            debug_assert!(decoded.is_ok(), "a whole field of {} does not decode", T::NAME);
            self.know(field, at, whole);
        }
        let owner = image.owner.get(at).copied().unwrap_or_default();
        self.owner[at] = owner;
        self.generation[at] = image.generation.get(at).copied().unwrap_or(0);
        if owner != PlayerId::NOBODY {
            self.owned.entry(owner).or_default().push(slot);
        }
    }

    /// Whether these are the very bytes of which the row's `whole` field is the value.
    fn knows(&self, field: usize, at: usize, whole: Option<&Blob>) -> bool {
        let known = self.known.get(field).and_then(|column| column.get(at)).and_then(Option::as_ref);
        known.zip(whole).is_some_and(|(known, whole)| Arc::ptr_eq(known, whole))
    }

    fn know(&mut self, field: usize, at: usize, whole: Option<&Blob>) {
        if self.known.len() < T::WHOLES {
            self.known.resize_with(T::WHOLES, Vec::new);
        }
        let Some(column) = self.known.get_mut(field) else { return };
        if column.len() <= at {
            column.resize(self.rows.len(), None);
        }
        if let Some(known) = column.get_mut(at) {
            *known = whole.cloned();
        }
    }

    /// Exchanges the `skip` and `owner` fields of all rows with their shadows.
    fn swap_with_shadow(&mut self) {
        if T::SKIPS || T::OWNER_FIELDS {
            for slot in self.alive.iter() {
                let (row, shadow) = (&mut self.rows[slot as usize], &mut self.shadow[slot as usize]);
                row.swap_skipped(shadow);
                row.swap_owned(shadow);
            }
        }
    }

    /// Exchanges the `owner` fields of all of `player`'s rows with their shadows.
    fn swap_owned(&mut self, player: PlayerId) {
        let slots = self.owned.get(&player).map_or(&[][..], Vec::as_slice);
        for &slot in slots {
            self.rows[slot as usize].swap_owned(&mut self.shadow[slot as usize]);
        }
    }
}

fn blob(image: &KindImage, field: usize, at: usize) -> Option<&Blob> {
    image.wholes.get(field).and_then(|column| column.get(at))
}

/// A row on its steps, as at the end of a tick; `whole` fields are left as they are.
#[must_use]
pub fn settled<T: Replicate>(mut row: T) -> T {
    let mut integers = [0; COMPONENTS_MAX];
    let integers = &mut integers[..T::COMPONENTS];
    row.pack(integers);
    row.unpack(integers);
    row
}

/// The row that stands for what is hidden: a default that is on its steps, as it is at those who never receive it.
pub(super) fn settled_default<T: Replicate>() -> T {
    settled(T::default())
}
