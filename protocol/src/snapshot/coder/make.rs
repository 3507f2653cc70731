//! Makes the codes of a group of how often its symbols were told.

use super::book::Code;
use super::codebook::{GroupBook, SYMBOLS_MAX, Symbols};
use super::exact::{Exactly, Repeated};
use super::fine::{Fine, Share};
use super::learn::{GroupCounts, Keyless, Seen, flags, raw_bits, tokens};
use super::levels::{BEYOND, CLASSES, FLAGGED, SYMBOLS, TOKENS_AT, like};
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

/// Times the parts of a class must have been met to be worth a code.
const CLASS_MIN: u32 = 12;

/// Where a class was met less often than this, what was told in those next to it counts too.
const CLASS_ENOUGH: u32 = 200;

/// The codes of a group; `None` where there is nothing to gain. `thrift` from 1: how many times rarer symbols are left
/// out.
pub(super) fn book(group: &Group, counts: &GroupCounts, thrift: u32) -> Option<GroupBook> {
    let all: u32 = counts.seen.iter().map(Seen::total).sum();
    let times = TIMES_MIN.max(all / SHARE_MIN).saturating_mul(thrift);
    let exact = counts.repeats.worth(group, (times, thrift), |key| counts.of_key(key));
    let mut symbols: Vec<Seen> = counts.seen.iter().map(|seen| seen.without(&exact)).collect();
    symbols.sort_unstable_by_key(|seen| (core::cmp::Reverse(seen.total()), seen.key));
    let worth = symbols.iter().take(SYMBOLS_MAX).take_while(|seen| seen.total() >= times).count();
    let (listed, others) = symbols.split_at(worth);
    let draft = Draft { group, listed, exact: &exact, others, keyless: &counts.keyless, fine: &counts.fine };
    // First as if every symbol were told part by part, to find where joint symbols pay.
    let mut shares = [Share::ALL; CONTEXTS];
    let parts = GroupBook::of_weights(group, Symbols::default(), &[], &draft.part_weights(&shares, 1));
    let mut weights: Vec<Vec<u32>> = (0..CONTEXTS).map(|context| draft.weights(context)).collect();
    for (context, (weights, share)) in weights.iter_mut().zip(&mut shares).enumerate() {
        match draft.joint_share(context, weights, &parts) {
            Some(joint) => *share = joint,
            None => weights.clear(),
        }
    }
    let mut parts = draft.part_weights(&shares, CLASS_MIN.saturating_mul(thrift));
    if parts.iter().all(Vec::is_empty) {
        parts.clear();
    }
    if weights.iter().all(Vec::is_empty) && parts.is_empty() {
        return None;
    }
    let keys = listed.iter().map(|seen| seen.key).collect();
    Some(GroupBook::of_weights(group, (keys, exact.iter().map(|one| one.told).collect()), &weights, &parts))
}

/// The symbols of a group: those that are to have joint codes, and the others.
struct Draft<'a> {
    group: &'a Group,
    listed: &'a [Seen],
    /// Large differences that are to be told exactly; the others are without them.
    exact: &'a [&'a Repeated],
    others: &'a [Seen],
    keyless: &'a [Keyless; CONTEXTS],
    fine: &'a Fine,
}

impl Draft<'_> {
    /// The weights of the listed symbols and of the escape in a context; none where it was hardly met.
    ///
    /// A symbol that was told elsewhere, but not here, gets no code here: its escape costs less than the bits that a
    /// code for each of them would take from all others.
    fn weights(&self, context: usize) -> Vec<u32> {
        let exact = self.exact.iter().map(|one| one.in_context(context));
        let mut weights: Vec<u32> = self.listed.iter().map(|seen| seen.in_context(context)).chain(exact).collect();
        let others: u32 = self.others.iter().map(|seen| seen.in_context(context)).sum();
        let escapes = others.saturating_add(self.keyless(context));
        if weights.iter().sum::<u32>().saturating_add(escapes) < CONTEXT_MIN {
            return Vec::new();
        }
        weights.push(escapes + 1);
        weights
    }

    /// Where joint symbols in this context take fewer bits than telling each part for itself, their place in the
    /// codebook counted: the share of the parts that are then told after an escape.
    fn joint_share(&self, context: usize, weights: &[u32], parts: &GroupBook) -> Option<Share> {
        let code = Code::of_weights(weights);
        let escape = code.get(self.listed.len() + self.exact.len()).map_or(0, |(_, length)| length);
        let mut share = Share::default();
        let mut joint = u64::from(self.keyless(context)) * u64::from(escape);
        for (symbol, seen) in self.listed.iter().chain(self.others).enumerate() {
            let times = seen.in_context(context);
            if times == 0 {
                continue;
            }
            let tokens = tokens(self.group, seen.key);
            let tokens = tokens.get(..self.group.scales.len()).unwrap_or_default();
            let told = code.get(symbol).filter(|_| symbol < self.listed.len());
            share.count(tokens, flags(self.group, seen.key) != 0, times, told.is_none());
            joint += match told {
                Some((_, length)) => {
                    u64::from(times) * u64::from(length + raw_bits(self.group, tokens)) + CODE_BITS
                }
                None => u64::from(times) * u64::from(escape),
            };
        }
        let mut apart = self.fine.bits(context, &Share::ALL, parts);
        let exact = Exactly::of(self.exact.iter().copied(), context, |place, _| {
            Some(code.get(self.listed.len() + place)?.1)
        });
        exact.share(self.group.scales.len(), &mut share);
        joint += exact.bits() + CODE_BITS * exact.len() as u64;
        apart += exact.prior_bits(Repeated::is_beyond);
        share.count_beyond(self.keyless(context), true);
        // Flags alone have no parts.
        let pays = self.group.scales.is_empty() || joint + self.fine.bits(context, &share, parts) < apart;
        (pays && !weights.is_empty()).then_some(share)
    }

    fn keyless(&self, context: usize) -> u32 {
        let times = self.keyless.get(context).map_or(0, |keyless| keyless.times);
        let exact = self.exact.iter().filter(|one| one.key.is_none());
        times.saturating_sub(exact.map(|one| one.in_context(context)).sum())
    }

    /// The weights of the symbols of parts, per class, of which each context tells a share. None where a class
    /// was hardly met.
    fn part_weights(&self, shares: &[Share; CONTEXTS], met_min: u32) -> Vec<Vec<u32>> {
        let mut weights = vec![vec![0; SYMBOLS]; CLASSES];
        for row in self.fine.rows() {
            let (Some(share), Some(weights)) = (shares.get(row.context), weights.get_mut(row.class)) else {
                continue;
            };
            for (symbol, (weight, &times)) in weights.iter_mut().zip(&row.times).enumerate() {
                *weight += share.of(symbol, times) as u32;
            }
        }
        let lent: Vec<Option<Vec<u32>>> =
            (0..CLASSES).map(|class| self.borrowed(&weights, class, met_min)).collect();
        for (class, lent) in weights.iter_mut().zip(lent) {
            match lent {
                None => class.clear(),
                Some(lent) => {
                    *class = lent;
                    self.fill(class);
                }
            }
        }
        weights
    }

    /// Gives every token up to two behind the last that was told, and the special symbols, a weight: what is next to
    /// the frequent comes up too.
    fn fill(&self, weights: &mut [u32]) {
        let last = weights.iter().rposition(|&weight| weight > 0).unwrap_or(0).max(TOKENS_AT);
        for (symbol, weight) in weights.iter_mut().enumerate().take(last + 3) {
            let possible = symbol == BEYOND || symbol >= TOKENS_AT || symbol == FLAGGED && self.group.flags > 0;
            *weight = weight.saturating_mul(4) + u32::from(possible);
        }
    }

    /// The weights of a class and, where it was met rarely, of those nearest to it, its own counting most; `None`
    /// where it was hardly met.
    fn borrowed(&self, weights: &[Vec<u32>], class: usize, met_min: u32) -> Option<Vec<u32>> {
        let met = |class: usize| weights.get(class).map_or(0, |weights| weights.iter().sum::<u32>());
        let mut had = met(class);
        if had < met_min {
            return None;
        }
        let mut sum: Vec<u32> = weights.get(class)?.iter().map(|&weight| weight.saturating_mul(OWN)).collect();
        for other in like(class).skip(1).take(LENDERS).filter(|_| self.group.is_alike()) {
            if had >= CLASS_ENOUGH {
                break;
            }
            had += met(other);
            for (sum, weight) in sum.iter_mut().zip(weights.get(other)?) {
                *sum += weight;
            }
        }
        Some(sum)
    }
}

/// How much more what was told in a class itself counts.
const OWN: u32 = 4;

/// Classes that are near enough to lend.
const LENDERS: usize = 6;
