//! A uniform grid over the rows that are somewhere: the index that finds what lies around a point, nothing else.
//!
//! Rows stay in it from tick to tick. One that kept still costs a compare, one that moved within its cell is written
//! over, and only one that went into another cell is moved there. The cells are laid out anew where there are many
//! more or fewer rows than they were made for, where rows have left the part of the world that they cover, and every
//! so often.

mod cells;
#[cfg(test)]
mod tests;

use tickwire_protocol::id::{EntityId, KindId};
use tickwire_protocol::image::{Image, KindImage, Slots};
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::quantize::from_step;
use tickwire_protocol::schema::{FieldType, Schema};

use self::cells::Cells;

/// Cells along one side: a table of them stays in the cache.
const SIDE_MAX: usize = 256;
/// Rows in a cell, about, where they are spread evenly.
const ROWS_PER_CELL: f32 = 4.0;
/// Ticks after which the cells are laid out anew: a world that has shrunk is noticed so late at the most.
const LAYOUT_TICKS_MAX: u32 = 1_024;
/// Fewer rows than this are no reason to lay out the cells anew.
const FEW_ROWS: usize = 64;

/// All rows with a place, by cell.
#[derive(Debug, Default)]
pub(super) struct Grid {
    places: Vec<Option<Place>>,
    /// By kind.
    known: Vec<Known>,
    cells: Cells,
    plane: Plane,
    /// How many rows the cells were laid out for, and ticks since then.
    laid_for: usize,
    ticks: u32,
    /// How often a row was seen to move outside the plane since then.
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

/// The rows of a kind that are in the grid.
#[derive(Debug, Default)]
struct Known {
    slots: Slots,
    /// The integers of their places, by slot.
    steps: Vec<[i32; 3]>,
}

/// A row and where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) at: Vec3,
    pub(super) id: EntityId,
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
        Grid { known: places.iter().map(|_| Known::default()).collect(), places, ..Grid::default() }
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

    /// Brings the rows to where they are in `image`.
    pub(super) fn update(&mut self, image: &Image) {
        let placed = self.places.iter().zip(&image.kinds).filter(|(place, _)| place.is_some());
        let rows = placed.map(|(_, rows)| rows.alive.len()).sum();
        self.ticks += 1;
        if self.is_outgrown(rows) {
            self.lay_out(image, rows);
        }
        let kinds = (0..).map(KindId).zip(&self.places).zip(self.known.iter_mut().zip(&image.kinds));
        for ((kind, place), (known, rows)) in kinds {
            if let Some(place) = place {
                self.strayed += known.update((kind, place), rows, &self.plane, &mut self.cells);
            }
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
        // They are laid out anew before there are more than twice as many.
        self.cells.clear(self.plane.columns * self.plane.lines, 2 * rows.max(FEW_ROWS), image.kinds.len());
        self.known.iter_mut().for_each(|known| known.slots.clear());
    }

    /// Every row within `radius` of `centre` (across the plane), and some more: the caller measures.
    #[inline]
    pub(super) fn near(&self, centre: Vec3, radius: f32, mut each: impl FnMut(&Row)) {
        let plane = &self.plane;
        // What is lost to rounding must not be missed.
        let reach = radius * 1.001;
        let middle = plane.along(centre.y, 1);
        for line in plane.line(centre.y - reach)..=plane.line(centre.y + reach) {
            // The first and the last line go on forever.
            let from = if line == 0 { f32::NEG_INFINITY } else { line as f32 };
            let to = if line + 1 >= plane.lines { f32::INFINITY } else { (line + 1) as f32 };
            let away = ((from - middle).max(middle - to) - 0.01).max(0.0) * plane.edge;
            let half = (reach * reach - away * away).max(0.0).sqrt();
            let first = line * plane.columns;
            self.cells
                .each(first + plane.column(centre.x - half)..first + plane.column(centre.x + half) + 1, &mut each);
        }
    }

    fn place_of(&self, kind: KindId) -> Option<&Place> {
        self.places.get(usize::from(kind.0))?.as_ref()
    }
}

impl Known {
    /// Brings the rows of a kind to where they are. Says how many of them moved, and are outside the plane.
    fn update(
        &mut self,
        (kind, place): (KindId, &Place),
        rows: &KindImage,
        plane: &Plane,
        cells: &mut Cells,
    ) -> usize {
        for slot in self.slots.difference(&rows.alive) {
            cells.remove(EntityId { kind, slot });
        }
        if self.steps.len() < rows.capacity() {
            self.steps.resize(rows.capacity(), [0; 3]);
        }
        let (columns, mut strayed) = (place.columns(rows), 0);
        for slot in rows.alive.iter() {
            let Some(known) = self.steps.get_mut(slot as usize) else { continue };
            let steps = place.steps_of(&columns, slot);
            let is_new = !self.slots.contains(slot);
            if *known == steps && !is_new {
                continue;
            }
            *known = steps;
            let row = Row { at: place.position(steps), id: EntityId { kind, slot } };
            strayed += usize::from(!plane.covers(row.at));
            let cell = plane.cell(row.at);
            if is_new {
                cells.insert(cell, row);
            } else {
                cells.put(cell, row);
            }
        }
        self.slots.copy_from(&rows.alive);
        strayed
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
        (self.along(x, 0) as usize).min(self.columns.saturating_sub(1))
    }

    fn line(&self, y: f32) -> usize {
        (self.along(y, 1) as usize).min(self.lines.saturating_sub(1))
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
}
