//! A binary range coder: bits in, each with how likely it is, and bytes out; and back.

/// Either end: a writer is given bits and returns them, a reader finds them.
pub(super) trait Coder {
    /// Codes a bit that is 1 with a probability of `one` in 65,536; `one` is neither 0 nor 65,536.
    fn bit(&mut self, bit: bool, one: u32) -> bool;
}

/// Carries go back into the bytes that are there already.
#[derive(Debug)]
pub(super) struct Writer {
    low: u64,
    range: u32,
    bytes: Vec<u8>,
}

/// Beyond its bytes a reader finds zeros.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    code: u32,
    range: u32,
    bytes: std::slice::Iter<'a, u8>,
}

/// Below this, a byte is certain.
const RANGE_MIN: u32 = 1 << 24;

const LOW: u64 = u32::MAX as u64;

fn split(range: u32, one: u32) -> u32 {
    (range >> 16) * one
}

impl Default for Writer {
    fn default() -> Writer {
        Writer { low: 0, range: u32::MAX, bytes: Vec::new() }
    }
}

impl Coder for Writer {
    fn bit(&mut self, bit: bool, one: u32) -> bool {
        let ones = split(self.range, one);
        if bit {
            self.range = ones;
        } else {
            self.low += u64::from(ones);
            self.range -= ones;
            self.carry();
        }
        while self.range < RANGE_MIN {
            self.bytes.push((self.low >> 24) as u8);
            self.low = self.low << 8 & LOW;
            self.range <<= 8;
        }
        bit
    }
}

impl Writer {
    /// The bytes: as few as say it, zeros at their end left out.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let end = self.low + u64::from(self.range);
        for bytes in 0..=4u32 {
            let unit = 1u64 << (32 - 8 * bytes);
            let code = self.low.div_ceil(unit) * unit;
            if code < end {
                self.low = code;
                self.carry();
                let code = (self.low as u32).to_be_bytes();
                self.bytes.extend_from_slice(code.get(..bytes as usize).unwrap_or_default());
                break;
            }
        }
        let told = self.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.bytes.truncate(told);
        self.bytes
    }

    fn carry(&mut self) {
        if self.low <= LOW {
            return;
        }
        self.low &= LOW;
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        let mut bytes = bytes.iter();
        let code = (0..4).fold(0, |code, _| code << 8 | u32::from(bytes.next().copied().unwrap_or(0)));
        Reader { code, range: u32::MAX, bytes }
    }
}

impl Coder for Reader<'_> {
    fn bit(&mut self, _: bool, one: u32) -> bool {
        let ones = split(self.range, one);
        let bit = self.code < ones;
        if bit {
            self.range = ones;
        } else {
            self.code -= ones;
            self.range -= ones;
        }
        while self.range < RANGE_MIN {
            self.code = self.code << 8 | u32::from(self.bytes.next().copied().unwrap_or(0));
            self.range <<= 8;
        }
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Mulberry32;

    #[test]
    fn bits_come_back_and_take_what_they_should() {
        for (seed, one) in [(1, 1), (2, 300), (3, 30_000), (4, 65_535), (5, 65_000)] {
            let mut rng = Mulberry32::new(seed);
            let bits: Vec<bool> = (0..20_000).map(|_| rng.bits() % 65_536 < one).collect();
            for len in [0, 1, 7, 100, bits.len()] {
                let bits = &bits[..len];
                let mut writer = Writer::default();
                bits.iter().for_each(|&bit| assert_eq!(writer.bit(bit, one), bit));
                let bytes = writer.finish();
                let mut reader = Reader::new(&bytes);
                let found: Vec<bool> = bits.iter().map(|_| reader.bit(false, one)).collect();
                assert_eq!(found, bits);
                let likely = f64::from(one) / 65_536.0;
                let ideal: f64 = bits.iter().map(|&bit| -(if bit { likely } else { 1.0 - likely }).log2()).sum();
                assert!(8.0 * bytes.len() as f64 <= ideal * 1.01 + 9.0, "{one} {len}: {} {ideal}", bytes.len());
            }
        }
    }
}
