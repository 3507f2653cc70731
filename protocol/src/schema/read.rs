//! A schema from JSON, by hand: the derived readers of all these types would be a third of a page's core.

use serde_json::{Map, Value};

use super::{Field, FieldType, Kind, Schema, Shape};

/// What is wrong, in words.
type Read<T> = Result<T, String>;

/// The schema of a JSON value. Keys that are not known are passed over.
pub(super) fn schema(from: &Value) -> Read<Schema> {
    let from = object(from)?;
    Ok(Schema {
        game: text(from, "game")?,
        tick_rate: number(from, "tick_rate")?,
        send_every: number(from, "send_every")?,
        kinds: list(from, "kinds", kind)?,
        input: list(from, "input", field)?,
        request: shape(part(from, "request")?)?,
        event: shape(part(from, "event")?)?,
    })
}

fn kind(from: &Value) -> Read<Kind> {
    let from = object(from)?;
    Ok(Kind {
        name: text(from, "name")?,
        row: text(from, "row")?,
        one: flag(from, "one")?,
        owner: flag(from, "owner")?,
        predicted: flag(from, "predicted")?,
        fields: list(from, "fields", field)?,
    })
}

fn field(from: &Value) -> Read<Field> {
    let from = object(from)?;
    Ok(Field {
        name: text(from, "name")?,
        ty: field_type(part(from, "ty")?)?,
        default: if from.contains_key("default") { list(from, "default", whole)? } else { Vec::new() },
        lerp: flag(from, "lerp")?,
        snap: from.get("snap").filter(|snap| !snap.is_null()).map(float).transpose()?,
        place: flag(from, "place")?,
        owner: flag(from, "owner")?,
        rate_of: optional(from, "rate_of")?,
        steady: flag(from, "steady")?,
        along: optional(from, "along")?,
        once: flag(from, "once")?,
    })
}

fn field_type(from: &Value) -> Read<FieldType> {
    let (name, of) = variant(from)?;
    Ok(match name {
        "Bool" => FieldType::Bool,
        "Exact" => FieldType::Exact,
        "Tick" => FieldType::Tick,
        "Player" => FieldType::Player,
        "Option" => FieldType::Option(Box::new(field_type(of)?)),
        "Int" => FieldType::Int { min: number(object(of)?, "min")?, max: number(object(of)?, "max")? },
        "Wide" => FieldType::Wide { signed: flag(object(of)?, "signed")? },
        "Angle" => FieldType::Angle { bits: number(object(of)?, "bits")? },
        "Row" => FieldType::Row { of: text(object(of)?, "of")? },
        "Number" => FieldType::Number {
            lo: float(part(object(of)?, "lo")?)?,
            step: float(part(object(of)?, "step")?)?,
            steps: number(object(of)?, "steps")?,
        },
        "Vector" => FieldType::Vector {
            size: number(object(of)?, "size")?,
            of: Box::new(field_type(part(object(of)?, "of")?)?),
        },
        "Enum" => {
            FieldType::Enum { name: text(object(of)?, "name")?, variants: list(object(of)?, "variants", string)? }
        }
        "Array" => FieldType::Array {
            len: number(object(of)?, "len")?,
            of: Box::new(field_type(part(object(of)?, "of")?)?),
        },
        "Whole" => {
            FieldType::Whole { max: number(object(of)?, "max")?, shape: shape(part(object(of)?, "shape")?)? }
        }
        other => return Err(format!("there is no type of field `{other}`")),
    })
}

fn shape(from: &Value) -> Read<Shape> {
    let (name, of) = variant(from)?;
    Ok(match name {
        "Never" => Shape::Never,
        "Unit" => Shape::Unit,
        "Bool" => Shape::Bool,
        "Text" => Shape::Text,
        "Uint" => Shape::Uint(whole(of)?),
        "Int" => Shape::Int(whole(of)?),
        "Float" => Shape::Float(whole(of)?),
        "Option" => Shape::Option(Box::new(shape(of)?)),
        "List" => Shape::List(Box::new(shape(of)?)),
        "Array" => match of.as_array().map(Vec::as_slice) {
            Some([len, of]) => Shape::Array(whole(len)?, Box::new(shape(of)?)),
            _ => return Err(expected("a length and a shape", of)),
        },
        "Tuple" => Shape::Tuple(items(of, shape)?),
        "Struct" => {
            Shape::Struct { name: text(object(of)?, "name")?, fields: list(object(of)?, "fields", named)? }
        }
        "Enum" => {
            Shape::Enum { name: text(object(of)?, "name")?, variants: list(object(of)?, "variants", named)? }
        }
        other => return Err(format!("there is no shape `{other}`")),
    })
}

fn named(from: &Value) -> Read<(String, Shape)> {
    match from.as_array().map(Vec::as_slice) {
        Some([name, of]) => Ok((string(name)?, shape(of)?)),
        _ => Err(expected("a name and a shape", from)),
    }
}

/// `"Name"` or `{"Name": …}`.
fn variant(from: &Value) -> Read<(&str, &Value)> {
    if let Some(name) = from.as_str() {
        return Ok((name, &Value::Null));
    }
    let mut entries = object(from)?.iter();
    match (entries.next(), entries.next()) {
        (Some((name, of)), None) => Ok((name, of)),
        _ => Err(expected("one variant", from)),
    }
}

fn part<'a>(from: &'a Map<String, Value>, name: &str) -> Read<&'a Value> {
    from.get(name).ok_or_else(|| format!("`{name}` is missing"))
}

fn list<T>(from: &Map<String, Value>, name: &str, read: fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    items(part(from, name)?, read)
}

fn items<T>(from: &Value, read: fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    from.as_array().ok_or_else(|| expected("a list", from))?.iter().map(read).collect()
}

fn object(from: &Value) -> Read<&Map<String, Value>> {
    from.as_object().ok_or_else(|| expected("an object", from))
}

fn text(from: &Map<String, Value>, name: &str) -> Read<String> {
    string(part(from, name)?)
}

fn string(from: &Value) -> Read<String> {
    from.as_str().map(str::to_owned).ok_or_else(|| expected("a text", from))
}

fn flag(from: &Map<String, Value>, name: &str) -> Read<bool> {
    let Some(value) = from.get(name) else { return Ok(false) };
    value.as_bool().ok_or_else(|| expected("true or false", value))
}

fn number<T: TryFrom<i64>>(from: &Map<String, Value>, name: &str) -> Read<T> {
    whole(part(from, name)?)
}

fn optional(from: &Map<String, Value>, name: &str) -> Read<Option<u32>> {
    from.get(name).filter(|value| !value.is_null()).map(whole).transpose()
}

fn whole<T: TryFrom<i64>>(from: &Value) -> Read<T> {
    let number = from.as_i64().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| expected("a whole number within its bounds", from))
}

fn float(from: &Value) -> Read<f64> {
    from.as_f64().ok_or_else(|| expected("a number", from))
}

fn expected(what: &str, from: &Value) -> String {
    let mut found = from.to_string();
    if found.len() > 40 {
        found = found.chars().take(40).collect();
    }
    format!("{what} is expected, not {found}")
}
