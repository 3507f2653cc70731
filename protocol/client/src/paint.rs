//! Images to floats: what lies between two snapshots, and between two predicted ticks.

use tickwire_protocol::blend::{Lerp, same_row};
use tickwire_protocol::id::{EntityId, KindId, PlayerId};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::schema::{FieldType, Kind, Schema};

use crate::predict::{Spawns, owner};
use crate::sorted::Sorted;
use crate::{Drawn, DrawnKind};

/// A drawn error falls to 1/e in this time, in microseconds.
const ERROR_FALLS: f64 = 80_000.0;
/// An error that nobody sees, as a part of a step.
const ERROR_MIN: f64 = 1e-3;

/// What turns the integers of each kind into floats, and remembers what rows are called and how wrong they are drawn.
pub(crate) struct Painter {
    kinds: Vec<Brush>,
    names: Vec<Vec<(u32, u32)>>,
    named: u32,
    tick_seconds: f64,
    /// What is still drawn wrongly, by the row's name, and is being smoothed away.
    errors: Sorted<u32, Wrong>,
}

/// By how much the components of a row are drawn wrongly.
struct Wrong {
    kind: usize,
    by: Vec<f64>,
}

struct Brush {
    scales: Vec<Scale>,
    lerps: Vec<Lerp>,
    /// Position and velocity, as first components, and how many they have.
    rates: Vec<(usize, usize, usize)>,
    place: Option<(usize, usize)>,
    predicted: bool,
}

/// How an integer is a float.
#[derive(Clone, Copy)]
enum Scale {
    Signed,
    Unsigned,
    Steps { lo: f64, step: f64 },
    Ring { size: i32 },
    Bits,
    Row,
}

/// All that is drawn at an instant.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) between: Option<Between<'a>>,
    pub(crate) own: Option<Own<'a>>,
    /// Without what is being smoothed away.
    pub(crate) bare: bool,
}

/// Two images and how far between them.
#[derive(Clone, Copy)]
pub(crate) struct Between<'a> {
    pub(crate) from: &'a Image,
    pub(crate) to: Option<&'a Image>,
    pub(crate) part: f64,
    /// Seconds beyond `from`, where there is no `to`.
    pub(crate) beyond: f64,
}

/// What the predicted world adds.
#[derive(Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) me: PlayerId,
    pub(crate) now: &'a Image,
    pub(crate) ahead: &'a Image,
    pub(crate) part: f64,
    pub(crate) spawns: &'a Spawns,
}

impl Painter {
    pub(crate) fn new(schema: &Schema) -> Painter {
        Painter {
            kinds: schema.kinds.iter().map(Brush::new).collect(),
            names: vec![Vec::new(); schema.kinds.len()],
            named: 0,
            tick_seconds: 1.0 / f64::from(schema.tick_rate.max(1)),
            errors: Sorted::default(),
        }
    }

    /// Draws the world into `drawn`.
    pub(crate) fn paint(&mut self, scene: Scene, drawn: &mut Drawn) {
        drawn.kinds.resize_with(self.kinds.len(), DrawnKind::default);
        for (at, out) in drawn.kinds.iter_mut().enumerate() {
            let kind = KindId(at as u8);
            out.clear();
            out.stride = self.kinds.get(at).map_or(0, |brush| brush.scales.len());
            if let Some(between) = scene.between {
                self.paint_others(kind, between, scene.own, out);
            }
            if let Some(own) = scene.own {
                self.paint_own(kind, own, out);
            }
            if !scene.bare {
                self.add_errors(out);
            }
        }
    }

    /// Lets errors fall for this many microseconds.
    pub(crate) fn fade(&mut self, passed: f64) {
        let x = passed / ERROR_FALLS;
        // e^-x to three terms: no function that differs between machines.
        let keep = 1.0 / (1.0 + x + x * x / 2.0);
        let kinds = &self.kinds;
        self.errors.retain(|_, wrong| {
            wrong.by.iter_mut().for_each(|error| *error *= keep);
            kinds.get(wrong.kind).is_some_and(|brush| brush.is_visible(&wrong.by))
        });
    }

    /// The largest error of a place that is being smoothed away.
    pub(crate) fn largest_error(&self) -> f64 {
        let length = |wrong: &Wrong| {
            let (first, count) = self.kinds.get(wrong.kind)?.place?;
            Some(length_of(wrong.by.get(first..first + count)?))
        };
        self.errors.values().filter_map(length).fold(0.0, f64::max)
    }

    /// Nothing is drawn wrongly.
    pub(crate) fn forgive(&mut self) {
        self.errors.clear();
    }

    /// What was drawn as `before` is now known to be `after`, which was painted without errors: the difference is
    /// smoothed away, unless it is a teleport.
    pub(crate) fn blame(&mut self, before: &Drawn, after: &Drawn) {
        for (kind, (old, new)) in before.kinds.iter().zip(&after.kinds).enumerate() {
            let Some(brush) = self.kinds.get(kind) else { continue };
            let mut hint = 0;
            for (index, key) in new.keys.iter().enumerate() {
                if old.keys.get(hint) != Some(key) {
                    let Some(found) = old.keys.iter().position(|other| other == key) else { continue };
                    hint = found;
                }
                let was = hint;
                hint += 1;
                let predicted = |flags: Option<&u8>| flags.map(|flags| flags & DrawnKind::PREDICTED);
                if predicted(old.flags.get(was)) != predicted(new.flags.get(index)) {
                    continue;
                }
                match brush.error(old.row(was), new.row(index)) {
                    Some(by) => self.errors.insert(*key, Wrong { kind, by }),
                    None => drop(self.errors.remove(key)),
                }
            }
        }
    }

    /// Which kind says where its rows are: the distance between two rows of integers.
    pub(crate) fn distance(&self, kind: KindId, one: &[i32], two: &[i32]) -> f64 {
        let Some(brush) = self.kinds.get(usize::from(kind.0)) else { return 0.0 };
        let Some((first, count)) = brush.place else { return 0.0 };
        let apart = (first..first + count).filter_map(|c| {
            let scale = brush.scales.get(c)?;
            Some(scale.float(*one.get(c)?) - scale.float(*two.get(c)?))
        });
        length_of(&apart.collect::<Vec<f64>>())
    }

    fn add_errors(&self, out: &mut DrawnKind) {
        if self.errors.len() == 0 {
            return;
        }
        let DrawnKind { keys, values, stride, .. } = out;
        for (key, row) in keys.iter().zip(values.chunks_mut((*stride).max(1))) {
            let Some(wrong) = self.errors.get(key) else { continue };
            for (value, error) in row.iter_mut().zip(&wrong.by) {
                *value += error;
            }
        }
    }

    fn paint_others(&mut self, kind: KindId, between: Between, own: Option<Own>, out: &mut DrawnKind) {
        let Some(brush) = self.kinds.get(usize::from(kind.0)) else { return };
        let Some(rows) = between.from.kind(kind) else { return };
        if own.is_some() && brush.predicted {
            return;
        }
        let to = between.to.and_then(|to| to.kind(kind));
        let ticks = between.to.map_or(0, |to| to.tick.since(between.from.tick));
        let seconds = f64::from(ticks) * self.tick_seconds;
        let names = self.names.get_mut(usize::from(kind.0));
        let Some(names) = names else { return };
        for slot in rows.alive.iter() {
            let owner = owner(rows, slot);
            if own.is_some_and(|own| own.me == owner) {
                continue;
            }
            let name = name(names, &mut self.named, slot, rows);
            let from = out.push(name, slot, owner.0, 0);
            brush.floats(rows, slot, &mut out.values);
            let Some(values) = out.values.get_mut(from..) else { continue };
            match to.filter(|to| same_row(rows, to, slot)) {
                Some(to) => brush.move_toward(rows, to, slot, (between.part, seconds), values),
                None => brush.move_on(between.beyond, values),
            }
        }
    }

    fn paint_own(&mut self, kind: KindId, own: Own, out: &mut DrawnKind) {
        let Some(brush) = self.kinds.get(usize::from(kind.0)) else { return };
        let (Some(now), Some(ahead)) = (own.now.kind(kind), own.ahead.kind(kind)) else { return };
        let Some(names) = self.names.get_mut(usize::from(kind.0)) else { return };
        for slot in ahead.alive.iter() {
            let owner = owner(ahead, slot);
            if !brush.predicted && owner != own.me {
                continue;
            }
            let entity = EntityId { kind, slot };
            let known = own.spawns.name(entity);
            let name = known.unwrap_or_else(|| name(names, &mut self.named, slot, ahead));
            let mut flags = DrawnKind::PREDICTED;
            if own.spawns.is_provisional(entity) {
                flags |= DrawnKind::PROVISIONAL;
            }
            if owner == own.me {
                flags |= DrawnKind::MINE;
            }
            let from = out.push(name, slot, owner.0, flags);
            brush.floats(ahead, slot, &mut out.values);
            let Some(values) = out.values.get_mut(from..) else { continue };
            if same_row(now, ahead, slot) {
                brush.move_back(now, ahead, slot, own.part, values);
            }
        }
    }
}

/// What a row is called as long as it is in its slot.
fn name(names: &mut Vec<(u32, u32)>, named: &mut u32, slot: u32, rows: &KindImage) -> u32 {
    let at = slot as usize;
    let generation = rows.generation.get(at).copied().unwrap_or(0);
    if names.len() <= at {
        names.resize(at + 1, (0, 0));
    }
    let Some((then, name)) = names.get_mut(at) else { return 0 };
    if *name == 0 || *then != generation {
        *named += 1;
        (*then, *name) = (generation, *named);
    }
    *name
}

impl Brush {
    fn new(kind: &Kind) -> Brush {
        let offsets = kind.offsets();
        let first = |field: usize| offsets.get(field).copied().unwrap_or(0);
        let count = |field: usize| kind.fields.get(field).map_or(0, |field| field.ty.component_count());
        let mut scales = Vec::new();
        kind.fields.iter().for_each(|field| push_scales(&field.ty, &mut scales));
        let rates = kind.fields.iter().enumerate().filter_map(|(at, field)| {
            let position = field.rate_of? as usize;
            Some((first(position), first(at), count(at).min(count(position))))
        });
        Brush {
            scales,
            lerps: Lerp::of_kind(kind),
            rates: rates.collect(),
            place: kind.place().map(|field| (first(field), count(field))),
            predicted: kind.predicted,
        }
    }

    fn floats(&self, rows: &KindImage, slot: u32, out: &mut Vec<f64>) {
        out.extend(self.scales.iter().enumerate().map(|(c, scale)| scale.float(rows.value(c, slot))));
    }

    /// `values` are those of `from`: moves what is drawn in between toward `to`, by a part of the way, which takes so
    /// many seconds.
    fn move_toward(
        &self,
        from: &KindImage,
        to: &KindImage,
        slot: u32,
        (part, seconds): (f64, f64),
        values: &mut [f64],
    ) {
        for lerp in &self.lerps {
            let components = lerp.first..lerp.first + lerp.count;
            let distance = |c: usize| lerp.distance(from.value(c, slot), to.value(c, slot));
            if lerp.teleports(from, to, slot, seconds) {
                continue;
            }
            for c in components {
                if let Some(value) = values.get_mut(c) {
                    *value += distance(c) * part;
                }
            }
        }
    }

    /// `values` are those of `ahead`: moves what is drawn in between back toward `now`.
    fn move_back(&self, now: &KindImage, ahead: &KindImage, slot: u32, part: f64, values: &mut [f64]) {
        self.move_toward(ahead, now, slot, (1.0 - part, 0.0), values);
    }

    /// Moves positions on by their velocity.
    fn move_on(&self, seconds: f64, values: &mut [f64]) {
        if seconds <= 0.0 {
            return;
        }
        for &(position, velocity, count) in &self.rates {
            for at in 0..count {
                let speed = values.get(velocity + at).copied().unwrap_or(0.0);
                if let Some(value) = values.get_mut(position + at) {
                    *value += speed * seconds;
                }
            }
        }
    }

    /// What is to be added to `new` so that it is drawn as `old` was; `None` where nothing is.
    fn error(&self, old: &[f64], new: &[f64]) -> Option<Vec<f64>> {
        let mut errors = vec![0.0; self.scales.len()];
        for lerp in &self.lerps {
            let components = lerp.first..lerp.first + lerp.count;
            for c in components.clone() {
                let (Some(error), Some(old), Some(new)) = (errors.get_mut(c), old.get(c), new.get(c)) else {
                    continue;
                };
                let off = old - new;
                let tau = core::f64::consts::TAU;
                *error = if lerp.ring.is_some() { off - (off / tau + 0.5).floor() * tau } else { off };
            }
            let wrong = errors.get_mut(components).unwrap_or_default();
            if lerp.is_teleport(wrong.iter().copied()) || wrong.iter().any(|error| !error.is_finite()) {
                wrong.fill(0.0);
            }
        }
        self.is_visible(&errors).then_some(errors)
    }

    fn is_visible(&self, errors: &[f64]) -> bool {
        self.lerps.iter().any(|lerp| {
            let least = lerp.step.unwrap_or(1e-3) * ERROR_MIN;
            let wrong = errors.get(lerp.first..lerp.first + lerp.count);
            wrong.unwrap_or_default().iter().any(|error| error.abs() > least)
        })
    }
}

impl Scale {
    fn float(self, n: i32) -> f64 {
        match self {
            Scale::Signed => f64::from(n),
            Scale::Unsigned => f64::from(n as u32),
            Scale::Steps { lo, step } => lo + f64::from(n) * step,
            Scale::Ring { size } => {
                let n = n & (size - 1);
                let n = if n > size / 2 { n - size } else { n };
                f64::from(n) * core::f64::consts::TAU / f64::from(size)
            }
            Scale::Bits => f64::from(f32::from_bits(n as u32)),
            Scale::Row => f64::from(n as u32) - 1.0,
        }
    }
}

fn push_scales(ty: &FieldType, to: &mut Vec<Scale>) {
    match ty {
        FieldType::Bool | FieldType::Enum { .. } | FieldType::Tick | FieldType::Player => to.push(Scale::Unsigned),
        FieldType::Int { max, .. } if *max > i64::from(i32::MAX) => to.push(Scale::Unsigned),
        FieldType::Int { .. } => to.push(Scale::Signed),
        FieldType::Wide { signed } => {
            to.extend([Scale::Unsigned, if *signed { Scale::Signed } else { Scale::Unsigned }]);
        }
        FieldType::Number { lo, step, .. } => to.push(Scale::Steps { lo: *lo, step: *step }),
        FieldType::Exact => to.push(Scale::Bits),
        FieldType::Angle { bits } => to.push(Scale::Ring { size: 1 << u32::from(*bits).min(16) }),
        FieldType::Vector { size, of } => (0..*size).for_each(|_| push_scales(of, to)),
        FieldType::Row { .. } => to.push(Scale::Row),
        FieldType::Option(of) => {
            to.push(Scale::Unsigned);
            push_scales(of, to);
        }
        FieldType::Array { len, of } => (0..*len).for_each(|_| push_scales(of, to)),
        FieldType::Whole { .. } => {}
    }
}

fn length_of(parts: &[f64]) -> f64 {
    parts.iter().map(|part| part * part).sum::<f64>().sqrt()
}
