//! The integers of one tick, by kind, in columns; and the history of them.
//!
//! An image knows no game: kinds, slots and components are numbers, what they mean stands in the [`Schema`].
//! The same type holds the whole world of a room and the part of it that one client has.

mod mapping;

mod slots;

use std::collections::VecDeque;
use std::sync::Arc;

pub use self::slots::Slots;
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::HISTORY_TICKS;
use crate::schema::{Kind, Schema};

pub use self::mapping::Mapping;

/// The bytes of a `whole` field; an empty value is an empty slice.
pub type Blob = Arc<[u8]>;

/// Every replicated value at the end of one tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// The tick at whose end this was the world.
    pub tick: Tick,
    /// One per kind of the schema, in its order.
    pub kinds: Vec<KindImage>,
}

/// The rows of one kind. All vectors but `columns` and `wholes` are indexed by slot; those by field, then slot.
#[derive(Clone, Debug, Default)]
pub struct KindImage {
    /// Which slots hold a row.
    pub alive: Slots,
    /// Counts the rows a slot has held, so that a reused slot is not mistaken for the old row. Never on the wire.
    pub generation: Vec<u32>,
    /// Whose row it is; [`PlayerId::NOBODY`] for the room's.
    pub owner: Vec<PlayerId>,
    /// One per component of the kind's fields, in schema order.
    pub columns: Vec<Vec<i32>>,
    /// One per `whole` field, in schema order. Shared between ticks until one of its values changes.
    pub wholes: Vec<Arc<Vec<Blob>>>,
}

impl Image {
    /// An empty image for `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Image {
        Image { tick: Tick::NONE, kinds: schema.kinds.iter().map(KindImage::new).collect() }
    }

    /// The rows of a kind, `None` where the schema has no such kind.
    #[must_use]
    pub fn kind(&self, kind: KindId) -> Option<&KindImage> {
        self.kinds.get(usize::from(kind.0))
    }

    /// Whether the entity is there.
    #[must_use]
    pub fn contains(&self, id: EntityId) -> bool {
        self.kind(id.kind).is_some_and(|kind| kind.alive.contains(id.slot))
    }

    /// Every entity, by kind, then slot: the order both ends of the wire know.
    pub fn entities(&self) -> impl Iterator<Item = EntityId> + '_ {
        (0u8..)
            .zip(&self.kinds)
            .flat_map(|(kind, rows)| rows.alive.iter().map(move |slot| EntityId { kind: KindId(kind), slot }))
    }

    /// Takes over what `other` holds, keeping this image's memory.
    pub fn copy_from(&mut self, other: &Image) {
        self.tick = other.tick;
        self.kinds.resize_with(other.kinds.len(), KindImage::default);
        for (mine, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            mine.copy_from(theirs);
        }
    }
}

impl KindImage {
    /// No rows of `kind`.
    #[must_use]
    pub fn new(kind: &Kind) -> KindImage {
        KindImage {
            columns: vec![Vec::new(); kind.component_count()],
            wholes: (0..kind.whole_count()).map(|_| Arc::default()).collect(),
            ..KindImage::default()
        }
    }

    /// Slots there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.generation.len()
    }

    /// Makes room for slots below `capacity`; never shrinks.
    #[inline]
    pub fn reserve(&mut self, capacity: usize) {
        if capacity > self.capacity() {
            self.grow(capacity);
        }
    }

    #[cold]
    fn grow(&mut self, capacity: usize) {
        self.alive.reserve(capacity);
        self.generation.resize(capacity, 0);
        self.owner.resize(capacity, PlayerId::NOBODY);
        for column in &mut self.columns {
            column.resize(capacity, 0);
        }
        for whole in &mut self.wholes {
            Arc::make_mut(whole).resize(capacity, empty_blob());
        }
    }

    /// Puts a row into `slot` (below the capacity) as a new one; its values are the caller's to write.
    #[inline]
    pub fn insert(&mut self, slot: u32, owner: PlayerId, generation: u32) {
        let at = slot as usize;
        self.reserve(at + 1);
        self.alive.insert(slot);
        if let (Some(g), Some(o)) = (self.generation.get_mut(at), self.owner.get_mut(at)) {
            *g = generation;
            *o = owner;
        }
    }

    /// Takes the row out of `slot` and zeroes what it held, so that equal worlds are equal images.
    pub fn remove(&mut self, slot: u32) {
        let at = slot as usize;
        self.alive.remove(slot);
        if at >= self.capacity() {
            return;
        }
        for column in &mut self.columns {
            if let Some(value) = column.get_mut(at) {
                *value = 0;
            }
        }
        for field in 0..self.wholes.len() {
            self.set_whole(field, slot, &[]);
        }
        if let Some(owner) = self.owner.get_mut(at) {
            *owner = PlayerId::NOBODY;
        }
    }

    /// Whose row is in `slot`.
    #[must_use]
    pub fn owner_of(&self, slot: u32) -> PlayerId {
        self.owner.get(slot as usize).copied().unwrap_or_default()
    }

    /// Whether `slot` holds the same row here and in `other`.
    #[must_use]
    pub fn is_same(&self, other: &KindImage, slot: u32) -> bool {
        let at = slot as usize;
        self.alive.contains(slot)
            && other.alive.contains(slot)
            && self.generation.get(at) == other.generation.get(at)
    }

    /// Of the 64 slots from `word * 64` on, those that hold the same row here and in `other`, a bit each.
    #[must_use]
    pub fn same_word(&self, other: &KindImage, word: usize) -> u64 {
        let both = self.alive.word(word) & other.alive.word(word);
        if both == 0 { 0 } else { equal_word(&self.generation, &other.generation, word, both) }
    }

    /// Those of the slots of a word that are `among` and have the same `components` here and in `other`.
    #[must_use]
    pub fn unchanged_word(&self, other: &KindImage, components: &[usize], word: usize, among: u64) -> u64 {
        let mut unchanged = among;
        for &at in components {
            if unchanged == 0 {
                break;
            }
            let (Some(mine), Some(theirs)) = (self.columns.get(at), other.columns.get(at)) else { continue };
            unchanged = equal_word(mine, theirs, word, unchanged);
        }
        unchanged
    }

    /// Those of the slots of a word that are `among` and whose `components` changed by the same from `older` to here as
    /// from `oldest` to `older`. With each goes which of its bits count: those of a ring, or all.
    pub(crate) fn even_word(
        &self,
        [older, oldest]: [&KindImage; 2],
        components: &[(usize, u32)],
        word: usize,
        among: u64,
    ) -> u64 {
        let mut even = among;
        for &(at, bits) in components {
            if even == 0 {
                break;
            }
            let columns = [self, older, oldest].map(|rows| rows.columns.get(at).and_then(|c| c.get(word * 64..)));
            let [Some(a), Some(b), Some(c)] = columns else { return 0 };
            even &= even_bits([a, b, c], bits);
        }
        even
    }

    /// A component of the row in `slot`; 0 where there is none.
    #[must_use]
    pub fn value(&self, component: usize, slot: u32) -> i32 {
        self.columns.get(component).and_then(|column| column.get(slot as usize)).copied().unwrap_or(0)
    }

    /// Writes a component of the row in `slot`, which must be below the capacity.
    pub fn set_value(&mut self, component: usize, slot: u32, value: i32) {
        if let Some(place) = self.columns.get_mut(component).and_then(|column| column.get_mut(slot as usize)) {
            *place = value;
        }
    }

    /// The bytes of a `whole` field of the row in `slot`.
    #[must_use]
    pub fn whole(&self, field: usize, slot: u32) -> &[u8] {
        self.wholes.get(field).and_then(|column| column.get(slot as usize)).map_or(&[], |blob| blob)
    }

    /// Writes a `whole` field. Bytes that are already there keep their memory, and so does the whole column.
    pub fn set_whole(&mut self, field: usize, slot: u32, bytes: &[u8]) {
        if self.whole(field, slot) == bytes {
            return;
        }
        self.share_whole(field, slot, &Blob::from(bytes));
    }

    /// As [`KindImage::set_whole`], without a copy of the bytes.
    pub fn share_whole(&mut self, field: usize, slot: u32, blob: &Blob) {
        let Some(column) = self.wholes.get_mut(field) else { return };
        if let Some(place) = Arc::make_mut(column).get_mut(slot as usize) {
            *place = Arc::clone(blob);
        }
    }

    /// Takes over what `other` holds, keeping this image's memory.
    pub fn copy_from(&mut self, other: &KindImage) {
        self.alive.copy_from(&other.alive);
        self.generation.clone_from(&other.generation);
        self.owner.clone_from(&other.owner);
        self.columns.resize_with(other.columns.len(), Vec::new);
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.clone_from(theirs);
        }
        self.wholes.clone_from(&other.wholes);
    }
}

/// Equal where the same slots hold the same rows; capacity and generations do not count.
impl PartialEq for KindImage {
    fn eq(&self, other: &KindImage) -> bool {
        self.alive == other.alive
            && self.alive.iter().all(|slot| {
                let at = slot as usize;
                self.owner.get(at) == other.owner.get(at)
                    && (0..self.columns.len()).all(|c| self.value(c, slot) == other.value(c, slot))
                    && (0..self.wholes.len()).all(|w| self.whole(w, slot) == other.whole(w, slot))
            })
    }
}

/// The last [`HISTORY_TICKS`] images, newest last. Their memory is reused.
#[derive(Clone, Debug, Default)]
pub struct History {
    images: VecDeque<Image>,
    spare: Option<Image>,
}

impl History {
    /// An empty history.
    #[must_use]
    pub fn new() -> History {
        History::default()
    }

    /// The image of the newest tick.
    #[must_use]
    pub fn newest(&self) -> Option<&Image> {
        self.images.back()
    }

    /// The image of `tick`, `None` where it is too old, not there yet, or was never kept.
    #[must_use]
    pub fn at(&self, tick: Tick) -> Option<&Image> {
        // Mostly one image follows the other without a gap.
        let back = self.newest()?.tick.since(tick) as usize;
        let there = self.images.len().checked_sub(back + 1).and_then(|at| self.images.get(at));
        there.filter(|image| image.tick == tick).or_else(|| {
            let at = self.images.binary_search_by_key(&tick, |image| image.tick).ok()?;
            self.images.get(at)
        })
    }

    /// The newest image not after `tick`.
    #[must_use]
    pub fn not_after(&self, tick: Tick) -> Option<&Image> {
        let after = self.images.partition_point(|image| image.tick <= tick);
        self.images.get(after.checked_sub(1)?)
    }

    /// All images, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Image> {
        self.images.iter()
    }

    /// A copy of the newest image to be changed into that of a later tick, in memory that an old one left.
    ///
    /// It is not part of the history until [`History::push`] takes it.
    #[must_use]
    pub fn draft(&mut self, schema: &Schema) -> Image {
        let mut image = match self.spare.take() {
            Some(image) => image,
            None if self.images.len() >= HISTORY_TICKS => self.images.pop_front().unwrap_or_default(),
            None => Image::new(schema),
        };
        match self.images.back() {
            Some(newest) => image.copy_from(newest),
            None => image.copy_from(&Image::new(schema)),
        }
        image
    }

    /// Takes back the memory of a draft that came to nothing.
    pub fn give_back(&mut self, image: Image) {
        self.spare = Some(image);
    }

    /// Appends an image of a later tick than the newest; the oldest goes where there are too many.
    pub fn push(&mut self, image: Image) {
        debug_assert!(self.newest().is_none_or(|newest| newest.tick < image.tick));
        if self.images.len() >= HISTORY_TICKS {
            self.spare = self.images.pop_front();
        }
        self.images.push_back(image);
    }

    /// Forgets everything: after a keyframe.
    pub fn clear(&mut self) {
        self.images.clear();
    }
}

/// Those of the places `among` the 64 from `word * 64` on in which both have the same.
fn equal_word<T: Copy + PartialEq>(a: &[T], b: &[T], word: usize, among: u64) -> u64 {
    let (a, b) = (a.get(word * 64..).unwrap_or_default(), b.get(word * 64..).unwrap_or_default());
    // A byte each first: of a known number of places compilers compare many at once.
    let mut same = [0; 64];
    if let (Some(a), Some(b)) = (a.first_chunk::<64>(), b.first_chunk::<64>()) {
        if a == b {
            return among;
        }
        same.iter_mut().zip(a.iter().zip(b)).for_each(|(same, (a, b))| *same = u8::from(a == b));
    } else {
        same.iter_mut().zip(a.iter().zip(b)).for_each(|(same, (a, b))| *same = u8::from(a == b));
    }
    lowest_bits(&same) & among
}

/// Those of the first 64 places in which the first is from the second as that is from the third, in the bits that count.
fn even_bits([a, b, c]: [&[i32]; 3], bits: u32) -> u64 {
    let mut even = [0; 64];
    let is_even = |a: i32, b: i32, c: i32| {
        let change = a.wrapping_sub(b).wrapping_sub(b.wrapping_sub(c));
        u8::from(change as u32 & bits == 0)
    };
    let places = even.iter_mut().zip(a.iter().zip(b.iter().zip(c)));
    places.for_each(|(even, (&a, (&b, &c)))| *even = is_even(a, b, c));
    lowest_bits(&even)
}

/// The lowest bit of each byte; the others are zero.
fn lowest_bits(bytes: &[u8; 64]) -> u64 {
    let eights = bytes.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |all, (at, &bytes)| {
        let bits = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        all | bits << (8 * at)
    })
}

/// The shared empty value of a `whole` field.
fn empty_blob() -> Blob {
    Blob::from([])
}
