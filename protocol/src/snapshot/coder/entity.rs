//! The walk over a row's groups: one function for writing, reading and counting.

use super::circle::Circles;
use super::derived::{One, derived, derived_values, held, off};
use super::found::{FoundRow, Turn, circles};
use super::levels::Unrest;
use super::plan::{Expect, GROUP_MAX, Group, Plan};
use super::predict::{Expected, Model, Past, Row, around, difference, own};
use crate::wire::DecodeError;

/// Where a walk puts what it finds, or finds what it puts into the row.
pub(crate) trait Pipe {
    /// Whether the row is there already.
    const WRITES: bool;
    /// Takes or gives the differences and flags of a group.
    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError>;
    /// Takes or gives a few raw bits.
    fn raw(&mut self, value: u32, bits: u32) -> Result<u32, DecodeError>;
}

/// Which group is coded, and how it is expected to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The group's number.
    pub(crate) number: usize,
    /// The group.
    pub(crate) group: &'a Group,
    /// Which code of a codebook.
    pub(crate) context: usize,
    /// The magnitudes that the parts are expected to have, where there is no codebook.
    pub(crate) magnitudes: [usize; GROUP_MAX],
    /// How far each part is expected to be off, for the codes of single parts.
    pub(crate) unrest: Unrest,
}

impl<'a> Place<'a> {
    /// A group that has nothing but flags.
    fn of_flags(number: usize, group: &'a Group, context: usize) -> Place<'a> {
        Place { number, group, context, magnitudes: [0; GROUP_MAX], unrest: Unrest::default() }
    }
}

/// What is told of a group: how far its parts are from what was expected, and its flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    /// Those beyond the group's parts are 0.
    pub(crate) parts: [i32; GROUP_MAX],
    /// Those beyond the group's flags are 0.
    pub(crate) flags: u32,
}

/// A row on its way: before, and as far as it is known now.
pub(crate) struct Walk<'a> {
    /// How the kind is coded.
    pub(crate) plan: &'a Plan,
    /// What the client holds.
    pub(crate) past: Past<'a>,
    /// The models in the newest of the held rows.
    pub(crate) models_before: u32,
    /// What a writer has found out already; of no consequence to a reader.
    pub(crate) found: FoundRow,
    /// What a reader has read of a steady lead already.
    pub(crate) read: Option<Told>,
    /// A writer has found already that what is rare is as it was: then those components of the row are not looked at.
    pub(crate) rare_stays: bool,
}

impl Walk<'_> {
    /// Codes one row. A writer finds it in `now` and `models`; a reader puts it there.
    ///
    /// Of a row of which a writer has found that no derived group is off, those groups are not looked at, and neither
    /// is a steady lead that has a turn.
    ///
    /// # Errors
    /// Where the bytes that are read are not what a writer writes.
    pub(crate) fn code<P: Pipe>(&self, now: &mut Row, models: &mut u32, pipe: &mut P) -> Result<(), DecodeError> {
        let flags = if P::WRITES { self.found.off | self.more_flag(now, *models) } else { 0 };
        let flags = self.lead(now, flags, pipe)?;
        for (bit, &number) in self.plan.derived.iter().enumerate() {
            let told = flags >> bit & 1 == 1;
            if P::WRITES && !told {
                continue;
            }
            let group = self.plan.group(number)?;
            if told {
                let expected = derived(self.plan, group, &self.past, now);
                self.differences(number, &expected, now, 0, pipe)?;
            } else {
                let rows = One { now, past: &self.past };
                put(group, &derived_values(self.plan, group, &rows).map(|[value]| value), now);
            }
        }
        let more = flags >> self.plan.derived.len() & 1 == 1;
        for &number in &self.plan.common {
            let group = self.plan.group(number)?;
            let mut expected = own(self.plan, group, &self.past, Model::of(self.models_before, group.model));
            if more {
                expected.unrest = expected.unrest.odd();
            }
            self.differences(number, &expected, now, 0, pipe)?;
        }
        self.more(more, now, models, pipe)
    }

    /// Of a writer's row, the lead's flag that there is more than what follows from the lead.
    fn more_flag(&self, now: &Row, models: u32) -> u32 {
        let more = models != self.models_before || !self.rare_stays && self.rare_differs(now);
        u32::from(more) << self.plan.derived.len()
    }

    fn rare_differs(&self, now: &Row) -> bool {
        let was = |at| self.past.newest(at, &self.plan.defaults);
        self.plan.rare_components.iter().any(|&at| now.get(at) != Some(&was(at)))
    }

    fn rare_is_off(&self, number: usize, now: &Row) -> bool {
        let rows = One { now, past: &self.past };
        self.plan.groups.get(number).is_some_and(|group| off(group, &held(self.plan, group, &rows), &rows) != 0)
    }

    fn lead<P: Pipe>(&self, now: &mut Row, flags: u32, pipe: &mut P) -> Result<u32, DecodeError> {
        let number = self.plan.lead;
        let group = self.plan.group(number)?;
        match &group.expect {
            Expect::Steady => self.steady(number, group, now, flags, pipe),
            Expect::Flags => {
                let mut told = Told { flags, ..Told::default() };
                let context = self.past.depth.min(3);
                pipe.group(Place::of_flags(number, group, context), &mut told)?;
                Ok(told.flags)
            }
            Expect::Own | Expect::Moved(_) | Expect::Along(_) => {
                let expected = own(self.plan, group, &self.past, Model::of(self.models_before, group.model));
                self.differences(number, &expected, now, flags, pipe)
            }
        }
    }

    fn steady<P: Pipe>(
        &self,
        number: usize,
        group: &Group,
        now: &mut Row,
        flags: u32,
        pipe: &mut P,
    ) -> Result<u32, DecodeError> {
        let circle = if P::WRITES { None } else { self.circle(now) };
        let turn = circle.as_ref().map_or(self.found.turn, |circle| Turn::expected(circle, 0));
        let mut told = Told { flags: turn.told.flags | flags, ..turn.told };
        match self.read {
            Some(read) => told = read,
            None => pipe.group(turn.place(number, group), &mut told)?,
        }
        if told.flags & self.plan.plain_flag() != 0 {
            let plain =
                self.plan.plain.ok_or(DecodeError::Malformed("a kind without a plain velocity has one"))?;
            let expected = own(self.plan, self.plan.group(plain)?, &self.past, Model::Hold);
            self.differences(plain, &expected, now, 0, pipe)?;
        } else if !P::WRITES {
            let circle = circle.filter(|circle| circle.is_there(0));
            let circle = circle.ok_or(DecodeError::Malformed("a turn of what stood still"))?;
            let [turn, x, y] = told.parts;
            let at = circle.at(&[turn]);
            put(group, &[at[0][0].wrapping_add(x), at[1][0].wrapping_add(y), 0], now);
        }
        Ok(told.flags & !self.plan.plain_flag())
    }

    fn circle(&self, now: &Row) -> Option<Circles<1>> {
        let rows = One { now, past: &self.past };
        Some(circles(self.plan, self.plan.steady_lead()?, &rows, [self.models_before]))
    }

    /// Tells how far a group is from what was expected, and the flags that it carries.
    fn differences<P: Pipe>(
        &self,
        number: usize,
        expected: &Expected,
        now: &mut Row,
        flags: u32,
        pipe: &mut P,
    ) -> Result<u32, DecodeError> {
        let group = self.plan.group(number)?;
        let mut told = Told { parts: [0; GROUP_MAX], flags };
        if P::WRITES {
            told.parts = parts_of(group, expected, now);
        }
        let magnitudes = [expected.magnitude; GROUP_MAX];
        let Expected { context, unrest, .. } = *expected;
        pipe.group(Place { number, group, context, magnitudes, unrest }, &mut told)?;
        if !P::WRITES {
            let mut values = expected.values;
            for ((value, part), turned) in values.iter_mut().zip(told.parts).zip(expected.turned) {
                *value = value.wrapping_add(if turned { part.wrapping_neg() } else { part });
            }
            if expected.beyond != [0; GROUP_MAX] {
                let of = values.iter_mut().zip(expected.beyond).zip(told.parts.iter().zip(&group.bounds));
                for ((value, beyond), (part, bounds)) in of {
                    *value = value.wrapping_add(around(bounds, beyond, *part));
                }
            }
            put(group, &values, now);
        }
        Ok(told.flags)
    }

    /// Rare groups, behind their masks, and a change of the models.
    fn more<P: Pipe>(&self, more: bool, now: &mut Row, models: &mut u32, pipe: &mut P) -> Result<(), DecodeError> {
        let plan = self.plan;
        if !P::WRITES {
            *models = self.models_before;
            for &at in &plan.rare_components {
                if let Some(place) = now.get_mut(at) {
                    *place = self.past.newest(at, &plan.defaults);
                }
            }
        }
        if !more {
            return Ok(());
        }
        for (index, (mask, groups)) in plan.rare.iter().enumerate() {
            let mut told = Told::default();
            if P::WRITES {
                for (bit, &number) in groups.iter().enumerate() {
                    told.flags |= u32::from(self.rare_is_off(number, now)) << bit;
                }
                told.flags |= u32::from(index == 0 && *models != self.models_before) << groups.len();
            }
            let group = plan.group(*mask)?;
            pipe.group(Place::of_flags(*mask, group, 0), &mut told)?;
            for (bit, &number) in groups.iter().enumerate() {
                if told.flags >> bit & 1 == 1 {
                    let mut expected = own(plan, plan.group(number)?, &self.past, Model::Hold);
                    expected.context = 0;
                    expected.magnitude = 3;
                    expected.unrest = Unrest::default();
                    self.differences(number, &expected, now, 0, pipe)?;
                }
            }
            if index == 0 && told.flags >> groups.len() & 1 == 1 {
                *models = self.changed_models(*models, pipe)?;
            }
        }
        Ok(())
    }

    /// All models of a row, as raw bits: they change rarely.
    fn changed_models<P: Pipe>(&self, models: u32, pipe: &mut P) -> Result<u32, DecodeError> {
        let bits = 4 * self.plan.modelled;
        let low = pipe.raw(models & 0xffff, bits.min(16))?;
        let high = if bits > 16 { pipe.raw(models >> 16, bits - 16)? } else { 0 };
        Ok(high << 16 | low)
    }
}

/// How far the group's parts are from what was expected; on a ring the short way.
fn parts_of(group: &Group, expected: &Expected, now: &Row) -> [i32; GROUP_MAX] {
    let mut parts = [0; GROUP_MAX];
    let of = group.components.iter().zip(&group.bounds).zip(expected.values.iter().zip(expected.turned));
    for (part, ((&at, bounds), (&value, turned))) in parts.iter_mut().zip(of) {
        let size = if bounds.ring { bounds.max.wrapping_add(1) } else { 0 };
        let off = difference(now.get(at).copied().unwrap_or(0), value, size);
        *part = if turned { off.wrapping_neg() } else { off };
    }
    if expected.beyond != [0; GROUP_MAX] {
        let of = parts.iter_mut().zip(&group.bounds).zip(expected.beyond.iter().zip(expected.turned));
        for ((part, bounds), (&beyond, turned)) in of {
            let from = around(bounds, beyond, *part);
            *part = if turned { part.wrapping_add(from) } else { part.wrapping_sub(from) };
        }
    }
    parts
}

/// Puts a group's values into the row, each within its bounds.
fn put(group: &Group, values: &[i32; GROUP_MAX], now: &mut Row) {
    for ((&at, bounds), &value) in group.components.iter().zip(&group.bounds).zip(values) {
        if let Some(place) = now.get_mut(at) {
            *place = bounds.within(value);
        }
    }
}
