//! What a writer finds out about rows before it tells them: of a whole block at once, because most of it is the same
//! arithmetic for all of them.

use super::circle::Circles;
use super::derived::{BLOCK, Block, DENSE, Rows, derived_values, off, rows_where};
use super::entity::{Place, Told};
use super::levels::Unrest;
use super::plan::{GROUP_MAX, Group, Plan};
use super::predict::{Model, mask};

/// What is to be told of rows, as far as it follows from their velocities; a bit of a mask for each of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<const N: usize> {
    /// Which derived groups of each row are off, a bit each; and which rows have some.
    off: [u32; N],
    any_off: u32,
    /// What is told of a steady lead: the turns, and what is off their circles.
    pub(crate) turns: [[i32; N]; GROUP_MAX],
    /// Rows whose velocity is told plainly instead.
    plain: u32,
    /// Which code of a codebook a turn has.
    pub(crate) context: [u8; N],
    magnitude: [u8; N],
}

/// The same of one row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FoundRow {
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
    context: u8,
    /// The magnitude that the turn is expected to have, where there is no codebook.
    magnitude: u8,
}

impl<const N: usize> Found<N> {
    const NOTHING: Found<N> = Found {
        off: [0; N],
        any_off: 0,
        turns: [[0; N]; GROUP_MAX],
        plain: 0,
        context: [0; N],
        magnitude: [0; N],
    };

    /// Finds it out of rows whose models are these.
    pub(crate) fn of(plan: &Plan, rows: &impl Rows<N>, models: [u32; N]) -> Found<N> {
        let mut found = Found::NOTHING;
        for (bit, group) in plan.derived.iter().filter_map(|&number| plan.groups.get(number)).enumerate() {
            let off = off(group, &derived_values(plan, group, rows), rows);
            found.any_off |= off;
            if off != 0 {
                found.off.iter_mut().enumerate().for_each(|(row, of_row)| *of_row |= (off >> row & 1) << bit);
            }
        }
        if let Some((group, [x, y])) = plan.steady_lead() {
            let circles = circles(plan, (group, [x, y]), rows, models);
            found.turn(&circles, [rows.now(x), rows.now(y)]);
        }
        found
    }

    fn turn(&mut self, circles: &Circles<N>, now: [[i32; N]; 2]) {
        let (turns, fit) = circles.turns(&now);
        let at = circles.at(&turns);
        let [_, beside @ ..] = &mut self.turns;
        let mut far = [0; N];
        for ((beside, now), at) in beside.iter_mut().zip(&now).zip(&at) {
            for row in 0..N {
                beside[row] = now[row].wrapping_sub(at[row]);
                far[row] |= if beside[row].wrapping_add(1) as u32 > 2 { u32::MAX } else { 0 };
            }
        }
        self.turns[0] = turns;
        self.plain = rows_where(fit, |fit| fit == 0) | rows_where(far, |far| far != 0);
        (self.context, self.magnitude) = (circles.context, circles.magnitude);
    }

    /// Of a kind that is told by turns, the rows of which nothing but those is to be told where what is rare is as it
    /// was.
    pub(crate) fn told_by_turns(&self) -> u32 {
        !(self.any_off | self.plain)
    }

    /// Rows of which nothing is told that was not expected, where they are told by turns.
    pub(crate) fn expected(&self) -> u32 {
        let [turns, xs, ys] = &self.turns;
        let mut off = [0; N];
        for row in 0..N {
            off[row] = turns[row] | xs[row] | ys[row];
        }
        rows_where(off, |off| off == 0)
    }

    /// What was found of one row.
    pub(crate) fn row(&self, plan: &Plan, row: usize) -> FoundRow {
        let parts = self.turns.map(|parts| parts[row]);
        let told = match self.plain >> row & 1 {
            0 => Told { parts, flags: 0 },
            _ => Told { parts: [0; GROUP_MAX], flags: plan.plain_flag() },
        };
        let turn = Turn { told, context: self.context[row], magnitude: self.magnitude[row] };
        FoundRow { off: self.off[row], turn }
    }
}

impl Found<BLOCK> {
    /// The same of those rows of a block whose bits are set.
    pub(crate) fn of_some(plan: &Plan, block: &Block<'_>, rows: u32, models: [u32; BLOCK]) -> Found<BLOCK> {
        if rows.count_ones() >= DENSE {
            return Found::of(plan, block, models);
        }
        let mut found = Found::NOTHING;
        for (row, models) in models.into_iter().enumerate().filter(|(row, _)| rows >> row & 1 == 1) {
            found.put(row, &Found::of(plan, &block.at_row(row), [models]));
        }
        found
    }

    fn put(&mut self, row: usize, one: &Found<1>) {
        self.off[row] = one.off[0];
        self.any_off |= one.any_off << row;
        self.plain |= one.plain << row;
        self.turns.iter_mut().zip(one.turns).for_each(|(parts, [part])| parts[row] = part);
        (self.context[row], self.magnitude[row]) = (one.context[0], one.magnitude[0]);
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
    let again = models.map(|models| mask(Model::of(models, group.model) == Model::Hold));
    Circles::of(&[past(0), past(1), past(2)], rows.depth_and_ages(), plan.steady.unwrap_or(0.0), &again)
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
