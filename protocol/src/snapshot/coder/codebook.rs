//! A codebook: for the groups of each kind, which joint symbols have codes, and how long in which context.

use super::book::{Code, LENGTH_MAX};
use super::entity::Told;
use super::exact;
use super::learn::{flags, tokens};
use super::levels::{BEYOND, CLASSES, SYMBOLS, substitute};
use super::plan::{Expect, GROUP_MAX, Group, Plan};
use super::predict::CONTEXTS;
use crate::limits::CODEBOOK_BYTES_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};

/// Symbols of one group at the most; one more stands for everything else.
pub(crate) const SYMBOLS_MAX: usize = 255;

/// The prefix codes of a schema, learned from what was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codebook {
    kinds: Vec<Vec<Option<GroupBook>>>,
}

/// The codes of one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupBook {
    /// The joint symbols that have codes, the most frequent first; and behind them, in order, large differences that
    /// have codes of their own.
    keys: Vec<u32>,
    exact: Vec<Told>,
    /// What each of both says.
    says: Vec<Says>,
    /// The position of each key in `keys` plus one; 0: none.
    places: Vec<u16>,
    /// One per context; empty where the built-in code is used.
    codes: Vec<Code>,
    /// Of a steady velocity, the codes of all joint symbols without flags, context by context, and their lengths; 0 where
    /// there is none.
    turns: Vec<(u16, u8)>,
    /// Joint symbols without flags.
    unflagged: usize,
    /// What follows an escape, and what stands in contexts without a code of their own: the codes of parts, one per
    /// class. Empty: the built-in code.
    parts: Vec<Code>,
    /// Which of `parts` a class uses: its own or, where it has none, that of a class like it.
    used: Vec<u8>,
}

/// What a joint symbol says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Says {
    /// Of each part the difference, or the smallest size where raw bits follow, and how many do.
    pub(crate) parts: [(i32, u32); GROUP_MAX],
    /// The flags.
    pub(crate) flags: u32,
}

impl Says {
    fn of(group: &Group, key: u32) -> Says {
        let mut parts = [(0, 0); GROUP_MAX];
        for ((part, scale), token) in parts.iter_mut().zip(&group.scales).zip(tokens(group, key)) {
            *part = (scale.difference(token, 0), scale.raw_bits(token));
        }
        Says { parts, flags: flags(group, key) }
    }

    fn of_exact(told: &Told) -> Says {
        Says { parts: told.parts.map(|part| (part, 0)), flags: told.flags }
    }
}

impl GroupBook {
    /// The codes for `keys`, large differences that are told exactly and, last, the escape. `weights` has a list per
    /// context, one longer than both, or an empty one where the built-in code is to be used.
    ///
    /// `parts` has, for each class of parts, the weights of its symbols.
    pub(crate) fn of_weights(
        group: &Group,
        symbols: Symbols,
        weights: &[Vec<u32>],
        parts: &[Vec<u32>],
    ) -> GroupBook {
        let codes = |weights: &[Vec<u32>]| weights.iter().map(|weights| Code::of_weights(weights)).collect();
        GroupBook::of_codes(group, symbols, codes(weights), codes(parts))
    }

    fn of_codes(group: &Group, symbols: Symbols, codes: Vec<Code>, parts: Vec<Code>) -> GroupBook {
        let (keys, exact) = symbols;
        let mut places = vec![0; group.keys() as usize];
        for (place, &key) in (1u16..).zip(&keys) {
            if let Some(entry) = places.get_mut(key as usize) {
                *entry = place;
            }
        }
        let there: Vec<bool> = parts.iter().map(|code| !code.is_empty()).collect();
        let used = (0..parts.len()).map(|class| substitute(class, &there, group.is_alike()) as u8).collect();
        let says = keys.iter().map(|&key| Says::of(group, key)).chain(exact.iter().map(Says::of_exact)).collect();
        let unflagged = (group.keys() >> group.flags) as usize;
        let mut book = GroupBook { keys, exact, says, places, codes, parts, used, turns: Vec::new(), unflagged };
        if group.expect == Expect::Steady {
            book.turns = (0..book.codes.len() * unflagged)
                .map(|at| book.code_of(at / unflagged, (at % unflagged) << group.flags).unwrap_or_default())
                .collect();
        }
        book
    }

    fn code_of(&self, context: usize, key: usize) -> Option<(u16, u8)> {
        let (code, length) = self.code(context)?.get(self.symbol(key as u32)?)?;
        Some((code, length as u8))
    }

    /// Of a steady velocity, the code of a joint symbol without flags; `None` where it has none. `key`: of the parts.
    #[inline]
    pub(crate) fn turn(&self, context: usize, key: usize) -> Option<(u16, u32)> {
        let &(code, length) = self.turns.get(context * self.unflagged + key)?;
        (length > 0).then_some((code, length.into()))
    }

    /// The symbol of a key, `None` where it has none.
    #[inline]
    pub(crate) fn symbol(&self, key: u32) -> Option<usize> {
        usize::from(*self.places.get(key as usize)?).checked_sub(1)
    }

    /// The symbol of a large difference that has one of its own.
    #[inline]
    pub(crate) fn exact(&self, told: &Told) -> Option<usize> {
        if self.exact.is_empty() {
            return None;
        }
        Some(self.keys.len() + self.exact.binary_search(told).ok()?)
    }

    /// What a symbol says, `None` for the escape.
    #[inline]
    pub(crate) fn says(&self, symbol: usize) -> Option<&Says> {
        self.says.get(symbol)
    }

    /// The symbol for whatever has none.
    pub(crate) fn escape(&self) -> usize {
        self.says.len()
    }

    /// The code of a context; `None`: the built-in one.
    #[inline]
    pub(crate) fn code(&self, context: usize) -> Option<&Code> {
        self.codes.get(context).filter(|code| !code.is_empty())
    }

    /// The code of the parts of a class; `None`: the built-in one.
    #[inline]
    pub(crate) fn part(&self, class: usize) -> Option<&Code> {
        self.own_part(usize::from(*self.used.get(class)?))
    }

    fn own_part(&self, class: usize) -> Option<&Code> {
        self.parts.get(class).filter(|code| !code.is_empty())
    }

    /// Whether there are codes for parts.
    pub(crate) fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    fn write(&self, group: &Group, bits: &mut BitWriter<'_>) {
        let keys_max = group.keys();
        bits.write(self.keys.len() as u64, 8);
        for &key in &self.keys {
            bits.write(u64::from(key), width(keys_max));
        }
        exact::write(group, &self.exact, bits);
        write_codes((0..CONTEXTS).map(|context| self.code(context)), self.escape() + 1, bits);
        bits.flag(self.has_parts());
        if self.has_parts() {
            write_codes((0..CLASSES).map(|class| self.own_part(class)), SYMBOLS, bits);
        }
    }

    /// Whether there is nothing that cannot be told with it: each code has a symbol for whatever has none.
    fn is_whole(&self) -> bool {
        let whole = |code: &Code, rest: usize| code.is_empty() || code.get(rest).is_some();
        self.codes.iter().all(|code| whole(code, self.escape()))
            && self.parts.iter().all(|code| whole(code, BEYOND))
    }

    fn read(group: &Group, made: Made, bits: &mut BitReader<'_>) -> Result<GroupBook, DecodeError> {
        let keys_max = group.keys();
        let count = bits.read(8)? as usize;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            let key = bits.read(width(keys_max))? as u32;
            if key >= keys_max {
                return Err(DecodeError::Malformed("a codebook has a symbol that there is not"));
            }
            keys.push(key);
        }
        let exact = exact::read(group, bits)?;
        let codes = read_codes(CONTEXTS, count + exact.len() + 1, made, bits)?;
        let parts = if bits.flag()? { read_codes(CLASSES, SYMBOLS, made, bits)? } else { Vec::new() };
        Ok(GroupBook::of_codes(group, (keys, exact), codes, parts))
    }
}

impl Codebook {
    /// The codebook of these groups, by kind and group number.
    pub(crate) fn new(kinds: Vec<Vec<Option<GroupBook>>>) -> Codebook {
        Codebook { kinds }
    }

    /// The codes of a group, where there are any.
    #[inline]
    pub(crate) fn group(&self, kind: usize, group: usize) -> Option<&GroupBook> {
        self.kinds.get(kind)?.get(group)?.as_ref()
    }

    /// Appends the codebook for `plans` in its wire form.
    pub(crate) fn write(&self, plans: &[Plan], out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        for (kind, plan) in plans.iter().enumerate() {
            for (number, group) in plan.groups.iter().enumerate() {
                let book = self.group(kind, number);
                bits.flag(book.is_some());
                if let Some(book) = book {
                    book.write(group, &mut bits);
                }
            }
        }
        bits.finish();
    }

    /// The codebook for `plans` of its wire form, to be read with.
    ///
    /// # Errors
    /// Where the bytes are too many or not a codebook for this schema.
    pub(crate) fn read(plans: &[Plan], bytes: &[u8]) -> Result<Codebook, DecodeError> {
        Codebook::parse(plans, Code::readable, bytes)
    }

    /// The same, to be written with.
    ///
    /// # Errors
    /// Also where there is something that cannot be told with it.
    pub(crate) fn read_to_write(plans: &[Plan], bytes: &[u8]) -> Result<Codebook, DecodeError> {
        let book = Codebook::parse(plans, |code| code, bytes)?;
        match book.kinds.iter().flatten().flatten().all(GroupBook::is_whole) {
            true => Ok(book),
            false => Err(DecodeError::Malformed("a code of a codebook has no escape")),
        }
    }

    fn parse(plans: &[Plan], made: Made, bytes: &[u8]) -> Result<Codebook, DecodeError> {
        if bytes.len() > CODEBOOK_BYTES_MAX {
            let (what, len, max) = ("a codebook", bytes.len(), CODEBOOK_BYTES_MAX);
            return Err(DecodeError::TooLong { what, len, max });
        }
        let mut bits = BitReader::new(bytes);
        let mut kinds = Vec::with_capacity(plans.len());
        for plan in plans {
            let mut groups = Vec::with_capacity(plan.groups.len());
            for group in &plan.groups {
                groups.push(if bits.flag()? { Some(GroupBook::read(group, made, &mut bits)?) } else { None });
            }
            kinds.push(groups);
        }
        bits.finish()?;
        Ok(Codebook { kinds })
    }
}

/// The joint symbols and the large differences that have codes.
pub(crate) type Symbols = (Vec<u32>, Vec<Told>);

/// What is made of each code that was read.
type Made = fn(Code) -> Code;

/// Bits of a key below `keys_max`.
fn width(keys_max: u32) -> u32 {
    keys_max.saturating_sub(1).checked_ilog2().map_or(0, |bit| bit + 1)
}

/// Codes of the same `symbols`, each: one bit whether there is one; then how many of its symbols have lengths that are
/// told, the rest having none; then these.
fn write_codes<'a>(codes: impl Iterator<Item = Option<&'a Code>>, symbols: usize, bits: &mut BitWriter<'_>) {
    let mut before = Vec::new();
    for code in codes {
        bits.flag(code.is_some());
        let Some(lengths) = code.map(Code::lengths) else { continue };
        let told = lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
        bits.write(told as u64, width(symbols as u32 + 1));
        write_lengths(lengths.get(..told).unwrap_or_default(), &before, bits);
        before = lengths;
    }
}

fn read_codes(
    count: usize,
    symbols: usize,
    made: Made,
    bits: &mut BitReader<'_>,
) -> Result<Vec<Code>, DecodeError> {
    let mut codes: Vec<Code> = Vec::with_capacity(count);
    let mut before = Vec::new();
    for _ in 0..count {
        if !bits.flag()? {
            codes.push(Code::default());
            continue;
        }
        let told = bits.read(width(symbols as u32 + 1))? as usize;
        if told > symbols {
            return Err(DecodeError::Malformed("a codebook has more lengths than symbols"));
        }
        let lengths = read_lengths(told, &before, bits)?;
        codes.push(made(Code::of_lengths(&lengths)?));
        before = lengths;
    }
    Ok(codes)
}

/// Lengths, each told from what it is expected to be: as long `0`, one longer `10`, none `110`, one shorter `1110`,
/// else `1111` and four bits. Expected is the length in the code before, and where that has none the last one here
/// that was not 0.
fn write_lengths(lengths: &[u8], before: &[u8], bits: &mut BitWriter<'_>) {
    let mut last = FIRST;
    for (symbol, &length) in lengths.iter().enumerate() {
        let length = i32::from(length);
        match length - expected(before, symbol, last) {
            _ if length == 0 => bits.write(0b011, 3),
            0 => bits.write(0b0, 1),
            1 => bits.write(0b01, 2),
            -1 => bits.write(0b0111, 4),
            _ => bits.write(0b1111 | (length as u64) << 4, 8),
        }
        last = if length == 0 { last } else { length };
    }
}

fn read_lengths(count: usize, before: &[u8], bits: &mut BitReader<'_>) -> Result<Vec<u8>, DecodeError> {
    let mut lengths = Vec::with_capacity(count);
    let mut last = FIRST;
    for symbol in 0..count {
        let ones = (0..4).take_while(|_| bits.peek(1) == 1 && bits.skip(1).is_ok()).count();
        if ones < 4 {
            bits.skip(1)?;
        }
        let expected = expected(before, symbol, last);
        let length = match ones {
            0 => expected,
            1 => expected + 1,
            2 => 0,
            3 => expected - 1,
            _ => bits.read(4)? as i32,
        };
        if !(0..=LENGTH_MAX as i32).contains(&length) {
            return Err(DecodeError::Malformed("a codebook has a code of impossible length"));
        }
        lengths.push(length as u8);
        last = if length == 0 { last } else { length };
    }
    Ok(lengths)
}

/// The length that is expected of the first symbol of a first code.
const FIRST: i32 = 4;

fn expected(before: &[u8], symbol: usize, last: i32) -> i32 {
    before.get(symbol).filter(|&&length| length > 0).map_or(last, |&length| length.into())
}
