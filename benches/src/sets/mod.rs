//! Recordings as worlds: a schema and images built from a file, without a game.

mod cubes;
mod plane;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use tickwire_protocol::schema::{Field, FieldType, Kind, Schema, Shape};

/// How the numbers of a file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// Frames of 901 cubes of eight numbers.
    Cubes901,
    /// Two numbers of header (frames, entities), then x and y per entity and frame.
    Xy,
}

/// A recording.
pub struct Set {
    /// What its rows look like.
    pub schema: Schema,
    /// Rows in every frame.
    pub entities: usize,
    /// Per frame the components of every row, row after row.
    pub frames: Vec<Vec<i32>>,
}

/// Reads a recording; a name that ends in `.zst` is compressed.
///
/// # Errors
/// Where the file cannot be read or is not of this layout.
pub fn read(path: &Path, layout: Layout) -> anyhow::Result<Set> {
    let named = || format!("{} cannot be read", path.display());
    let bytes = fs::read(path).with_context(named)?;
    let bytes = match path.extension() {
        Some(ending) if ending == "zst" => zstd::decode_all(&bytes[..]).with_context(named)?,
        _ => bytes,
    };
    if bytes.len() % 4 != 0 {
        bail!("{} has {} bytes, which is no whole number of 32-bit integers", path.display(), bytes.len());
    }
    let numbers: Vec<i32> = bytes.as_chunks::<4>().0.iter().map(|&four| i32::from_le_bytes(four)).collect();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let set = match layout {
        Layout::Cubes901 => cubes::set(&numbers),
        Layout::Xy => plane::set(&numbers),
    };
    set.and_then(possible).with_context(|| format!("{name} is not of the layout {layout:?}"))
}

/// A recording whose numbers a schema can hold.
fn possible(set: Set) -> anyhow::Result<Set> {
    match set.schema.errors().first() {
        None => Ok(set),
        Some(error) => bail!("no schema holds its numbers: {error}"),
    }
}

/// A schema of one kind with these fields.
fn schema(name: &str, tick_rate: u16, kind: &str, fields: Vec<Field>) -> Schema {
    let name_of_row = kind.to_owned();
    let kind =
        Kind { name: kind.to_owned(), row: name_of_row, one: false, owner: false, predicted: false, fields };
    Schema {
        game: name.to_owned(),
        tick_rate,
        send_every: 1,
        kinds: vec![kind],
        input: Vec::new(),
        request: Shape::Never,
        event: Shape::Never,
    }
}

/// A field with nothing special about it.
fn field(name: &str, ty: FieldType) -> Field {
    Field { default: vec![0; ty.component_count()], ..Field::plain(name, ty) }
}

/// Where a row is: a vector of as many axes as there are columns, in `step` of the world's units.
fn place(axes: &[Axis], step: f64) -> Field {
    let low = axes.iter().map(|axis| axis.min).min().unwrap_or(0);
    let high = axes.iter().map(|axis| axis.max).max().unwrap_or(0);
    let lo = f64::from(low) * step;
    let number = FieldType::Number { lo, step, steps: high.abs_diff(low) };
    let ty = FieldType::Vector { size: axes.len() as u8, of: Box::new(number) };
    Field { place: true, lerp: true, default: vec![low.wrapping_neg(); axes.len()], ..field("pos", ty) }
}

/// The smallest and the largest value of a column, zero among them.
#[derive(Clone, Copy, Debug, Default)]
struct Axis {
    min: i32,
    max: i32,
}

impl Axis {
    fn of(values: impl Iterator<Item = i32>) -> Axis {
        values.fold(Axis::default(), |axis, value| Axis { min: axis.min.min(value), max: axis.max.max(value) })
    }
}
