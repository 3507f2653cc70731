//! What a group that follows from the lead is expected to be: for one row, or for a block of neighbours at once.

use core::array::from_fn;

use super::angles::{turns, unit};
use super::levels::Unrest;
use super::plan::{Along, By, Expect, GROUP_MAX, Group, Mover, Plan};
use super::predict::{Expected, Model, Past, Row, own, round, round_within};

/// `N` neighbouring rows: as they are now, and in the snapshots that a client holds.
///
/// Both ends do the same to one row and to a block of them, and a block in one loop takes a fraction of the time.
pub(crate) trait Rows<const N: usize> {
    /// A component now; 0 where there is none.
    fn now(&self, at: usize) -> [i32; N];
    /// A component in one of the snapshots, counted from the newest; 0 where there is none.
    fn past(&self, age: usize, at: usize) -> [i32; N];
    /// In how many snapshots all of them are, and how many ticks each lies back.
    fn depth_and_ages(&self) -> (usize, [u32; 3]);
}

/// A row as it is now, as far as that is known, and its past.
pub(crate) struct One<'a> {
    /// The row now.
    pub(crate) now: &'a Row,
    /// What a client holds of it.
    pub(crate) past: &'a Past<'a>,
}

impl Rows<1> for One<'_> {
    #[inline]
    fn now(&self, at: usize) -> [i32; 1] {
        [self.now.get(at).copied().unwrap_or(0)]
    }
    #[inline]
    fn past(&self, age: usize, at: usize) -> [i32; 1] {
        [self.past.value(age, at)]
    }
    #[inline]
    fn depth_and_ages(&self) -> (usize, [u32; 3]) {
        (self.past.depth, self.past.ages)
    }
}

/// Neighbours that are looked at together.
pub(crate) const BLOCK: usize = 8;

/// Rows of a block from which on it takes less time to look at all of them.
pub(crate) const DENSE: u32 = 3;

/// Rows that are looked at together: those of the slots from that of `past` on, where they do not lie `apart`.
pub(crate) struct Block<'a> {
    /// The columns of the rows now.
    pub(crate) now: &'a [Vec<i32>],
    /// What a client holds of them.
    pub(crate) past: Past<'a>,
    /// Their slots where they do not follow each other.
    pub(crate) apart: Option<[u32; BLOCK]>,
}

impl Block<'_> {
    /// The same from one of its rows on, which follow each other.
    pub(crate) fn at_row(&self, row: usize) -> Block<'_> {
        let slot = self.apart.map_or(self.past.slot + row, |slots| slots[row] as usize);
        Block { now: self.now, past: Past { slot, ..self.past }, apart: None }
    }

    #[inline]
    fn rows<const N: usize>(&self, columns: &[Vec<i32>], at: usize) -> [i32; N] {
        if let Some(slots) = &self.apart {
            let column = columns.get(at).map_or(&[][..], Vec::as_slice);
            let value = |slot: &u32| column.get(*slot as usize).copied();
            return from_fn(|row| slots.get(row).and_then(value).unwrap_or(0));
        }
        let rows = columns.get(at).and_then(|column| column.get(self.past.slot..)).unwrap_or_default();
        match rows.first_chunk() {
            Some(rows) => *rows,
            // The last rows of all.
            None => from_fn(|row| rows.get(row).copied().unwrap_or(0)),
        }
    }
}

impl<const N: usize> Rows<N> for Block<'_> {
    #[inline]
    fn now(&self, at: usize) -> [i32; N] {
        self.rows(self.now, at)
    }
    #[inline]
    fn past(&self, age: usize, at: usize) -> [i32; N] {
        self.rows(self.past.columns.get(age).copied().unwrap_or_default(), at)
    }
    #[inline]
    fn depth_and_ages(&self) -> (usize, [u32; 3]) {
        (self.past.depth, self.past.ages)
    }
}

/// What a derived group is expected to be, given the row with its lead as it is now.
pub(crate) fn derived(plan: &Plan, group: &Group, past: &Past<'_>, now: &Row) -> Expected {
    let follows =
        matches!(group.expect, Expect::Moved(_) if past.depth > 0) || matches!(group.expect, Expect::Along(_));
    let expected = match follows {
        true => Expected { magnitude: 1, ..Expected::default() },
        false => Expected { context: 0, unrest: Unrest::default(), ..own(plan, group, past, Model::Hold) },
    };
    Expected { values: derived_values(plan, group, &One { now, past }).map(|[value]| value), ..expected }
}

/// The values of [`derived`], without all that it takes to tell a difference.
#[inline]
pub(crate) fn derived_values<const N: usize>(
    plan: &Plan,
    group: &Group,
    rows: &impl Rows<N>,
) -> [[i32; N]; GROUP_MAX] {
    let (depth, _) = rows.depth_and_ages();
    match &group.expect {
        Expect::Moved(mover) if depth > 0 => mover.moved(group, rows),
        Expect::Along(along) => [along.angle(group, rows), [0; N], [0; N]],
        Expect::Own | Expect::Steady | Expect::Flags | Expect::Moved(_) => held(plan, group, rows),
    }
}

/// The values of a group that holds: those of the newest row, or of a default one.
pub(crate) fn held<const N: usize>(plan: &Plan, group: &Group, rows: &impl Rows<N>) -> [[i32; N]; GROUP_MAX] {
    let mut values = [[0; N]; GROUP_MAX];
    let (depth, _) = rows.depth_and_ages();
    for (place, (&at, bounds)) in values.iter_mut().zip(group.components.iter().zip(&group.bounds)) {
        let newest = if depth > 0 { rows.past(0, at) } else { [plan.defaults.get(at).copied().unwrap_or(0); N] };
        for (place, value) in place.iter_mut().zip(newest) {
            *place = bounds.within(value);
        }
    }
    values
}

/// Of the rows, those that are not as a group is expected to be, a bit each.
#[inline]
pub(crate) fn off<const N: usize>(group: &Group, expected: &[[i32; N]; GROUP_MAX], rows: &impl Rows<N>) -> u32 {
    let mut off = [0; N];
    for (&at, expected) in group.components.iter().zip(expected) {
        let now = rows.now(at);
        for row in 0..N {
            off[row] |= now[row] ^ expected[row];
        }
    }
    rows_where(off, |off| off != 0)
}

/// A bit for each row.
#[inline]
pub(crate) fn rows_where<const N: usize, T>(rows: [T; N], is: impl Fn(T) -> bool) -> u32 {
    // Its own bit of each, all at once; then these together.
    let masks = rows.map(|row| if is(row) { u32::MAX } else { 0 });
    masks.iter().enumerate().fold(0, |bits, (row, mask)| bits | mask & 1 << row)
}

impl Along {
    /// The angles now.
    #[inline]
    fn angle<const N: usize>(&self, group: &Group, rows: &impl Rows<N>) -> [i32; N] {
        let size = 1u32 << self.bits;
        let [x, y] = [rows.now(self.velocity[0]), rows.now(self.velocity[1])];
        let before = group.components.first().filter(|_| rows.depth_and_ages().0 > 0);
        let before = before.map_or([0; N], |&at| rows.past(0, at));
        let mut angles = [0; N];
        for row in 0..N {
            let (x, y) = (self.real(x[row]), self.real(y[row]));
            let along = round(turns(y, x) * f64::from(size)) & (size - 1) as i32;
            angles[row] = if x != 0.0 || y != 0.0 { along } else { before[row] };
        }
        angles
    }

    #[inline]
    fn real(&self, value: i32) -> f64 {
        self.number.0 + f64::from(value) * self.number.1
    }
}

impl Mover {
    /// Where the positions are now.
    ///
    /// Over one tick that is `position + velocity * dt` in f32, with the velocity of the tick that is coded: what a
    /// game computes that moves after it steers, to the bit. Over several, a velocity that changed on the way is taken
    /// to have changed evenly.
    #[inline]
    fn moved<const N: usize>(&self, group: &Group, rows: &impl Rows<N>) -> [[i32; N]; GROUP_MAX] {
        let last = self.velocity(|at| rows.now(at));
        let ticks = rows.depth_and_ages().1[0];
        let first = if ticks > 1 { self.velocity(|at| rows.past(0, at)) } else { last };
        let mut values = [[0; N]; GROUP_MAX];
        let parts = values.iter_mut().zip(group.components.iter().zip(&group.bounds)).zip(first.iter().zip(&last));
        for ((place, (&at, bounds)), (first, last)) in parts {
            let from = rows.past(0, at);
            for row in 0..N {
                let moved = match ticks > 1 {
                    true => self.moved_on(from[row], ticks, (first[row], last[row])),
                    false => self.moved_once(from[row], last[row]),
                };
                place[row] = round_within(moved, (bounds.min, bounds.max));
            }
        }
        values
    }

    /// A part of the position one tick on, in steps.
    #[inline]
    fn moved_once(&self, from: i32, velocity: f32) -> f64 {
        let (lo, step) = self.place;
        let position = (lo + f64::from(from) * step) as f32 + velocity * self.dt;
        (f64::from(position) - lo) / step
    }

    /// A part of the position several ticks on, in steps, over which its velocity changed from the first to the last.
    fn moved_on(&self, from: i32, ticks: u32, (first, last): (f32, f32)) -> f64 {
        let (first, last) = (f64::from(first), f64::from(last));
        let way = ((first + last) / 2.0 * f64::from(ticks) + (last - first) / 2.0) * f64::from(self.dt);
        f64::from(from) + way / self.place.1
    }

    /// The velocities of rows, in units a second, part by part.
    #[inline]
    fn velocity<const N: usize>(&self, values: impl Fn(usize) -> [i32; N]) -> [[f32; N]; GROUP_MAX] {
        let (lo, step) = self.number;
        let real = |value: i32| (lo + f64::from(value) * step) as f32;
        let mut parts = [[0.0; N]; GROUP_MAX];
        match &self.by {
            By::Vector(velocity) => {
                for (part, &at) in parts.iter_mut().zip(velocity) {
                    let numbers = values(at);
                    for row in 0..N {
                        part[row] = real(numbers[row]);
                    }
                }
            }
            By::Polar { speed, angle, bits } => {
                let (speeds, angles) = (values(*speed), values(*angle));
                for (row, (speed, angle)) in speeds.into_iter().zip(angles).enumerate() {
                    let (sin, cos) = unit(angle, *bits);
                    let speed = real(speed);
                    (parts[0][row], parts[1][row]) = (cos as f32 * speed, sin as f32 * speed);
                }
            }
        }
        parts
    }
}
