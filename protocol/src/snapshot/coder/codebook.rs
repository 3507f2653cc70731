//! A codebook: for the groups of each kind, which joint symbols have codes, and how long in which context.

use super::book::{Code, LENGTH_MAX};
use super::plan::{Group, Plan};
use super::predict::CONTEXTS;
use crate::limits::CODEBOOK_BYTES_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};

/// Symbols of one group at the most; one more stands for everything else.
pub(crate) const SYMBOLS_MAX: usize = 255;

/// The prefix codes of a schema, learned from what was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codebook {
    kinds: Vec<Vec<Option<GroupBook>>>,
}

/// The codes of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupBook {
    /// The joint symbols that have codes, the most frequent first.
    keys: Vec<u32>,
    /// The position of each key in `keys` plus one; 0: none.
    places: Vec<u16>,
    /// One per context; empty where the built-in code is used.
    codes: Vec<Code>,
    /// What follows an escape, and what stands in contexts without a code of their own: for each part, one per class of
    /// contexts, the codes of its tokens, of "beyond them" and of "flags come first". Empty: the built-in code.
    parts: Vec<Vec<Code>>,
}

/// Symbols of a part's code behind its tokens: "beyond the tokens", and "flags come first".
pub(crate) const SPECIAL: usize = 2;

/// Classes of contexts for the codes of single tokens: those with the same change, whatever their speed.
pub(crate) const CLASSES: usize = 11;

/// The class of a context.
pub(crate) const fn class(context: usize) -> usize {
    match context {
        0..=2 => 0,
        3..=5 => 1,
        6 | 7 => 2,
        8..=14 => context - 5,
        _ => 10,
    }
}

impl GroupBook {
    /// The codes for `keys` and, last, the escape. `weights` has a list per context, one longer than `keys`, or an
    /// empty one where the built-in code is to be used.
    ///
    /// `parts` has, for each part of the group and each class of contexts, the weights of its tokens and of whatever
    /// is beyond them.
    pub(crate) fn of_weights(
        keys: Vec<u32>,
        keys_max: u32,
        weights: &[Vec<u32>],
        parts: &[Vec<Vec<u32>>],
    ) -> GroupBook {
        let codes = |weights: &[Vec<u32>]| weights.iter().map(|weights| Code::of_weights(weights)).collect();
        GroupBook::of_codes(keys, keys_max, codes(weights), parts.iter().map(|part| codes(part)).collect())
    }

    fn of_codes(keys: Vec<u32>, keys_max: u32, codes: Vec<Code>, parts: Vec<Vec<Code>>) -> GroupBook {
        let mut places = vec![0; keys_max as usize];
        for (place, &key) in (1u16..).zip(&keys) {
            if let Some(entry) = places.get_mut(key as usize) {
                *entry = place;
            }
        }
        GroupBook { keys, places, codes, parts }
    }

    /// The symbol of a key, `None` where it has none.
    #[inline]
    pub(crate) fn symbol(&self, key: u32) -> Option<usize> {
        usize::from(*self.places.get(key as usize)?).checked_sub(1)
    }

    /// The key of a symbol, `None` for the escape.
    #[inline]
    pub(crate) fn key(&self, symbol: usize) -> Option<u32> {
        self.keys.get(symbol).copied()
    }

    /// The symbol for whatever has none.
    pub(crate) fn escape(&self) -> usize {
        self.keys.len()
    }

    /// The code of a context; `None`: the built-in one.
    #[inline]
    pub(crate) fn code(&self, context: usize) -> Option<&Code> {
        self.codes.get(context).filter(|code| !code.is_empty())
    }

    /// The code of a part's tokens after an escape; `None`: the built-in one.
    #[inline]
    pub(crate) fn part(&self, part: usize, context: usize) -> Option<&Code> {
        self.part_of_class(part, class(context))
    }

    fn part_of_class(&self, part: usize, class: usize) -> Option<&Code> {
        self.parts.get(part)?.get(class).filter(|code| !code.is_empty())
    }

    fn write(&self, group: &Group, bits: &mut BitWriter<'_>) {
        let keys_max = group.keys();
        bits.write(self.keys.len() as u64, 8);
        for &key in &self.keys {
            bits.write(u64::from(key), width(keys_max));
        }
        for context in 0..CONTEXTS {
            write_code(self.code(context), bits);
        }
        for part in 0..group.scales.len() {
            for class in 0..CLASSES {
                write_code(self.part_of_class(part, class), bits);
            }
        }
    }

    fn read(group: &Group, bits: &mut BitReader<'_>) -> Result<GroupBook, DecodeError> {
        let keys_max = group.keys();
        let count = bits.read(8)? as usize;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            let key = bits.read(width(keys_max))? as u32;
            if key >= keys_max {
                return Err(DecodeError::Malformed("a codebook has a symbol that there is not"));
            }
            keys.push(key);
        }
        let mut codes = Vec::with_capacity(CONTEXTS);
        for _ in 0..CONTEXTS {
            codes.push(read_code(count + 1, bits)?);
        }
        let mut parts = Vec::with_capacity(group.scales.len());
        for scale in &group.scales {
            let mut classes = Vec::with_capacity(CLASSES);
            for _ in 0..CLASSES {
                classes.push(read_code(scale.tokens as usize + SPECIAL, bits)?);
            }
            parts.push(classes);
        }
        Ok(GroupBook::of_codes(keys, keys_max, codes, parts))
    }
}

impl Codebook {
    /// The codebook of these groups, by kind and group number.
    pub(crate) fn new(kinds: Vec<Vec<Option<GroupBook>>>) -> Codebook {
        Codebook { kinds }
    }

    /// The codes of a group, where there are any.
    #[inline]
    pub(crate) fn group(&self, kind: usize, group: usize) -> Option<&GroupBook> {
        self.kinds.get(kind)?.get(group)?.as_ref()
    }

    /// Appends the codebook for `plans` in its wire form.
    pub(crate) fn write(&self, plans: &[Plan], out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        for (kind, plan) in plans.iter().enumerate() {
            for (number, group) in plan.groups.iter().enumerate() {
                let book = self.group(kind, number);
                bits.flag(book.is_some());
                if let Some(book) = book {
                    book.write(group, &mut bits);
                }
            }
        }
        bits.finish();
    }

    /// The codebook for `plans` of its wire form.
    ///
    /// # Errors
    /// Where the bytes are too many or not a codebook for this schema.
    pub(crate) fn read(plans: &[Plan], bytes: &[u8]) -> Result<Codebook, DecodeError> {
        if bytes.len() > CODEBOOK_BYTES_MAX {
            let (what, len, max) = ("a codebook", bytes.len(), CODEBOOK_BYTES_MAX);
            return Err(DecodeError::TooLong { what, len, max });
        }
        let mut bits = BitReader::new(bytes);
        let mut kinds = Vec::with_capacity(plans.len());
        for plan in plans {
            let mut groups = Vec::with_capacity(plan.groups.len());
            for group in &plan.groups {
                groups.push(if bits.flag()? { Some(GroupBook::read(group, &mut bits)?) } else { None });
            }
            kinds.push(groups);
        }
        bits.finish()?;
        Ok(Codebook { kinds })
    }
}

/// Bits of a key below `keys_max`.
fn width(keys_max: u32) -> u32 {
    keys_max.saturating_sub(1).checked_ilog2().map_or(0, |bit| bit + 1)
}

fn write_code(code: Option<&Code>, bits: &mut BitWriter<'_>) {
    bits.flag(code.is_some());
    if let Some(code) = code {
        write_lengths(code.lengths(), bits);
    }
}

fn read_code(symbols: usize, bits: &mut BitReader<'_>) -> Result<Code, DecodeError> {
    if bits.flag()? { Code::of_lengths(read_lengths(symbols, bits)?) } else { Ok(Code::default()) }
}

/// Lengths, each told from the last that was not 0: as long `0`, one longer `10`, none `110`, one shorter `1110`,
/// else `1111` and four bits. Frequent symbols come first, so lengths mostly rise slowly.
fn write_lengths(lengths: &[u8], bits: &mut BitWriter<'_>) {
    let mut last = 4i32;
    for &length in lengths {
        let length = i32::from(length);
        match length - last {
            _ if length == 0 => bits.write(0b011, 3),
            0 => bits.write(0b0, 1),
            1 => bits.write(0b01, 2),
            -1 => bits.write(0b0111, 4),
            _ => bits.write(0b1111 | (length as u64) << 4, 8),
        }
        last = if length == 0 { last } else { length };
    }
}

fn read_lengths(count: usize, bits: &mut BitReader<'_>) -> Result<Vec<u8>, DecodeError> {
    let mut lengths = Vec::with_capacity(count);
    let mut last = 4i32;
    for _ in 0..count {
        let ones = (0..4).take_while(|_| bits.peek(1) == 1 && bits.skip(1).is_ok()).count();
        if ones < 4 {
            bits.skip(1)?;
        }
        let length = match ones {
            0 => last,
            1 => last + 1,
            2 => 0,
            3 => last - 1,
            _ => bits.read(4)? as i32,
        };
        if !(0..=LENGTH_MAX as i32).contains(&length) {
            return Err(DecodeError::Malformed("a codebook has a code of impossible length"));
        }
        lengths.push(length as u8);
        last = if length == 0 { last } else { length };
    }
    Ok(lengths)
}
