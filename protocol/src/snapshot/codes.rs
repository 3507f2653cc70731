//! The codes of rows that are known in a tick.

use core::ops::Range;

use crate::image::Slots;
use crate::wire::bits::BitWriter;

/// The codes of rows, one after the other in a buffer of bits. Which are known is for others to note.
#[derive(Debug, Default)]
pub(super) struct Codes {
    places: Vec<Place>,
    /// Where longer codes lie in `bits`.
    spans: Vec<Range<usize>>,
    bits: Vec<u8>,
}

/// Codes that are made one by one, as somebody asks for them.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) known: Slots,
    codes: Codes,
}

/// A code of at most [`SHORT`] bits itself, behind its length in [`LENGTH_BITS`]; or the place of a longer one in
/// `spans`, behind [`LONG`]. Four bytes a row, so that those of thousands stay in the cache that is nearest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place(u32);

const LENGTH_BITS: u32 = 5;
const SHORT: u32 = u32::BITS - LENGTH_BITS;
const LONG: u32 = (1 << LENGTH_BITS) - 1;

impl Codes {
    pub(super) fn clear(&mut self) {
        self.bits.clear();
        self.spans.clear();
    }

    /// Writes the code of a row.
    pub(super) fn add(&mut self, slot: u32, write: impl FnOnce(BitWriter<'_>) -> BitWriter<'_>) {
        let from = self.bits.len();
        let to = write(BitWriter::new(&mut self.bits));
        let len = to.len() - 8 * from;
        let code = match to.finish_or_take(from, SHORT) {
            Some(code) => Place((code as u32) << LENGTH_BITS | len as u32),
            None => {
                self.spans.push(8 * from..8 * from + len);
                Place((self.spans.len() as u32 - 1) << LENGTH_BITS | LONG)
            }
        };
        self.put(slot, code);
    }

    /// Puts the code of a row into place.
    #[inline]
    pub(super) fn put(&mut self, slot: u32, code: Place) {
        if slot as usize >= self.places.len() {
            self.places.resize((slot as usize + 1).next_multiple_of(64), Place::default());
        }
        if let Some(place) = self.places.get_mut(slot as usize) {
            *place = code;
        }
    }

    /// Bits of a code that is known.
    pub(super) fn len(&self, slot: u32) -> usize {
        let place = self.places.get(slot as usize).copied().unwrap_or_default();
        if place.is_long() { self.span(place).len() } else { place.len() as usize }
    }

    /// Appends a code that is known.
    #[inline]
    pub(super) fn append(&self, slot: u32, to: &mut BitWriter<'_>) {
        if let Some(&place) = self.places.get(slot as usize) {
            self.append_at(place, to);
        }
    }

    /// Appends codes that are known: of those of the 64 slots from `word * 64` on whose bits are set.
    #[inline]
    pub(super) fn append_word(&self, word: usize, mut rows: u64, to: &mut BitWriter<'_>) {
        let Some(places) = self.places.as_chunks::<64>().0.get(word) else { return };
        while rows != 0 {
            let mut long = None;
            to.write_each(core::iter::from_fn(|| {
                let &place = places.get(rows.trailing_zeros() as usize)?;
                rows &= rows - 1;
                if place.is_long() {
                    long = Some(place);
                    return None;
                }
                Some((u64::from(place.0 >> LENGTH_BITS), place.len()))
            }));
            if let Some(place) = long {
                self.append_at(place, to);
            }
        }
    }

    #[inline]
    fn append_at(&self, place: Place, to: &mut BitWriter<'_>) {
        if place.is_long() {
            let span = self.span(place);
            to.append(&self.bits, span.start, span.len());
        } else {
            to.write(u64::from(place.0 >> LENGTH_BITS), place.len());
        }
    }

    fn span(&self, place: Place) -> Range<usize> {
        self.spans.get((place.0 >> LENGTH_BITS) as usize).cloned().unwrap_or_default()
    }
}

impl Records {
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.codes.clear();
    }

    /// Writes the code of a row, which is known then.
    pub(super) fn add(&mut self, slot: u32, write: impl FnOnce(BitWriter<'_>) -> BitWriter<'_>) {
        self.codes.add(slot, write);
        self.known.insert(slot);
    }

    /// Bits of a code that is known.
    pub(super) fn len(&self, slot: u32) -> usize {
        self.codes.len(slot)
    }

    /// Appends a code that is known.
    pub(super) fn append(&self, slot: u32, to: &mut BitWriter<'_>) {
        self.codes.append(slot, to);
    }
}

impl Place {
    /// A code itself; `None` where it is too long for that.
    #[inline]
    pub(super) fn short(code: u64, len: u32) -> Option<Place> {
        (len <= SHORT).then_some(Place((code as u32) << LENGTH_BITS | len))
    }

    fn is_long(self) -> bool {
        self.len() == LONG
    }

    /// Bits of a short one.
    fn len(self) -> u32 {
        self.0 & LONG
    }
}
