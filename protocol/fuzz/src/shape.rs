//! Shapes out of bytes.

use tickwire_protocol::schema::Shape;

/// Deeper shapes read nothing that these do not.
const DEPTH_MAX: u32 = 4;

/// The shape that the first of these bytes say, and the bytes that are left.
#[must_use]
pub fn shape(bytes: &[u8]) -> (Shape, &[u8]) {
    let mut rest = bytes.iter();
    let shape = part(&mut rest, 0);
    (shape, rest.as_slice())
}

fn part(from: &mut core::slice::Iter<'_, u8>, depth: u32) -> Shape {
    let byte = from.next().copied().unwrap_or(0);
    let high = byte / 16;
    let bits = [8, 16, 32, 64][usize::from(high % 4)];
    let mut inner = || Box::new(part(from, depth + 1));
    match byte % 16 {
        0 => Shape::Bool,
        1 => Shape::Uint(bits),
        2 => Shape::Int(bits),
        3 => Shape::Float(if high % 2 == 0 { 32 } else { 64 }),
        4 => Shape::Text,
        5 => Shape::Unit,
        6 => Shape::Never,
        _ if depth >= DEPTH_MAX => Shape::Uint(8),
        7 | 8 => Shape::Option(inner()),
        9 | 10 => Shape::List(inner()),
        11 => Shape::Array(high.into(), inner()),
        12 => Shape::Tuple((0..high % 4).map(|_| part(from, depth + 1)).collect()),
        13 | 14 => Shape::Enum { name: "E".into(), variants: named(from, high, depth) },
        _ => Shape::Struct { name: "S".into(), fields: named(from, high, depth) },
    }
}

fn named(from: &mut core::slice::Iter<'_, u8>, count: u8, depth: u32) -> Vec<(String, Shape)> {
    (0..count % 6).map(|at| (format!("f{at}"), part(from, depth + 1))).collect()
}
