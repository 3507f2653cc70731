//! Makes the codes of a group of how often its symbols were told.

use super::book::Code;
use super::codebook::{CLASSES, GroupBook, SPECIAL, SYMBOLS_MAX, class};
use super::learn::{Seen, flags, part_bits, tokens};
use super::plan::Group;
use super::predict::CONTEXTS;

/// Times a symbol must have been told to be worth its place in a codebook: at least this often, and
const TIMES_MIN: u32 = 8;

/// at least once in so many symbols of its group. A symbol takes about 40 bits of a codebook.
const SHARE_MIN: u32 = 1_500;

/// Times a context must have been met to be worth a code.
const CONTEXT_MIN: u32 = 24;

/// Bits that a symbol's code takes in a codebook, per context.
const CODE_BITS: u64 = 5;

/// The codes of a group; `None` where there is nothing to gain. `thrift` from 1: how many times rarer symbols are left
/// out.
pub(super) fn book(group: &Group, seen: &[Seen], thrift: u32) -> Option<GroupBook> {
    let mut symbols: Vec<&Seen> = seen.iter().collect();
    symbols.sort_unstable_by_key(|seen| (core::cmp::Reverse(seen.total()), seen.key));
    let all: u32 = symbols.iter().map(|seen| seen.total()).sum();
    let times = TIMES_MIN.max(all / SHARE_MIN).saturating_mul(thrift);
    let worth = symbols.iter().take(SYMBOLS_MAX).take_while(|seen| seen.total() >= times).count();
    let (listed, others) = symbols.split_at(worth);
    let draft = Draft { group, listed, others };
    // First as if every symbol were told part by part, to find where joint symbols pay.
    let parts = GroupBook::of_weights(Vec::new(), group.keys(), &[], &draft.part_weights(&[true; CONTEXTS], 1));
    let mut apart = [false; CONTEXTS];
    let mut weights: Vec<Vec<u32>> = (0..CONTEXTS).map(|context| draft.weights(context)).collect();
    for (context, (weights, apart)) in weights.iter_mut().zip(&mut apart).enumerate() {
        if !draft.joint_pays(context, weights, &parts) {
            weights.clear();
            *apart = true;
        }
    }
    let parts = draft.part_weights(&apart, CONTEXT_MIN);
    if weights.iter().all(Vec::is_empty) && parts.iter().flatten().all(Vec::is_empty) {
        return None;
    }
    Some(GroupBook::of_weights(listed.iter().map(|seen| seen.key).collect(), group.keys(), &weights, &parts))
}

/// The symbols of a group: those that are to have joint codes, and the others.
struct Draft<'a> {
    group: &'a Group,
    listed: &'a [&'a Seen],
    others: &'a [&'a Seen],
}

impl Draft<'_> {
    /// The weights of the listed symbols and of the escape in a context; none where it was hardly met.
    ///
    /// A symbol that was told elsewhere, but not here, gets no code here: its escape costs less than the bits that a
    /// code for each of them would take from all others.
    fn weights(&self, context: usize) -> Vec<u32> {
        let mut weights: Vec<u32> = self.listed.iter().map(|seen| seen.in_context(context)).collect();
        let escapes: u32 = self.others.iter().map(|seen| seen.in_context(context)).sum();
        if weights.iter().sum::<u32>() + escapes < CONTEXT_MIN {
            return Vec::new();
        }
        weights.push(escapes + 1);
        weights
    }

    /// Whether joint symbols in this context take fewer bits than telling each part for itself, their place in the
    /// codebook counted.
    fn joint_pays(&self, context: usize, weights: &[u32], parts: &GroupBook) -> bool {
        let code = Code::of_weights(weights);
        let escape = code.get(self.listed.len()).map_or(0, |(_, length)| u64::from(length));
        let (mut joint, mut apart) = (0, 0);
        for (symbol, seen) in self.listed.iter().chain(self.others).enumerate() {
            let times = u64::from(seen.in_context(context));
            if times == 0 {
                continue;
            }
            let Some(part) = part_bits(self.group, parts, context, seen.key).map(u64::from) else { return true };
            apart += times * part;
            joint += match code.get(symbol).filter(|_| symbol < self.listed.len()) {
                Some((_, length)) => times * u64::from(length) + CODE_BITS,
                None => times * (escape + part),
            };
        }
        joint < apart
    }

    /// The weights of each part's tokens, per class of contexts, among the symbols that are told part by part: all in
    /// the contexts marked `apart`, those that are not listed in the others. None where a class was hardly met.
    fn part_weights(&self, apart: &[bool; CONTEXTS], met_min: u32) -> Vec<Vec<Vec<u32>>> {
        let mut weights: Vec<Vec<Vec<u32>>> = self
            .group
            .scales
            .iter()
            .map(|scale| vec![vec![0; scale.tokens as usize + SPECIAL]; CLASSES])
            .collect();
        let listed =
            self.listed.iter().map(|seen| (seen, true)).chain(self.others.iter().map(|seen| (seen, false)));
        for (seen, listed) in listed {
            for (context, (&times, &apart)) in seen.times.iter().zip(apart).enumerate() {
                if times > 0 && (apart || !listed) {
                    self.weigh(seen.key, class(context), times, &mut weights);
                }
            }
        }
        for classes in weights.iter_mut().flatten() {
            match classes.iter().sum::<u32>() < met_min {
                true => classes.clear(),
                false => fill(classes),
            }
        }
        weights
    }

    fn weigh(&self, key: u32, class: usize, times: u32, weights: &mut [Vec<Vec<u32>>]) {
        let mut add = |part: usize, symbol: usize| {
            let classes = weights.get_mut(part).and_then(|part| part.get_mut(class));
            if let Some(weight) = classes.and_then(|weights| weights.get_mut(symbol)) {
                *weight += times;
            }
        };
        if flags(self.group, key) != 0
            && let Some(scale) = self.group.scales.first()
        {
            add(0, scale.flagged());
        }
        for (part, token) in tokens(self.group, key).into_iter().take(self.group.scales.len()).enumerate() {
            add(part, token as usize);
        }
    }
}

/// Gives every token up to one behind the last that was told, and the special symbols, a weight: what is next to the
/// frequent comes up too.
fn fill(weights: &mut [u32]) {
    let Some(special) = weights.len().checked_sub(SPECIAL) else { return };
    let last = weights.iter().take(special).rposition(|&weight| weight > 0).unwrap_or(0);
    for (token, weight) in weights.iter_mut().enumerate() {
        if token <= last + 1 || token >= special {
            *weight = weight.saturating_mul(4) + 1;
        }
    }
}
