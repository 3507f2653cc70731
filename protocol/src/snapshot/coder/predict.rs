//! What a group is expected to be.
//!
//! Integers where that is enough; where it is not, f64 with nothing but `+ - * /`, square roots and `floor`, which
//! are the same bits on every machine and in JavaScript. Groups that follow from the lead: `derived`.

use super::levels::Unrest;
use super::plan::{GROUP_MAX, Group, Plan};
use super::residual::magnitude;
use crate::limits::COMPONENTS_MAX;
use crate::schema::Component;

/// All components of a row.
pub(crate) type Row = [i32; COMPONENTS_MAX];

/// What a client holds of one entity: its rows in up to three snapshots, the newest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past<'a> {
    /// The columns of the entity's kind in each; those beyond `depth` are meaningless.
    pub(crate) columns: [&'a [Vec<i32>]; 3],
    /// Its place in every column.
    pub(crate) slot: usize,
    /// How many ticks before the tick that is coded each snapshot was.
    pub(crate) ages: [u32; 3],
    /// In how many of them it is, 0 to 3.
    pub(crate) depth: usize,
}

impl Past<'_> {
    /// A component in one of the snapshots, counted from the newest; 0 where there is none.
    #[inline]
    pub(crate) fn value(&self, age: usize, at: usize) -> i32 {
        let column = self.columns.get(age).and_then(|columns| columns.get(at));
        column.and_then(|column| column.get(self.slot)).copied().unwrap_or(0)
    }

    /// A component in the newest of them, or that of a default row.
    #[inline]
    pub(super) fn newest(&self, at: usize, defaults: &[i32]) -> i32 {
        if self.depth > 0 { self.value(0, at) } else { defaults.get(at).copied().unwrap_or(0) }
    }

    /// Whether a component is the same in a snapshot and the one before it.
    #[inline]
    pub(crate) fn stayed(&self, age: usize, at: usize) -> bool {
        self.value(age, at) == self.value(age + 1, at)
    }
}

/// How a group moves, as the four bits of an entity's models. Which one suits is found by the server alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Model {
    /// On as in the last interval, a little less far where that was less than the one before. For a steady velocity:
    /// straight on.
    Linear = 0,
    /// Stays. For a steady velocity: the last turn again.
    Hold = 1,
    /// On as in the interval before the last: what is updated at every other snapshot.
    Alternate = 2,
    /// On as in the last interval, and half of its change again: what falls or brakes.
    Accelerate = 3,
    /// On as in the last interval, and its change again: what is smooth.
    Smooth = 4,
}

/// Models there are.
pub(crate) const MODELS: [Model; 5] =
    [Model::Linear, Model::Hold, Model::Alternate, Model::Accelerate, Model::Smooth];

impl Model {
    /// The model with this number; unknown ones are the first, so that no bytes are an error here.
    pub(crate) fn of(models: u32, place: Option<usize>) -> Model {
        let Some(place) = place else { return Model::Hold };
        match models >> (4 * place as u32) & 15 {
            1 => Model::Hold,
            2 => Model::Alternate,
            3 => Model::Accelerate,
            4 => Model::Smooth,
            _ => Model::Linear,
        }
    }
}

/// Contexts of a group.
pub(crate) const CONTEXTS: usize = 16;

/// The context of rows with less than three snapshots.
pub(super) const NEW: usize = CONTEXTS - 1;

/// What a group is expected to be, and how surely.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    /// The values.
    pub(crate) values: [i32; GROUP_MAX],
    /// How far beyond its bounds each would be, had it not been put within.
    pub(crate) beyond: [i32; GROUP_MAX],
    /// Whether differences are told with the sign turned: the likelier direction is then positive.
    pub(crate) turned: [bool; GROUP_MAX],
    /// Which code of a codebook.
    pub(crate) context: usize,
    /// The magnitude that differences are expected to have, where there is no codebook.
    pub(crate) magnitude: usize,
    /// How far each part is expected to be off, for the codes of single parts.
    pub(crate) unrest: Unrest,
}

/// What a group with its own past is expected to be under a model.
pub(crate) fn own(plan: &Plan, group: &Group, past: &Past<'_>, model: Model) -> Expected {
    let mut expected = Expected::default();
    let (mut change, mut speed) = (0, 0);
    let mut changes = [0; GROUP_MAX];
    for (part, (&at, bounds)) in group.components.iter().zip(&group.bounds).enumerate() {
        let size = if bounds.ring { bounds.max.wrapping_add(1) } else { 0 };
        let mut track = Track::of(past, at, size, &plan.defaults);
        if model != Model::Hold {
            track.without_leaps(plan, past);
            track.around(plan, past, bounds);
        }
        let changed = if model == Model::Hold { track.last } else { track.change() };
        change = change.max(magnitude(changed));
        speed = speed.max(magnitude(track.last));
        let value = track.newest.wrapping_add(track.step(model));
        let (Some(place), Some(turned), Some(changes)) =
            (expected.values.get_mut(part), expected.turned.get_mut(part), changes.get_mut(part))
        else {
            continue;
        };
        *changes = changed.unsigned_abs();
        *place = bounds.within(value);
        if *place != value
            && let Some(beyond) = expected.beyond.get_mut(part)
        {
            *beyond = value.wrapping_sub(*place);
        }
        *turned = track.likely(model) < 0;
    }
    let pace = match speed {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    (expected.context, expected.magnitude, expected.unrest) = match past.depth {
        3 => (context(change, pace), change as usize, Unrest::Alike { changes, pace }),
        2 => (NEW, speed.saturating_sub(1) as usize, Unrest::Unknown),
        _ => (NEW, 3, Unrest::Unknown),
    };
    expected
}

/// The context of a group that changed and moved like that: where it hardly changed, it matters whether it moved.
fn context(change: u32, pace: usize) -> usize {
    match change {
        0 => pace,
        1 => 3 + pace,
        2 => 6 + pace.min(1),
        _ => 5 + change.min(9) as usize,
    }
}

/// The last differences of one component.
struct Track {
    newest: i32,
    last: i32,
    before: i32,
    /// Ticks to the newest row, and of the last two intervals; 0 where there is none.
    ticks: [u32; 3],
    /// Whether it is an angle: what turns is not slowed by anything.
    ring: bool,
}

impl Track {
    fn of(past: &Past<'_>, at: usize, ring: i32, defaults: &[i32]) -> Track {
        let newest = past.newest(at, defaults);
        let gap = |age: usize| difference(past.value(age, at), past.value(age + 1, at), ring);
        let ages = past.ages;
        match past.depth {
            0 => Track { newest, last: 0, before: 0, ticks: [0; 3], ring: ring != 0 },
            1 => Track { newest, last: 0, before: 0, ticks: [ages[0], 0, 0], ring: ring != 0 },
            2 => Track {
                newest,
                last: gap(0),
                before: gap(0),
                ticks: [ages[0], ages[1].saturating_sub(ages[0]), 0],
                ring: ring != 0,
            },
            _ => Track {
                newest,
                last: gap(0),
                before: gap(1),
                ticks: [ages[0], ages[1].saturating_sub(ages[0]), ages[2].saturating_sub(ages[1])],
                ring: ring != 0,
            },
        }
    }

    /// A leap at which something about the row changed that is told rarely is no motion that goes on: it was put there,
    /// or is told in other terms from then on.
    fn without_leaps(&mut self, plan: &Plan, past: &Past<'_>) {
        if past.depth < 3 {
            return;
        }
        if is_leap(self.last, self.before) && plan.rare_differs(past, 0) {
            self.last = 0;
        } else if is_leap(self.before, self.last) && plan.rare_differs(past, 1) {
            self.before = 0;
        }
    }

    /// An interval of more than three quarters of what the bounds span leads around the edge of a world that has none,
    /// unless something that is told rarely changed with it.
    fn around(&mut self, plan: &Plan, past: &Past<'_>, bounds: &Component) {
        let Some(span) = span(bounds).filter(|_| past.depth == 3) else { return };
        for (age, interval) in [&mut self.last, &mut self.before].into_iter().enumerate() {
            if interval.unsigned_abs() > span / 4 * 3 && !plan.rare_differs(past, age) {
                *interval = interval.wrapping_sub(interval.signum() * (span as i32 + 1));
            }
        }
    }

    /// By how much the last interval differs from the one before.
    fn change(&self) -> i32 {
        self.last.wrapping_sub(self.before)
    }

    /// How far the value is expected to have moved since the newest row.
    fn step(&self, model: Model) -> i32 {
        let [ahead, last, before] = self.ticks;
        let even = ahead == last && (last == before || before == 0);
        match model {
            Model::Hold => 0,
            Model::Alternate if even => self.before,
            Model::Accelerate if even => self.last.wrapping_add(self.change() / 2),
            Model::Linear if even => self.last.wrapping_add(self.slowing()),
            Model::Smooth if even => self.last.wrapping_add(self.change()),
            Model::Linear | Model::Alternate | Model::Accelerate | Model::Smooth => {
                stretched(self.last, ahead, last)
            }
        }
    }

    /// What was slower in the last interval than in the one before goes on to become so, by a quarter as much: friction
    /// and drag are steadier than what sets things going.
    fn slowing(&self) -> i32 {
        let slows = self.last.signum() == self.before.signum() && self.last.abs_diff(0) < self.before.abs_diff(0);
        if slows && !self.ring { self.change() / 4 } else { 0 }
    }

    /// The direction in which the value is rather off.
    fn likely(&self, model: Model) -> i32 {
        let directions = match model {
            Model::Hold => [self.last, self.before],
            Model::Linear | Model::Alternate | Model::Accelerate | Model::Smooth => [self.change(), self.last],
        };
        directions.into_iter().find(|&direction| direction != 0).unwrap_or(0)
    }
}

/// How far bounds lie apart; `None` where nothing is beyond them, and where that is too little for a world, or too far for
/// differences to be exact.
fn span(bounds: &Component) -> Option<u32> {
    Some(bounds.max.abs_diff(bounds.min)).filter(|span| (64..1 << 29).contains(span) && !bounds.ring)
}

/// What a difference is counted from, from the bounds that a value is expected to be `beyond`: where it is more than half
/// of what they span, from beyond, so that it is the same one whenever something goes around the edge of a world that
/// has none.
pub(super) fn around(bounds: &Component, beyond: i32, difference: i32) -> i32 {
    let far = |&span: &u32| difference.unsigned_abs() > span / 2 && beyond.unsigned_abs() <= span;
    span(bounds).filter(far).map_or(0, |_| beyond)
}

/// Whether one interval is out of all proportion to the one next to it.
fn is_leap(interval: i32, other: i32) -> bool {
    interval.unsigned_abs() > other.unsigned_abs().saturating_mul(8).saturating_add(32)
}

/// A difference over `had` ticks as it would be over `wanted`, rounded.
fn stretched(difference: i32, wanted: u32, had: u32) -> i32 {
    if wanted == had || had == 0 {
        return difference;
    }
    round(f64::from(difference) * f64::from(wanted) / f64::from(had))
}

/// The nearest integer, a half up; saturating. What is not a number becomes the lowest.
#[inline]
pub(crate) fn round(value: f64) -> i32 {
    round_within(value, (i32::MIN, i32::MAX))
}

/// The same within bounds, which takes no longer.
///
/// Adding 1.5 * 2^52, which has no bits behind the point, leaves the nearest whole number, and that in the lowest bits:
/// a few operations that are the same for every value, of which compilers do several at once.
#[inline]
pub(crate) fn round_within(value: f64, (min, max): (i32, i32)) -> i32 {
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let (min, max) = (f64::from(min), f64::from(max));
    let value = value + 0.5;
    let low = if value > min { value } else { min };
    let within = if low < max { low } else { max };
    let nearest = within + WHOLE;
    let above = nearest - WHOLE > within;
    (nearest.to_bits() as i32).wrapping_sub(i32::from(above))
}

/// All bits or none: what [`choose`] takes, many at once and without a branch.
#[inline]
pub(crate) fn mask(set: bool) -> u64 {
    if set { u64::MAX } else { 0 }
}

/// `one` where a [`mask`] is set, otherwise `other`.
#[inline]
pub(crate) fn choose(mask: u64, one: f64, other: f64) -> f64 {
    f64::from_bits(one.to_bits() & mask | other.to_bits() & !mask)
}

/// `later - earlier`; on a ring of `size` (a power of two, 0: no ring) the short way.
pub(crate) fn difference(later: i32, earlier: i32, size: i32) -> i32 {
    let difference = later.wrapping_sub(earlier);
    if size == 0 {
        return difference;
    }
    let half = size / 2;
    (difference.wrapping_add(half) & size.wrapping_sub(1)).wrapping_sub(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_rounding_down_of_a_half_more() {
        let edges = [0.0, 0.5, 1.0, 1.5, 2.5, 1e9, 2_147_483_646.5, 2_147_483_647.5, 3e9, 1e15, 1e16, 1e300];
        let around = |value: f64| [value.next_down(), value, value.next_up()];
        let odd = (0..2_000).map(|n| f64::from(n) * 1_234.567_8);
        let finite = edges.into_iter().chain(odd).flat_map(around).flat_map(|value| [value, -value]);
        for value in finite.chain([f64::INFINITY, f64::NEG_INFINITY]) {
            assert_eq!(round(value), (value + 0.5).floor() as i32, "{value}");
            assert_eq!(round_within(value, (-3, 70_000)), round(value).clamp(-3, 70_000), "{value}");
        }
        assert_eq!(round(f64::NAN), i32::MIN);
    }
}
