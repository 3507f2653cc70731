//! A difference as a token, and the codes that need no codebook.
//!
//! A token is what joint symbols are made of: small differences exactly, with their sign; larger ones as a class of
//! magnitudes, with the sign and the low bits raw behind the symbol.

/// How fine the tokens of a group are. Groups of few components can afford more of them: the joint symbols of a
/// group are the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Differences of at most this size are tokens of their own.
    pub(crate) exact: u32,
    /// Whether each power of two is two classes instead of one.
    pub(crate) halves: bool,
    /// Tokens there are; a difference beyond the last one has none.
    pub(crate) tokens: u32,
}

/// A scale with the tokens of small differences.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    /// The scale.
    pub(crate) scale: Scale,
    /// Differences whose tokens are looked up, either way: most are within, and whether one is exact, or in which class,
    /// is as good as random.
    near: i32,
    /// Theirs, from the lowest on.
    tokens: Vec<Near>,
}

/// A token in four bytes; beyond the last one of its scale where there is none.
#[derive(Clone, Copy, Debug)]
struct Near {
    token: u8,
    raw_bits: u8,
    raw: u16,
}

impl Near {
    fn of(token: Option<Token>) -> Near {
        token.map_or(Near { token: u8::MAX, raw_bits: 0, raw: 0 }, |Token { token, raw, raw_bits }| Near {
            token: token as u8,
            raw_bits: raw_bits as u8,
            raw: raw as u16,
        })
    }
}

impl Tokens {
    /// Those of a scale.
    pub(crate) fn of(scale: Scale) -> Tokens {
        // Of turns most are larger.
        let near = if scale == Scale::TURN { 1_023 } else { 64 };
        let tokens = (-near..=near).map(|difference| Near::of(scale.token(difference))).collect();
        Tokens { scale, near, tokens }
    }

    /// [`Scale::token`].
    #[inline]
    pub(crate) fn token(&self, difference: i32) -> Option<Token> {
        match self.tokens.get(difference.wrapping_add(self.near) as usize) {
            Some(&Near { token, .. }) if token == u8::MAX => None,
            Some(&Near { token, raw_bits, raw }) => {
                Some(Token { token: token.into(), raw: raw.into(), raw_bits: raw_bits.into() })
            }
            None => self.scale.token(difference),
        }
    }
}

/// A difference in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Below [`Scale::tokens`].
    pub(crate) token: u32,
    /// The sign and the low bits.
    pub(crate) raw: u32,
    /// How many bits of `raw`.
    pub(crate) raw_bits: u32,
}

impl Scale {
    /// The scale for groups of so many components.
    pub(crate) const fn of(components: usize) -> Scale {
        match components {
            0 | 1 => Scale { exact: 16, halves: true, tokens: 64 },
            2 => Scale { exact: 2, halves: true, tokens: 30 },
            _ => Scale { exact: 2, halves: false, tokens: 16 },
        }
    }

    /// Turns of a steady velocity.
    pub(crate) const TURN: Scale = Scale { exact: 2, halves: true, tokens: 34 };

    /// What is off the circle of a steady velocity: at most 1.
    pub(crate) const OFF: Scale = Scale { exact: 1, halves: false, tokens: 3 };

    /// The token of a difference of at most 1, of those of [`Scale::OFF`]: from that of -1 on.
    pub(crate) const OFF_TOKENS: [u32; 3] = [2, 0, 1];

    /// The token of a difference; `None` where it is too large for one.
    #[inline]
    pub(crate) fn token(self, difference: i32) -> Option<Token> {
        let size = difference.unsigned_abs();
        if size <= self.exact {
            let token = 2 * size - u32::from(difference > 0);
            return Some(Token { token, raw: 0, raw_bits: 0 });
        }
        let (class, low, low_bits) = self.class(size - self.exact - 1);
        let token = 2 * self.exact + 1 + class;
        let raw = low << 1 | u32::from(difference < 0);
        (token < self.tokens).then_some(Token { token, raw, raw_bits: low_bits + 1 })
    }

    /// How many raw bits follow a token.
    #[inline]
    pub(crate) const fn raw_bits(self, token: u32) -> u32 {
        match token.checked_sub(2 * self.exact + 1) {
            None => 0,
            Some(class) => self.low_bits(class) + 1,
        }
    }

    /// How many follow any of them at the most.
    pub(crate) const fn raw_bits_max(self) -> u32 {
        self.raw_bits(self.tokens - 1)
    }

    /// The difference of a token and its raw bits.
    pub(crate) fn difference(self, token: u32, raw: u32) -> i32 {
        let Some(class) = token.checked_sub(2 * self.exact + 1) else {
            let size = token.div_ceil(2) as i32;
            return if token % 2 == 1 { size } else { -size };
        };
        let size = self.first(class).wrapping_add(raw >> 1).wrapping_add(self.exact + 1) as i32;
        if raw & 1 == 1 { size.wrapping_neg() } else { size }
    }

    /// The class of what is over the exact ones, its low bits and how many they are: classes are 2, 4, 8 … wide, or (in
    /// halves) 1, 1, 2, 2, 4, 4 …
    #[inline]
    fn class(self, over: u32) -> (u32, u32, u32) {
        // From 2 on each octave is one class, or two.
        let from_two = over.saturating_add(2);
        let octave = from_two.ilog2() - 1;
        let (class, low_bits) = match self.halves {
            true => (2 * octave + (from_two >> octave & 1), octave),
            false => (octave, octave + 1),
        };
        (class, from_two & ((1 << low_bits) - 1), low_bits)
    }

    const fn low_bits(self, class: u32) -> u32 {
        let bits = if self.halves { class / 2 } else { class + 1 };
        if bits < 30 { bits } else { 30 }
    }

    fn first(self, class: u32) -> u32 {
        if self.halves {
            let pair = (class / 2).min(29);
            2 * ((1 << pair) - 1) + (class % 2) * (1 << pair)
        } else {
            (2 << class.min(29)) - 2
        }
    }
}

/// How large differences have been lately, as a class: 0 none, then one more per power of two.
pub(crate) fn magnitude(difference: i32) -> u32 {
    32 - difference.unsigned_abs().leading_zeros()
}

/// Magnitudes of the code without a codebook: 0 to 32, and [`FLAGGED`].
const MAGNITUDES: usize = 34;

/// Told instead of a magnitude where flags come first, which is rare: then the flags, then the magnitude.
pub(crate) const FLAGGED: usize = 33;

/// Expected magnitudes, each of which has a code of its own.
pub(crate) const EXPECTATIONS: usize = 33;

/// How often each magnitude is to be expected where the largest of a group's last differences had the magnitude
/// `expected`.
///
/// About even up to there, because most parts of a group and most ticks are calmer than the largest; a quarter of it
/// with each magnitude beyond. Motion of every kind that was tried looks like that.
pub(crate) fn prior_weights(expected: usize) -> [u32; MAGNITUDES] {
    let mut weights = [0; MAGNITUDES];
    for (magnitude, weight) in weights.iter_mut().enumerate() {
        *weight = match magnitude {
            FLAGGED => 2 << 16,
            0 if expected == 0 => 96 << 16,
            0 if expected > 2 => 32 << 16,
            _ if magnitude <= expected => 48 << 16,
            _ => ((40 << 16) >> (2 * (magnitude - expected).min(12))).max(1),
        };
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_its_token_and_raw_bits() {
        for scale in [Scale::of(1), Scale::of(2), Scale::of(3), Scale::TURN, Scale::OFF] {
            let tokens = Tokens::of(scale);
            let mut beyond = 0;
            for difference in (-70_000..70_000).chain([i32::MIN, i32::MAX, i32::MIN + 1]) {
                assert_eq!(tokens.token(difference), scale.token(difference), "{difference}");
                let Some(Token { token, raw, raw_bits }) = scale.token(difference) else {
                    beyond += 1;
                    continue;
                };
                assert!(token < scale.tokens && raw >> raw_bits == 0);
                assert_eq!(scale.raw_bits(token), raw_bits, "{difference}");
                assert_eq!(scale.difference(token, raw), difference);
            }
            assert!(beyond >= 2);
        }
        for (difference, token) in (-1..).zip(Scale::OFF_TOKENS) {
            assert_eq!(Scale::OFF.token(difference), Some(Token { token, raw: 0, raw_bits: 0 }));
        }
    }
}
