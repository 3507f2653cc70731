//! Which attributes make sense on which field, and what to write instead.

use proc_macro2::Span;
use syn::Expr;

use crate::Errors;
use crate::attr::{Attrs, StepSize};
use crate::field::{Field, Role};
use crate::literal::number;
use crate::ty::{Base, Nest};

const NO_LISTS: &str = "an input is a few numbers, sent every tick: put text and lists into a request";

/// Steps of a range: what its integer can hold.
const STEPS_MAX: f64 = i32::MAX as f64;

/// Checks one field by itself.
pub(crate) fn field(field: &Field<'_>, role: Role, errors: &mut Errors) {
    role_allows(field, role, errors);
    if field.is_skip() {
        return skip(field, errors);
    }
    if field.is_whole() {
        return whole(field, errors);
    }
    if let Some((at, _)) = &field.attrs.max {
        say(errors, *at, "`max` belongs to `whole`: the bytes of its longest value");
    }
    if plain_type(field, role, errors) {
        resolution(field, errors);
    }
    drawing(field, errors);
}

/// Checks what fields say of each other.
pub(crate) fn together(fields: &[Field<'_>], errors: &mut Errors) {
    let mut places = fields.iter().filter_map(|field| field.attrs.place);
    if let (Some(_), Some(second)) = (places.next(), places.next()) {
        say(errors, second, "a row is in one place: another field is its `place` already");
    }
    for field in fields {
        rate_of(field, fields, errors);
        along(field, fields, errors);
    }
}

fn say(errors: &mut Errors, at: Span, message: impl core::fmt::Display) {
    errors.add(syn::Error::new(at, message));
}

/// Every attribute of a field with its name.
fn given(attrs: &Attrs) -> Vec<(&'static str, Span)> {
    let Attrs { range, step, exact, angle, bits, lerp, snap, place, rate_of, steady, along, whole, .. } = attrs;
    let Attrs { max, owner, skip, once, .. } = attrs;
    let all = [
        ("range", range.as_ref().map(|range| range.at)),
        ("step", step.as_ref().map(|step| step.at)),
        ("exact", *exact),
        ("angle", *angle),
        ("bits", bits.as_ref().map(|(at, _)| *at)),
        ("lerp", *lerp),
        ("snap", snap.as_ref().map(|(at, _)| *at)),
        ("place", *place),
        ("rate_of", rate_of.as_ref().map(|(at, _)| *at)),
        ("steady", *steady),
        ("along", along.as_ref().map(|(at, _)| *at)),
        ("whole", *whole),
        ("max", max.as_ref().map(|(at, _)| *at)),
        ("owner", *owner),
        ("skip", *skip),
        ("once", *once),
    ];
    all.into_iter().filter_map(|(name, at)| Some((name, at?))).collect()
}

fn role_allows(field: &Field<'_>, role: Role, errors: &mut Errors) {
    for (name, at) in given(&field.attrs) {
        match (role, name) {
            (Role::Row, "once") => {
                say(errors, at, "`once` is for inputs: a row's value stays until it is changed");
            }
            (Role::Input, "whole" | "max") => say(errors, at, NO_LISTS),
            (Role::Input, "skip" | "owner") => {
                let why = "all of it goes from its player to the room, and to nobody else";
                say(errors, at, format!("`{name}` means nothing on an input: {why}"));
            }
            (Role::Input, "lerp" | "snap" | "place" | "rate_of" | "steady" | "along") => {
                say(errors, at, format!("`{name}` means nothing on an input: it is never drawn"));
            }
            _ => {}
        }
    }
}

fn skip(field: &Field<'_>, errors: &mut Errors) {
    for (name, at) in given(&field.attrs) {
        if name != "skip" && name != "once" {
            say(errors, at, format!("`{name}` has no effect beside `skip`: the field is never on the wire"));
        }
    }
}

fn whole(field: &Field<'_>, errors: &mut Errors) {
    for (name, at) in given(&field.attrs) {
        if !matches!(name, "whole" | "max" | "owner" | "skip" | "once") {
            say(errors, at, format!("`{name}` has no effect beside `whole`: the value is sent as it is"));
        }
    }
    match (&field.attrs.max, field.attrs.whole) {
        (None, Some(at)) => say(errors, at, "`whole` needs `max = n`: the bytes of its longest value"),
        (Some((_, max)), _) if number(max).is_some_and(|max| !(1.0..=4_096.0).contains(&max)) => {
            errors.at(max, "`max` is 1 to 4096 bytes: longer things are several rows");
        }
        _ => {}
    }
}

/// Whether the type can be a value at all.
fn plain_type(field: &Field<'_>, role: Role, errors: &mut Errors) -> bool {
    let why = match field.base {
        Base::Text | Base::List if role == Role::Input => NO_LISTS,
        Base::Text => "text needs `whole, max = n` (bytes), or `skip`",
        Base::List => {
            "a collection needs `whole, max = n` (bytes) or `skip`; what has a place of its own is a row"
        }
        Base::F64 => "`f64` does not fit one integer of the wire: use `f32`",
        Base::OddInt => "this integer has another size in wasm, or none on the wire: use one of 8 to 64 bits",
        Base::Bool | Base::Int { .. } | Base::Wide | Base::F32 | Base::Vector(_) | Base::Name | Base::Other => {
            return true;
        }
    };
    errors.at(field.ty, why);
    false
}

fn resolution(field: &Field<'_>, errors: &mut Errors) {
    let Attrs { range, step, exact, angle, bits, .. } = &field.attrs;
    if let Some(at) = angle {
        return ring(field, *at, errors);
    }
    if let Some((at, _)) = bits {
        say(errors, *at, "`bits` belongs to `angle`; a number has `range` and `step`");
    }
    if let Some(at) = exact {
        match field.base {
            _ if range.is_some() || step.is_some() => {
                say(errors, *at, "`exact` sends all bits: it goes without `range` and `step`");
            }
            Base::F32 | Base::Vector(_) | Base::Other => {}
            _ => say(errors, *at, "`exact` is for floats: everything else is exact already"),
        }
        return;
    }
    match (range, step) {
        (None, Some(step)) => say(errors, step.at, "`step` needs `range = smallest..=largest`"),
        (None, None) if field.base.is_float() => {
            let angle = if field.base == Base::F32 { ", or `angle, bits = n`" } else { "" };
            errors.at(field.ty, format!("a float needs `range` and `step`, or `exact`{angle}"));
        }
        (None, None) => {}
        (Some(range), None) => match field.base {
            Base::F32 | Base::Vector(_) => say(errors, range.at, "`range` on a float needs `step`"),
            Base::Int { bits, signed } => whole_numbers(&range.lo, &range.hi, bits, signed, errors),
            Base::Other => {}
            Base::Wide => say(errors, range.at, "a 64-bit integer has no `range`: use `i32` or `u32`"),
            _ => say(errors, range.at, "`range` is for numbers"),
        },
        (Some(range), Some(step)) => match field.base {
            Base::F32 | Base::Vector(_) | Base::Other => steps(field, &step.size, errors),
            Base::Int { .. } | Base::Wide => {
                say(errors, step.at, "`step` is for floats: an integer has step 1");
            }
            _ => say(errors, range.at, "`range` is for numbers"),
        },
    }
}

fn ring(field: &Field<'_>, at: Span, errors: &mut Errors) {
    let Attrs { range, step, exact, bits, .. } = &field.attrs;
    if !matches!(field.base, Base::F32 | Base::Other) {
        say(errors, at, "`angle` is for `f32`: radians, where a full turn is 0 again");
    }
    if range.is_some() || step.is_some() || exact.is_some() {
        say(
            errors,
            at,
            "an `angle` is a whole turn in `2^bits` steps: it goes without `range`, `step` and `exact`",
        );
    }
    match bits {
        None => say(errors, at, "`angle` needs `bits = n`: a turn in 2^n steps"),
        Some((_, bits)) if number(bits).is_some_and(|bits| !(1.0..=16.0).contains(&bits)) => {
            errors.at(bits, "an angle has 1 to 16 bits");
        }
        Some(_) => {}
    }
}

fn whole_numbers(lo: &Expr, hi: &Expr, bits: u8, signed: bool, errors: &mut Errors) {
    let (Some(low), Some(high)) = (number(lo), number(hi)) else { return };
    if low.fract() != 0.0 || high.fract() != 0.0 {
        errors.at(lo, "the range of an integer has whole ends");
    }
    if low >= high {
        errors.at(lo, "a range rises: the smallest value comes first");
    }
    let span = (1u64 << bits) as f64;
    let (min, max) = if signed { (-span / 2.0, span / 2.0 - 1.0) } else { (0.0, span - 1.0) };
    for (end, value) in [(lo, low), (hi, high)] {
        if value < min || value > max {
            let ty = if signed { 'i' } else { 'u' };
            errors.at(end, format!("{value} does not fit {ty}{bits}, which holds {min} to {max}"));
        }
    }
}

fn steps(field: &Field<'_>, size: &StepSize, errors: &mut Errors) {
    if let (StepSize::PerTick(_), None) = (size, &field.attrs.rate_of)
        && let Some(step) = &field.attrs.step
    {
        say(
            errors,
            step.at,
            "`step = per_tick(…)` needs `rate_of = position`: it counts in that position's steps",
        );
    }
    let Some((lo, hi)) = field.range() else { return };
    if let (Some(low), Some(high)) = (number(lo), number(hi))
        && low >= high
    {
        return errors.at(lo, "a range rises: the smallest value comes first");
    }
    let (Some((low, high, step)), StepSize::Units(written)) = (field.literal_steps(), size) else { return };
    if step <= 0.0 {
        errors.at(written, "a step is above 0");
    } else if step > high - low {
        errors.at(written, "this step is wider than the whole range");
    } else if (high - low) / step + 0.5 >= STEPS_MAX {
        errors.at(written, "this range has more than 2^31 steps: use a coarser `step`, or `exact`");
    }
}

fn drawing(field: &Field<'_>, errors: &mut Errors) {
    let Attrs { lerp, snap, place, steady, .. } = &field.attrs;
    if let Some(at) = lerp {
        if !field.base.is_number() {
            say(errors, *at, "`lerp` is for numbers: there is nothing in between");
        } else if field.nest == Nest::Option {
            say(errors, *at, "`lerp` on an `Option`: there is nothing between none and some");
        }
    }
    if let Some((at, distance)) = snap {
        if lerp.is_none() {
            say(errors, *at, "`snap` needs `lerp`: without it every change is a jump");
        }
        if number(distance).is_some_and(|distance| distance <= 0.0) {
            errors.at(distance, "`snap` is the distance over which a jump is a teleport: above 0");
        }
    }
    let is_vector = matches!(field.base, Base::Vector(_) | Base::Other) && field.nest == Nest::Nothing;
    if let Some(at) = place
        && !is_vector
    {
        say(errors, *at, "a `place` is a `Vec2` or `Vec3`");
    }
    if let Some(at) = steady
        && !is_vector
    {
        say(errors, *at, "`steady` is for a `Vec2` or `Vec3`: a velocity that turns but keeps its length");
    }
}

fn rate_of(field: &Field<'_>, fields: &[Field<'_>], errors: &mut Errors) {
    let Some((at, name)) = &field.attrs.rate_of else { return };
    let Some(place) = fields.iter().find(|other| other.ident == name) else {
        return errors.at(name, format!("there is no field `{name}`"));
    };
    let is_ring = place.attrs.angle.is_some();
    if place.ident == field.ident {
        errors.at(name, "a velocity moves another field than itself");
    } else if !place.is_value() {
        errors.at(name, format!("`{name}` is not a position: it is not sent as numbers"));
    } else if field.nest != Nest::Nothing || place.nest != Nest::Nothing || !moves(field, place) {
        let speed = "a velocity has that of what it moves, a speed (`f32`) says `along = heading`";
        errors.at(name, format!("`{name}` has another type: {speed}"));
    } else if !(field.base.is_float() || field.base == Base::Other) {
        say(errors, *at, "`rate_of` is for floats and vectors, in units per second");
    } else if field.attrs.step.is_none() || (place.attrs.step.is_none() && !is_ring) {
        say(errors, *at, format!("`rate_of` needs `range` and `step` here and on `{name}`"));
    } else if field.attrs.owner.is_some() != place.attrs.owner.is_some() {
        let why = "only one of the two is marked `owner`, so the others could not expect anything";
        say(errors, *at, format!("`rate_of = {name}`: {why}"));
    }
}

/// Whether a field of one type can move a field of the other.
fn moves(field: &Field<'_>, place: &Field<'_>) -> bool {
    let is_speed = field.base == Base::F32 && place.base == Base::Vector(2) && field.attrs.along.is_some();
    field.base == place.base || is_speed
}

fn along(field: &Field<'_>, fields: &[Field<'_>], errors: &mut Errors) {
    let Some((at, name)) = &field.attrs.along else { return };
    let is_speed = field.base == Base::F32 && field.attrs.rate_of.is_some();
    if field.attrs.angle.is_none() && !is_speed {
        return say(
            errors,
            *at,
            "`along` is for an `angle`, which points where a velocity points, or for a speed with `rate_of`, which \
             moves along an angle",
        );
    }
    match fields.iter().find(|other| other.ident == name) {
        None => errors.at(name, format!("there is no field `{name}`")),
        Some(heading) if is_speed && heading.attrs.angle.is_none() => {
            errors.at(name, format!("`{name}` is not an `angle`: a speed moves along one"));
        }
        Some(vel) if !is_speed && (!vel.is_value() || !matches!(vel.base, Base::Vector(2) | Base::Other)) => {
            errors.at(name, format!("`{name}` is not a `Vec2`"));
        }
        Some(_) => {}
    }
}
