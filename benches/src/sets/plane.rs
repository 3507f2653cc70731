//! Things in the plane: x and y.

use anyhow::{Context as _, ensure};

use super::{Axis, Set, place, schema};

pub(super) fn set(numbers: &[i32]) -> anyhow::Result<Set> {
    let (&[frames, entities], values) = numbers.split_first_chunk().context("it has no header")?;
    let (frames, entities) = (usize::try_from(frames)?, usize::try_from(entities)?);
    let expected = frames.checked_mul(entities).and_then(|rows| rows.checked_mul(2));
    ensure!(
        expected == Some(values.len()) && entities > 0,
        "it says {frames} frames of {entities}, and has {} numbers",
        values.len()
    );
    let column = |at: usize| values.iter().skip(at).step_by(2).copied();
    let axes = [0, 1].map(|at| Axis::of(column(at)));
    let low = axes.iter().map(|axis| axis.min).min().unwrap_or(0);
    let frames =
        values.chunks(2 * entities).map(|frame| frame.iter().map(|n| n.wrapping_sub(low)).collect()).collect();
    let fields = vec![place(&axes, 1.0)];
    Ok(Set { schema: schema("xy", 30, "things", fields), entities, frames })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets::possible;

    #[test]
    fn numbers_further_apart_than_a_schema_can_hold_are_refused() {
        assert!(set(&[1, 2, 0, 5, -7, i32::MAX - 8]).and_then(possible).is_ok());
        assert!(set(&[1, 2, 0, 5, i32::MIN, i32::MAX]).and_then(possible).is_err());
    }
}
