//! Bits into bytes and back: the first bit is the lowest of the first byte.
//!
//! The writer appends to a buffer that several frames share; the reader trusts nobody.

#[cfg(test)]
mod tests;

use super::DecodeError;

/// Bits that fit into one [`BitWriter::write`] or [`BitReader::read`]: what is left of 64 bits that begin at a whole
/// byte, where up to seven lie before them.
pub const BITS_AT_ONCE: u32 = 57;

/// Appends bits to a byte buffer. [`BitWriter::finish`] fills up the last byte with zeros.
#[derive(Debug)]
pub struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    acc: u64,
    /// Bits in `acc`, below 64 between calls: eight bytes go into the buffer at once.
    filled: u32,
}

impl<'a> BitWriter<'a> {
    /// A writer that begins behind what `out` holds.
    #[must_use]
    pub fn new(out: &'a mut Vec<u8>) -> BitWriter<'a> {
        BitWriter { out, acc: 0, filled: 0 }
    }

    /// Appends the lowest `bits` (at most [`BITS_AT_ONCE`]) of `value`; those above must be zero.
    #[inline]
    pub fn write(&mut self, value: u64, bits: u32) {
        self.write_each(core::iter::once((value, bits)));
    }

    /// Appends several values, each as by [`BitWriter::write`].
    #[inline]
    pub(crate) fn write_each(&mut self, values: impl Iterator<Item = (u64, u32)>) {
        // What a loop works on stays in registers.
        let (mut acc, mut filled) = (self.acc, self.filled);
        for (value, bits) in values {
            debug_assert!(bits <= BITS_AT_ONCE && value >> bits == 0, "{value} in {bits} bits");
            acc |= value << filled;
            let before = filled;
            filled += bits;
            if filled >= 64 {
                self.out.extend_from_slice(&acc.to_le_bytes());
                // Some bits were held already, because `value` alone does not fill 64.
                acc = value.checked_shr(64 - before).unwrap_or(0);
                filled -= 64;
            }
        }
        (self.acc, self.filled) = (acc, filled);
    }

    /// Appends one bit.
    #[inline]
    pub fn flag(&mut self, value: bool) {
        self.write(u64::from(value), 1);
    }

    /// Appends a number of any size: groups of 7 bits from the lowest, each behind the bit that says another follows.
    pub fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.write(value & 0x7f | 0x80, 8);
            value >>= 7;
        }
        self.write(value, 8);
    }

    /// Appends a signed number of any size, small ones of either sign in few bits.
    pub fn signed(&mut self, value: i64) {
        self.varint(zigzag(value));
    }

    /// Appends a number of which small ones are likely: about `2^order` values share the shortest length
    /// (exponential Golomb).
    ///
    /// `value + 2^order` has `n` bits: written are `n - 1 - order` zeros, a one, and its lowest `n - 1` bits.
    #[inline]
    pub fn golomb(&mut self, value: u32, order: u32) {
        debug_assert!(order < 32, "order {order}");
        let shifted = u64::from(value) + (1 << order);
        let low = 63 - shifted.leading_zeros();
        let zeros = low - order;
        self.write(1 << zeros, zeros + 1);
        self.write(shifted & ((1 << low) - 1), low);
    }

    /// Appends a number from 0 to `max` that is geometrically distributed, about `2^order` on average (Rice, cut at the
    /// end): `value >> order` zeros and, where that is less than `max >> order`, a one and the lowest `order` bits;
    /// else what is left of it in as many bits as the lowest `order` bits of `max` have.
    pub fn rice(&mut self, value: u32, order: u32, max: u32) {
        debug_assert!(value <= max, "{value} of {max}");
        let (zeros, low) = (value >> order, u64::from(value) & ((1 << order) - 1));
        for _ in 0..zeros / 32 {
            self.write(0, 32);
        }
        self.write(0, zeros % 32);
        if zeros < max >> order {
            self.write(1, 1);
            self.write(low, order);
        } else {
            self.write(low, last_bits(order, max));
        }
    }

    /// Appends `len` bits of `from`, from bit `at` on.
    #[inline]
    pub fn append(&mut self, from: &[u8], at: usize, len: usize) {
        let mut reader = BitReader { bytes: from, at };
        let mut left = len;
        while left > 0 {
            let bits = left.min(BITS_AT_ONCE as usize);
            self.write(reader.peek(bits as u32), bits as u32);
            reader.at += bits;
            left -= bits;
        }
    }

    /// Fills up to a whole byte with zeros and appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.align();
        self.out.extend_from_slice(bytes);
    }

    /// Fills up to a whole byte with zeros.
    pub fn align(&mut self) {
        let bytes = self.filled.div_ceil(8) as usize;
        self.out.extend_from_slice(self.acc.to_le_bytes().get(..bytes).unwrap_or_default());
        (self.acc, self.filled) = (0, 0);
    }

    /// Bits in the buffer, those before this writer and those not filled up yet among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len() * 8 + self.filled as usize
    }

    /// Whether the buffer is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills up the last byte and ends the loan of the buffer.
    pub fn finish(mut self) {
        self.align();
    }

    /// The same, unless the buffer held `from` bytes and at most `bits` (of 64) were written since: then nothing is
    /// appended, and these are given back.
    #[inline]
    pub fn finish_or_take(mut self, from: usize, bits: u32) -> Option<u64> {
        if self.out.len() == from && self.filled <= bits {
            return Some(self.acc);
        }
        self.align();
        None
    }
}

/// Reads bits from bytes. Every read is checked; none goes past the end.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> BitReader<'a> {
        BitReader { bytes, at: 0 }
    }

    /// The next `bits` (at most [`BITS_AT_ONCE`]) without taking them; zeros stand in past the end.
    #[inline]
    #[must_use]
    pub fn peek(&self, bits: u32) -> u64 {
        let from = self.at / 8;
        let word = match self.bytes.get(from..from + 8).and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => u64::from_le_bytes(bytes),
            None => self.last_word(from),
        };
        (word >> (self.at % 8)) & ((1 << bits) - 1)
    }

    /// The bytes from `from` on, of which there are less than eight.
    fn last_word(&self, from: usize) -> u64 {
        match self.bytes.last_chunk() {
            Some(last) => {
                let missing = from + 8 - self.bytes.len();
                u64::from_le_bytes(*last).checked_shr(missing as u32 * 8).unwrap_or(0)
            }
            None => {
                let rest = self.bytes.get(from..).unwrap_or_default();
                rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
            }
        }
    }

    /// Takes bits that were peeked at.
    ///
    /// # Errors
    /// Where there are not so many.
    #[inline]
    pub fn skip(&mut self, bits: u32) -> Result<(), DecodeError> {
        let to = self.at + bits as usize;
        match to.saturating_sub(self.bytes.len() * 8) {
            0 => self.at = to,
            missing => return Err(DecodeError::Short(missing)),
        }
        Ok(())
    }

    /// The next `bits` (at most [`BITS_AT_ONCE`]).
    ///
    /// # Errors
    /// Where there are not so many.
    #[inline]
    pub fn read(&mut self, bits: u32) -> Result<u64, DecodeError> {
        let value = self.peek(bits);
        self.skip(bits)?;
        Ok(value)
    }

    /// The next bit.
    ///
    /// # Errors
    /// Where there is none.
    #[inline]
    pub fn flag(&mut self) -> Result<bool, DecodeError> {
        Ok(self.read(1)? == 1)
    }

    /// A number from [`BitWriter::varint`].
    ///
    /// # Errors
    /// Where it is cut, or longer than 64 bits.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let group = self.read(8)?;
            if shift == 63 && group > 1 {
                break;
            }
            value |= (group & 0x7f) << shift;
            if group & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Malformed("a varint has more than 64 bits"))
    }

    /// A [`BitReader::varint`] of at most 32 bits.
    ///
    /// # Errors
    /// As [`BitReader::varint`], and where it is larger.
    pub fn varint32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        let value = self.varint()?;
        let max = i64::from(u32::MAX);
        u32::try_from(value).map_err(|_| DecodeError::Range { what, value: value as i64, min: 0, max })
    }

    /// A number from [`BitWriter::signed`].
    ///
    /// # Errors
    /// As [`BitReader::varint`].
    pub fn signed(&mut self) -> Result<i64, DecodeError> {
        self.varint().map(unzigzag)
    }

    /// A number from [`BitWriter::golomb`] of the same order.
    ///
    /// # Errors
    /// Where it is cut, or larger than 32 bits.
    #[inline]
    pub fn golomb(&mut self, order: u32) -> Result<u32, DecodeError> {
        let zeros = (self.peek(33) | 1 << 33).trailing_zeros();
        let low = zeros + order;
        if low > 32 {
            // Past the end there are only zeros.
            self.skip(33)?;
            return Err(DecodeError::Malformed("a number has more than 32 bits"));
        }
        self.skip(zeros + 1)?;
        let shifted = 1 << low | self.read(low)?;
        u32::try_from(shifted - (1 << order)).map_err(|_| DecodeError::Malformed("a number has more than 32 bits"))
    }

    /// A number from [`BitWriter::rice`] of the same order and `max`.
    ///
    /// # Errors
    /// Where it is cut, or larger than `max`.
    pub fn rice(&mut self, order: u32, max: u32) -> Result<u32, DecodeError> {
        let most = max >> order;
        let mut zeros = 0;
        while zeros < most && !self.flag()? {
            zeros += 1;
        }
        let low = self.read(if zeros < most { order } else { last_bits(order, max) })? as u32;
        match zeros << order | low {
            value if value <= max => Ok(value),
            _ => Err(DecodeError::Malformed("a gap is longer than what is left")),
        }
    }

    /// The next `len` whole bytes, behind what fills up the byte that was begun.
    ///
    /// # Errors
    /// Where there are not so many, and where the filling is not zero.
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        self.align()?;
        let from = self.at / 8;
        let Some(bytes) = from.checked_add(len).and_then(|to| self.bytes.get(from..to)) else {
            return Err(DecodeError::Short(len.saturating_mul(8).saturating_sub(self.left())));
        };
        self.at += len * 8;
        Ok(bytes)
    }

    /// Goes on to a whole byte.
    ///
    /// # Errors
    /// Where what is skipped is not zero.
    pub fn align(&mut self) -> Result<(), DecodeError> {
        let filling = (8 - self.at % 8) % 8;
        match self.read(filling as u32)? {
            0 => Ok(()),
            _ => Err(DecodeError::Malformed("the bits that fill up a byte are not zero")),
        }
    }

    /// Bits not read yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Where whole bytes are left, or the last one was not filled up with zeros.
    pub fn finish(mut self) -> Result<(), DecodeError> {
        self.align()?;
        match self.left() / 8 {
            0 => Ok(()),
            left => Err(DecodeError::Leftover(left)),
        }
    }
}

/// Bits of the lowest `order` bits of `max`.
pub(crate) fn last_bits(order: u32, max: u32) -> u32 {
    u32::BITS - (max & ((1 << order) - 1)).leading_zeros()
}

/// 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 …
#[must_use]
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The number that [`zigzag`] made this of.
#[must_use]
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
