//! A uniform grid over the rows that are somewhere: the index that finds what lies around a point, nothing else.

use tickwire_protocol::id::{EntityId, KindId};
use tickwire_protocol::image::Image;
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::quantize::from_step;
use tickwire_protocol::schema::{FieldType, Schema};

/// Cells along one side: a table of offsets that stays in the cache.
const SIDE_MAX: usize = 256;

/// All rows with a place, by cell. Built again for each tick by counting; its memory stays.
#[derive(Debug, Default)]
pub(super) struct Grid {
    places: Vec<Option<Place>>,
    rows: Vec<Row>,
    /// Where the rows of each cell begin, and the end.
    starts: Vec<u32>,
    cells: Vec<u32>,
    unsorted: Vec<Row>,
    min: [f32; 2],
    edge: f32,
    columns: usize,
    lines: usize,
}

/// Where a kind's rows are.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: usize,
    size: usize,
    /// `None`: the integers are the bits of an f32.
    steps: Option<(f64, f64, u32)>,
}

/// A row and where it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    pub(super) at: Vec3,
    pub(super) id: EntityId,
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
        Grid { places: places.collect(), ..Grid::default() }
    }

    /// Whether rows of this kind are somewhere.
    pub(super) fn has_place(&self, kind: KindId) -> bool {
        self.place_of(kind).is_some()
    }

    /// Where a row is; `None` for kinds without a place.
    pub(super) fn position(&self, image: &Image, id: EntityId) -> Option<Vec3> {
        let place = self.place_of(id.kind)?;
        let rows = image.kind(id.kind)?;
        let mut at = [0.0; 3];
        for (part, component) in at.iter_mut().zip(place.first..place.first + place.size) {
            *part = place.value(rows.value(component, id.slot));
        }
        Some(Vec3::from_array(at))
    }

    /// Sorts the rows of `image` into cells, about four rows each.
    pub(super) fn build(&mut self, image: &Image) {
        self.unsorted.clear();
        for (kind, rows) in (0..).map(KindId).zip(&image.kinds) {
            if self.place_of(kind).is_some() {
                for slot in rows.alive.iter() {
                    let id = EntityId { kind, slot };
                    let at = self.position(image, id).unwrap_or_default();
                    self.unsorted.push(Row { at, id });
                }
            }
        }
        self.lay_out();
        self.sort();
    }

    fn lay_out(&mut self) {
        let (mut min, mut max) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for row in self.unsorted.iter().filter(|row| row.at.is_finite()) {
            for (axis, value) in [row.at.x, row.at.y].into_iter().enumerate() {
                min[axis] = min[axis].min(value);
                max[axis] = max[axis].max(value);
            }
        }
        let extent =
            [max[0] - min[0], max[1] - min[1]].map(|side| if side.is_finite() { side.max(1e-3) } else { 1.0 });
        self.min = min.map(|side| if side.is_finite() { side } else { 0.0 });
        let quarter = (self.unsorted.len() as f32 / 4.0).max(1.0);
        let longest = extent[0].max(extent[1]);
        self.edge = (extent[0] / quarter * extent[1]).sqrt().max(longest / (SIDE_MAX - 1) as f32);
        self.columns = (extent[0] / self.edge) as usize + 1;
        self.lines = (extent[1] / self.edge) as usize + 1;
    }

    fn sort(&mut self) {
        self.starts.clear();
        self.starts.resize(self.columns * self.lines + 1, 0);
        self.cells.clear();
        for row in &self.unsorted {
            let cell = self.line(row.at.y) * self.columns + self.column(row.at.x);
            self.cells.push(cell as u32);
            self.starts[cell + 1] += 1;
        }
        for cell in 1..self.starts.len() {
            self.starts[cell] += self.starts[cell - 1];
        }
        self.rows.clear();
        self.rows.resize(self.unsorted.len(), Row::default());
        // `starts[cell + 1]` is where `cell` ends; filled from its end, it becomes where `cell` begins.
        for (row, cell) in self.unsorted.iter().zip(&self.cells).rev() {
            let end = &mut self.starts[*cell as usize + 1];
            *end -= 1;
            self.rows[*end as usize] = *row;
        }
        self.starts.rotate_left(1);
        if let Some(end) = self.starts.last_mut() {
            *end = self.rows.len() as u32;
        }
    }

    /// Every row in the square of `radius` around `centre` and some more: the caller measures.
    pub(super) fn near(&self, centre: Vec3, radius: f32) -> impl Iterator<Item = &Row> {
        let columns = self.column(centre.x - radius)..=self.column(centre.x + radius);
        let lines = self.line(centre.y - radius)..=self.line(centre.y + radius);
        lines.flat_map(move |line| {
            let from = self.start(line * self.columns + columns.start());
            let to = self.start(line * self.columns + columns.end() + 1);
            self.rows.get(from..to).unwrap_or_default()
        })
    }

    fn start(&self, cell: usize) -> usize {
        self.starts.get(cell).map_or(self.rows.len(), |start| *start as usize)
    }

    /// What is outside lies in the cells of the edge; so does what is nowhere (NaN).
    fn column(&self, x: f32) -> usize {
        (((x - self.min[0]) / self.edge) as usize).min(self.columns.saturating_sub(1))
    }

    fn line(&self, y: f32) -> usize {
        (((y - self.min[1]) / self.edge) as usize).min(self.lines.saturating_sub(1))
    }

    fn place_of(&self, kind: KindId) -> Option<&Place> {
        self.places.get(usize::from(kind.0))?.as_ref()
    }
}

impl Place {
    fn value(&self, n: i32) -> f32 {
        match self.steps {
            Some((lo, step, steps)) => from_step(n, lo, step, steps),
            None => f32::from_bits(n as u32),
        }
    }
}
