//! What a game can declare and will regret: told once, when a server starts.

use super::words::unit;
use super::{Field, FieldType, Schema};

/// An angle that cannot turn slower than this (degrees per second) is named: a full turn in a minute.
const SLOW_TURN: f64 = 6.0;

impl Schema {
    /// What works but will look wrong: slow motion that stands still, angles that cannot turn slowly, steps finer than
    /// floats, ranges without a zero, teleports at full speed. In sentences that say what to write instead.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for kind in &self.kinds {
            for field in &kind.fields {
                let what = format!("{}.{}", kind.row, field.name);
                self.rate(&what, field, &kind.row, &kind.fields, &mut warnings);
                self.turning(&what, field, &kind.fields, &mut warnings);
                steps(&what, &field.ty, &mut warnings);
            }
        }
        for field in &self.input {
            steps(&format!("the input's {}", field.name), &field.ty, &mut warnings);
        }
        warnings
    }

    fn hz(&self) -> f64 {
        f64::from(self.tick_rate.max(1))
    }

    /// A velocity and its position.
    fn rate(&self, what: &str, field: &Field, row: &str, fields: &[Field], warnings: &mut Vec<String>) {
        let Some(place) = field.rate_of.and_then(|at| fields.get(at as usize)) else { return };
        let (Some(velocity), Some(place_step)) = (Steps::of(&field.ty), step_of(&place.ty)) else { return };
        // A change of half a step or less per tick rounds away, or moves in one direction only.
        let slowest = place_step / 2.0 * self.hz();
        if velocity.step <= slowest * (1.0 + 1e-9) {
            warnings.push(format!(
                "{row}.{} stands still while {what} is under {} a second: it moves by less than half its step of {} in \
                 a tick. Give it a finer `step`, or {what} `step = per_tick({})`",
                place.name,
                unit(slowest),
                unit(place_step),
                self.tick_rate,
            ));
        }
        if let Some(snap) = place.snap {
            let fastest = velocity.lo.abs().max(velocity.hi().abs());
            let jump = fastest / self.hz() * f64::from(self.send_every);
            if jump > snap {
                warnings.push(format!(
                    "{row}.{} has `snap = {}`, but moves by {} between two snapshots at full speed: that would be drawn \
                     as teleports",
                    place.name,
                    unit(snap),
                    unit(jump),
                ));
            }
        }
    }

    /// An angle that is turned a little each tick.
    fn turning(&self, what: &str, field: &Field, fields: &[Field], warnings: &mut Vec<String>) {
        let FieldType::Angle { bits } = field.ty else { return };
        let at = fields.iter().position(|other| other.name == field.name);
        let has_rate = fields.iter().any(|other| other.rate_of.map(|of| of as usize) == at && at.is_some());
        if field.along.is_some() || has_rate {
            return;
        }
        let slowest = |bits: u8| 180.0 / f64::from(1u32 << u32::from(bits).min(16)) * self.hz();
        if slowest(bits) <= SLOW_TURN {
            return;
        }
        let enough = (bits..=16).find(|bits| slowest(*bits) <= SLOW_TURN).unwrap_or(16);
        warnings.push(format!(
            "{what} cannot turn slower than {:.1} degrees a second if it is turned a little each tick: `bits = {enough}` \
             can",
            slowest(bits),
        ));
    }
}

fn steps(what: &str, ty: &FieldType, warnings: &mut Vec<String>) {
    let Some(Steps { lo, step, steps }) = Steps::of(ty) else { return };
    let hi = lo + step * f64::from(steps);
    let end = lo.abs().max(hi.abs());
    let ulp = ulp(end);
    if step < 2.0 * ulp {
        warnings.push(format!(
            "{what} has steps of {}, finer than an f32 tells apart at {}: use a `step` of {} or more, or a smaller range",
            unit(step),
            unit(end),
            unit(2.0 * ulp),
        ));
    }
    if lo < 0.0 && hi > 0.0 {
        let off = lo / step - (lo / step).round();
        if off.abs() > 1e-6 {
            warnings.push(format!(
                "{what} cannot be 0: counted from {} in steps of {}, the nearest value is {}. Begin the range at a \
                 multiple of the step",
                unit(lo),
                unit(step),
                unit(off * step),
            ));
        }
    }
}

/// The numbers inside a type.
struct Steps {
    lo: f64,
    step: f64,
    steps: u32,
}

impl Steps {
    fn of(ty: &FieldType) -> Option<Steps> {
        match ty {
            FieldType::Number { lo, step, steps } => Some(Steps { lo: *lo, step: *step, steps: *steps }),
            FieldType::Vector { of, .. } | FieldType::Option(of) | FieldType::Array { of, .. } => Steps::of(of),
            FieldType::Bool
            | FieldType::Int { .. }
            | FieldType::Wide { .. }
            | FieldType::Exact
            | FieldType::Angle { .. }
            | FieldType::Enum { .. }
            | FieldType::Tick
            | FieldType::Player
            | FieldType::Row { .. }
            | FieldType::Whole { .. } => None,
        }
    }

    fn hi(&self) -> f64 {
        self.lo + self.step * f64::from(self.steps)
    }
}

/// The step of a position or angle, in the world's units or radians.
fn step_of(ty: &FieldType) -> Option<f64> {
    match ty {
        FieldType::Angle { bits } => Some(core::f64::consts::TAU / f64::from(1u32 << u32::from(*bits).min(16))),
        _ => Steps::of(ty).map(|steps| steps.step),
    }
}

/// The distance between two neighbouring f32 at `value`.
fn ulp(value: f64) -> f64 {
    let value = value.abs() as f32;
    f64::from(value.next_up()) - f64::from(value)
}
