//! Telling the parts of a group one by one: the tokens for it, and how far each part is expected to be off, as the
//! class of the code that tells it.

use super::plan::GROUP_MAX;
use super::predict::CONTEXTS;
use super::residual::{Scale, Token};

/// Classes of the codes for parts: [`PACES`] of [`LEVELS`], and one for rows without a past.
pub(crate) const CLASSES: usize = PACES * LEVELS + 1;

/// Three paces, and [`ODD`].
const PACES: usize = 4;

/// Instead of a pace: of this row more is told than what moves, so that it may have been put elsewhere.
pub(crate) const ODD: usize = 3;

/// Levels of unrest: 0 to 3, then two for each octave.
const LEVELS: usize = 24;

/// The class of rows with less than three snapshots.
const UNKNOWN: usize = CLASSES - 1;

/// Symbols of a part's code: "beyond the tokens", "flags come first", then the tokens.
pub(crate) const SYMBOLS: usize = TOKENS_AT + TOKENS;
pub(crate) const BEYOND: usize = 0;
pub(crate) const FLAGGED: usize = 1;
pub(crate) const TOKENS_AT: usize = 2;

/// Two for each token of [`SCALE`] that has a sign behind it: here the sign is part of the token.
const TOKENS: usize = 2 * SCALE.tokens as usize - EXACT;
const EXACT: usize = 2 * SCALE.exact as usize + 1;
const SCALE: Scale = Scale { exact: 2, halves: true, tokens: 31 };

const _: () = assert!(GROUP_MAX * CONTEXTS < CLASSES, "a code for each part in each context has a class");

/// What there is to say of how far parts will be off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unrest {
    /// Nothing.
    Unknown,
    /// Parts that are unlike each other: a code for each in each context.
    Unlike {
        /// The group's context.
        context: usize,
    },
    /// Parts that are alike share their codes.
    Alike {
        /// By how much each changed its way between the last intervals.
        changes: [u32; GROUP_MAX],
        /// How fast the group moves, 0 to 2, or [`ODD`].
        pace: usize,
    },
}

impl Default for Unrest {
    fn default() -> Unrest {
        Unrest::Alike { changes: [0; GROUP_MAX], pace: 0 }
    }
}

/// Changes and differences beyond this are as large as any.
const LARGE: u32 = 1 << 20;

impl Unrest {
    /// The class of a part, given the parts before it.
    #[inline]
    pub(crate) fn class(&self, part: usize, told: &[i32; GROUP_MAX]) -> usize {
        match self {
            Unrest::Unknown => UNKNOWN,
            Unrest::Unlike { context } => (part * CONTEXTS + context).min(UNKNOWN),
            Unrest::Alike { changes, pace } => pace.min(&ODD) * LEVELS + level(unrest(changes, part, told)),
        }
    }
}

/// The part's own change twice and that of the others; once parts are told, also how far these are off.
fn unrest(changes: &[u32; GROUP_MAX], part: usize, told: &[i32; GROUP_MAX]) -> u32 {
    let own = changes.get(part).map_or(0, |&change| change.min(LARGE));
    let all = own + changes.iter().map(|&change| change.min(LARGE)).sum::<u32>();
    let told = told.get(..part).unwrap_or_default();
    let off = |part: &i32| part.unsigned_abs().min(LARGE);
    match told.last() {
        None => 2 * all,
        Some(last) => all + 2 * off(last) + 2 * told.iter().map(off).sum::<u32>() / part as u32,
    }
}

fn level(unrest: u32) -> usize {
    let octave = unrest.max(1).ilog2();
    let level = if octave < 2 { unrest } else { 2 * octave + (unrest >> (octave - 1) & 1) };
    (level as usize).min(LEVELS - 1)
}

/// The classes of levels that are most like one, itself first: by how many levels they are away, lower ones first, at
/// its pace; then the same at the next pace and so on.
pub(crate) fn like(class: usize) -> impl Iterator<Item = usize> {
    let (pace, level) = (class / LEVELS, class % LEVELS);
    let paces = (0..PACES).map(move |by| (pace + by) % PACES).filter(move |_| class < UNKNOWN);
    paces.flat_map(move |pace| {
        (0..LEVELS)
            .flat_map(move |by| [level.checked_sub(by), Some(level + by).filter(|_| by > 0)])
            .flatten()
            .filter(|&level| level < LEVELS)
            .map(move |level| pace * LEVELS + level)
    })
}

impl Unrest {
    /// The same for a row of which more is told than what moves.
    pub(crate) fn odd(self) -> Unrest {
        match self {
            Unrest::Alike { changes, .. } => Unrest::Alike { changes, pace: ODD },
            Unrest::Unknown | Unrest::Unlike { .. } => self,
        }
    }
}

/// The class whose code stands for one without: the first like it that has one, where parts are alike.
pub(crate) fn substitute(class: usize, there: &[bool], alike: bool) -> usize {
    let found = like(class).find(|&other| there.get(other) == Some(&true));
    found.filter(|_| alike).unwrap_or(class)
}

/// The token of a part; `None` where it is too large for one.
#[inline]
pub(crate) fn token(part: i32) -> Option<Token> {
    let Token { token, raw, raw_bits } = SCALE.token(part)?;
    if raw_bits == 0 {
        return Some(Token { token, raw, raw_bits });
    }
    Some(Token { token: 2 * token - EXACT as u32 + (raw & 1), raw: raw >> 1, raw_bits: raw_bits - 1 })
}

/// How many raw bits follow a token.
#[inline]
pub(crate) fn raw_bits(token: u32) -> u32 {
    SCALE.raw_bits(unsigned(token)).saturating_sub(1)
}

/// The part of a token and its raw bits.
#[inline]
pub(crate) fn part(token: u32, raw: u32) -> i32 {
    let sign = if (token as usize) < EXACT { 0 } else { (token - EXACT as u32) & 1 };
    SCALE.difference(unsigned(token), raw << 1 | sign)
}

fn unsigned(token: u32) -> u32 {
    let exact = EXACT as u32;
    if token < exact { token } else { exact + (token - exact) / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_its_token_and_raw_bits() {
        for difference in (-20_000..20_000).chain([i32::MIN, i32::MAX]) {
            let Some(found) = token(difference) else {
                assert!(difference.unsigned_abs() > 16_000, "{difference}");
                continue;
            };
            assert!((found.token as usize) < TOKENS && found.raw >> found.raw_bits == 0);
            assert_eq!((raw_bits(found.token), part(found.token, found.raw)), (found.raw_bits, difference));
        }
    }

    #[test]
    fn levels_rise_and_classes_are_never_more_than_there_are() {
        let mut last = 0;
        for unrest in 0..100_000 {
            let level = level(unrest);
            assert!(level == last || level == last + 1, "{unrest}");
            last = level;
        }
        let worst = Unrest::Alike { changes: [u32::MAX; GROUP_MAX], pace: ODD };
        assert_eq!(worst.class(2, &[i32::MIN; GROUP_MAX]), CLASSES - 2);
        assert!(Unrest::Unlike { context: CONTEXTS - 1 }.class(2, &[0; GROUP_MAX]) < CLASSES);
    }
}
