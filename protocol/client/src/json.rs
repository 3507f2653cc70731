//! Rows and inputs as JSON, by the schema alone.

use serde_json::{Map, Value, json};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::quantize;
use tickwire_protocol::schema::{Component, Field, FieldType, Kind, Schema};
use tickwire_protocol::wire::codec;

/// The names of a vector's parts.
const PARTS: [&str; 3] = ["x", "y", "z"];

/// Every row by kind name; a kind of one row is an object, others are arrays of objects with `id` and `owner`.
pub(crate) fn world(schema: &Schema, image: &Image) -> Value {
    let kinds = schema.kinds.iter().zip(&image.kinds).map(|(kind, rows)| {
        let mut slots = rows.alive.iter().map(|slot| row(kind, rows, slot));
        let value = if kind.one { slots.next().unwrap_or(Value::Null) } else { slots.collect() };
        (kind.name.clone(), value)
    });
    Value::Object(kinds.collect())
}

/// One row: `id`, `owner` and its fields by name.
pub(crate) fn row(kind: &Kind, rows: &KindImage, slot: u32) -> Value {
    let mut object = Map::new();
    let owner = rows.owner.get(slot as usize).map_or(0, |owner| owner.0);
    object.insert("id".to_owned(), json!(slot));
    object.insert("owner".to_owned(), json!(owner));
    let values: Vec<i32> = (0..rows.columns.len()).map(|c| rows.value(c, slot)).collect();
    let mut rest = values.as_slice();
    let mut wholes = 0;
    for field in &kind.fields {
        let value = if let FieldType::Whole { shape, .. } = &field.ty {
            let bytes = rows.whole(wholes, slot);
            wholes += 1;
            // No bytes: the field has its default, which only the game knows.
            codec::value(shape, bytes).unwrap_or(Value::Null)
        } else {
            let Some((own, after)) = rest.split_at_checked(field.ty.component_count()) else { break };
            rest = after;
            self::value(&field.ty, own)
        };
        object.insert(field.name.clone(), value);
    }
    Value::Object(object)
}

/// The input of these components as an object.
pub(crate) fn input(fields: &[Field], values: &[i32]) -> Value {
    let mut rest = values;
    let mut object = Map::new();
    for field in fields {
        let Some((own, after)) = rest.split_at_checked(field.ty.component_count()) else { break };
        rest = after;
        object.insert(field.name.clone(), value(&field.ty, own));
    }
    Value::Object(object)
}

/// Writes the fields that stand in `object` into the components of an input.
///
/// # Errors
/// In words, where there is no such field, or it is of another type. Numbers out of range are put on the edge.
pub(crate) fn set_input(fields: &[Field], object: &Value, values: &mut [i32]) -> Result<(), String> {
    let Value::Object(object) = object else {
        return Err(format!("an input is an object of fields, not {object}"));
    };
    for (name, value) in object {
        let mut first = 0;
        let field = fields.iter().find(|field| {
            first += field.ty.component_count();
            field.name == *name
        });
        let Some(field) = field else {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            return Err(format!("the input has no field `{name}`; it has {}", names.join(", ")));
        };
        first -= field.ty.component_count();
        let mut components = Vec::new();
        push_components(&field.ty, value, &mut components)
            .map_err(|expected| format!("the input's `{name}` is {expected}, not {value}"))?;
        for (place, component) in values.iter_mut().skip(first).zip(components) {
            *place = component;
        }
    }
    Ok(())
}

fn value(ty: &FieldType, from: &[i32]) -> Value {
    let first = from.first().copied().unwrap_or(0);
    match ty {
        FieldType::Bool => json!(first != 0),
        FieldType::Int { max, .. } if *max > i64::from(i32::MAX) => json!(first as u32),
        FieldType::Int { .. } => json!(first),
        FieldType::Wide { signed } => {
            let high = from.get(1).copied().unwrap_or(0);
            let bits = u64::from(high as u32) << 32 | u64::from(first as u32);
            if *signed { json!(bits as i64) } else { json!(bits) }
        }
        FieldType::Number { lo, step, .. } => json!(lo + f64::from(first) * step),
        FieldType::Exact => json!(f32::from_bits(first as u32)),
        FieldType::Angle { bits } => json!(quantize::from_ring(first, (*bits).min(16))),
        FieldType::Vector { of, .. } => {
            let width = of.component_count().max(1);
            let parts = PARTS.iter().zip(from.chunks(width));
            Value::Object(parts.map(|(name, part)| ((*name).to_owned(), value(of, part))).collect())
        }
        FieldType::Enum { variants, .. } => json!(variants.get(first as usize)),
        FieldType::Tick | FieldType::Player => json!(first as u32),
        FieldType::Row { .. } => json!((first as u32).checked_sub(1)),
        FieldType::Option(of) => {
            if first == 0 {
                Value::Null
            } else {
                value(of, from.get(1..).unwrap_or_default())
            }
        }
        FieldType::Array { of, .. } => {
            from.chunks(of.component_count().max(1)).map(|part| value(of, part)).collect()
        }
        FieldType::Whole { .. } => Value::Null,
    }
}

/// Appends the components of a value, or says what it should be.
fn push_components(ty: &FieldType, value: &Value, to: &mut Vec<i32>) -> Result<(), &'static str> {
    match ty {
        FieldType::Bool => match value {
            Value::Bool(is) => to.push(i32::from(*is)),
            _ => to.push(i32::from(number(value)? != 0.0)),
        },
        FieldType::Int { min, max } => {
            let value = number(value)?.clamp(*min as f64, *max as f64);
            to.push((value as i64) as i32);
        }
        FieldType::Wide { .. } => {
            let whole = value.as_i64().or_else(|| value.as_u64().map(|bits| bits as i64));
            let whole = whole.ok_or("a whole number")?;
            to.extend([whole as i32, (whole >> 32) as i32]);
        }
        FieldType::Number { lo, step, steps } => {
            let steps_off = ((number(value)? - lo) / step + 0.5).floor();
            to.push(steps_off.clamp(0.0, f64::from(*steps)) as i32);
        }
        FieldType::Exact => to.push((number(value)? as f32).to_bits() as i32),
        FieldType::Angle { bits } => to.push(quantize::to_ring(number(value)? as f32, (*bits).min(16))),
        FieldType::Vector { size, of } => {
            for (at, name) in PARTS.iter().enumerate().take(usize::from(*size)) {
                let part = value.get(*name).or_else(|| value.get(at)).ok_or("an object {x, y}")?;
                push_components(of, part, to)?;
            }
        }
        FieldType::Enum { variants, .. } => {
            let name = value.as_str().ok_or("the name of a variant")?;
            let at = variants.iter().position(|variant| variant == name).ok_or("the name of a variant")?;
            to.push(at as i32);
        }
        FieldType::Tick | FieldType::Player => to.push((number(value)? as u32) as i32),
        FieldType::Row { .. } => {
            let slot = if value.is_null() { u32::MAX } else { number(value)? as u32 };
            to.push(slot.wrapping_add(1) as i32);
        }
        FieldType::Option(of) if value.is_null() => {
            to.push(0);
            let least = |bounds: Component| 0.clamp(bounds.min, bounds.max);
            to.extend(of.components().into_iter().map(least));
        }
        FieldType::Option(of) => {
            to.push(1);
            push_components(of, value, to)?;
        }
        FieldType::Array { len, of } => {
            for at in 0..*len as usize {
                push_components(of, value.get(at).ok_or("an array")?, to)?;
            }
        }
        FieldType::Whole { .. } => return Err("no part of an input"),
    }
    Ok(())
}

fn number(value: &Value) -> Result<f64, &'static str> {
    match value {
        Value::Bool(is) => Ok(f64::from(u8::from(*is))),
        _ => value.as_f64().filter(|number| number.is_finite()).ok_or("a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        let number = FieldType::Number { lo: -1.0, step: 0.01, steps: 200 };
        vec![
            Field::plain("fire", FieldType::Bool),
            Field::plain("aim", FieldType::Vector { size: 2, of: Box::new(number) }),
            Field::plain(
                "arm",
                FieldType::Enum { name: "Arm".into(), variants: vec!["Gun".into(), "Ray".into()] },
            ),
            Field::plain("at", FieldType::Option(Box::new(FieldType::Row { of: "Ship".into() }))),
            Field::plain("turn", FieldType::Int { min: -1, max: 1 }),
        ]
    }

    #[test]
    fn an_input_goes_to_components_and_back() {
        let mut values = vec![0; 7];
        let object = json!({"fire": true, "aim": {"x": 0.5, "y": -1.0}, "arm": "Ray", "at": 7, "turn": 1});
        set_input(&fields(), &object, &mut values).unwrap();
        assert_eq!(values, [1, 150, 0, 1, 1, 8, 1]);
        assert_eq!(input(&fields(), &values), object);
        set_input(&fields(), &json!({"at": null, "turn": -9}), &mut values).unwrap();
        assert_eq!(values, [1, 150, 0, 1, 0, 0, -1]);
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        let mut values = vec![0; 7];
        let mut refusal = |object| set_input(&fields(), &object, &mut values).unwrap_err();
        assert!(refusal(json!({"fly": 1})).contains("it has fire, aim"));
        assert!(refusal(json!({"turn": "left"})).contains("is a number, not \"left\""));
        assert!(refusal(json!({"arm": "Bow"})).contains("the name of a variant"));
        assert!(refusal(json!([1])).contains("an object"));
    }
}
