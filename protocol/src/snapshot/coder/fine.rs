//! How often each token of a part was told, by context and class.

use super::codebook::GroupBook;
use super::levels::{BEYOND, CLASSES, FLAGGED, SYMBOLS, TOKENS_AT, raw_bits};
use super::predict::CONTEXTS;

/// The counts of a group, in as many rows as contexts and classes were met together.
#[derive(Clone, Debug, Default)]
pub(super) struct Fine {
    /// The position in `rows` plus one of each context and class; 0: not met. Empty until the first is.
    places: Vec<u16>,
    rows: Vec<FineRow>,
}

/// The tokens told in a context and class.
#[derive(Clone, Debug)]
pub(super) struct FineRow {
    /// The context of the group.
    pub(super) context: usize,
    /// The class of the part.
    pub(super) class: usize,
    /// How often each symbol was told.
    pub(super) times: [u32; SYMBOLS],
}

impl Fine {
    /// Counts one symbol.
    #[inline]
    pub(super) fn add(&mut self, context: usize, class: usize, symbol: usize, times: u32) {
        if self.places.is_empty() {
            self.places.resize(CONTEXTS * CLASSES, 0);
        }
        let Some(place) = self.places.get_mut(context * CLASSES + class) else { return };
        if *place == 0 {
            self.rows.push(FineRow { context, class, times: [0; SYMBOLS] });
            *place = self.rows.len() as u16;
        }
        let row = self.rows.get_mut(usize::from(*place) - 1);
        if let Some(count) = row.and_then(|row| row.times.get_mut(symbol)) {
            *count = count.saturating_add(times);
        }
    }

    /// Adds what `other` counted.
    pub(super) fn absorb(&mut self, other: &Fine) {
        for row in &other.rows {
            for (symbol, &times) in row.times.iter().enumerate().filter(|(_, times)| **times > 0) {
                self.add(row.context, row.class, symbol, times);
            }
        }
    }

    /// Halves all counts.
    pub(super) fn fade(&mut self) {
        self.rows.iter_mut().flat_map(|row| &mut row.times).for_each(|times| *times /= 2);
    }

    /// Forgets all, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.places.fill(0);
        self.rows.clear();
    }

    /// Everything that was counted.
    pub(super) fn rows(&self) -> &[FineRow] {
        &self.rows
    }

    /// Bits of the parts that are told in a context, where that is `share` of all.
    pub(super) fn bits(&self, context: usize, share: &Share, book: &GroupBook) -> u64 {
        let rows = self.rows.iter().filter(|row| row.context == context);
        rows.map(|row| row.bits(share, book)).sum()
    }
}

impl FineRow {
    fn bits(&self, share: &Share, book: &GroupBook) -> u64 {
        let code = book.part(self.class);
        let mut bits = 0;
        for (symbol, &times) in self.times.iter().enumerate().filter(|(_, times)| **times > 0) {
            let raw = symbol.checked_sub(TOKENS_AT).map_or(0, |token| raw_bits(token as u32));
            let told = code.and_then(|code| code.get(symbol)).map(|(_, length)| length + raw);
            // About what the built-in code takes.
            let each = told.unwrap_or(4 + 2 * raw);
            bits += share.of(symbol, times) * u64::from(each);
        }
        bits
    }
}

/// Which share of the symbols of a context is told part by part: of parts that are exact tokens, of larger ones, of
/// symbols with flags, and of those of which a part is too large.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    exact: Ratio,
    far: Ratio,
    flagged: Ratio,
    beyond: Ratio,
}

/// Some of all.
#[derive(Clone, Copy, Debug, Default)]
struct Ratio {
    some: u64,
    all: u64,
}

impl Ratio {
    fn count(&mut self, times: u32, told: bool) {
        self.all += u64::from(times);
        self.some += u64::from(times) * u64::from(told);
    }

    fn of(self, times: u32) -> u64 {
        if self.some >= self.all { times.into() } else { (u64::from(times) * self.some).div_ceil(self.all) }
    }
}

/// Tokens up to this one are exact in every scale.
const EXACT: u32 = 4;

impl Share {
    /// All of them.
    pub(super) const ALL: Share = Share {
        exact: Ratio { some: 0, all: 0 },
        far: Ratio { some: 0, all: 0 },
        flagged: Ratio { some: 0, all: 0 },
        beyond: Ratio { some: 0, all: 0 },
    };

    /// Notes a joint symbol: its tokens and whether it has flags, how often it was told, and whether part by part.
    pub(super) fn count(&mut self, tokens: &[u32], flags: bool, times: u32, apart: bool) {
        for &token in tokens {
            let ratio = if token <= EXACT { &mut self.exact } else { &mut self.far };
            ratio.count(times, apart);
        }
        if flags {
            self.flagged.count(times, apart);
        }
    }

    /// Notes symbols of which a part is too large, and whether that is told part by part.
    pub(super) fn count_beyond(&mut self, times: u32, apart: bool) {
        self.beyond.count(times, apart);
    }

    /// How many of those are told part by part.
    pub(super) fn of(&self, symbol: usize, times: u32) -> u64 {
        match symbol {
            BEYOND => self.beyond.of(times),
            FLAGGED => self.flagged.of(times),
            _ if symbol - TOKENS_AT <= EXACT as usize => self.exact.of(times),
            _ => self.far.of(times),
        }
    }
}
