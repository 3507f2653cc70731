//! Counts what was coded, and makes the next codebook of it.

use super::codebook::{CLASSES, Codebook, GroupBook, SYMBOLS_MAX, class};
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

#[derive(Clone, Debug)]
struct Seen {
    key: u32,
    times: [u32; CONTEXTS],
    prior_bits: u64,
}

impl Seen {
    fn total(&self) -> u32 {
        self.times.iter().sum()
    }

    fn in_context(&self, context: usize) -> u32 {
        self.times.get(context).copied().unwrap_or(0)
    }
}

/// Different symbols counted per group; further ones are as rare as to be escapes anyway.
const SEEN_MAX: usize = 4_096;

/// Times a symbol must have been told to be worth its place in a codebook: at least this often, and
const TIMES_MIN: u32 = 8;

/// at least once in so many symbols of its group. A symbol takes about 40 bits of a codebook.
const SHARE_MIN: u32 = 1_500;

/// Times a context must have been met to be worth a code.
const CONTEXT_MIN: u32 = 24;

impl Counts {
    /// Nothing counted yet.
    pub(crate) fn new(plans: &[Plan]) -> Counts {
        let group = |group: &Group| GroupCounts { places: vec![0; group.keys() as usize], seen: Vec::new() };
        Counts { kinds: plans.iter().map(|plan| plan.groups.iter().map(group).collect()).collect() }
    }

    /// Counts one symbol, and the bits it takes in the built-in code.
    pub(crate) fn add(&mut self, kind: usize, group: usize, context: usize, key: u32, prior_bits: u32) {
        let Some(group) = self.kinds.get_mut(kind).and_then(|groups| groups.get_mut(group)) else { return };
        let Some(place) = group.places.get_mut(key as usize) else { return };
        if *place == 0 {
            if group.seen.len() >= SEEN_MAX {
                return;
            }
            group.seen.push(Seen { key, times: [0; CONTEXTS], prior_bits: 0 });
            *place = group.seen.len() as u16;
        }
        let at = usize::from(*place) - 1;
        if let Some(seen) = group.seen.get_mut(at) {
            seen.prior_bits += u64::from(prior_bits);
            if let Some(times) = seen.times.get_mut(context) {
                *times = times.saturating_add(1);
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
            plan.groups.iter().zip(groups).map(|(group, counts)| counts.book(group, thrift)).collect()
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
    fn book(&self, group: &Group, thrift: u32) -> Option<GroupBook> {
        let mut symbols: Vec<&Seen> = self.seen.iter().collect();
        symbols.sort_unstable_by_key(|seen| (core::cmp::Reverse(seen.total()), seen.key));
        let all: u32 = symbols.iter().map(|seen| seen.total()).sum();
        let times = TIMES_MIN.max(all / SHARE_MIN).saturating_mul(thrift);
        let worth = symbols.iter().take(SYMBOLS_MAX).take_while(|seen| seen.total() >= times).count();
        let (listed, others) = symbols.split_at(worth);
        let weights: Vec<Vec<u32>> = (0..CONTEXTS).map(|context| weights(listed, others, context)).collect();
        if weights.iter().all(Vec::is_empty) {
            return None;
        }
        let keys = listed.iter().map(|seen| seen.key).collect();
        Some(GroupBook::of_weights(keys, group.keys(), &weights, &part_weights(group, others)))
    }

    fn cost(&self, group: &Group, book: Option<&GroupBook>) -> u64 {
        let mut bits = 0;
        for seen in &self.seen {
            let tokens = tokens(group, seen.key);
            let raw = group.scales.iter().zip(tokens).map(|(scale, token)| scale.raw_bits(token)).sum::<u32>();
            let prior = (seen.prior_bits / u64::from(seen.total()).max(1)) as u32;
            for (context, &times) in seen.times.iter().enumerate().filter(|(_, times)| **times > 0) {
                let code = book.and_then(|book| Some((book, book.code(context)?)));
                let each = match code {
                    None => prior,
                    Some((book, code)) => match book.symbol(seen.key).and_then(|symbol| code.get(symbol)) {
                        Some((_, length)) => length + raw,
                        None => {
                            let escape = code.get(book.escape()).map_or(0, |(_, length)| length);
                            escape + part_bits(group, book, context, tokens).map_or(prior, |bits| bits + raw)
                        }
                    },
                };
                bits += u64::from(each) * u64::from(times);
            }
        }
        bits
    }
}

/// The weights of the listed symbols and of the escape in a context; none where it was hardly met.
///
/// A symbol that was told elsewhere, but not here, gets no code here: its escape costs less than the bits that a code
/// for each of them would take from all others.
fn weights(listed: &[&Seen], others: &[&Seen], context: usize) -> Vec<u32> {
    let mut weights: Vec<u32> = listed.iter().map(|seen| seen.in_context(context)).collect();
    let escapes: u32 = others.iter().map(|seen| seen.in_context(context)).sum();
    if weights.iter().sum::<u32>() + escapes < CONTEXT_MIN {
        return Vec::new();
    }
    weights.push(escapes + 1);
    weights
}

/// The weights of each part's tokens among the symbols that are not listed, per class of contexts, and last of what
/// is beyond them. A token next to a frequent one may come up too, so that none has no weight.
fn part_weights(group: &Group, others: &[&Seen]) -> Vec<Vec<Vec<u32>>> {
    let mut weights: Vec<Vec<Vec<u32>>> =
        group.scales.iter().map(|scale| vec![vec![0; scale.tokens as usize + 1]; CLASSES]).collect();
    for seen in others {
        for (context, &count) in seen.times.iter().enumerate() {
            for (part, token) in weights.iter_mut().zip(tokens(group, seen.key)) {
                if let Some(weight) = part.get_mut(class(context)).and_then(|class| class.get_mut(token as usize))
                {
                    *weight += count;
                }
            }
        }
    }
    let enough = |class: usize| {
        weights
            .iter()
            .all(|part| part.get(class).is_some_and(|weights| weights.iter().sum::<u32>() >= CONTEXT_MIN))
    };
    let enough: Vec<bool> = (0..CLASSES).map(enough).collect();
    for part in &mut weights {
        for (weights, &enough) in part.iter_mut().zip(&enough) {
            match enough {
                true => fill(weights),
                false => weights.clear(),
            }
        }
    }
    weights
}

/// Gives every token up to the last that occurred, and "beyond", a weight.
fn fill(weights: &mut [u32]) {
    let Some(beyond) = weights.len().checked_sub(1) else { return };
    let last = weights.iter().rposition(|&weight| weight > 0).unwrap_or(0);
    for (token, weight) in weights.iter_mut().enumerate() {
        if token <= last + 1 || token == beyond {
            *weight = *weight * 4 + 1;
        }
    }
}

/// What a symbol takes part by part, without flags and raw bits; `None` where it cannot be told like that.
fn part_bits(group: &Group, book: &GroupBook, context: usize, tokens: [u32; GROUP_MAX]) -> Option<u32> {
    let mut bits = u32::from(group.flags > 0);
    for (part, token) in tokens.into_iter().take(group.scales.len()).enumerate() {
        bits += book.part(part, context)?.get(token as usize)?.1;
    }
    Some(bits)
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
