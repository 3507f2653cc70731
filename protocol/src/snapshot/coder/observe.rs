//! Which model suits an entity. Only the server knows more of an entity than three snapshots, so it finds out and
//! tells: a model is part of what both ends hold.

use super::circle::Circles;
use super::derived::{BLOCK, Block, DENSE, Rows};
use super::plan::{Expect, Plan};
use super::predict::{MODELS, Model, Past, Row, mask, own};
use super::residual::magnitude;

/// How well each model has done lately for each group of one entity.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// Rows noted since the models were chosen, up to [`SETTLED`].
    noted: u16,
    costs: [[u16; MODELS.len()]; super::plan::MODELLED_MAX],
}

/// What a model must have lost to the best one before it is changed, in sixteenths of a bit as the costs are: a change
/// takes about 14 bits, and what it gains lately is not what it will gain.
const CHANGE: u16 = 60 * 16;

/// What a difference costs is remembered for about 64 snapshots.
const FADE: u16 = 64;

/// Rows after which models that did not change are taken to suit.
const SETTLED: u16 = 2 * FADE;

impl Record {
    /// Whether the models have suited for so long that a look at some of the rows is enough.
    pub(crate) fn is_settled(&self) -> bool {
        self.noted >= SETTLED
    }

    /// Takes note of a row, given what was held before it and, where its lead is steady, what its turn costs; returns the
    /// models that suit it from now on.
    pub(crate) fn observe(
        &mut self,
        plan: &Plan,
        past: &Past<'_>,
        (now, turn): (&Row, TurnBits),
        models: u32,
    ) -> u32 {
        let mut changed = models;
        self.noted = SETTLED.min(self.noted + 1);
        for (group, place) in plan.groups.iter().filter_map(|group| Some((group, group.model?))) {
            let Some(costs) = self.costs.get_mut(place) else { continue };
            let current = Model::of(models, group.model);
            let steady = (group.expect == Expect::Steady).then_some(turn);
            let mut best = (current, u16::MAX);
            for (model, cost) in MODELS.into_iter().zip(costs.iter_mut()) {
                let bits = match (steady, model) {
                    (Some([bits, _]), Model::Linear) | (Some([_, bits]), Model::Hold) => bits,
                    (Some(_), Model::Alternate | Model::Accelerate | Model::Smooth) => u16::MAX / FADE,
                    (None, _) => {
                        let expected = own(plan, group, past, model);
                        let parts = group.components.iter().zip(expected.values);
                        parts
                            .map(|(&at, value)| cost_of(now.get(at).copied().unwrap_or(0).wrapping_sub(value)))
                            .sum()
                    }
                };
                *cost = (*cost - *cost / FADE).saturating_add(bits.min(u16::MAX / FADE));
                if *cost < best.1 {
                    best = (model, *cost);
                }
            }
            let mine = costs.get(current as usize).copied().unwrap_or(0);
            if best.0 != current && mine > best.1.saturating_add(CHANGE) {
                let shift = 4 * place as u32;
                changed = changed & !(15 << shift) | (best.0 as u32) << shift;
            }
        }
        if changed != models {
            self.noted = 0;
        }
        changed
    }
}

/// About what a difference costs, in sixteenths of a bit: more than its magnitude, for larger ones are rarer.
fn cost_of(difference: i32) -> u16 {
    let size = difference.unsigned_abs().min(1 << 24);
    // A logarithm with two bits behind the point, so that small gains count.
    let octave = (size + 1).ilog2();
    let part = ((size + 1) << 2 >> octave) - 4;
    (20 * octave + 5 * part) as u16
}

/// What a turn costs under [`Model::Linear`], straight on, and under [`Model::Hold`], the last turn again.
pub(crate) type TurnBits = [u16; 2];

/// The same of those rows of a block whose bits are set, where their lead is steady.
pub(crate) fn turn_bits(plan: &Plan, block: &Block<'_>, rows: u32) -> [TurnBits; BLOCK] {
    let mut bits = [[0; 2]; BLOCK];
    let Some((_, lead)) = plan.steady_lead() else { return bits };
    if rows.count_ones() >= DENSE {
        return bits_of_turns(plan, lead, block);
    }
    for (row, bits) in bits.iter_mut().enumerate().filter(|(row, _)| rows >> row & 1 == 1) {
        [*bits] = bits_of_turns(plan, lead, &block.at_row(row));
    }
    bits
}

fn bits_of_turns<const N: usize>(plan: &Plan, [x, y]: [usize; 2], rows: &impl Rows<N>) -> [TurnBits; N] {
    let held = core::array::from_fn(|age| [rows.past(age, x), rows.past(age, y)]);
    let now = [rows.now(x), rows.now(y)];
    let mut bits = [[0; 2]; N];
    for (model, again) in [false, true].into_iter().enumerate() {
        let again = [mask(again); N];
        let circles = Circles::of(&held, rows.depth_and_ages(), plan.steady.unwrap_or(0.0), &again);
        let (turns, fits) = circles.turns(&now);
        for row in 0..N {
            let turn = turns[row];
            let told = cost_of(turn).max(16 * (magnitude(turn).min(2) as u16));
            bits[row][model] = if fits[row] != 0 { told } else { 0 };
        }
    }
    bits
}
