//! Rows into bits and back, with or without a codebook.

use std::sync::{Arc, LazyLock};

use super::book::{Code, LENGTH_MAX};
use super::codebook::{Codebook, GroupBook, Says};
use super::entity::{Pipe, Place, Told};
use super::learn::{Counts, Took};
use super::levels;
use super::plan::{GROUP_MAX, Group};
use super::residual::{EXPECTATIONS, FLAGGED, Scale, Token, Tokens, magnitude, prior_weights};
use crate::wire::DecodeError;
use crate::wire::bits::{BITS_AT_ONCE, BitReader, BitWriter};

/// Writes rows of one kind.
pub(crate) struct Writer<'a, 'b> {
    /// The codebook in force and the kind's number in it; `None`: the built-in code.
    pub(crate) book: Option<(&'a Codebook, usize)>,
    /// The built-in code.
    pub(crate) prior: &'a Prior,
    /// Where to.
    pub(crate) bits: BitWriter<'b>,
    /// Where to count what is written, and the kind's number there.
    pub(crate) counts: Option<(&'a mut Counts, usize)>,
}

/// Reads rows of one kind.
pub(crate) struct Reader<'a, 'b> {
    /// The codebook that the frame names and the kind's number in it.
    pub(crate) book: Option<(&'a Codebook, usize)>,
    /// The built-in code.
    pub(crate) prior: &'a Prior,
    /// Where from.
    pub(crate) bits: &'a mut BitReader<'b>,
}

impl Pipe for Writer<'_, '_> {
    const WRITES: bool = true;

    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError> {
        let joint = Joint::of(at.group, told);
        let before = self.bits.len();
        let book = self.book.and_then(|(book, kind)| book.group(kind, at.number));
        self.prior.write_by(book, &at, told, joint, &mut self.bits);
        if let Some((counts, kind)) = &mut self.counts {
            let prior = self.prior.length(&at, told);
            let mut book = (self.bits.len() - before) as u32;
            if let Some((unused, scratch)) = counts.unused() {
                scratch.clear();
                let mut bits = BitWriter::new(scratch);
                self.prior.write_by(unused.group(*kind, at.number), &at, told, joint, &mut bits);
                book = bits.len() as u32;
            }
            counts.add(*kind, &at, joint, told, Took { prior, book });
        }
        Ok(())
    }

    fn raw(&mut self, value: u32, bits: u32) -> Result<u32, DecodeError> {
        self.bits.write(u64::from(value), bits);
        Ok(value)
    }
}

impl Pipe for Reader<'_, '_> {
    const WRITES: bool = false;

    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError> {
        if let Some(book) = self.book.and_then(|(book, kind)| book.group(kind, at.number)) {
            if let Some(code) = book.code(at.context)
                && let Some(says) = book.says(find(code, self.bits)?)
            {
                return read_jointly(says, told, self.bits);
            }
            if read_parts(book, &at, told, self.bits)? {
                return Ok(());
            }
        }
        self.prior.read(at, told, self.bits)
    }

    fn raw(&mut self, _: u32, bits: u32) -> Result<u32, DecodeError> {
        Ok(self.bits.read(bits)? as u32)
    }
}

/// Writes a group part by part. Says whether it did: not where there are no codes for the parts, or
/// where one of them is beyond its tokens; the first part's code then says so.
fn write_parts(book: &GroupBook, at: &Place<'_>, told: &Told, bits: &mut BitWriter<'_>) -> bool {
    let parts = at.group.scales.len();
    let class = |part| at.unrest.class(part, &told.parts);
    let Some(first) = book.part(class(0)).filter(|_| parts > 0) else { return false };
    let mut tokens = [(0, 0, 0, 0); GROUP_MAX];
    for (part, place) in tokens.iter_mut().enumerate().take(parts) {
        let token = levels::token(told.parts.get(part).copied().unwrap_or(0));
        let found = token.and_then(|token| {
            let (code, length) = book.part(class(part))?.get(levels::TOKENS_AT + token.token as usize)?;
            Some((u64::from(code), length, u64::from(token.raw), token.raw_bits))
        });
        let flagged = told.flags == 0 || first.get(levels::FLAGGED).is_some();
        match found.filter(|_| flagged) {
            Some(found) => *place = found,
            None => {
                let (code, length) = first.get(levels::BEYOND).unwrap_or((0, 0));
                bits.write(u64::from(code), length);
                return false;
            }
        }
    }
    if told.flags != 0 {
        let (code, length) = first.get(levels::FLAGGED).unwrap_or((0, 0));
        bits.write(u64::from(code), length);
        write_set(at.group, told.flags, bits);
    }
    for (code, length, raw, raw_bits) in tokens.into_iter().take(parts) {
        bits.write(code, length);
        bits.write(raw, raw_bits);
    }
    true
}

fn read_parts(
    book: &GroupBook,
    at: &Place<'_>,
    told: &mut Told,
    bits: &mut BitReader<'_>,
) -> Result<bool, DecodeError> {
    let parts = at.group.scales.len();
    if parts == 0 || book.part(at.unrest.class(0, &told.parts)).is_none() {
        return Ok(false);
    }
    for part in 0..parts.min(GROUP_MAX) {
        let code = book.part(at.unrest.class(part, &told.parts));
        let code = code.ok_or(DecodeError::Malformed("a part has no code"))?;
        let mut symbol = find(code, bits)?;
        if symbol == levels::FLAGGED && part == 0 && told.flags == 0 {
            told.flags = read_set(at.group, bits)?;
            symbol = find(code, bits)?;
        }
        let Some(token) = symbol.checked_sub(levels::TOKENS_AT) else {
            let beyond = symbol == levels::BEYOND && part == 0 && told.flags == 0;
            return if beyond { Ok(false) } else { Err(DecodeError::Malformed("only a first part is beyond")) };
        };
        let raw = bits.read(levels::raw_bits(token as u32))? as u32;
        if let Some(place) = told.parts.get_mut(part) {
            *place = levels::part(token as u32, raw);
        }
    }
    Ok(true)
}

/// One bit whether there are any flags, then all of them.
fn write_flags(group: &Group, flags: u32, bits: &mut BitWriter<'_>) {
    if group.flags > 0 {
        bits.flag(flags != 0);
        if flags != 0 {
            write_set(group, flags, bits);
        }
    }
}

fn read_flags(group: &Group, bits: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    if group.flags > 0 && bits.flag()? { read_set(group, bits) } else { Ok(0) }
}

/// Bits of flags of which some are known to be set: a single one is told by that alone.
fn set_bits(group: &Group) -> u32 {
    if group.flags == 1 { 0 } else { group.flags }
}

fn write_set(group: &Group, flags: u32, bits: &mut BitWriter<'_>) {
    if group.flags > 1 {
        bits.write(u64::from(flags), group.flags);
    }
}

fn read_set(group: &Group, bits: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    if group.flags == 1 { Ok(1) } else { Ok(bits.read(set_bits(group))? as u32) }
}

/// The symbol whose code comes next.
fn find(code: &Code, bits: &mut BitReader<'_>) -> Result<usize, DecodeError> {
    let (symbol, length) =
        code.find(bits.peek(LENGTH_MAX)).ok_or(DecodeError::Malformed("no code begins with these bits"))?;
    bits.skip(length)?;
    Ok(symbol)
}

/// The joint symbol of a group and what follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joint {
    /// Below [`Group::keys`].
    pub(crate) key: u32,
    /// The raw bits of all parts, the first part's lowest. They and a code can be written at once.
    raw: u64,
    raw_bits: u32,
}

const _: () = {
    let mut parts = 0;
    while parts <= GROUP_MAX {
        assert!(LENGTH_MAX + parts as u32 * Scale::of(parts).raw_bits_max() <= BITS_AT_ONCE);
        parts += 1;
    }
    assert!(LENGTH_MAX + Scale::TURN.raw_bits_max() + 2 * Scale::OFF.raw_bits_max() <= BITS_AT_ONCE);
};

/// The bits by which a writer tells a steady velocity by its turn and what is off its circle, at most 1, and how many
/// they are; `None` where that has no code of its own.
#[inline]
pub(crate) fn told_by_turn(
    book: &GroupBook,
    context: usize,
    turns: &Tokens,
    parts: [i32; 3],
) -> Option<(u64, u32)> {
    let [turn, x, y] = parts;
    let Token { token, raw, raw_bits } = turns.token(turn)?;
    let off = |part: i32| Scale::OFF_TOKENS.get(part.wrapping_add(1) as usize).copied();
    let key = (token * Scale::OFF.tokens + off(x)?) * Scale::OFF.tokens + off(y)?;
    let (code, length) = book.turn(context, key as usize)?;
    Some((u64::from(code) | u64::from(raw) << length, length + raw_bits))
}

impl Joint {
    /// `None` where a part is too large for a token.
    #[inline]
    pub(crate) fn of(group: &Group, told: &Told) -> Option<Joint> {
        let mut joint = Joint { key: 0, raw: 0, raw_bits: 0 };
        for (tokens, &part) in group.tokens.iter().zip(&told.parts) {
            let token = tokens.token(part)?;
            joint.key = joint.key * tokens.scale.tokens + token.token;
            joint.raw |= u64::from(token.raw) << joint.raw_bits;
            joint.raw_bits += token.raw_bits;
        }
        joint.key = joint.key << group.flags | told.flags;
        Some(joint)
    }

    /// Whether raw bits follow it, or there is none: then its difference may have a code of its own.
    #[inline]
    pub(crate) fn is_large(joint: Option<&Joint>) -> bool {
        joint.is_none_or(|joint| joint.raw_bits > 0)
    }

    /// Its code with the raw bits behind it, and how many bits that is; `None` where it has no code.
    #[inline]
    fn told(self, book: &GroupBook, code: &Code) -> Option<(u64, u32)> {
        let (code, length) = code.get(book.symbol(self.key)?)?;
        Some((u64::from(code) | self.raw << length, length + self.raw_bits))
    }
}

/// Reads the raw bits behind a joint symbol: of each part that has some, the sign and the low bits of its size.
fn read_jointly(says: &Says, told: &mut Told, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
    told.flags = says.flags;
    for (part, &(from, raw_bits)) in told.parts.iter_mut().zip(&says.parts) {
        *part = from;
        if raw_bits > 0 {
            let raw = bits.read(raw_bits)? as i32;
            let size = from.wrapping_add(raw >> 1);
            *part = if raw & 1 == 1 { size.wrapping_neg() } else { size };
        }
    }
    Ok(())
}

/// The built-in code: what a room has until it has learned a codebook, and what an escape falls back to.
///
/// Each part: the prefix code of its magnitude under the expected one, the sign, the bits below the highest. Flags
/// come before the first part, behind a symbol of their own; where there are no parts, behind one bit.
#[derive(Clone, Debug)]
pub(crate) struct Prior {
    magnitudes: Vec<Code>,
}

impl Prior {
    /// The one that everybody has: it takes longer to make than a frame to read.
    pub(crate) fn shared() -> Arc<Prior> {
        static PRIOR: LazyLock<Arc<Prior>> = LazyLock::new(|| Arc::new(Prior::new()));
        Arc::clone(&PRIOR)
    }

    /// The code of every expected magnitude.
    fn new() -> Prior {
        Prior {
            magnitudes: (0..EXPECTATIONS)
                .map(|expected| Code::of_weights(&prior_weights(expected)).readable())
                .collect(),
        }
    }

    fn code(&self, expected: usize) -> Result<&Code, DecodeError> {
        self.magnitudes.get(expected.min(EXPECTATIONS - 1)).ok_or(DecodeError::Malformed("no built-in code"))
    }

    /// How many bits a group takes.
    fn length(&self, at: &Place<'_>, told: &Told) -> u32 {
        let mut bits = match (told.flags, at.group.scales.is_empty()) {
            (0, true) => 1,
            (0, false) => 0,
            (_, true) => 1 + set_bits(at.group),
            (_, false) => self.bits_of(at.magnitudes[0], FLAGGED) + set_bits(at.group),
        };
        for ((_, &part), expected) in at.group.scales.iter().zip(&told.parts).zip(at.magnitudes) {
            bits += self.bits_of(expected, magnitude(part) as usize) + magnitude(part);
        }
        bits
    }

    fn bits_of(&self, expected: usize, symbol: usize) -> u32 {
        self.code(expected).ok().and_then(|code| code.get(symbol)).map_or(0, |(_, length)| length)
    }

    fn symbol(&self, expected: usize, symbol: usize, bits: &mut BitWriter<'_>) {
        if let Some((code, length)) = self.code(expected).ok().and_then(|code| code.get(symbol)) {
            bits.write(u64::from(code), length);
        }
    }

    /// Writes a group by a codebook, where that has it, or by the built-in code.
    fn write_by(
        &self,
        book: Option<&GroupBook>,
        at: &Place<'_>,
        told: &Told,
        joint: Option<Joint>,
        bits: &mut BitWriter<'_>,
    ) {
        if let Some(book) = book {
            if let Some(code) = book.code(at.context) {
                let exact = if Joint::is_large(joint.as_ref()) { book.exact(told) } else { None };
                if let Some((code, length)) = exact.and_then(|symbol| code.get(symbol)) {
                    return bits.write(u64::from(code), length);
                }
                if let Some((code, length)) = joint.and_then(|joint| joint.told(book, code)) {
                    return bits.write(code, length);
                }
                let (code, length) = code.get(book.escape()).unwrap_or((0, 0));
                bits.write(u64::from(code), length);
            }
            if write_parts(book, at, told, bits) {
                return;
            }
        }
        self.write(at, told, bits);
    }

    fn write(&self, at: &Place<'_>, told: &Told, bits: &mut BitWriter<'_>) {
        if at.group.scales.is_empty() {
            write_flags(at.group, told.flags, bits);
        } else if told.flags != 0 {
            self.symbol(at.magnitudes[0], FLAGGED, bits);
            write_set(at.group, told.flags, bits);
        }
        for ((_, &part), expected) in at.group.scales.iter().zip(&told.parts).zip(at.magnitudes) {
            let size = magnitude(part);
            self.symbol(expected, size as usize, bits);
            if size > 0 {
                bits.flag(part < 0);
                bits.write(u64::from(part.unsigned_abs() & !(1 << (size - 1))), size - 1);
            }
        }
    }

    fn read(&self, at: Place<'_>, told: &mut Told, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        if at.group.scales.is_empty() {
            told.flags = read_flags(at.group, bits)?;
        }
        for (index, part) in told.parts.iter_mut().enumerate().take(at.group.scales.len()) {
            let code = self.code(at.magnitudes.get(index).copied().unwrap_or(0))?;
            let mut size = find(code, bits)?;
            if size == FLAGGED {
                if index > 0 || told.flags != 0 || at.group.flags == 0 {
                    return Err(DecodeError::Malformed("flags where there are none"));
                }
                told.flags = read_set(at.group, bits)?;
                size = find(code, bits)?;
            }
            if size > 32 {
                return Err(DecodeError::Malformed("flags told twice"));
            }
            if size > 0 {
                let negative = bits.flag()?;
                let value = (bits.read(size as u32 - 1)? as u32 | 1 << (size - 1)) as i32;
                *part = if negative { value.wrapping_neg() } else { value };
            }
        }
        Ok(())
    }
}
