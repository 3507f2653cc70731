//! Counts what was coded, and what it would have taken with another codebook.

use super::codebook::{Codebook, GroupBook};
use super::make;
use super::plan::{GROUP_MAX, Group, Plan};
use super::predict::CONTEXTS;

/// How often each joint symbol was told, by kind, group and context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    kinds: Vec<Vec<GroupCounts>>,
}

#[derive(Clone, Debug, Default)]
struct GroupCounts {
    /// The position of each key in `seen` plus one; 0: not seen. As long as there are keys.
    places: Vec<u16>,
    /// The keys that were seen, how often in each context, and the bits that all of them took or would have taken in
    /// the built-in code.
    seen: Vec<Seen>,
}

/// One key.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The key.
    pub(super) key: u32,
    /// How often in each context.
    pub(super) times: [u32; CONTEXTS],
    prior_bits: u64,
}

impl Seen {
    /// How often it was told.
    pub(super) fn total(&self) -> u32 {
        self.times.iter().sum()
    }

    /// How often it was told in a context.
    pub(super) fn in_context(&self, context: usize) -> u32 {
        self.times.get(context).copied().unwrap_or(0)
    }
}

/// Different symbols counted per group; further ones are as rare as to be escapes anyway.
const SEEN_MAX: usize = 4_096;

impl Counts {
    /// Nothing counted yet.
    pub(crate) fn new(plans: &[Plan]) -> Counts {
        let group = |group: &Group| GroupCounts { places: vec![0; group.keys() as usize], seen: Vec::new() };
        Counts { kinds: plans.iter().map(|plan| plan.groups.iter().map(group).collect()).collect() }
    }

    /// Counts one symbol, and the bits it takes in the built-in code.
    pub(crate) fn add(&mut self, kind: usize, group: usize, context: usize, key: u32, prior_bits: u32) {
        let Some(group) = self.kinds.get_mut(kind).and_then(|groups| groups.get_mut(group)) else { return };
        if let Some(seen) = group.seen(key) {
            seen.prior_bits += u64::from(prior_bits);
            if let Some(times) = seen.times.get_mut(context) {
                *times = times.saturating_add(1);
            }
        }
    }

    /// Adds what `other` counted.
    pub(crate) fn absorb(&mut self, other: &Counts) {
        for (group, others) in self.kinds.iter_mut().flatten().zip(other.kinds.iter().flatten()) {
            for theirs in &others.seen {
                let Some(mine) = group.seen(theirs.key) else { continue };
                mine.prior_bits += theirs.prior_bits;
                for (times, more) in mine.times.iter_mut().zip(theirs.times) {
                    *times = times.saturating_add(more);
                }
            }
        }
    }

    /// Halves all counts, so that what is told now weighs more than what was told long ago.
    pub(crate) fn fade(&mut self) {
        for group in self.kinds.iter_mut().flatten() {
            for seen in &mut group.seen {
                let before = u64::from(seen.total()).max(1);
                seen.times.iter_mut().for_each(|times| *times /= 2);
                seen.prior_bits = seen.prior_bits * u64::from(seen.total()) / before;
            }
            let places = &mut group.places;
            group.seen.retain(|seen| {
                let keep = seen.total() > 0;
                if !keep && let Some(place) = places.get_mut(seen.key as usize) {
                    *place = 0;
                }
                keep
            });
            for (place, seen) in (1u16..).zip(&group.seen) {
                if let Some(entry) = group.places.get_mut(seen.key as usize) {
                    *entry = place;
                }
            }
        }
    }

    /// The codebook that suits what was counted.
    ///
    /// `thrift` from 1: how many times rarer symbols are left out, for a smaller codebook.
    pub(crate) fn codebook(&self, plans: &[Plan], thrift: u32) -> Codebook {
        let kinds = plans.iter().zip(&self.kinds).map(|(plan, groups)| {
            plan.groups.iter().zip(groups).map(|(group, counts)| make::book(group, &counts.seen, thrift)).collect()
        });
        Codebook::new(kinds.collect())
    }

    /// Bits that everything counted would take with a codebook (`None`: the built-in code).
    pub(crate) fn cost(&self, plans: &[Plan], book: Option<&Codebook>) -> u64 {
        let mut bits = 0;
        for (kind, (plan, groups)) in plans.iter().zip(&self.kinds).enumerate() {
            for (number, (group, counts)) in plan.groups.iter().zip(groups).enumerate() {
                bits += counts.cost(group, book.and_then(|book| book.group(kind, number)));
            }
        }
        bits
    }
}

impl GroupCounts {
    /// The counts of a key, new ones where it was not seen yet; `None` where there is no such key, or no space.
    fn seen(&mut self, key: u32) -> Option<&mut Seen> {
        let place = self.places.get_mut(key as usize)?;
        if *place == 0 {
            if self.seen.len() >= SEEN_MAX {
                return None;
            }
            self.seen.push(Seen { key, times: [0; CONTEXTS], prior_bits: 0 });
            *place = self.seen.len() as u16;
        }
        self.seen.get_mut(usize::from(*place) - 1)
    }

    fn cost(&self, group: &Group, book: Option<&GroupBook>) -> u64 {
        let mut bits = 0;
        for seen in &self.seen {
            let tokens = tokens(group, seen.key);
            let raw = group.scales.iter().zip(tokens).map(|(scale, token)| scale.raw_bits(token)).sum::<u32>();
            let prior = (seen.prior_bits / u64::from(seen.total()).max(1)) as u32;
            for (context, &times) in seen.times.iter().enumerate().filter(|(_, times)| **times > 0) {
                let each = book.and_then(|book| symbol_bits(group, book, context, seen.key));
                let each = each.map_or(prior, |told| if told.prior { told.bits + prior } else { told.bits + raw });
                bits += u64::from(each) * u64::from(times);
            }
        }
        bits
    }
}

/// What a symbol takes with a codebook.
struct Cost {
    /// Bits of its codes.
    bits: u32,
    /// Whether the built-in code follows, rather than raw bits.
    prior: bool,
}

/// What a symbol takes in a context; `None` where the codebook has nothing for it.
fn symbol_bits(group: &Group, book: &GroupBook, context: usize, key: u32) -> Option<Cost> {
    let parts = part_bits(group, book, context, key);
    let Some(code) = book.code(context) else { return parts.map(|bits| Cost { bits, prior: false }) };
    if let Some((_, bits)) = book.symbol(key).and_then(|symbol| code.get(symbol)) {
        return Some(Cost { bits, prior: false });
    }
    let escape = code.get(book.escape()).map_or(0, |(_, length)| length);
    Some(Cost { bits: escape + parts.unwrap_or(0), prior: parts.is_none() })
}

/// What a symbol takes part by part, without raw bits; `None` where it cannot be told like that.
pub(super) fn part_bits(group: &Group, book: &GroupBook, context: usize, key: u32) -> Option<u32> {
    let mut bits = 0;
    if flags(group, key) != 0 {
        let flagged = group.scales.first()?.flagged();
        bits += group.flags + book.part(0, context)?.get(flagged)?.1;
    }
    for (part, token) in tokens(group, key).into_iter().take(group.scales.len()).enumerate() {
        bits += book.part(part, context)?.get(token as usize)?.1;
    }
    Some(bits)
}

/// The flags of a symbol.
pub(super) fn flags(group: &Group, key: u32) -> u32 {
    key & ((1 << group.flags) - 1)
}

/// The tokens of a symbol's parts.
pub(crate) fn tokens(group: &Group, key: u32) -> [u32; GROUP_MAX] {
    let mut rest = key >> group.flags;
    let mut tokens = [0; GROUP_MAX];
    for (token, scale) in tokens.iter_mut().zip(&group.scales).take(group.scales.len()).rev() {
        *token = rest % scale.tokens;
        rest /= scale.tokens;
    }
    tokens
}
