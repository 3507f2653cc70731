//! What lies between two images: one place for what clients draw and what `seen_by` looks up.

use crate::image::{Image, KindImage};
use crate::schema::{Field, FieldType, Kind, Schema};

/// The image `part` (0 to 1) of the way from `from` to `to`.
///
/// Rows are those of `from`; `lerp` fields of rows that both have lie in between, on the ring the short way, unless
/// the jump is over the field's `snap` and what its velocity explains; everything else is as in `from`.
#[must_use]
pub fn blend(schema: &Schema, from: &Image, to: &Image, part: f32) -> Image {
    let mut image = from.clone();
    let seconds = f64::from(to.tick.since(from.tick)) / f64::from(schema.tick_rate.max(1));
    let kinds = schema.kinds.iter().zip(&from.kinds).zip(&to.kinds).zip(&mut image.kinds);
    for (((kind, before), target), rows) in kinds {
        for lerp in Lerp::of_kind(kind) {
            blend_field(&lerp, before, rows, target, seconds, f64::from(part));
        }
    }
    image
}

/// Whether `slot` holds the same row in both images, rather than one that took the slot of another.
#[must_use]
pub fn same_row(from: &KindImage, to: &KindImage, slot: u32) -> bool {
    let at = slot as usize;
    from.alive.contains(slot)
        && to.alive.contains(slot)
        && from.generation.get(at) == to.generation.get(at)
        && from.owner.get(at) == to.owner.get(at)
}

/// How a `lerp` field lies between two of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Lerp {
    /// The field's first component.
    pub first: usize,
    /// Its components, which lie between together or not at all.
    pub count: usize,
    /// The size of one step in the world's units; for a field that is `exact`, `None`: its integers are bits.
    pub step: Option<f64>,
    /// The size of the ring, in steps.
    pub ring: Option<i32>,
    /// A jump over this distance, in the world's units, is a teleport, unless the velocity explains it.
    pub snap: Option<f64>,
    /// The field's velocity, where it has one.
    pub rate: Option<Rate>,
}

/// A velocity that says how far a field may come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Its first component.
    pub first: usize,
    /// What its integer 0 means, in the world's units a second.
    pub lo: f64,
    /// The size of one step.
    pub step: f64,
}

impl Rate {
    fn of(field: &Field, first: usize) -> Option<Rate> {
        let of = match &field.ty {
            FieldType::Vector { of, .. } => of.as_ref(),
            other => other,
        };
        match of {
            FieldType::Number { lo, step, .. } => Some(Rate { first, lo: *lo, step: *step }),
            _ => None,
        }
    }

    fn speed(&self, count: usize, rows: &KindImage, slot: u32) -> f64 {
        let part = |c: usize| self.lo + f64::from(rows.value(self.first + c, slot)) * self.step;
        libm::sqrt((0..count).map(|c| part(c) * part(c)).sum())
    }
}

impl Lerp {
    /// How `field`, whose first component is `first`, lies in between; `None` where it does not.
    #[must_use]
    pub fn of(field: &Field, first: usize) -> Option<Lerp> {
        if !field.lerp {
            return None;
        }
        let (count, of) = match &field.ty {
            FieldType::Vector { size, of } => (usize::from(*size), of.as_ref()),
            other => (1, other),
        };
        let (step, ring) = match of {
            FieldType::Number { step, .. } => (Some(*step), None),
            FieldType::Angle { bits } => {
                let size = 1i32 << u32::from(*bits).min(16);
                (Some(core::f64::consts::TAU / f64::from(size)), Some(size))
            }
            FieldType::Exact => (None, None),
            FieldType::Int { .. } => (Some(1.0), None),
            FieldType::Bool
            | FieldType::Wide { .. }
            | FieldType::Vector { .. }
            | FieldType::Enum { .. }
            | FieldType::Tick
            | FieldType::Player
            | FieldType::Row { .. }
            | FieldType::Option(_)
            | FieldType::Array { .. }
            | FieldType::Whole { .. } => return None,
        };
        Some(Lerp { first, count, step, ring, snap: field.snap, rate: None })
    }

    /// All of a kind's fields that lie in between.
    #[must_use]
    pub fn of_kind(kind: &Kind) -> Vec<Lerp> {
        let offsets = kind.offsets();
        let rate_of = |position: usize| {
            let mut fields = kind.fields.iter().zip(&offsets);
            let (field, first) =
                fields.find(|(field, _)| field.rate_of.is_some_and(|of| of as usize == position))?;
            Rate::of(field, *first)
        };
        let fields = kind.fields.iter().zip(&offsets).enumerate();
        let lerps = fields.filter_map(|(at, (field, first))| {
            let lerp = Lerp::of(field, *first)?;
            Some(Lerp { rate: rate_of(at), ..lerp })
        });
        lerps.collect()
    }

    /// Whether the row at `slot` went from one image to the other by a teleport. `seconds` lie between them: after a
    /// gap in what was sent a row may have come further than `snap` by itself.
    #[must_use]
    pub fn teleports(&self, from: &KindImage, to: &KindImage, slot: u32, seconds: f64) -> bool {
        let Some(snap) = self.snap else { return false };
        let distances =
            (self.first..self.first + self.count).map(|c| self.distance(from.value(c, slot), to.value(c, slot)));
        let moved = libm::sqrt(distances.map(|d| d * d).sum());
        moved > snap && {
            let speed = |rows| self.rate.map_or(0.0, |rate| rate.speed(self.count, rows, slot));
            moved > snap + speed(from).max(speed(to)) * seconds
        }
    }

    /// How far `to` is from `from`, in the world's units, on a ring the short way.
    #[must_use]
    pub fn distance(&self, from: i32, to: i32) -> f64 {
        match self.step {
            Some(step) => self.steps(from, to) * step,
            None => f64::from(f32::from_bits(to as u32)) - f64::from(f32::from_bits(from as u32)),
        }
    }

    /// Whether a jump by these distances, one per component, is a teleport.
    #[must_use]
    pub fn is_teleport(&self, distances: impl Iterator<Item = f64>) -> bool {
        let Some(snap) = self.snap else { return false };
        distances.map(|d| d * d).sum::<f64>() > snap * snap
    }

    /// The integer `part` of the way.
    fn between(&self, from: i32, to: i32, part: f64) -> i32 {
        match (self.step, self.ring) {
            (None, _) => {
                let value = f64::from(f32::from_bits(from as u32)) + self.distance(from, to) * part;
                (value as f32).to_bits() as i32
            }
            (Some(_), ring) => {
                let moved = libm::rint(self.steps(from, to) * part) as i64;
                let value = i64::from(from) + moved;
                ring.map_or(value, |size| value.rem_euclid(i64::from(size))) as i32
            }
        }
    }

    fn steps(&self, from: i32, to: i32) -> f64 {
        let steps = i64::from(to) - i64::from(from);
        match self.ring.map(i64::from) {
            Some(size) => {
                let steps = steps.rem_euclid(size);
                (if steps > size / 2 { steps - size } else { steps }) as f64
            }
            None => steps as f64,
        }
    }
}

fn blend_field(
    lerp: &Lerp,
    before: &KindImage,
    rows: &mut KindImage,
    target: &KindImage,
    seconds: f64,
    part: f64,
) {
    for slot in before.alive.iter().filter(|&slot| same_row(before, target, slot)) {
        if lerp.teleports(before, target, slot, seconds) {
            continue;
        }
        for component in lerp.first..lerp.first + lerp.count {
            let value = lerp.between(before.value(component, slot), target.value(component, slot), part);
            rows.set_value(component, slot, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PlayerId;
    use crate::schema::Shape;

    fn field(name: &str, ty: FieldType, snap: Option<f64>) -> Field {
        Field { default: vec![0; ty.component_count()], lerp: true, snap, ..Field::plain(name, ty) }
    }

    /// A kind with a position (steps of 0.5, snap at 100), an angle of 8 bits, an exact float, and hit points.
    fn schema() -> Schema {
        let number = FieldType::Number { lo: 0.0, step: 0.5, steps: 4_000 };
        let mut hp = field("hp", FieldType::Int { min: 0, max: 100 }, None);
        hp.lerp = false;
        let fields = vec![
            field("pos", FieldType::Vector { size: 2, of: Box::new(number) }, Some(100.0)),
            field("heading", FieldType::Angle { bits: 8 }, None),
            field("heat", FieldType::Exact, None),
            hp,
        ];
        let kind = Kind {
            name: "ships".to_owned(),
            row: "Ship".to_owned(),
            one: false,
            owner: false,
            predicted: false,
            fields,
        };
        Schema {
            game: "test".to_owned(),
            tick_rate: 60,
            send_every: 1,
            kinds: vec![kind],
            input: Vec::new(),
            request: Shape::Never,
            event: Shape::Never,
        }
    }

    fn image(rows: &[(u32, u32, [i32; 5])]) -> Image {
        let mut image = Image::new(&schema());
        for (slot, generation, values) in rows {
            image.kinds[0].insert(*slot, PlayerId(1), *generation);
            for (component, value) in values.iter().enumerate() {
                image.kinds[0].set_value(component, *slot, *value);
            }
        }
        image
    }

    fn bits(value: f32) -> i32 {
        value.to_bits() as i32
    }

    fn values(image: &Image, slot: u32) -> [i32; 5] {
        core::array::from_fn(|component| image.kinds[0].value(component, slot))
    }

    #[test]
    fn lerp_fields_lie_in_between_and_others_stay() {
        let from = image(&[(3, 1, [10, 20, 4, bits(1.0), 50])]);
        let to = image(&[(3, 1, [20, 40, 8, bits(3.0), 90])]);
        assert_eq!(values(&blend(&schema(), &from, &to, 0.5), 3), [15, 30, 6, bits(2.0), 50]);
        assert_eq!(blend(&schema(), &from, &to, 0.0), from);
    }

    #[test]
    fn an_angle_takes_the_short_way() {
        let from = image(&[(0, 1, [0, 0, 250, 0, 0])]);
        let to = image(&[(0, 1, [0, 0, 6, 0, 0])]);
        assert_eq!(values(&blend(&schema(), &from, &to, 0.5), 0)[2], 0);
        assert_eq!(values(&blend(&schema(), &from, &to, 0.25), 0)[2], 253);
        assert_eq!(values(&blend(&schema(), &to, &from, 0.25), 0)[2], 3);
    }

    #[test]
    fn a_teleport_does_not_slide_though_one_component_alone_would() {
        let from = image(&[(0, 1, [0, 0, 0, 0, 0])]);
        let to = image(&[(0, 1, [150, 150, 8, 0, 0])]);
        assert_eq!(values(&blend(&schema(), &from, &to, 0.5), 0), [0, 0, 4, 0, 0]);
    }

    #[test]
    fn a_row_that_took_the_slot_of_another_is_not_the_same_row() {
        let from = image(&[(0, 1, [0; 5]), (1, 1, [0; 5])]);
        let to = image(&[(0, 2, [40; 5]), (2, 1, [40; 5])]);
        let between = blend(&schema(), &from, &to, 0.5);
        assert_eq!(between, from);
    }
}
