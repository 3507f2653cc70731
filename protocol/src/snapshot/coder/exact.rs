//! Differences that are told again and again though they are large: of worlds that wrap around, of tiles and the like.
//! A codebook may name some of a group's, which then have codes of their own instead of raw bits.

use super::entity::Told;
use super::fine::Share;
use super::levels;
use super::plan::{GROUP_MAX, Group};
use super::predict::CONTEXTS;
use super::residual::magnitude;
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};

/// Exact differences of a group in a codebook at the most.
pub(super) const EXACT_MAX: usize = 1 << COUNT_BITS;

const COUNT_BITS: u32 = 5;

/// Bits of how many bits a part has: at most 31 of them.
const SIZE_BITS: u32 = 5;
const SIZE_MAX: u32 = (1 << SIZE_BITS) - 1;

/// About what one takes in a codebook, in bits.
const PLACE_BITS: f64 = 48.0;

/// Appends exact differences: a flag whether there are any, then how many, then each. Those of a group without parts
/// are not told.
pub(super) fn write(group: &Group, exact: &[Told], bits: &mut BitWriter<'_>) {
    if group.scales.is_empty() {
        return;
    }
    bits.flag(!exact.is_empty());
    let Some(more) = exact.len().checked_sub(1) else { return };
    bits.write(more as u64, COUNT_BITS);
    for told in exact {
        for &part in told.parts.iter().take(group.scales.len()) {
            let size = magnitude(part);
            bits.write(size.into(), SIZE_BITS);
            if size > 0 {
                bits.flag(part < 0);
                bits.write(u64::from(part.unsigned_abs() & !(1 << (size - 1))), size - 1);
            }
        }
        bits.write(told.flags.into(), group.flags);
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(group: &Group, bits: &mut BitReader<'_>) -> Result<Vec<Told>, DecodeError> {
    if group.scales.is_empty() || !bits.flag()? {
        return Ok(Vec::new());
    }
    let count = bits.read(COUNT_BITS)? as usize + 1;
    let mut exact: Vec<Told> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut told = Told::default();
        for part in told.parts.iter_mut().take(group.scales.len()) {
            let size = bits.read(SIZE_BITS)? as u32;
            if size > 0 {
                let negative = bits.flag()?;
                let value = (bits.read(size - 1)? as u32 | 1 << (size - 1)) as i32;
                *part = if negative { -value } else { value };
            }
        }
        told.flags = bits.read(group.flags)? as u32;
        if !is_large(group, &told) {
            return Err(DecodeError::Malformed("a codebook names a difference that needs no raw bits"));
        }
        if exact.last().is_some_and(|last| *last >= told) {
            return Err(DecodeError::Malformed("a codebook names differences twice, or out of order"));
        }
        exact.push(told);
    }
    Ok(exact)
}

/// Whether any part of it has raw bits behind its token, or no token.
fn is_large(group: &Group, told: &Told) -> bool {
    let of_parts = || group.tokens.iter().zip(&told.parts);
    of_parts().any(|(tokens, &part)| tokens.token(part).is_none_or(|token| token.raw_bits > 0))
}

/// How often large differences of a group were told: those of which there were many. Each has one of two places; where
/// both are taken, it wears down the lighter one.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    /// Empty until the first is told.
    places: Vec<[Repeated; 2]>,
}

/// One of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeated {
    /// What was told.
    pub(super) told: Told,
    /// Its joint symbol, where it has one.
    pub(super) key: Option<u32>,
    /// How often in each context, at least.
    pub(super) times: [u32; CONTEXTS],
    /// The bits that those took in the built-in code, or would have.
    pub(super) prior_bits: u64,
    /// How often, less what wore it down.
    weight: u32,
}

impl Repeated {
    /// How often it was told.
    pub(super) fn total(&self) -> u32 {
        self.times.iter().sum()
    }

    /// How often it was told in a context.
    pub(super) fn in_context(&self, context: usize) -> u32 {
        self.times.get(context).copied().unwrap_or(0)
    }

    /// Whether a part is too large to be told by itself.
    pub(super) fn is_beyond(&self) -> bool {
        self.told.parts.iter().any(|&part| levels::token(part).is_none())
    }

    /// Notes that some of them are told part by part, or not.
    pub(super) fn share(&self, times: u32, apart: bool, parts: usize, share: &mut Share) {
        if self.is_beyond() {
            return share.count_beyond(times, apart);
        }
        let tokens = self.told.parts.map(|part| levels::token(part).map_or(0, |token| token.token));
        share.count(tokens.get(..parts).unwrap_or_default(), self.told.flags != 0, times, apart);
    }

    /// The bits that it takes each time in the built-in code.
    pub(super) fn prior_each(&self) -> u64 {
        self.prior_bits / u64::from(self.total()).max(1)
    }
}

impl Repeats {
    /// Places in pairs.
    const PLACES: usize = 32;

    /// Counts one, which took so many bits in the built-in code.
    pub(super) fn add(&mut self, told: &Told, key: Option<u32>, context: usize, prior: u32) {
        let Some(one) = self.place(told, key, 1) else { return };
        one.weight = one.weight.saturating_add(1);
        one.prior_bits += u64::from(prior);
        if let Some(times) = one.times.get_mut(context) {
            *times = times.saturating_add(1);
        }
    }

    /// Where it is counted; `None` where those that were there before weigh more than `weight`.
    fn place(&mut self, told: &Told, key: Option<u32>, weight: u32) -> Option<&mut Repeated> {
        if self.places.is_empty() {
            self.places.resize_with(Repeats::PLACES, Default::default);
        }
        let [a, b] = self.places.get_mut(hash(told) as usize % Repeats::PLACES)?;
        // The one that is it or, where neither is, the lighter one: that makes room, or does not.
        let one = if a.told == *told || b.told != *told && a.weight <= b.weight { a } else { b };
        if one.told == *told {
            return Some(one);
        }
        if one.weight >= weight {
            one.weight -= weight;
            return None;
        }
        *one = Repeated { told: *told, key, ..Repeated::default() };
        Some(one)
    }

    /// Adds what `other` counted.
    pub(super) fn absorb(&mut self, other: &Repeats) {
        for theirs in other.all() {
            let Some(mine) = self.place(&theirs.told, theirs.key, theirs.weight) else { continue };
            mine.weight = mine.weight.saturating_add(theirs.weight);
            mine.prior_bits += theirs.prior_bits;
            for (times, more) in mine.times.iter_mut().zip(theirs.times) {
                *times = times.saturating_add(more);
            }
        }
    }

    /// Halves all counts.
    pub(super) fn fade(&mut self) {
        for one in self.places.iter_mut().flatten() {
            let each = one.prior_each();
            one.times.iter_mut().for_each(|times| *times /= 2);
            one.prior_bits = each * u64::from(one.total());
            one.weight /= 2;
        }
    }

    /// Forgets all, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.places.iter_mut().for_each(|places| *places = Default::default());
    }

    /// Those that were told.
    pub(super) fn all(&self) -> impl Iterator<Item = &Repeated> {
        self.places.iter().flatten().filter(|one| one.weight > 0)
    }

    /// Those that are worth a place in a codebook, in its order. `times`: how often they must have been told; `of_key`:
    /// how often each joint symbol was; `thrift`: how many times more each must save than it takes.
    pub(super) fn worth(
        &self,
        group: &Group,
        (times, thrift): (u32, u32),
        of_key: impl Fn(u32) -> u32,
    ) -> Vec<&Repeated> {
        let saves = |one: &Repeated| -> f64 {
            let total = f64::from(one.total());
            match one.key {
                // What is told with the same symbol shares the raw bits: a difference that is as frequent as any other
                // with it saves nothing.
                Some(key) => {
                    let share = total / f64::from(of_key(key).max(1));
                    total * (f64::from(raw_bits(group, &one.told)) + share.log2())
                }
                None => one.prior_bits as f64,
            }
        };
        let enough = |one: &Repeated| saves(one) > PLACE_BITS * f64::from(thrift);
        let mut worth: Vec<&Repeated> =
            self.all().filter(|one| one.total() >= times && fits(&one.told) && enough(one)).collect();
        worth.sort_unstable_by_key(|one| (core::cmp::Reverse(one.total()), one.told));
        worth.truncate(EXACT_MAX);
        worth.sort_unstable_by_key(|one| one.told);
        worth
    }
}

/// What is told exactly in a context: each with the bits of its code.
pub(super) struct Exactly<'a> {
    told: Vec<(&'a Repeated, u32)>,
    context: usize,
}

impl<'a> Exactly<'a> {
    /// Those of which `length` says how long their code is.
    pub(super) fn of(
        repeats: impl IntoIterator<Item = &'a Repeated>,
        context: usize,
        length: impl Fn(usize, &Told) -> Option<u32>,
    ) -> Exactly<'a> {
        let of_all = repeats.into_iter().enumerate().map(|(place, one)| (one, length(place, &one.told)));
        let here = of_all.filter(|(one, _)| one.in_context(context) > 0);
        Exactly { told: here.filter_map(|(one, length)| Some((one, length?))).collect(), context }
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.told.len()
    }

    /// How often those with this joint symbol were told.
    pub(super) fn times(&self, key: Option<u32>) -> u32 {
        self.told.iter().filter(|(one, _)| one.key == key).map(|(one, _)| one.in_context(self.context)).sum()
    }

    /// The bits of their codes.
    pub(super) fn bits(&self) -> u64 {
        self.told.iter().map(|(one, length)| u64::from(one.in_context(self.context)) * u64::from(*length)).sum()
    }

    /// What some of them would take in the built-in code.
    pub(super) fn prior_bits(&self, which: impl Fn(&Repeated) -> bool) -> u64 {
        let some = self.told.iter().filter(|(one, _)| which(one));
        some.map(|(one, _)| one.prior_each() * u64::from(one.in_context(self.context))).sum()
    }

    /// Notes that none of them is told part by part.
    pub(super) fn share(&self, parts: usize, share: &mut Share) {
        self.told.iter().for_each(|(one, _)| one.share(one.in_context(self.context), false, parts, share));
    }
}

fn raw_bits(group: &Group, told: &Told) -> u32 {
    let of_parts = group.scales.iter().zip(&told.parts);
    of_parts.filter_map(|(scale, &part)| scale.token(part)).map(|token| token.raw_bits).sum()
}

/// Whether a codebook can name it.
fn fits(told: &Told) -> bool {
    told.parts.iter().all(|&part| magnitude(part) <= SIZE_MAX)
}

fn hash(told: &Told) -> u32 {
    let mut hash = told.flags;
    for &part in told.parts.iter().take(GROUP_MAX) {
        hash = (hash ^ part as u32).wrapping_mul(0x9e37_79b1);
        hash ^= hash >> 15;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::coder::plan::Expect;
    use crate::snapshot::coder::residual::{Scale, Tokens};

    fn group(parts: usize) -> Group {
        let scales = vec![Scale::of(parts); parts];
        let tokens = scales.iter().copied().map(Tokens::of).collect();
        let (components, bounds) = (Vec::new(), Vec::new());
        Group { components, bounds, expect: Expect::Own, scales, tokens, flags: 2, model: None }
    }

    fn told(parts: [i32; GROUP_MAX]) -> Told {
        Told { parts, flags: 1 }
    }

    fn again(group: &Group, exact: &[Told]) -> Result<Vec<Told>, DecodeError> {
        let mut bytes = Vec::new();
        let mut bits = BitWriter::new(&mut bytes);
        write(group, exact, &mut bits);
        bits.finish();
        read(group, &mut BitReader::new(&bytes))
    }

    #[test]
    fn differences_are_read_as_they_were_written() {
        let some = [[-i32::MAX, 0, 0], [-4_096, 64, 0], [0, -64, 0], [3, 0, 0], [i32::MAX, i32::MAX, 0]];
        let all: Vec<Told> = some.into_iter().map(told).collect();
        assert_eq!(again(&group(2), &all), Ok(all));
        let most: Vec<Told> = (0..EXACT_MAX as i32).map(|n| told([0, 0, 100 + n])).collect();
        assert_eq!(again(&group(3), &most), Ok(most));
        assert_eq!(again(&group(0), &[]), Ok(Vec::new()));
        assert_eq!(again(&group(1), &[]), Ok(Vec::new()));
    }

    #[test]
    fn lists_that_no_writer_writes_are_refused() {
        for list in [
            // Nothing, and what has a token of its own.
            &[[0, 0, 0]][..],
            &[[2, -2, 0]],
            // Twice, and out of order.
            &[[64, 0, 0], [64, 0, 0]],
            &[[64, 0, 0], [-64, 0, 0]],
        ] {
            let list: Vec<Told> = list.iter().copied().map(told).collect();
            assert!(matches!(again(&group(2), &list), Err(DecodeError::Malformed(_))), "{list:?}");
        }
        for len in 0..8 {
            let bytes = vec![0xff; len];
            assert!(read(&group(3), &mut BitReader::new(&bytes)).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn what_is_told_most_is_found_among_much_that_is_told_once() {
        let mut repeats = Repeats::default();
        for n in 0..10_000 {
            repeats.add(&told([1_000 + n, 77 * n, 0]), Some(5), 3, 30);
            if n >= 2_000 && n % 4 == 0 {
                repeats.add(&told([-4_096, 0, 0]), Some(6), 4, 30);
            }
        }
        let worth = repeats.worth(&group(2), (8, 1), |key| if key == 5 { 10_000 } else { 2_000 });
        let worth: Vec<Told> = worth.into_iter().map(|one| one.told).collect();
        assert_eq!(worth, [told([-4_096, 0, 0])]);
    }
}
