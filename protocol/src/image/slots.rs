//! Sets of slots.

/// A set of slots: a bit each, iterated in order.
#[derive(Clone, Debug)]
pub struct Slots {
    words: Vec<u64>,
    /// How many; `None` since they were added by words, which are counted only where somebody asks.
    len: Option<u32>,
}

impl Slots {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Slots {
        Slots { words: Vec::new(), len: Some(0) }
    }

    /// Makes room for slots below `capacity`.
    pub fn reserve(&mut self, capacity: usize) {
        let words = capacity.div_ceil(64);
        if words > self.words.len() {
            self.words.resize(words, 0);
        }
    }

    /// Adds a slot; says whether it was new.
    #[inline]
    pub fn insert(&mut self, slot: u32) -> bool {
        if slot as usize / 64 >= self.words.len() {
            self.reserve(slot as usize + 1);
        }
        let Some(word) = self.words.get_mut(slot as usize / 64) else { return false };
        let bit = 1 << (slot % 64);
        let new = *word & bit == 0;
        *word |= bit;
        self.len = self.len.map(|len| len + u32::from(new));
        new
    }

    /// Adds those of the 64 slots from `word * 64` on whose bits are set.
    #[inline]
    pub fn insert_word(&mut self, word: usize, bits: u64) {
        if bits != 0 && word >= self.words.len() {
            self.reserve((word + 1) * 64);
        }
        if let Some(mine) = self.words.get_mut(word) {
            *mine |= bits;
            self.len = self.len.filter(|_| bits == 0);
        }
    }

    /// Adds rows by words: of each 64 slots from `word * 64` on those whose bits are set.
    #[inline]
    pub fn insert_words(&mut self, words: impl Iterator<Item = (usize, u64)>) {
        for (word, bits) in words {
            if word >= self.words.len() {
                self.reserve((word + 1) * 64);
            }
            if let Some(mine) = self.words.get_mut(word) {
                *mine |= bits;
            }
        }
        self.len = None;
    }

    /// Removes a slot; says whether it was there.
    #[inline]
    pub fn remove(&mut self, slot: u32) -> bool {
        let Some(word) = self.words.get_mut(slot as usize / 64) else { return false };
        let bit = 1 << (slot % 64);
        let there = *word & bit != 0;
        *word &= !bit;
        self.len = self.len.map(|len| len - u32::from(there));
        there
    }

    /// Whether the slot is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, slot: u32) -> bool {
        self.words.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Bytes of memory for the set.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Slots>() + size_of_val(self.words.as_slice())
    }

    /// How many slots are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        let counted = || self.words.iter().map(|word| word.count_ones()).sum();
        self.len.unwrap_or_else(counted) as usize
    }

    /// Whether no slot is in the set.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len.map_or_else(|| self.words.iter().all(|word| *word == 0), |len| len == 0)
    }

    /// Removes all, keeping the memory.
    pub fn clear(&mut self) {
        self.words.fill(0);
        self.len = Some(0);
    }

    /// Takes over what `other` holds, keeping this set's memory.
    pub fn copy_from(&mut self, other: &Slots) {
        self.words.clone_from(&other.words);
        self.len = other.len;
    }

    /// Becomes the set of these bits, 64 slots a word, slot 0 lowest, keeping this set's memory.
    pub fn copy_from_words(&mut self, words: impl Iterator<Item = u64>) {
        self.words.clear();
        self.words.extend(words);
        self.len = None;
    }

    /// The bits, 64 slots a word, slot 0 lowest. Words past the end count as zero.
    #[inline]
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The 64 slots from `word * 64` on, a bit each.
    #[inline]
    #[must_use]
    pub fn word(&self, word: usize) -> u64 {
        self.words.get(word).copied().unwrap_or(0)
    }

    /// The slots in rising order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0u32..).zip(&self.words).filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| Bits(*word).map(move |bit| at * 64 + bit))
    }

    /// The slots of this set that are not in `other`, in rising order.
    #[inline]
    pub fn difference<'a>(&'a self, other: &'a Slots) -> impl Iterator<Item = u32> + 'a {
        let words = (0u32..).zip(&self.words).map(|(at, word)| (at, word & !other.word(at as usize)));
        words.filter(|(_, word)| *word != 0).flat_map(|(at, word)| Bits(word).map(move |bit| at * 64 + bit))
    }
}

impl Default for Slots {
    fn default() -> Slots {
        Slots::new()
    }
}

impl PartialEq for Slots {
    fn eq(&self, other: &Slots) -> bool {
        (0..self.words.len().max(other.words.len())).all(|at| self.word(at) == other.word(at))
    }
}
impl Eq for Slots {}

impl Extend<u32> for Slots {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, slots: I) {
        for slot in slots {
            self.insert(slot);
        }
    }
}

impl FromIterator<u32> for Slots {
    fn from_iter<I: IntoIterator<Item = u32>>(slots: I) -> Slots {
        let mut set = Slots::default();
        for slot in slots {
            set.insert(slot);
        }
        set
    }
}

struct Bits(u64);

impl Iterator for Bits {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_by_words_are_those_one_by_one(first: Vec<u8>, words in proptest::collection::vec((0usize..40, any::<u64>()), 0..20)) {
            let mut one_by_one: Slots = first.iter().map(|slot| u32::from(*slot)).collect();
            let mut by_words = one_by_one.clone();
            by_words.insert_words(words.iter().copied());
            for (word, bits) in words {
                one_by_one.extend((0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| word as u32 * 64 + bit));
            }
            prop_assert_eq!(by_words.len(), one_by_one.len());
            prop_assert_eq!(by_words, one_by_one);
        }
    }
}
