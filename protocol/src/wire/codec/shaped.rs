//! Bytes to JSON and back by a [`Shape`] alone: what viewers and generic pages have instead of the game's types.

use core::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, SeqAccess, VariantAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeSeq as _, SerializeTuple as _, Serializer};
use serde_json::{Map, Value};

use crate::schema::Shape;

/// Reads a value of a shape.
#[derive(Clone, Copy)]
pub(super) struct Decoding<'a> {
    pub(super) shape: &'a Shape,
}

impl<'de> DeserializeSeed<'de> for Decoding<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        match self.shape {
            Shape::Never => Err(de::Error::custom("there are no such messages")),
            Shape::Unit => from.deserialize_unit(self),
            Shape::Bool => from.deserialize_bool(self),
            Shape::Uint(8) => from.deserialize_u8(self),
            Shape::Uint(16) => from.deserialize_u16(self),
            Shape::Uint(32) => from.deserialize_u32(self),
            Shape::Uint(_) => from.deserialize_u64(self),
            Shape::Int(8) => from.deserialize_i8(self),
            Shape::Int(16) => from.deserialize_i16(self),
            Shape::Int(32) => from.deserialize_i32(self),
            Shape::Int(_) => from.deserialize_i64(self),
            Shape::Float(32) => from.deserialize_f32(self),
            Shape::Float(_) => from.deserialize_f64(self),
            Shape::Text => from.deserialize_str(self),
            Shape::Option(_) => from.deserialize_option(self),
            Shape::List(_) => from.deserialize_seq(self),
            Shape::Array(len, _) => from.deserialize_tuple(*len as usize, self),
            Shape::Tuple(parts) => from.deserialize_tuple(parts.len(), self),
            Shape::Struct { fields, .. } => from.deserialize_tuple(fields.len(), self),
            Shape::Enum { .. } => from.deserialize_enum("", &[], self),
        }
    }
}

impl<'de> Visitor<'de> for Decoding<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shape)
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        let Shape::Option(of) = self.shape else { return Err(de::Error::custom("no option")) };
        Decoding { shape: of }.deserialize(from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        let short = || de::Error::custom("too few items");
        match self.shape {
            // Each item takes a byte, so that there are no more of them than bytes.
            Shape::List(of) | Shape::Array(_, of) if of.bytes_min() == 0 => {
                return Err(de::Error::custom("a list of items without bytes"));
            }
            Shape::List(of) => {
                while let Some(value) = from.next_element_seed(Decoding { shape: of })? {
                    values.push(value);
                }
            }
            Shape::Array(len, of) => {
                for _ in 0..*len {
                    values.push(from.next_element_seed(Decoding { shape: of })?.ok_or_else(short)?);
                }
            }
            Shape::Tuple(parts) => {
                for of in parts {
                    values.push(from.next_element_seed(Decoding { shape: of })?.ok_or_else(short)?);
                }
            }
            Shape::Struct { fields, .. } => {
                let mut object = Map::new();
                for (name, of) in fields {
                    object
                        .insert(name.clone(), from.next_element_seed(Decoding { shape: of })?.ok_or_else(short)?);
                }
                return Ok(Value::Object(object));
            }
            _ => return Err(de::Error::custom("no list")),
        }
        Ok(Value::Array(values))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<Value, A::Error> {
        let Shape::Enum { name, variants } = self.shape else { return Err(de::Error::custom("no enum")) };
        let (index, content) = from.variant_seed(core::marker::PhantomData::<u32>)?;
        let Some((variant, of)) = variants.get(index as usize) else {
            return Err(de::Error::custom(format_args!("{name} has no variant {index}")));
        };
        if *of == Shape::Unit {
            content.unit_variant()?;
            return Ok(variant.as_str().into());
        }
        // The bytes of a tuple or struct variant are those of its fields, as if it held one tuple.
        let value = content.newtype_variant_seed(Decoding { shape: of })?;
        Ok(Value::Object(Map::from_iter([(variant.clone(), value)])))
    }
}

/// Writes a value of a shape.
#[derive(Clone, Copy)]
pub(super) struct Encoding<'a> {
    pub(super) shape: &'a Shape,
    pub(super) value: &'a Value,
}

impl Serialize for Encoding<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Encoding { shape, value } = *self;
        let wrong = || S::Error::custom(format_args!("{value} is no {}", name(shape)));
        match shape {
            Shape::Never => Err(S::Error::custom("there are no such messages")),
            Shape::Unit => to.serialize_unit(),
            Shape::Bool => to.serialize_bool(value.as_bool().ok_or_else(wrong)?),
            Shape::Uint(bits) => {
                let number = value.as_u64().filter(|n| *bits >= 64 || n >> bits == 0).ok_or_else(wrong)?;
                match bits {
                    8 => to.serialize_u8(number as u8),
                    16 => to.serialize_u16(number as u16),
                    32 => to.serialize_u32(number as u32),
                    _ => to.serialize_u64(number),
                }
            }
            Shape::Int(bits) => {
                let number = value.as_i64().ok_or_else(wrong)?;
                match bits {
                    8 => to.serialize_i8(i8::try_from(number).map_err(|_| wrong())?),
                    16 => to.serialize_i16(i16::try_from(number).map_err(|_| wrong())?),
                    32 => to.serialize_i32(i32::try_from(number).map_err(|_| wrong())?),
                    _ => to.serialize_i64(number),
                }
            }
            Shape::Float(bits) => {
                let number = if value.is_null() { f64::NAN } else { value.as_f64().ok_or_else(wrong)? };
                if *bits == 32 { to.serialize_f32(number as f32) } else { to.serialize_f64(number) }
            }
            Shape::Text => to.serialize_str(value.as_str().ok_or_else(wrong)?),
            Shape::Option(_) if value.is_null() => to.serialize_none(),
            Shape::Option(of) => to.serialize_some(&Encoding { shape: of, value }),
            Shape::List(of) => {
                let values = value.as_array().ok_or_else(wrong)?;
                let mut list = to.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(&Encoding { shape: of, value })?;
                }
                list.end()
            }
            Shape::Array(len, of) => {
                let values = value.as_array().filter(|values| values.len() == *len as usize).ok_or_else(wrong)?;
                tuple(to, values.iter().map(|value| Encoding { shape: of, value }))
            }
            Shape::Tuple(parts) => {
                let values = value.as_array().filter(|values| values.len() == parts.len()).ok_or_else(wrong)?;
                tuple(to, parts.iter().zip(values).map(|(shape, value)| Encoding { shape, value }))
            }
            Shape::Struct { fields, .. } => {
                let object = value.as_object().ok_or_else(wrong)?;
                let missing = &Value::Null;
                let part = |(name, shape)| Encoding { shape, value: object.get(name).unwrap_or(missing) };
                tuple(to, fields.iter().map(|(name, shape): &(String, Shape)| part((name, shape))))
            }
            Shape::Enum { variants, .. } => variant(to, variants, value).ok_or_else(wrong)?,
        }
    }
}

fn tuple<'a, S: Serializer>(to: S, parts: impl ExactSizeIterator<Item = Encoding<'a>>) -> Result<S::Ok, S::Error> {
    let mut tuple = to.serialize_tuple(parts.len())?;
    for part in parts {
        tuple.serialize_element(&part)?;
    }
    tuple.end()
}

/// `"Name"` or `{"Name": content}`; `None` where it is neither, or no variant is called so.
fn variant<S: Serializer>(to: S, variants: &[(String, Shape)], value: &Value) -> Option<Result<S::Ok, S::Error>> {
    let (called, content) = match value {
        Value::String(called) => (called, &Value::Null),
        Value::Object(object) if object.len() == 1 => object.iter().next()?,
        _ => return None,
    };
    let index = variants.iter().position(|(name, _)| name == called)?;
    let (_, shape) = variants.get(index)?;
    let index = u32::try_from(index).ok()?;
    Some(to.serialize_newtype_variant("", index, "", &Encoding { shape, value: content }))
}

fn name(shape: &Shape) -> String {
    match shape {
        Shape::Struct { name, .. } | Shape::Enum { name, .. } => name.clone(),
        Shape::Never
        | Shape::Unit
        | Shape::Bool
        | Shape::Uint(_)
        | Shape::Int(_)
        | Shape::Float(_)
        | Shape::Text
        | Shape::Option(_)
        | Shape::List(_)
        | Shape::Array(..)
        | Shape::Tuple(_) => format!("{shape:?}"),
    }
}
