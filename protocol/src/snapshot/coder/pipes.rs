//! Rows into bits and back, with or without a codebook.

use super::book::Code;
use super::codebook::{Codebook, GroupBook};
use super::entity::{Pipe, Place, Told};
use super::learn::{Counts, tokens};
use super::plan::{GROUP_MAX, Group};
use super::residual::{EXPECTATIONS, magnitude, prior_weights};
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};

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
        if let (Some((counts, kind)), Some(joint)) = (&mut self.counts, &joint) {
            counts.add(*kind, at.number, at.context, joint.key, self.prior.length(&at, told));
        }
        if let Some((book, code)) = code(self.book, &at) {
            let symbol = joint.as_ref().and_then(|joint| code.get(book.symbol(joint.key)?));
            if let (Some((code, length)), Some(joint)) = (symbol, &joint) {
                self.bits.write(u64::from(code), length);
                joint
                    .raw
                    .iter()
                    .filter(|(_, bits)| *bits > 0)
                    .for_each(|&(raw, bits)| self.bits.write(u64::from(raw), bits));
                return Ok(());
            }
            let (code, length) = code.get(book.escape()).unwrap_or((0, 0));
            self.bits.write(u64::from(code), length);
            if write_parts(book, &at, told, &mut self.bits) {
                return Ok(());
            }
        }
        self.prior.write(at, told, &mut self.bits);
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
        if let Some((book, code)) = code(self.book, &at) {
            if let Some(key) = book.key(find(code, self.bits)?) {
                return Joint::read(key, at.group, told, self.bits);
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

/// The code of a group in its context, where the codebook has one.
fn code<'a>(book: Option<(&'a Codebook, usize)>, at: &Place<'_>) -> Option<(&'a GroupBook, &'a Code)> {
    let (book, kind) = book?;
    let group = book.group(kind, at.number)?;
    let code = group.code(at.context)?;
    Some((group, code))
}

/// Writes a group part by part, behind an escape. Says whether it did: not where there are no codes for the parts, or
/// where one of them is beyond its tokens; the first part's code then says so.
fn write_parts(book: &GroupBook, at: &Place<'_>, told: &Told, bits: &mut BitWriter<'_>) -> bool {
    let scales = &at.group.scales;
    let Some(first) = book.part(0, at.context) else { return false };
    let mut tokens = [(0, 0, 0, 0); GROUP_MAX];
    for (part, (scale, place)) in scales.iter().zip(&mut tokens).enumerate() {
        let found = scale.token(told.parts.get(part).copied().unwrap_or(0)).and_then(|token| {
            let (code, length) = book.part(part, at.context)?.get(token.token as usize)?;
            Some((u64::from(code), length, u64::from(token.raw), token.raw_bits))
        });
        match found {
            Some(found) => *place = found,
            None => {
                let beyond = scales.first().map_or(0, |scale| scale.tokens as usize);
                let (code, length) = first.get(beyond).unwrap_or((0, 0));
                bits.write(u64::from(code), length);
                return false;
            }
        }
    }
    for (code, length, raw, raw_bits) in tokens.into_iter().take(scales.len()) {
        bits.write(code, length);
        bits.write(raw, raw_bits);
    }
    write_flags(at.group, told.flags, bits);
    true
}

fn read_parts(
    book: &GroupBook,
    at: &Place<'_>,
    told: &mut Told,
    bits: &mut BitReader<'_>,
) -> Result<bool, DecodeError> {
    if book.part(0, at.context).is_none() {
        return Ok(false);
    }
    for (part, scale) in at.group.scales.iter().enumerate() {
        let code = book.part(part, at.context).ok_or(DecodeError::Malformed("a part has no code"))?;
        let token = find(code, bits)? as u32;
        if token >= scale.tokens {
            return if part == 0 { Ok(false) } else { Err(DecodeError::Malformed("only a first part is beyond")) };
        }
        let raw = bits.read(scale.raw_bits(token))? as u32;
        if let Some(place) = told.parts.get_mut(part) {
            *place = scale.difference(token, raw);
        }
    }
    told.flags = read_flags(at.group, bits)?;
    Ok(true)
}

/// One bit whether there are any flags, then all of them.
fn write_flags(group: &Group, flags: u32, bits: &mut BitWriter<'_>) {
    if group.flags > 0 {
        bits.flag(flags != 0);
        if flags != 0 {
            bits.write(u64::from(flags), group.flags);
        }
    }
}

fn read_flags(group: &Group, bits: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    if group.flags > 0 && bits.flag()? { Ok(bits.read(group.flags)? as u32) } else { Ok(0) }
}

/// The symbol whose code comes next.
fn find(code: &Code, bits: &mut BitReader<'_>) -> Result<usize, DecodeError> {
    let (symbol, length) = code
        .find(bits.peek(super::book::LENGTH_MAX))
        .ok_or(DecodeError::Malformed("no code begins with these bits"))?;
    bits.skip(length)?;
    Ok(symbol)
}

/// The joint symbol of a group and what follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joint {
    /// Below [`Group::keys`].
    pub(crate) key: u32,
    raw: [(u32, u32); GROUP_MAX],
}

impl Joint {
    /// `None` where a part is too large for a token.
    pub(crate) fn of(group: &Group, told: &Told) -> Option<Joint> {
        let mut joint = Joint { key: 0, raw: [(0, 0); GROUP_MAX] };
        for ((scale, part), raw) in group.scales.iter().zip(told.parts).zip(&mut joint.raw) {
            let token = scale.token(part)?;
            joint.key = joint.key * scale.tokens + token.token;
            *raw = (token.raw, token.raw_bits);
        }
        joint.key = joint.key << group.flags | told.flags;
        Some(joint)
    }

    fn read(key: u32, group: &Group, told: &mut Told, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        told.flags = key & ((1 << group.flags) - 1);
        let tokens = tokens(group, key);
        for ((scale, part), token) in group.scales.iter().zip(&mut told.parts).zip(tokens) {
            let raw = bits.read(scale.raw_bits(token))? as u32;
            *part = scale.difference(token, raw);
        }
        Ok(())
    }
}

/// The built-in code: what a room has until it has learned a codebook, and what an escape falls back to.
///
/// Flags: one bit whether there are any, then all of them. Each part: the prefix code of its magnitude under the
/// expected one, the sign, the bits below the highest.
#[derive(Clone, Debug)]
pub(crate) struct Prior {
    magnitudes: Vec<Code>,
}

impl Prior {
    /// The code of every expected magnitude.
    pub(crate) fn new() -> Prior {
        Prior {
            magnitudes: (0..EXPECTATIONS).map(|expected| Code::of_weights(&prior_weights(expected))).collect(),
        }
    }

    fn code(&self, expected: usize) -> Result<&Code, DecodeError> {
        self.magnitudes.get(expected.min(EXPECTATIONS - 1)).ok_or(DecodeError::Malformed("no built-in code"))
    }

    /// How many bits a group takes.
    fn length(&self, at: &Place<'_>, told: &Told) -> u32 {
        let flags = match (at.group.flags, told.flags) {
            (0, _) => 0,
            (_, 0) => 1,
            (flags, _) => flags + 1,
        };
        let parts = at.group.scales.iter().zip(&told.parts).zip(at.magnitudes).map(|((_, &part), expected)| {
            let size = magnitude(part);
            self.code(expected).ok().and_then(|code| code.get(size as usize)).map_or(0, |(_, length)| length)
                + size
        });
        flags + parts.sum::<u32>()
    }

    fn write(&self, at: Place<'_>, told: &Told, bits: &mut BitWriter<'_>) {
        write_flags(at.group, told.flags, bits);
        for ((_, &part), expected) in at.group.scales.iter().zip(&told.parts).zip(at.magnitudes) {
            let size = magnitude(part);
            let Some((code, length)) = self.code(expected).ok().and_then(|code| code.get(size as usize)) else {
                continue;
            };
            bits.write(u64::from(code), length);
            if size > 0 {
                bits.flag(part < 0);
                bits.write(u64::from(part.unsigned_abs() & !(1 << (size - 1))), size - 1);
            }
        }
    }

    fn read(&self, at: Place<'_>, told: &mut Told, bits: &mut BitReader<'_>) -> Result<(), DecodeError> {
        told.flags = read_flags(at.group, bits)?;
        for ((_, part), expected) in at.group.scales.iter().zip(&mut told.parts).zip(at.magnitudes) {
            let size = find(self.code(expected)?, bits)?;
            if size > 0 {
                let negative = bits.flag()?;
                let value = (bits.read(size as u32 - 1)? as u32 | 1 << (size - 1)) as i32;
                *part = if negative { value.wrapping_neg() } else { value };
            }
        }
        Ok(())
    }
}
