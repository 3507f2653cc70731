//! Counts what was coded, and what it would have taken with another codebook.

use std::sync::Arc;

use super::codebook::{Codebook, GroupBook};
use super::entity::{Place, Told};
use super::exact::{Exactly, Repeated, Repeats};
use super::fine::{Fine, Share};
use super::levels;
use super::make;
use super::pipes::Joint;
use super::plan::{GROUP_MAX, Group, Plan};
use super::predict::CONTEXTS;

/// How often each joint symbol was told, by kind, group and context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    kinds: Vec<Vec<GroupCounts>>,
    symbols: u32,
    /// Bits that all of them took since somebody asked.
    took: [u64; 2],
    /// A book that nothing is written with, to find what it would take; and the bits it writes.
    unused: Option<Arc<Codebook>>,
    scratch: Vec<u8>,
}

/// The bits that a symbol takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// In the built-in code.
    pub(crate) prior: u32,
    /// With the book in force, or with that which nothing is written with.
    pub(crate) book: u32,
}

/// The counts of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupCounts {
    /// The position of each key in `seen` plus one; 0: not seen. As long as there are keys.
    places: Vec<u16>,
    /// The keys that were seen, how often in each context, and the bits that all of them took or would have taken in
    /// the built-in code.
    pub(super) seen: Vec<Seen>,
    /// Symbols that have no key.
    pub(super) keyless: [Keyless; CONTEXTS],
    /// The large differences that were told most.
    pub(super) repeats: Repeats,
    /// The parts of all symbols.
    pub(super) fine: Fine,
}

/// Symbols of a context that are too large for a joint one, or too many: each is an escape.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keyless {
    /// How many there were.
    pub(super) times: u32,
    /// The bits that those of them took in the built-in code, or would have, that could be told part by part instead;
    /// and what the others took.
    prior_bits: u64,
    beyond_bits: u64,
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

    /// The same without those that are told exactly.
    pub(super) fn without(&self, exact: &[&Repeated]) -> Seen {
        let mut seen = self.clone();
        for one in exact.iter().filter(|one| one.key == Some(self.key)) {
            for (times, exactly) in seen.times.iter_mut().zip(one.times) {
                *times = times.saturating_sub(exactly);
            }
        }
        seen
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
        let group =
            |group: &Group| GroupCounts { places: vec![0; group.keys() as usize], ..GroupCounts::default() };
        let kinds = plans.iter().map(|plan| plan.groups.iter().map(group).collect()).collect();
        Counts { kinds, ..Counts::default() }
    }

    /// Counts one symbol, and the bits it takes. `joint`: where it has a joint one.
    pub(crate) fn add(&mut self, kind: usize, at: &Place<'_>, joint: Option<Joint>, told: &Told, took: Took) {
        self.took[0] += u64::from(took.prior);
        self.took[1] += u64::from(took.book);
        let group = self.kinds.get_mut(kind).and_then(|groups| groups.get_mut(at.number));
        let Some(group) = group else { return };
        self.symbols = self.symbols.saturating_add(1);
        let has_tokens = group.add_parts(at, told);
        let key = joint.map(|joint| joint.key);
        if at.group.is_alike() && Joint::is_large(joint.as_ref()) {
            group.repeats.add(told, key, at.context, took.prior);
        }
        if let Some(seen) = key.and_then(|key| group.seen(key)) {
            seen.prior_bits += u64::from(took.prior);
            if let Some(times) = seen.times.get_mut(at.context) {
                *times = times.saturating_add(1);
            }
        } else if let Some(keyless) = group.keyless.get_mut(at.context) {
            keyless.times = keyless.times.saturating_add(1);
            let bits = if has_tokens { &mut keyless.prior_bits } else { &mut keyless.beyond_bits };
            *bits += u64::from(took.prior);
        }
    }

    /// Bits that symbols took since the last call: in the built-in code, and with the book.
    pub(crate) fn take_bits(&mut self) -> [u64; 2] {
        core::mem::take(&mut self.took)
    }

    /// From here on finds what this book would take, though nothing is written with it.
    pub(crate) fn try_unused(&mut self, book: Option<Arc<Codebook>>) {
        self.unused = book;
    }

    /// Hands on the book that is tried.
    pub(crate) fn unused_too(&mut self) -> Option<Arc<Codebook>> {
        self.unused.take()
    }

    /// That book, and where to write with it.
    pub(crate) fn unused(&mut self) -> Option<(&Codebook, &mut Vec<u8>)> {
        Some((self.unused.as_deref()?, &mut self.scratch))
    }

    /// How many were counted.
    pub(crate) fn symbols(&self) -> u32 {
        self.symbols
    }

    /// Adds what `other` counted.
    pub(crate) fn absorb(&mut self, other: &Counts) {
        for (group, others) in self.kinds.iter_mut().flatten().zip(other.kinds.iter().flatten()) {
            group.fine.absorb(&others.fine);
            group.repeats.absorb(&others.repeats);
            for (mine, theirs) in group.keyless.iter_mut().zip(&others.keyless) {
                mine.times = mine.times.saturating_add(theirs.times);
                mine.prior_bits += theirs.prior_bits;
                mine.beyond_bits += theirs.beyond_bits;
            }
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
            group.fine.fade();
            group.repeats.fade();
            for Keyless { times, prior_bits, beyond_bits } in &mut group.keyless {
                (*times, *prior_bits, *beyond_bits) = (*times / 2, *prior_bits / 2, *beyond_bits / 2);
            }
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

    /// The codes of a kind that suit what was counted.
    ///
    /// `thrift` from 1: how many times rarer symbols are left out, for a smaller codebook.
    pub(crate) fn codes(&self, plans: &[Plan], kind: usize, thrift: u32) -> Vec<Option<GroupBook>> {
        let (Some(plan), Some(groups)) = (plans.get(kind), self.kinds.get(kind)) else { return Vec::new() };
        plan.groups.iter().zip(groups).map(|(group, counts)| make::book(group, counts, thrift)).collect()
    }

    /// Forgets all, keeping the memory.
    pub(crate) fn clear(&mut self) {
        self.symbols = 0;
        for group in self.kinds.iter_mut().flatten() {
            group.places.fill(0);
            group.seen.clear();
            group.keyless = Default::default();
            group.repeats.clear();
            group.fine.clear();
        }
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

    /// How often a key was told.
    pub(super) fn of_key(&self, key: u32) -> u32 {
        let place = self.places.get(key as usize).map_or(0, |&place| usize::from(place));
        place.checked_sub(1).and_then(|at| self.seen.get(at)).map_or(0, Seen::total)
    }

    /// Counts the parts of a symbol; says whether it can be told by them.
    fn add_parts(&mut self, at: &Place<'_>, told: &Told) -> bool {
        let parts = at.group.scales.len();
        if parts == 0 {
            return false;
        }
        let mut tokens = [0; GROUP_MAX];
        for (token, &part) in tokens.iter_mut().zip(&told.parts).take(parts) {
            let Some(found) = levels::token(part) else {
                self.fine.add(at.context, at.unrest.class(0, &told.parts), levels::BEYOND, 1);
                return false;
            };
            *token = found.token as usize;
        }
        if told.flags != 0 {
            self.fine.add(at.context, at.unrest.class(0, &told.parts), levels::FLAGGED, 1);
        }
        for (part, token) in tokens.into_iter().enumerate().take(parts) {
            self.fine.add(at.context, at.unrest.class(part, &told.parts), levels::TOKENS_AT + token, 1);
        }
        true
    }

    /// Bits that everything counted would take with a codebook.
    fn cost(&self, group: &Group, book: Option<&GroupBook>) -> u64 {
        (0..CONTEXTS).map(|context| self.cost_in(group, book, context)).sum()
    }

    fn cost_in(&self, group: &Group, book: Option<&GroupBook>, context: usize) -> u64 {
        let keyless = self.keyless.get(context).copied().unwrap_or_default();
        let prior = || self.prior_bits(context, |_| true) + keyless.prior_bits + keyless.beyond_bits;
        let Some(book) = book else { return prior() };
        let Some(code) = book.code(context) else {
            return match book.has_parts() {
                true => self.fine.bits(context, &Share::ALL, book) + keyless.beyond_bits,
                false => prior(),
            };
        };
        let mut share = Share::default();
        // Large differences that have codes of their own are not told as their joint symbols are.
        let exact = Exactly::of(self.repeats.all(), context, |_, told| Some(code.get(book.exact(told)?)?.1));
        exact.share(group.scales.len(), &mut share);
        let mut bits = exact.bits();
        let listed = |key: u32| Some(code.get(book.symbol(key)?)?.1);
        let escape = code.get(book.escape()).map_or(0, |(_, length)| length);
        let keyless_times = keyless.times.saturating_sub(exact.times(None));
        share.count_beyond(keyless_times, true);
        bits += u64::from(keyless_times) * u64::from(escape);
        for seen in self.seen.iter().filter(|seen| seen.in_context(context) > 0) {
            let tokens = tokens(group, seen.key);
            let tokens = tokens.get(..group.scales.len()).unwrap_or_default();
            let times = seen.in_context(context).saturating_sub(exact.times(Some(seen.key)));
            let told = listed(seen.key);
            share.count(tokens, flags(group, seen.key) != 0, times, told.is_none());
            let each = told.map_or(escape, |length| length + raw_bits(group, tokens));
            bits += u64::from(times) * u64::from(each);
        }
        let beyond = keyless.beyond_bits.saturating_sub(exact.prior_bits(Repeated::is_beyond));
        let escaped = match book.has_parts() {
            true => self.fine.bits(context, &share, book),
            false => {
                let unlisted = |one: &Repeated| !one.is_beyond() && one.key.and_then(listed).is_none();
                let apart = self.prior_bits(context, |seen| listed(seen.key).is_none()) + keyless.prior_bits;
                apart.saturating_sub(exact.prior_bits(unlisted))
            }
        };
        bits + escaped + beyond
    }

    /// Bits that some symbols of a context take in the built-in code.
    fn prior_bits(&self, context: usize, which: impl Fn(&Seen) -> bool) -> u64 {
        let each = |seen: &Seen| seen.prior_bits / u64::from(seen.total()).max(1);
        let some = self.seen.iter().filter(|seen| seen.in_context(context) > 0 && which(seen));
        some.map(|seen| each(seen) * u64::from(seen.in_context(context))).sum()
    }
}

/// Raw bits behind a joint symbol.
pub(super) fn raw_bits(group: &Group, tokens: &[u32]) -> u32 {
    group.scales.iter().zip(tokens).map(|(scale, &token)| scale.raw_bits(token)).sum()
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
