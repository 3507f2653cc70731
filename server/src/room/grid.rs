//! A uniform grid over the rows that are somewhere: the index that finds what lies around a point, nothing else.
//!
//! In each tick the rows are put in order anew, by the cell in which they are: those of neighbouring cells on a line lie
//! side by side, so that what is near a point is read in a few stretches. That takes less than finding out which rows
//! went where, as soon as many of them move. The cells are laid out anew where there are many more or fewer rows than
//! they were made for, where rows have left the part of the world that they cover, and every so often.

#[cfg(test)]
mod tests;

use core::ops::Range;

use tickwire_protocol::id::{EntityId, KindId};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::quantize::from_step;
use tickwire_protocol::schema::{FieldType, Schema};

/// Cells along one side: a table of them stays in the cache.
const SIDE_MAX: usize = 256;
/// Rows in a cell, about, where they are spread evenly.
const ROWS_PER_CELL: f32 = 4.0;
/// Ticks after which the cells are laid out anew: a world that has shrunk is noticed so late at the most.
const LAYOUT_TICKS_MAX: u32 = 1_024;
/// Fewer rows than this are no reason to lay out the cells anew.
const FEW_ROWS: usize = 64;
/// Rows that are measured at once.
pub(super) const TOGETHER: usize = 16;

/// All rows with a place, by cell.
#[derive(Debug, Default)]
pub(super) struct Grid {
    places: Vec<Option<Place>>,
    /// Whether all rows are in the plane.
    flat: bool,
    /// By kind: the words that a bit for each of its slots takes, one kind after the other.
    words: Vec<Range<usize>>,
    plane: Plane,
    /// The rows, by cell, then kind, then slot.
    rows: Rows,
    /// By cell: how many rows there are up to its end.
    ends: Vec<u32>,
    /// The rows by kind, then slot.
    unordered: Vec<Row>,
    /// How many rows the cells were laid out for, and ticks since then.
    laid_for: usize,
    ticks: u32,
    /// How often a row was outside the plane since then.
    strayed: usize,
}

/// Where a kind's rows are.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: usize,
    size: usize,
    /// `None`: the integers are the bits of an f32.
    steps: Option<(f64, f64, u32)>,
}

/// A row: where it is, which of the bits of [`Grid::words`] is its own, and its cell.
#[derive(Clone, Copy, Debug)]
struct Row {
    at: [f32; 3],
    bit: u32,
    cell: u32,
}

/// Rows in columns, so that several are measured at once.
#[derive(Debug, Default)]
struct Rows {
    at: [Vec<f32>; 3],
    bits: Vec<u32>,
}

/// Rows that lie side by side: where they are, and their bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    at: [&'a [f32]; 3],
    pub(super) bits: &'a [u32],
    /// Whether all of them are known to lie within the radius.
    pub(super) inside: bool,
}

/// The part of the world that the cells cover. What is outside lies in the cells of the edge; so does what is nowhere
/// (NaN).
#[derive(Clone, Copy, Debug, Default)]
struct Plane {
    min: [f32; 2],
    max: [f32; 2],
    edge: f32,
    /// Cells per unit.
    scale: f32,
    columns: usize,
    lines: usize,
}

impl Grid {
    /// A grid for the kinds that have a place and are not their owner's secret.
    pub(super) fn new(schema: &Schema) -> Grid {
        let places = schema.kinds.iter().map(|kind| {
            let field = kind.place().filter(|_| !kind.owner)?;
            let first = kind.offsets().get(field).copied()?;
            let FieldType::Vector { size, of } = &kind.fields.get(field)?.ty else { return None };
            let steps = match **of {
                FieldType::Number { lo, step, steps } => Some((lo, step, steps)),
                _ => None,
            };
            Some(Place { first, size: usize::from(*size), steps })
        });
        let places: Vec<Option<Place>> = places.collect();
        Grid { places, ..Grid::default() }
    }

    /// Whether rows of this kind are somewhere.
    pub(super) fn has_place(&self, kind: KindId) -> bool {
        self.place_of(kind).is_some()
    }

    /// Where a row is; `None` for kinds without a place.
    pub(super) fn position(&self, image: &Image, id: EntityId) -> Option<Vec3> {
        let place = self.place_of(id.kind)?;
        let columns = place.columns(image.kind(id.kind)?);
        Some(place.position(place.steps_of(&columns, id.slot)))
    }

    /// By kind: the words that a bit for each of its slots takes, one kind after the other. Of a kind without a place
    /// there are none.
    pub(super) fn words(&self) -> &[Range<usize>] {
        &self.words
    }

    /// Brings the rows to where they are in `image`.
    pub(super) fn update(&mut self, image: &Image) {
        let placed = self.places.iter().zip(&image.kinds).filter(|(place, _)| place.is_some());
        let rows = placed.map(|(_, rows)| rows.alive.len()).sum();
        self.ticks += 1;
        if self.is_outgrown(rows) {
            self.lay_out(image, rows);
        }
        self.ends.clear();
        self.ends.resize(self.plane.columns * self.plane.lines, 0);
        self.words.clear();
        self.unordered.clear();
        self.flat = true;
        let mut words = 0;
        for (place, rows) in self.places.iter().zip(&image.kinds) {
            let from = words;
            if let Some(place) = place {
                words += rows.capacity().div_ceil(64);
                self.flat &= place.size < 3 || rows.alive.is_empty();
                place.add_rows(rows, from as u32 * 64, &mut self.unordered);
            }
            self.words.push(from..words);
        }
        for row in &mut self.unordered {
            let at = Vec3::from_array(row.at);
            row.cell = self.plane.cell(at) as u32;
            self.strayed += usize::from(!self.plane.covers(at));
            if let Some(rows) = self.ends.get_mut(row.cell as usize) {
                *rows += 1;
            }
        }
        self.put_in_order();
    }

    /// Puts the rows by cell; of each cell it is known how many there are.
    fn put_in_order(&mut self) {
        let mut before = 0;
        for end in &mut self.ends {
            let rows = core::mem::replace(end, before);
            before += rows;
        }
        self.rows.resize(self.unordered.len());
        for row in &self.unordered {
            let Some(end) = self.ends.get_mut(row.cell as usize) else { continue };
            self.rows.put(*end as usize, row);
            *end += 1;
        }
    }

    /// Whether the cells do not fit any more to as many rows, and to where they are.
    fn is_outgrown(&self, rows: usize) -> bool {
        let few = rows.max(self.laid_for) <= FEW_ROWS;
        let other_number = !few && (rows > 2 * self.laid_for || rows < self.laid_for / 4);
        let strayed = self.strayed > self.laid_for.max(FEW_ROWS);
        self.plane.columns == 0 || other_number || strayed || self.ticks > LAYOUT_TICKS_MAX
    }

    /// Lays out cells for the rows of `image`, still empty.
    fn lay_out(&mut self, image: &Image, rows: usize) {
        let (mut min, mut max) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for ((kind, place), rows) in (0..).map(KindId).zip(&self.places).zip(&image.kinds) {
            let Some(place) = place else { continue };
            let columns = place.columns(rows);
            for id in rows.alive.iter().map(|slot| EntityId { kind, slot }) {
                let at = place.position(place.steps_of(&columns, id.slot));
                for (axis, value) in [at.x, at.y].into_iter().enumerate().filter(|_| at.is_finite()) {
                    min[axis] = min[axis].min(value);
                    max[axis] = max[axis].max(value);
                }
            }
        }
        self.plane = Plane::over(min, max, rows);
        (self.laid_for, self.ticks, self.strayed) = (rows, 0, 0);
    }

    /// Every row within `wide` of `centre` (across the plane), and some more: the caller measures those that are not
    /// known to lie within `radius`.
    #[inline]
    pub(super) fn near(&self, centre: Vec3, [radius, wide]: [f32; 2], mut each: impl FnMut(Stretch<'_>)) {
        let plane = &self.plane;
        // What is lost to rounding must not be missed, nor be taken to be nearer than it is.
        let reach = wide * 1.001;
        let sure = if self.flat && centre.z == 0.0 { radius * 0.999 } else { 0.0 };
        let middle = plane.along(centre.y, 1);
        for line in plane.line(centre.y - reach)..=plane.line(centre.y + reach) {
            // The first and the last line go on forever.
            let from = if line == 0 { f32::NEG_INFINITY } else { line as u32 as f32 };
            let to = if line + 1 >= plane.lines { f32::INFINITY } else { (line as u32 + 1) as f32 };
            let away = ((from - middle).max(middle - to) - 0.01).max(0.0) * plane.edge;
            let across = ((middle - from).max(to - middle) + 0.01) * plane.edge;
            let columns = |half: f32| (plane.column(centre.x - half), plane.column(centre.x + half));
            let (from, to) = columns((reach * reach - away * away).max(0.0).sqrt());
            // Those between two columns in which something may be further away; so never the first or the last one.
            let (before, behind) = columns((sure * sure - across * across).max(0.0).sqrt());
            let first = line * plane.columns;
            let [from, inside, outside, to] =
                [from, before + 1, behind.max(before + 1), to + 1].map(|column| self.end_before(first + column));
            for (rows, inside) in [(from..inside, false), (inside..outside, true), (outside..to, false)] {
                each(self.rows.stretch(rows, inside));
            }
        }
    }

    /// How many rows there are before a cell.
    fn end_before(&self, cell: usize) -> usize {
        cell.checked_sub(1).and_then(|cell| self.ends.get(cell)).map_or(0, |end| *end as usize)
    }

    fn place_of(&self, kind: KindId) -> Option<&Place> {
        self.places.get(usize::from(kind.0))?.as_ref()
    }
}

impl Rows {
    fn resize(&mut self, rows: usize) {
        // Who measures the last ones measures some more.
        self.at.iter_mut().for_each(|column| column.resize(rows + TOGETHER, 0.0));
        self.bits.resize(rows, 0);
    }

    #[inline]
    fn put(&mut self, at: usize, row: &Row) {
        for (column, value) in self.at.iter_mut().zip(row.at) {
            if let Some(place) = column.get_mut(at) {
                *place = value;
            }
        }
        if let Some(place) = self.bits.get_mut(at) {
            *place = row.bit;
        }
    }

    #[inline]
    fn stretch(&self, rows: Range<usize>, inside: bool) -> Stretch<'_> {
        let at = self.at.each_ref().map(|column| column.get(rows.start..).unwrap_or_default());
        Stretch { at, bits: self.bits.get(rows).unwrap_or_default(), inside }
    }
}

impl<'a> Stretch<'a> {
    /// So many rows at a time: where they are, with what lies behind the last of them, and their bits.
    #[inline]
    pub(super) fn parts(self) -> impl Iterator<Item = ([&'a [f32; TOGETHER]; 3], &'a [u32])> {
        self.bits.chunks(TOGETHER).enumerate().filter_map(move |(nth, bits)| {
            let [x, y, z] = self.at.map(|column| column.get(nth * TOGETHER..).and_then(|rest| rest.first_chunk()));
            Some(([x?, y?, z?], bits))
        })
    }
}

impl Plane {
    /// The plane over these corners, in cells of so many rows as are worth it.
    fn over(min: [f32; 2], max: [f32; 2], rows: usize) -> Plane {
        let side = |axis: usize| {
            let side = max[axis] - min[axis];
            if side.is_finite() { side.max(1e-3) } else { 1.0 }
        };
        let (width, height) = (side(0), side(1));
        let cells = (rows as f32 / ROWS_PER_CELL).max(1.0);
        let edge = (width / cells * height).sqrt().max(width.max(height) / (SIDE_MAX - 1) as f32);
        let known = |corner: [f32; 2]| corner.map(|side| if side.is_finite() { side } else { 0.0 });
        Plane {
            min: known(min),
            max: known(max),
            edge,
            scale: 1.0 / edge,
            columns: (width / edge) as usize + 1,
            lines: (height / edge) as usize + 1,
        }
    }

    /// Whether a place is not further outside than a cell is wide. Nowhere is not outside.
    fn covers(&self, at: Vec3) -> bool {
        let outside =
            |value: f32, axis: usize| value < self.min[axis] - self.edge || value > self.max[axis] + self.edge;
        !outside(at.x, 0) && !outside(at.y, 1)
    }

    /// How many cells from the beginning.
    fn along(&self, value: f32, axis: usize) -> f32 {
        (value - self.min[axis]) * self.scale
    }

    fn column(&self, x: f32) -> usize {
        (self.along(x, 0) as u32 as usize).min(self.columns.saturating_sub(1))
    }

    fn line(&self, y: f32) -> usize {
        (self.along(y, 1) as u32 as usize).min(self.lines.saturating_sub(1))
    }

    fn cell(&self, at: Vec3) -> usize {
        self.line(at.y) * self.columns + self.column(at.x)
    }
}

impl Place {
    /// The columns of the integers; an empty one where there are fewer.
    fn columns<'a>(&self, rows: &'a KindImage) -> [&'a [i32]; 3] {
        let column = |axis: usize| rows.columns.get(self.first + axis).filter(|_| axis < self.size);
        [0, 1, 2].map(|axis| column(axis).map_or(&[][..], Vec::as_slice))
    }

    fn steps_of(&self, columns: &[&[i32]; 3], slot: u32) -> [i32; 3] {
        columns.map(|column| column.get(slot as usize).copied().unwrap_or(0))
    }

    fn position(&self, steps: [i32; 3]) -> Vec3 {
        let mut at = [0.0; 3];
        for (value, n) in at.iter_mut().zip(steps).take(self.size) {
            *value = match self.steps {
                Some((lo, step, steps)) => from_step(n, lo, step, steps),
                None => f32::from_bits(n as u32),
            };
        }
        Vec3::from_array(at)
    }

    /// Adds the rows of a kind, their cells not known yet; the bit of slot 0 is `bit`.
    fn add_rows(&self, rows: &KindImage, bit: u32, to: &mut Vec<Row>) {
        let from = to.len();
        to.extend(rows.alive.iter().map(|slot| Row { at: [0.0; 3], bit: bit + slot, cell: 0 }));
        let added = to.get_mut(from..).unwrap_or_default();
        for (axis, column) in self.columns(rows).into_iter().enumerate().take(self.size) {
            match self.steps {
                Some((lo, step, steps)) => fill(added, axis, bit, column, |n| from_step(n, lo, step, steps)),
                None => fill(added, axis, bit, column, |n| f32::from_bits(n as u32)),
            }
        }
    }
}

/// Puts the values of a column into rows, of which slot 0 has this bit.
fn fill(rows: &mut [Row], axis: usize, bit: u32, column: &[i32], value: impl Fn(i32) -> f32) {
    for row in rows {
        let n = column.get((row.bit - bit) as usize).copied().unwrap_or(0);
        if let Some(at) = row.at.get_mut(axis) {
            *at = value(n);
        }
    }
}
