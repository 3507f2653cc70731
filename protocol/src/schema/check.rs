//! What makes a schema impossible: a game that exceeds a limit, or a text that lies.

use std::collections::BTreeSet;

use super::{Field, FieldType, Kind, Schema, SchemaError, Shape};
use crate::id::TickRate;
use crate::limits::{
    COMPONENTS_MAX, FIELD_DEPTH_MAX, INPUT_COMPONENTS_MAX, KINDS_MAX, SCHEMA_BYTES_MAX, SCHEMA_NAME_BYTES_MAX,
    SEND_EVERY_MAX, SHAPE_DEPTH_MAX, VARIANTS_MAX, WHOLE_BYTES_MAX, WHOLES_MAX,
};

impl Schema {
    /// Whether it can be.
    ///
    /// # Errors
    /// The first of [`Schema::errors`].
    pub fn check(&self) -> Result<(), SchemaError> {
        self.errors().into_iter().next().map_or(Ok(()), |error| Err(SchemaError::Limits(error)))
    }

    /// That of a world without anything in it, and of a game without a name: what stands in for one that is not known.
    #[must_use]
    pub fn nothing() -> Schema {
        Schema {
            game: String::new(),
            tick_rate: 1,
            send_every: 1,
            kinds: Vec::new(),
            input: Vec::new(),
            request: Shape::Never,
            event: Shape::Never,
        }
    }

    /// What is impossible about it, in sentences; empty for every schema that a room accepts.
    ///
    /// The derives refuse most of it when a game is compiled; the rest is found when a server starts, and all of it
    /// when a schema comes from bytes.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let mut errors = Errors::default();
        errors.name("the game", &self.game);
        if TickRate::checked(self.tick_rate).is_none() {
            errors.say(format!("a tick rate of {} Hz: it is 1 to 240", self.tick_rate));
        }
        if !(1..=SEND_EVERY_MAX).contains(&self.send_every) {
            errors.say(format!("a snapshot every {} ticks: it is 1 to {SEND_EVERY_MAX}", self.send_every));
        }
        if self.kinds.len() > KINDS_MAX {
            errors.say(format!("{} tables: a world has at most {KINDS_MAX}", self.kinds.len()));
        }
        errors.unique("the world", self.kinds.iter().map(|kind| kind.name.as_str()));
        for kind in &self.kinds {
            errors.kind(kind);
        }
        errors.fields("the input", &self.input, INPUT_COMPONENTS_MAX);
        if self.input.iter().any(Field::is_whole) {
            errors.say("the input has a `whole` field: put text and lists into a request".to_owned());
        }
        for (what, shape) in [("the request", &self.request), ("the event", &self.event)] {
            if *shape != Shape::Never {
                errors.shape(what, shape, 1);
            }
        }
        // What is impossible may be so deep, or so long, that it cannot be written.
        let bytes = if errors.0.is_empty() { self.to_json().len() } else { 0 };
        if bytes > SCHEMA_BYTES_MAX {
            errors.say(format!("the schema takes {bytes} bytes as JSON: {SCHEMA_BYTES_MAX} are allowed"));
        }
        errors.0
    }
}

#[derive(Default)]
struct Errors(Vec<String>);

impl Errors {
    fn say(&mut self, error: String) {
        self.0.push(error);
    }

    fn name(&mut self, what: &str, name: &str) {
        if name.is_empty() || name.len() > SCHEMA_NAME_BYTES_MAX {
            self.say(format!(
                "{what} has a name of {} bytes: 1 to {SCHEMA_NAME_BYTES_MAX} are allowed",
                name.len()
            ));
        }
    }

    fn unique<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            self.name(what, name);
            if !seen.insert(name) {
                self.say(format!("{what} has two things called `{name}`"));
            }
        }
    }

    fn kind(&mut self, kind: &Kind) {
        self.name(&kind.name, &kind.row);
        self.fields(&kind.row, &kind.fields, COMPONENTS_MAX);
        let wholes = kind.fields.iter().filter(|field| field.is_whole()).count();
        if wholes > WHOLES_MAX {
            self.say(format!("{} has {wholes} `whole` fields: {WHOLES_MAX} are allowed", kind.row));
        }
        if kind.fields.iter().filter(|field| field.place).count() > 1 {
            self.say(format!("{} is in two places: one field can be its `place`", kind.row));
        }
    }

    fn fields(&mut self, of: &str, fields: &[Field], components_max: usize) {
        self.unique(of, fields.iter().map(|field| field.name.as_str()));
        let mut components = 0u64;
        for field in fields {
            let what = format!("{of}.{}", field.name);
            let before = self.0.len();
            self.field_type(&what, &field.ty, 1);
            let own = if self.0.len() == before { count(&field.ty) } else { 0 };
            components = components.saturating_add(own);
            // Only a sane type has components that can be listed.
            if self.0.len() == before && own <= components_max as u64 {
                self.field_default(&what, field);
            }
            self.links(&what, field, fields);
        }
        if components > components_max as u64 {
            self.say(format!("{of} has {components} numbers: {components_max} are allowed"));
        }
    }

    fn field_default(&mut self, what: &str, field: &Field) {
        let components = field.ty.components();
        let fits = field.default.len() == components.len()
            && field.default.iter().zip(&components).all(|(value, range)| (range.min..=range.max).contains(value));
        if !fits {
            self.say(format!("the default of {what} is not one of its values"));
        }
    }

    fn links(&mut self, what: &str, field: &Field, fields: &[Field]) {
        for link in [field.rate_of, field.along].into_iter().flatten() {
            if link as usize >= fields.len() {
                self.say(format!("{what} refers to field {link}, which is not there"));
            }
        }
        if let Some(snap) = field.snap
            && !(snap.is_finite() && snap > 0.0)
        {
            self.say(format!("the `snap` of {what} is {snap}: it is above 0"));
        }
        if field.place && !matches!(field.ty, FieldType::Vector { .. }) {
            self.say(format!("{what} is a `place`, but no vector"));
        }
    }

    fn field_type(&mut self, what: &str, ty: &FieldType, depth: u32) {
        if depth > FIELD_DEPTH_MAX {
            return self.say(format!("{what} nests deeper than {FIELD_DEPTH_MAX}"));
        }
        match ty {
            FieldType::Bool
            | FieldType::Wide { .. }
            | FieldType::Exact
            | FieldType::Tick
            | FieldType::Player
            | FieldType::Row { .. } => {}
            FieldType::Int { min, max } => self.int(what, *min, *max),
            FieldType::Number { lo, step, steps } => self.number(what, *lo, *step, *steps),
            FieldType::Angle { bits } => {
                if !(1..=16).contains(bits) {
                    self.say(format!("{what} is an angle of {bits} bits: it has 1 to 16"));
                }
            }
            FieldType::Vector { size, of } => {
                if !(2..=3).contains(size) || !matches!(**of, FieldType::Number { .. } | FieldType::Exact) {
                    self.say(format!("{what} is not a vector of two or three numbers"));
                }
                self.field_type(what, of, depth + 1);
            }
            FieldType::Enum { name, variants } => {
                self.name(what, name);
                self.unique(what, variants.iter().map(String::as_str));
                if variants.is_empty() || variants.len() > VARIANTS_MAX {
                    self.say(format!("{what} has {} variants: 1 to {VARIANTS_MAX} are allowed", variants.len()));
                }
            }
            FieldType::Option(of) | FieldType::Array { of, .. } => {
                if matches!(**of, FieldType::Whole { .. }) {
                    self.say(format!("{what} has a `whole` value inside"));
                }
                self.field_type(what, of, depth + 1);
            }
            FieldType::Whole { max, shape } => {
                if *max == 0 || *max as usize > WHOLE_BYTES_MAX {
                    self.say(format!("{what} has at most {max} bytes: 1 to {WHOLE_BYTES_MAX} are allowed"));
                }
                self.shape(what, shape, 1);
            }
        }
    }

    fn int(&mut self, what: &str, min: i64, max: i64) {
        let signed = i64::from(i32::MIN)..=i64::from(i32::MAX);
        let unsigned = 0..=i64::from(u32::MAX);
        let fits = [signed, unsigned].iter().any(|all| all.contains(&min) && all.contains(&max));
        if min > max || !fits {
            self.say(format!("{what} goes from {min} to {max}: that is no range within 32 bits"));
        }
    }

    fn number(&mut self, what: &str, lo: f64, step: f64, steps: u32) {
        let hi = lo + step * f64::from(steps);
        let finite = lo.is_finite() && hi.is_finite() && step.is_finite();
        if !finite || step <= 0.0 || steps == 0 || i32::try_from(steps).is_err() {
            self.say(format!("{what} goes from {lo} by {steps} steps of {step}: that is no range"));
        }
    }

    fn shape(&mut self, what: &str, shape: &Shape, depth: u32) {
        if depth > SHAPE_DEPTH_MAX {
            return self.say(format!("{what} nests deeper than {SHAPE_DEPTH_MAX}"));
        }
        match shape {
            Shape::Unit | Shape::Bool | Shape::Text => {}
            Shape::Never => self.say(format!("{what} has a part that cannot be")),
            Shape::Uint(bits) | Shape::Int(bits) => {
                if !matches!(bits, 8 | 16 | 32 | 64) {
                    self.say(format!("{what} has an integer of {bits} bits"));
                }
            }
            Shape::Float(bits) => {
                if !matches!(bits, 32 | 64) {
                    self.say(format!("{what} has a float of {bits} bits"));
                }
            }
            Shape::Option(of) => self.shape(what, of, depth + 1),
            Shape::List(of) | Shape::Array(_, of) => {
                self.shape(what, of, depth + 1);
                if of.bytes_min() == 0 {
                    self.say(format!("{what} has a list of items without bytes: nothing would bound its length"));
                }
            }
            Shape::Tuple(parts) => parts.iter().for_each(|part| self.shape(what, part, depth + 1)),
            Shape::Struct { name, fields } => {
                self.name(what, name);
                self.unique(name, fields.iter().map(|(name, _)| name.as_str()));
                for (field, shape) in fields {
                    self.shape(&format!("{what}.{field}"), shape, depth + 1);
                }
            }
            Shape::Enum { name, variants } => {
                self.name(what, name);
                self.unique(name, variants.iter().map(|(name, _)| name.as_str()));
                if variants.is_empty() || variants.len() > VARIANTS_MAX {
                    self.say(format!("{what} has {} variants: 1 to {VARIANTS_MAX} are allowed", variants.len()));
                }
                for (variant, shape) in variants {
                    self.shape(&format!("{what}.{variant}"), shape, depth + 1);
                }
            }
        }
    }
}

/// As [`FieldType::component_count`], for types that may lie.
fn count(ty: &FieldType) -> u64 {
    match ty {
        FieldType::Vector { size, of } => u64::from(*size).saturating_mul(count(of)),
        FieldType::Option(of) => count(of).saturating_add(1),
        FieldType::Array { len, of } => u64::from(*len).saturating_mul(count(of)),
        FieldType::Wide { .. } => 2,
        FieldType::Whole { .. } => 0,
        FieldType::Bool
        | FieldType::Int { .. }
        | FieldType::Number { .. }
        | FieldType::Exact
        | FieldType::Angle { .. }
        | FieldType::Enum { .. }
        | FieldType::Tick
        | FieldType::Player
        | FieldType::Row { .. } => 1,
    }
}
