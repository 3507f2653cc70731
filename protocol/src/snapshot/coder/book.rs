//! Codebooks: canonical prefix codes, limited in length.

use crate::wire::DecodeError;

/// Bits of the longest code. A decoder's table of the first [`TABLE_BITS`] finds most codes at once.
pub(crate) const LENGTH_MAX: u32 = 14;

const TABLE_BITS: u32 = 9;

/// A prefix code over symbols 0 to n − 1, of which some may have none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Code {
    /// The code of each symbol, its first bit lowest, and its length; 0: it has none. Empty where no symbol has one.
    codes: Vec<(u16, u8)>,
    /// Symbol and length for each possible next [`TABLE_BITS`]; length 0: the code is longer, or there is none. Empty
    /// where nothing is read with this code.
    table: Vec<(u16, u8)>,
    /// Symbols with codes longer than the table, as (code, length, symbol).
    long: Vec<(u16, u8, u16)>,
}

impl Code {
    /// The code for symbols that occur this often, to be written with; symbols with weight 0 have none.
    pub(crate) fn of_weights(weights: &[u32]) -> Code {
        Code::of_lengths(&lengths(weights)).unwrap_or_default()
    }

    /// The same, to be read with too.
    #[must_use]
    pub(crate) fn readable(mut self) -> Code {
        self.table.resize(1 << TABLE_BITS, (0, 0));
        for (symbol, &(code, length)) in self.codes.iter().enumerate().filter(|(_, (_, length))| *length > 0) {
            if u32::from(length) > TABLE_BITS {
                self.long.push((code, length, symbol as u16));
                continue;
            }
            for entry in self.table.iter_mut().skip(usize::from(code)).step_by(1 << length) {
                *entry = (symbol as u16, length);
            }
        }
        self
    }

    /// The canonical code of these lengths, to be written with.
    ///
    /// # Errors
    /// Where the lengths are no prefix code, or one is over [`LENGTH_MAX`].
    pub(crate) fn of_lengths(lengths: &[u8]) -> Result<Code, DecodeError> {
        let mut counts = [0u32; LENGTH_MAX as usize + 1];
        for &length in lengths {
            match counts.get_mut(usize::from(length)) {
                Some(count) => *count += 1,
                None => return Err(DecodeError::Malformed("a code of a codebook is too long")),
            }
        }
        counts[0] = 0;
        let mut next = [0u32; LENGTH_MAX as usize + 1];
        let mut code = 0;
        for length in 1..=LENGTH_MAX as usize {
            code = (code + counts[length - 1]) << 1;
            next[length] = code;
            if code + counts[length] > 1 << length {
                return Err(DecodeError::Malformed("the codes of a codebook overlap"));
            }
        }
        if lengths.iter().all(|&length| length == 0) {
            return Ok(Code::default());
        }
        let mut codes = vec![(0, 0); lengths.len()];
        for (place, &length) in codes.iter_mut().zip(lengths).filter(|(_, length)| **length > 0) {
            let canonical = next[usize::from(length)];
            next[usize::from(length)] += 1;
            *place = ((canonical as u16).reverse_bits() >> (16 - u32::from(length)), length);
        }
        Ok(Code { codes, ..Code::default() })
    }

    /// Whether no symbol has a code.
    pub(crate) fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The code and its length, `None` where the symbol has none.
    #[inline]
    pub(crate) fn get(&self, symbol: usize) -> Option<(u16, u32)> {
        let &(code, length) = self.codes.get(symbol)?;
        (length > 0).then_some((code, u32::from(length)))
    }

    /// The symbol at the head of these bits and the length of its code; `None` where no code begins like that.
    #[inline]
    pub(crate) fn find(&self, bits: u64) -> Option<(usize, u32)> {
        let head = bits as usize & ((1 << TABLE_BITS) - 1);
        if let Some(&(symbol, length)) = self.table.get(head)
            && length > 0
        {
            return Some((usize::from(symbol), u32::from(length)));
        }
        self.long
            .iter()
            .find(|(code, length, _)| bits as u16 & ((1 << length) - 1) == *code)
            .map(|&(_, length, symbol)| (usize::from(symbol), u32::from(length)))
    }

    /// The lengths, one per symbol; 0: it has no code.
    pub(crate) fn lengths(&self) -> Vec<u8> {
        self.codes.iter().map(|(_, length)| *length).collect()
    }
}

/// Lengths of an optimal prefix code of at most [`LENGTH_MAX`] bits (Huffman; where a code would be longer, small
/// weights are raised until it is not).
fn lengths(weights: &[u32]) -> Vec<u8> {
    let mut floor = 1;
    loop {
        let raised: Vec<u32> =
            weights.iter().map(|&weight| if weight == 0 { 0 } else { weight.max(floor) }).collect();
        let lengths = huffman(&raised);
        if lengths.iter().all(|&length| u32::from(length) <= LENGTH_MAX) {
            return lengths;
        }
        floor = floor.saturating_mul(2);
    }
}

/// Lengths of the Huffman code; a single symbol has length 1. Ties are broken by position, so that every machine
/// makes the same code.
fn huffman(weights: &[u32]) -> Vec<u8> {
    let mut lengths = vec![0; weights.len()];
    let mut nodes: Vec<(u64, Option<(usize, usize)>)> =
        weights.iter().map(|&weight| (u64::from(weight), None)).collect();
    let mut heap: std::collections::BinaryHeap<core::cmp::Reverse<(u64, usize)>> = weights
        .iter()
        .enumerate()
        .filter(|(_, weight)| **weight > 0)
        .map(|(symbol, &weight)| core::cmp::Reverse((u64::from(weight), symbol)))
        .collect();
    if heap.len() == 1
        && let Some(core::cmp::Reverse((_, symbol))) = heap.peek()
    {
        lengths[*symbol] = 1;
        return lengths;
    }
    while heap.len() > 1 {
        let (Some(core::cmp::Reverse((a, left))), Some(core::cmp::Reverse((b, right)))) = (heap.pop(), heap.pop())
        else {
            break;
        };
        nodes.push((a + b, Some((left, right))));
        heap.push(core::cmp::Reverse((a + b, nodes.len() - 1)));
    }
    let mut depths = vec![0u8; nodes.len()];
    for at in (0..nodes.len()).rev() {
        if let Some((left, right)) = nodes[at].1 {
            depths[left] = depths[at].saturating_add(1);
            depths[right] = depths[at].saturating_add(1);
        }
    }
    let symbols = lengths.len();
    lengths.copy_from_slice(&depths[..symbols]);
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_found_by_its_own_code() {
        let weights: Vec<u32> = (0..200).map(|n| if n % 7 == 0 { 0 } else { 1 << (n % 23) }).collect();
        let code = Code::of_weights(&weights).readable();
        for (symbol, weight) in weights.iter().enumerate() {
            match code.get(symbol) {
                Some((bits, length)) => {
                    assert!(*weight > 0 && length <= LENGTH_MAX);
                    assert_eq!(code.find(u64::from(bits)), Some((symbol, length)));
                    assert_eq!(code.find(u64::from(bits) | u64::MAX << length), Some((symbol, length)));
                }
                None => assert_eq!(*weight, 0),
            }
        }
    }

    #[test]
    fn lengths_that_overlap_are_refused() {
        assert!(Code::of_lengths(&[1, 1, 1]).is_err());
        assert!(Code::of_lengths(&[15]).is_err());
        assert!(Code::of_lengths(&[0, 2, 2, 2, 2]).is_ok());
    }
}
