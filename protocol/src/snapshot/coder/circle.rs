//! The circle on which a velocity that keeps its length is expected.

use super::predict::{Model, NEW, Past, round};

/// The circle on which a steady velocity is expected, in steps of the velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Circle {
    /// Its radius.
    length: f64,
    /// The expected direction, of length 1.
    towards: (f64, f64),
    /// What zero velocity is, in steps.
    zero: f64,
    /// Which code of a codebook.
    pub(crate) context: usize,
    /// The magnitude a turn is expected to have, where there is no codebook.
    pub(crate) magnitude: usize,
}

/// Steps of velocity below which a direction means nothing.
const STILL: f64 = 8.0;

/// The velocities that a client holds of an entity: what its circle is found from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    /// The newest, and its length.
    newest: (f64, f64),
    first: f64,
    /// The one before, where it lies as far back again.
    earlier: Option<(f64, f64)>,
    /// The length of those that have about the same.
    length: f64,
    zero: f64,
    depth: usize,
}

impl Course {
    /// The course of the velocity in the places `at`, which are so many steps from `zero`; `None` where there was hardly
    /// any.
    pub(crate) fn of(past: &Past<'_>, at: &[usize], zero: f64) -> Option<Course> {
        let [x, y] = [*at.first()?, *at.get(1)?];
        if past.depth == 0 {
            return None;
        }
        let vector = |age| (f64::from(past.value(age, x)) + zero, f64::from(past.value(age, y)) + zero);
        let (newest, before) = (vector(0), vector(1));
        let first = length(newest);
        if first < STILL {
            return None;
        }
        let (mut sum, mut count) = (first, 1.0);
        for (age, vector) in [(1, before), (2, vector(2))] {
            let other = length(vector);
            if age < past.depth && (other - first) * (other - first) < 4.0 {
                sum += other;
                count += 1.0;
            }
        }
        let earlier = (past.depth > 1 && past.ages[1] == 2 * past.ages[0]).then_some(before);
        Some(Course { newest, first, earlier, length: sum / count, zero, depth: past.depth })
    }

    /// The circle on which the velocity goes on under a model.
    pub(crate) fn circle(&self, model: Model) -> Circle {
        let Course { newest, first, length, zero, .. } = *self;
        let again = self.earlier.filter(|_| model == Model::Hold);
        let turned = again.and_then(|earlier| turned_again(newest, earlier));
        let towards = turned.unwrap_or_else(|| (newest.0 / first, newest.1 / first));
        let whole = first as u32;
        let octave = whole.ilog2();
        let half = u32::from(whole >= (1 << octave) + (1 << octave) / 2);
        let repeats = usize::from(again.is_some());
        let context = if self.depth < 3 { NEW } else { repeats * 7 + ((2 * octave + half) % 7) as usize };
        let magnitude = if repeats == 1 { 2 } else { octave.saturating_sub(3) as usize };
        Circle { length, towards, zero, context, magnitude }
    }
}

impl Circle {
    /// The turn after which the velocity is nearest, in steps along the tangent.
    ///
    /// `None` where it points away from the expected direction by 80 degrees or more.
    pub(crate) fn turn(&self, velocity: [i32; 2]) -> Option<i32> {
        let (x, y) = (f64::from(velocity[0]) + self.zero, f64::from(velocity[1]) + self.zero);
        let along = x * self.towards.0 + y * self.towards.1;
        let across = y * self.towards.0 - x * self.towards.1;
        (along > 0.0 && 36.0 * along * along > x * x + y * y).then(|| round(self.length * across / along))
    }

    /// The velocity after a turn.
    pub(crate) fn at(&self, turn: i32) -> [i32; 2] {
        let turn = f64::from(turn) / self.length;
        let (x, y) = (self.towards.0 - turn * self.towards.1, self.towards.1 + turn * self.towards.0);
        let scale = self.length / libm::sqrt(1.0 + turn * turn);
        [round(x * scale - self.zero), round(y * scale - self.zero)]
    }
}

fn length((x, y): (f64, f64)) -> f64 {
    libm::sqrt(x * x + y * y)
}

/// The direction of `newest`, turned as far again as it is from `earlier`.
fn turned_again(newest: (f64, f64), earlier: (f64, f64)) -> Option<(f64, f64)> {
    let along = newest.0 * earlier.0 + newest.1 * earlier.1;
    let across = newest.1 * earlier.0 - newest.0 * earlier.1;
    let (x, y) = (newest.0 * along - newest.1 * across, newest.1 * along + newest.0 * across);
    let length = length((x, y));
    (length > 0.0).then(|| (x / length, y / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_found_on_its_circle() {
        let columns = [vec![13_000], vec![17_000]];
        let past = Past { columns: [&columns; 3], slot: 0, depth: 3, ages: [1, 2, 3] };
        let circle = Course::of(&past, &[0, 1], -12_000.0).unwrap().circle(Model::Linear);
        for turn in (-9_000..9_000).step_by(37) {
            let velocity = circle.at(turn);
            let found = circle.turn(velocity).unwrap();
            let [x, y] = circle.at(found);
            assert!((x - velocity[0]).abs() <= 1 && (y - velocity[1]).abs() <= 1, "{turn} {found}");
        }
        assert_eq!(circle.turn([11_000, 7_000]), None);
    }
}
