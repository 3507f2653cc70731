//! 901 cubes that tumble: orientation as the smallest three of a quaternion, position, and whether one is touched.

use anyhow::ensure;
use tickwire_protocol::schema::{Field, FieldType};

use super::{Axis, Set, field, place, schema};

/// Cubes in a frame.
const CUBES: usize = 901;
/// Numbers of a cube: largest, a, b, c, x, y, z, interacting.
const NUMBERS: usize = 8;
/// The last step of a, b and c.
const PART_MAX: i64 = 511;

pub(super) fn set(numbers: &[i32]) -> anyhow::Result<Set> {
    let per_frame = CUBES * NUMBERS;
    ensure!(
        !numbers.is_empty() && numbers.len().is_multiple_of(per_frame),
        "it has {} numbers, and a frame has {per_frame}",
        numbers.len()
    );
    let column = |at: usize| numbers.iter().skip(at).step_by(NUMBERS).copied();
    ensure!(column(0).all(|largest| (0..4).contains(&largest)), "the largest of four is not 0 to 3");
    ensure!((1..4).all(|at| column(at).all(|part| (0..=PART_MAX).contains(&part.into()))), "a part is over 511");
    ensure!(column(7).all(|flag| flag == 0 || flag == 1), "a flag is neither 0 nor 1");
    let axes = [4, 5, 6].map(|at| Axis::of(column(at)));
    let part = FieldType::Int { min: 0, max: PART_MAX };
    let fields = vec![
        field("largest", FieldType::Int { min: 0, max: 3 }),
        Field { lerp: true, ..field("parts", FieldType::Array { len: 3, of: Box::new(part) }) },
        place(&axes, 1.0 / 512.0),
        field("interacting", FieldType::Bool),
    ];
    let low = axes.iter().map(|axis| axis.min).min().unwrap_or(0);
    let frames = numbers.chunks(per_frame).map(|frame| from_zero(frame, low)).collect();
    Ok(Set { schema: schema("cubes901", 60, "cubes", fields), entities: CUBES, frames })
}

/// A frame whose positions count from the lowest there is, as those of a range do.
fn from_zero(frame: &[i32], low: i32) -> Vec<i32> {
    let shifted = |(at, &number): (usize, &i32)| match at % NUMBERS {
        4..=6 => number.wrapping_sub(low),
        _ => number,
    };
    frame.iter().enumerate().map(shifted).collect()
}
