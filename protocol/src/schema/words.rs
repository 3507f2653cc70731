//! A schema in words: what `--schema` prints, and how differences and warnings name a type.

use core::fmt::Write as _;

use super::{Component, Field, FieldType, Kind, Schema, Shape};

impl Schema {
    /// The whole schema as text for people: bits and precision of every field, and what a row weighs before the coder
    /// has expected anything.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        let every = match self.send_every {
            1 => "a snapshot every tick".to_owned(),
            n => format!("a snapshot every {n} ticks"),
        };
        let _ = writeln!(
            text,
            "{}: {} ticks a second, {every}, schema {:#018x}",
            self.game,
            self.tick_rate,
            self.hash()
        );
        for kind in &self.kinds {
            describe_kind(kind, &mut text);
        }
        let _ = writeln!(text, "\ninput: {} bits", row_bits(&self.input));
        describe_fields(&self.input, &mut text);
        let _ = writeln!(text, "\nrequest: {}", shape_text(&self.request));
        let _ = writeln!(text, "event: {}", shape_text(&self.event));
        text
    }
}

fn describe_kind(kind: &Kind, text: &mut String) {
    let one = if kind.one { "one " } else { "" };
    let _ = write!(text, "\n{}: {one}{}, {} bits", kind.name, kind.row, row_bits(&kind.fields));
    match kind.whole_count() {
        0 => {}
        1 => text.push_str(" and 1 whole value"),
        n => drop(write!(text, " and {n} whole values")),
    }
    let flags = [(kind.owner, ", sent to its owner only"), (kind.predicted, ", predicted for everyone")];
    for (_, flag) in flags.iter().filter(|(set, _)| *set) {
        text.push_str(flag);
    }
    text.push('\n');
    describe_fields(&kind.fields, text);
}

fn describe_fields(fields: &[Field], text: &mut String) {
    let bits: Vec<_> = fields.iter().map(|field| bits_text(&field.ty)).collect();
    let wide = fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    let wide_bits = bits.iter().map(String::len).max().unwrap_or(0);
    for (field, bits) in fields.iter().zip(bits) {
        let (ty, flags) = (type_text(&field.ty), flags(field, fields));
        let _ = writeln!(text, "  {:wide$}  {bits:>wide_bits$}  {ty}{flags}", field.name);
    }
}

fn flags(field: &Field, fields: &[Field]) -> String {
    let name = |at: u32| fields.get(at as usize).map_or("?", |field| field.name.as_str());
    let mut text = String::new();
    let flags = [
        (field.place, "place"),
        (field.lerp, "lerp"),
        (field.steady, "steady"),
        (field.owner, "owner"),
        (field.once, "once"),
    ];
    for (_, flag) in flags.iter().filter(|(set, _)| *set) {
        let _ = write!(text, ", {flag}");
    }
    if let Some(snap) = field.snap {
        let _ = write!(text, ", snap {}", unit(snap));
    }
    if let Some(at) = field.rate_of {
        let _ = write!(text, ", rate of {}", name(at));
    }
    if let Some(at) = field.along {
        let _ = write!(text, ", along {}", name(at));
    }
    text
}

fn row_bits(fields: &[Field]) -> u32 {
    fields.iter().flat_map(|field| field.ty.components()).map(|component| bits(&component)).sum()
}

/// Bits that hold every value of a component.
fn bits(component: &Component) -> u32 {
    32 - component.max.wrapping_sub(component.min).cast_unsigned().leading_zeros()
}

fn bits_text(ty: &FieldType) -> String {
    if let FieldType::Whole { .. } = ty {
        return "whole".to_owned();
    }
    let bits: Vec<_> = ty.components().iter().map(bits).collect();
    match bits.as_slice() {
        [] => "0 bits".to_owned(),
        [1] => "1 bit".to_owned(),
        [one] => format!("{one} bits"),
        [first, rest @ ..] if rest.iter().all(|bits| bits == first) => format!("{} x {first} bits", bits.len()),
        _ => format!("{} bits", bits.iter().sum::<u32>()),
    }
}

/// A field's type as it is told to people: `0..=100`, `Vec2 of -5..=5 step 0.01`, `Mood { Calm, Angry }`.
pub(super) fn type_text(ty: &FieldType) -> String {
    match ty {
        FieldType::Bool => "bool".to_owned(),
        FieldType::Int { min, max } => format!("{min}..={max}"),
        FieldType::Wide { signed: true } => "i64".to_owned(),
        FieldType::Wide { signed: false } => "u64".to_owned(),
        FieldType::Number { lo, step, steps } => {
            format!("{}..={} step {}", unit(*lo), unit(lo + step * f64::from(*steps)), unit(*step))
        }
        FieldType::Exact => "f32".to_owned(),
        FieldType::Angle { bits } => {
            format!("angle of {bits} bits ({} degrees)", unit(360.0 / f64::from(1u32 << u32::from(*bits).min(16))))
        }
        FieldType::Vector { size, of } => format!("Vec{size} of {}", type_text(of)),
        FieldType::Enum { name, variants } => format!("{name} {{ {} }}", variants.join(", ")),
        FieldType::Tick => "tick".to_owned(),
        FieldType::Player => "player".to_owned(),
        FieldType::Row { of } => format!("id of a {of}"),
        FieldType::Option(of) => format!("optional {}", type_text(of)),
        FieldType::Array { len, of } => format!("[{}; {len}]", type_text(of)),
        FieldType::Whole { max, shape } => format!("{} in at most {max} bytes", shape_text(shape)),
    }
}

/// A shape as it is told to people: `[text]`, `Say { line: text }`, `Act (Fire | Say { line: text })`.
pub(super) fn shape_text(shape: &Shape) -> String {
    match shape {
        Shape::Never => "none".to_owned(),
        Shape::Unit => "nothing".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Uint(bits) => format!("u{bits}"),
        Shape::Int(bits) => format!("i{bits}"),
        Shape::Float(bits) => format!("f{bits}"),
        Shape::Text => "text".to_owned(),
        Shape::Option(of) => format!("optional {}", shape_text(of)),
        Shape::List(of) => format!("[{}]", shape_text(of)),
        Shape::Array(len, of) => format!("[{}; {len}]", shape_text(of)),
        Shape::Tuple(parts) => format!("({})", list(parts.iter().map(shape_text))),
        Shape::Struct { name, fields } => {
            let fields = fields.iter().map(|(name, of)| format!("{name}: {}", shape_text(of)));
            format!("{name} {{ {} }}", list(fields))
        }
        Shape::Enum { name, variants } => {
            let variants: Vec<_> = variants.iter().map(|(name, of)| variant_text(name, of)).collect();
            format!("{name} ({})", variants.join(" | "))
        }
    }
}

fn variant_text(name: &str, of: &Shape) -> String {
    match of {
        Shape::Unit => name.to_owned(),
        // A variant with fields is a struct of its own name; one with a tuple brings the brackets.
        Shape::Struct { name: inner, .. } if inner == name => shape_text(of),
        Shape::Tuple(_) => format!("{name}{}", shape_text(of)),
        _ => format!("{name}({})", shape_text(of)),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// A number in the world's units without the noise of its last bits.
pub(super) fn unit(value: f64) -> String {
    let short = format!("{value:.9e}").parse::<f64>().unwrap_or(value);
    // A sum that should be zero is about a rounding error of its parts.
    if short.abs() < 1e-12 { "0".to_owned() } else { short.to_string() }
}
