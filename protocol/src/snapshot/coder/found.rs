//! What a writer finds out about rows before it tells them: of a whole block at once, because most of it is the same
//! arithmetic for all of them.

use super::circle::Circles;
use super::derived::{BLOCK, Block, DENSE, Rows, derived_values, off};
use super::entity::{Place, Told};
use super::levels::Unrest;
use super::plan::{GROUP_MAX, Group, Plan};
use super::predict::{Model, Past};

/// What is to be told of a row, as far as it follows from its velocity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    /// Which derived groups are off, a bit each.
    pub(crate) off: u32,
    /// What is told of a steady lead.
    pub(crate) turn: Turn,
}

/// How a steady velocity is told: as a turn and what is off its circle or, where that does not fit, by the flag that it
/// is told plainly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    pub(crate) told: Told,
    /// Which code of a codebook.
    pub(crate) context: u8,
    /// The magnitude that the turn is expected to have, where there is no codebook.
    pub(crate) magnitude: u8,
}

impl Found {
    /// Finds it out of rows whose models are these.
    pub(crate) fn of<const N: usize>(plan: &Plan, rows: &impl Rows<N>, models: [u32; N]) -> [Found; N] {
        let mut found = [Found::default(); N];
        for (bit, group) in plan.derived.iter().filter_map(|&number| plan.groups.get(number)).enumerate() {
            let off = off(group, &derived_values(plan, group, rows), rows);
            for (row, found) in found.iter_mut().enumerate() {
                found.off |= (off >> row & 1) << bit;
            }
        }
        if let Some(lead) = plan.steady_lead() {
            turns(plan, lead, rows, models, &mut found);
        }
        found
    }

    /// The same of those rows of a block whose bits are set.
    pub(crate) fn of_some(plan: &Plan, block: &Block<'_>, rows: u32, models: [u32; BLOCK]) -> [Found; BLOCK] {
        if rows.count_ones() >= DENSE {
            return Found::of(plan, block, models);
        }
        let mut found = [Found::default(); BLOCK];
        for (row, (found, models)) in
            found.iter_mut().zip(models).enumerate().filter(|(row, _)| rows >> row & 1 == 1)
        {
            let past = Past { slot: block.past.slot + row, ..block.past };
            [*found] = Found::of(plan, &Block { past, ..*block }, [models]);
        }
        found
    }

    /// Whether nothing else is to be told of a row of which what is rare is as it was.
    pub(crate) fn is_all(&self, plan: &Plan) -> bool {
        plan.is_told_by_turns() && self.off == 0 && self.turn.told.flags == 0
    }
}

fn turns<const N: usize>(
    plan: &Plan,
    (group, [x, y]): (&Group, [usize; 2]),
    rows: &impl Rows<N>,
    models: [u32; N],
    into: &mut [Found; N],
) {
    let circles = circles(plan, (group, [x, y]), rows, models);
    let now = [rows.now(x), rows.now(y)];
    let (found, mut fit) = circles.turns(&now);
    let at = circles.at(&found);
    let mut off = [[0; N]; 2];
    for part in 0..2 {
        for row in 0..N {
            off[part][row] = now[part][row].wrapping_sub(at[part][row]);
            fit[row] &= off[part][row].wrapping_add(1) as u32 <= 2;
        }
    }
    let plain = plan.plain_flag();
    for (row, into) in into.iter_mut().enumerate() {
        into.turn = Turn::expected(&circles, row);
        into.turn.told = match fit[row] {
            true => Told { parts: [found[row], off[0][row], off[1][row]], flags: 0 },
            false => Told { parts: [0; GROUP_MAX], flags: plain },
        };
    }
}

/// The circles of a steady lead, as [`Plan::steady_lead`] gives it.
#[inline]
pub(crate) fn circles<const N: usize>(
    plan: &Plan,
    (group, [x, y]): (&Group, [usize; 2]),
    rows: &impl Rows<N>,
    models: [u32; N],
) -> Circles<N> {
    let past = |age| [rows.past(age, x), rows.past(age, y)];
    let mut again = [false; N];
    for (again, models) in again.iter_mut().zip(models) {
        *again = Model::of(models, group.model) == Model::Hold;
    }
    Circles::of(&[past(0), past(1), past(2)], rows.depth_and_ages(), plan.steady.unwrap_or(0.0), again)
}

impl Turn {
    /// What is expected of a row, without what is told of it.
    #[inline]
    pub(crate) fn expected<const N: usize>(circles: &Circles<N>, row: usize) -> Turn {
        Turn { told: Told::default(), context: circles.context[row], magnitude: circles.magnitude[row] }
    }

    /// The same as the place of the lead's symbol.
    #[inline]
    pub(crate) fn place<'a>(&self, number: usize, group: &'a Group) -> Place<'a> {
        let context = self.context.into();
        let magnitudes = [self.magnitude.into(), 0, 0];
        Place { number, group, context, magnitudes, unrest: Unrest::Unlike { context } }
    }
}
