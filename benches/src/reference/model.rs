//! What is how likely: probabilities that follow what is coded.

use std::collections::HashMap;

use tickwire_protocol::snapshot::{GroupSymbol, What};

use super::range::Coder;

/// The probabilities of one end.
#[derive(Debug, Default)]
pub(super) struct Model {
    nodes: HashMap<Node, Bit>,
}

/// A node of the tree of a symbol in its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    /// Of flags: the group, the context of the first part, and the flags so far behind a one.
    Flags { group: (usize, usize), class: usize, context: usize, so_far: u32 },
    /// Of a part: the group, its class, whether the group has flags, and the step.
    Part { group: (usize, usize), class: usize, flagged: bool, step: Step },
    /// Of raw bits: how many, and those so far behind a one.
    Raw { len: u32, so_far: u32 },
    /// Whether one of the rows that kept still does so no more.
    Wakes { order: u32 },
}

/// A step down the tree of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Zero,
    Negative,
    /// Whether the size has more than so many bits.
    Longer(u32),
    /// The bit below the highest ones: how many bits there are, and those known.
    Low {
        bits: u32,
        known: u32,
    },
}

/// Bits below the highest of a size that are expected; those below them are even.
const EXPECTED_BITS: u32 = 3;

impl Model {
    /// Codes what is told; a reader's `what` has only its shape.
    pub(super) fn symbol(&mut self, coder: &mut impl Coder, what: &What) -> What {
        match what {
            What::Group(group) => What::Group(self.group(coder, group)),
            &What::Raw { value, len } => {
                let value = self.tree(coder, value, len, |so_far| Node::Raw { len, so_far });
                What::Raw { value, len }
            }
            &What::Gap { gap, left, order } => {
                let mut found = 0;
                while found < left && !self.bit(coder, found == gap, Node::Wakes { order }) {
                    found += 1;
                }
                What::Gap { gap: found, left, order }
            }
            // Each row says for itself whether it is as expected.
            What::Which => What::Which,
            What::End => What::End,
        }
    }

    fn group(&mut self, coder: &mut impl Coder, told: &GroupSymbol) -> GroupSymbol {
        let mut found = told.clone();
        let (group, class, context) = ((told.kind, told.group), told.classes[0], told.context);
        found.flags = self.tree(coder, told.flags, told.flags_len, |so_far| Node::Flags {
            group,
            class: if told.parts_len > 0 { class } else { 0 },
            context,
            so_far,
        });
        let flagged = found.flags != 0;
        let parts = found.parts.iter_mut().zip(told.parts).zip(told.classes);
        for ((found, part), class) in parts.take(told.parts_len) {
            *found = self.part(coder, part, |step| Node::Part { group, class, flagged, step });
        }
        found
    }

    /// How far a part is off: whether it is, which way, how many bits, the bits.
    fn part(&mut self, coder: &mut impl Coder, part: i32, node: impl Fn(Step) -> Node) -> i32 {
        if self.bit(coder, part == 0, node(Step::Zero)) {
            return 0;
        }
        let negative = self.bit(coder, part < 0, node(Step::Negative));
        let size = part.unsigned_abs();
        let len = 32 - size.leading_zeros();
        let mut bits = 1;
        while bits < 32 && self.bit(coder, len > bits, node(Step::Longer(bits))) {
            bits += 1;
        }
        let mut found = 1u32;
        for low in (0..bits - 1).rev() {
            let bit = size >> low & 1 == 1;
            let known = bits - 1 - low;
            found = found << 1
                | u32::from(match known {
                    0..=EXPECTED_BITS => self.bit(coder, bit, node(Step::Low { bits, known: found })),
                    _ => coder.bit(bit, EVEN),
                });
        }
        if negative { found.wrapping_neg() as i32 } else { found as i32 }
    }

    /// A number of `len` bits, the highest first.
    fn tree(&mut self, coder: &mut impl Coder, value: u32, len: u32, node: impl Fn(u32) -> Node) -> u32 {
        let ends = (0..len).rev().fold(1u32, |so_far, low| {
            so_far << 1 | u32::from(self.bit(coder, value >> low & 1 == 1, node(so_far)))
        });
        ends & !(1 << len)
    }

    fn bit(&mut self, coder: &mut impl Coder, bit: bool, node: Node) -> bool {
        let likely = self.nodes.entry(node).or_default();
        let bit = coder.bit(bit, likely.one());
        likely.learn(bit);
        bit
    }
}

/// One in two.
const EVEN: u32 = 1 << 15;

/// How likely a bit is 1, in 65,536ths of 65,536ths: followed at two rates, of which the mean counts.
#[derive(Clone, Copy, Debug)]
struct Bit {
    one: [u32; 2],
    /// Bits seen, as far as they matter.
    seen: u32,
}

/// The share of the new in what is expected next: a 32nd and a 256th, more at the beginning.
const RATES: [u32; 2] = [5, 8];

impl Default for Bit {
    fn default() -> Bit {
        Bit { one: [1 << 31; 2], seen: 0 }
    }
}

impl Bit {
    fn one(&self) -> u32 {
        let [fast, slow] = self.one;
        ((fast / 2 + slow / 2) >> 16).clamp(16, 65_536 - 16)
    }

    fn learn(&mut self, bit: bool) {
        self.seen = (self.seen + 1).min(1 << 9);
        for (one, rate) in self.one.iter_mut().zip(RATES) {
            // The mean of all bits until so many were seen that the rate forgets the first.
            let share = (self.seen + 1).min(1 << rate);
            if bit {
                *one += (u32::MAX - *one) / share;
            } else {
                *one -= *one / share;
            }
        }
    }
}
