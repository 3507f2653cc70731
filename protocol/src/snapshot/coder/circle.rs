//! The circle on which a velocity that keeps its length is expected.
//!
//! Everything here is done for `N` rows at once, a step for all of them and then the next: divisions and square roots
//! take long, but those of different rows need not wait for each other. A row that has no neighbours is one of one.

use super::predict::{NEW, choose, mask, round};

/// The circles on which steady velocities are expected, in steps of the velocity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circles<const N: usize> {
    /// Which of them there are, by [`mask`]: what hardly moves has no direction.
    there: [u64; N],
    /// Their radii.
    length: [f64; N],
    /// The expected directions, of length 1.
    towards: [[f64; N]; 2],
    /// What zero velocity is, in steps.
    zero: f64,
    /// Which code of a codebook.
    pub(crate) context: [u8; N],
    /// The magnitude a turn is expected to have, where there is no codebook.
    pub(crate) magnitude: [u8; N],
}

/// Steps of velocity below which a direction means nothing.
const STILL: f64 = 8.0;

/// The context of what has no circle.
const NONE: u8 = 6;

/// How a turn is told at each pace, from the slowest on that has a direction: two to an octave.
const PACES: [Pace; 64] = {
    let mut paces = [Pace { context: 0, magnitude: 0 }; 64];
    let mut at = 0;
    while at < paces.len() {
        let half_octaves = at as u32 + FIRST_PACE;
        paces[at] = Pace { context: (half_octaves % 7) as u8, magnitude: (half_octaves / 2 - 3) as u8 };
        at += 1;
    }
    paces
};

/// The half octaves of [`STILL`].
const FIRST_PACE: u32 = 6;

/// How a turn is told by what moves at a pace.
#[derive(Clone, Copy)]
struct Pace {
    context: u8,
    magnitude: u8,
}

impl<const N: usize> Circles<N> {
    /// The circles of velocities that were `held` at `depth` snapshots, newest first, which lie `ages` ticks back; their
    /// numbers are so many steps from `zero`. `again`: which of them are expected to turn as they did last, by
    /// [`mask`].
    #[inline]
    pub(crate) fn of(
        held: &[[[i32; N]; 2]; 3],
        (depth, ages): (usize, [u32; 3]),
        zero: f64,
        again: &[u64; N],
    ) -> Circles<N> {
        let even = depth > 1 && ages[1] == 2 * ages[0];
        let held = [steps(&held[0], zero), steps(&held[1], zero), steps(&held[2], zero)];
        let lengths = [lengths(&held[0]), lengths(&held[1]), lengths(&held[2])];
        let first = &lengths[0];
        let mut circles = Circles {
            there: [0; N],
            length: mean(&lengths, depth),
            towards: held[0],
            zero,
            context: [NONE; N],
            magnitude: [0; N],
        };
        // Straight on; or turned as far again as the newest is from the one before.
        let again = if even { *again } else { [0; N] };
        let mut around = *first;
        if again.iter().fold(0, |some, again| some | again) != 0 {
            let (newest, before) = (&held[0], &held[1]);
            let mut turned = *newest;
            for row in 0..N {
                let along = newest[0][row] * before[0][row] + newest[1][row] * before[1][row];
                let across = newest[1][row] * before[0][row] - newest[0][row] * before[1][row];
                turned[0][row] = newest[0][row] * along - newest[1][row] * across;
                turned[1][row] = newest[1][row] * along + newest[0][row] * across;
            }
            let long = self::lengths(&turned);
            for row in 0..N {
                let turns = again[row] & mask(long[row] > 0.0);
                around[row] = choose(turns, long[row], first[row]);
                circles.towards[0][row] = choose(turns, turned[0][row], newest[0][row]);
                circles.towards[1][row] = choose(turns, turned[1][row], newest[1][row]);
            }
        }
        for towards in &mut circles.towards {
            towards.iter_mut().zip(&around).for_each(|(towards, around)| *towards /= around);
        }
        let held = mask(depth > 0);
        circles.there = first.map(|length| held & mask(length >= STILL));
        for row in 0..N {
            if circles.is_there(row) {
                let repeats = again[row] != 0;
                // The exponent and the first bit behind the point: two to an octave.
                let half_octaves = (first[row].to_bits() >> 51) as u32 - 2 * 1_023;
                let pace = PACES[(half_octaves - FIRST_PACE) as usize % PACES.len()];
                circles.context[row] =
                    if depth < 3 { NEW as u8 } else { pace.context + if repeats { 7 } else { 0 } };
                circles.magnitude[row] = if repeats { 2 } else { pace.magnitude };
            }
        }
        circles
    }

    /// Whether a row has one.
    pub(crate) fn is_there(&self, row: usize) -> bool {
        self.there[row] != 0
    }

    /// The turns after which the velocities are nearest, in steps along the tangent, and, by [`mask`], whether there is
    /// one: not where a velocity points away from the expected direction by 80 degrees or more.
    #[inline]
    pub(crate) fn turns(&self, velocities: &[[i32; N]; 2]) -> ([i32; N], [u64; N]) {
        let [xs, ys] = steps(velocities, self.zero);
        let (mut turns, mut fit) = ([0; N], [0; N]);
        for row in 0..N {
            let (x, y) = (xs[row], ys[row]);
            let along = x * self.towards[0][row] + y * self.towards[1][row];
            let across = y * self.towards[0][row] - x * self.towards[1][row];
            turns[row] = round(self.length[row] * across / along);
            fit[row] = self.there[row] & mask(along > 0.0) & mask(36.0 * along * along > x * x + y * y);
        }
        (turns, fit)
    }

    /// The velocities after turns.
    #[inline]
    pub(crate) fn at(&self, turns: &[i32; N]) -> [[i32; N]; 2] {
        let mut velocities = [[0; N]; 2];
        for row in 0..N {
            let turn = f64::from(turns[row]) / self.length[row];
            let [x, y] = [self.towards[0][row], self.towards[1][row]];
            let scale = self.length[row] / (1.0 + turn * turn).sqrt();
            velocities[0][row] = round((x - turn * y) * scale - self.zero);
            velocities[1][row] = round((y + turn * x) * scale - self.zero);
        }
        velocities
    }
}

/// The mean of those lengths that are about the same as the newest.
#[inline]
fn mean<const N: usize>([first, second, third]: &[[f64; N]; 3], depth: usize) -> [f64; N] {
    let (two, three) = (mask(depth > 1), mask(depth > 2));
    let mut means = [0.0; N];
    for row in 0..N {
        let by = [second[row] - first[row], third[row] - first[row]];
        let alike = [mask(by[0] * by[0] < 4.0) & two, mask(by[1] * by[1] < 4.0) & three];
        let sum = first[row] + choose(alike[0], second[row], 0.0) + choose(alike[1], third[row], 0.0);
        means[row] = sum / (1.0 + choose(alike[0], 1.0, 0.0) + choose(alike[1], 1.0, 0.0));
    }
    means
}

/// Velocities in steps from zero.
#[inline]
fn steps<const N: usize>(numbers: &[[i32; N]; 2], zero: f64) -> [[f64; N]; 2] {
    let mut steps = [[0.0; N]; 2];
    for row in 0..N {
        steps[0][row] = f64::from(numbers[0][row]) + zero;
    }
    for row in 0..N {
        steps[1][row] = f64::from(numbers[1][row]) + zero;
    }
    steps
}

#[inline]
fn lengths<const N: usize>([xs, ys]: &[[f64; N]; 2]) -> [f64; N] {
    let mut lengths = [0.0; N];
    for row in 0..N {
        lengths[row] = (xs[row] * xs[row] + ys[row] * ys[row]).sqrt();
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_found_on_its_circle() {
        let held = [[[13_000], [17_000]]; 3];
        let circle = Circles::of(&held, (3, [1, 2, 3]), -12_000.0, &[0]);
        for turn in (-9_000..9_000).step_by(37) {
            let velocity = circle.at(&[turn]);
            let (found, fit) = circle.turns(&velocity);
            let [[x], [y]] = circle.at(&found);
            assert!(
                fit[0] != 0 && (x - velocity[0][0]).abs() <= 1 && (y - velocity[1][0]).abs() <= 1,
                "{turn} {found:?}"
            );
        }
        assert_eq!(circle.turns(&[[11_000], [7_000]]).1, [0]);
    }

    #[test]
    fn many_rows_at_once_are_each_as_one_alone() {
        let number = |seed: usize, of: usize| ((seed * 7_919 + of * 104_729) % 4_001) as i32 - 2_000;
        for seed in 0..200 {
            let columns = |of: usize| core::array::from_fn(|row| number(seed + row * row, of));
            let held: [[[i32; 8]; 2]; 3] = core::array::from_fn(|age| [columns(2 * age), columns(2 * age + 1)]);
            let now = [columns(6), columns(7)];
            let again = core::array::from_fn(|row| mask((seed + row) % 3 == 0));
            let course = (seed % 4, [1, 2, 3 + seed as u32 % 2]);
            let all = Circles::of(&held, course, 0.0, &again);
            let (turns, fit) = all.turns(&now);
            for row in 0..8 {
                let one = held.map(|at| at.map(|column| [column[row]]));
                let one = Circles::of(&one, course, 0.0, &[again[row]]);
                let (turn, fits) = one.turns(&now.map(|column| [column[row]]));
                assert_eq!((one.there[0], fits[0]), (all.there[row], fit[row]));
                assert_eq!((one.context[0], one.magnitude[0]), (all.context[row], all.magnitude[row]));
                if fits[0] != 0 {
                    assert_eq!(
                        (turn[0], one.at(&turn).map(|at| at[0])),
                        (turns[row], all.at(&turns).map(|at| at[row]))
                    );
                }
            }
        }
    }
}
