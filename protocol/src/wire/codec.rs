//! The only file that imports bincode: control frames, requests, events and `whole` values.
//!
//! Bytes are bincode 2's standard configuration over serde: little-endian varints, no names. Decoding is limited,
//! and bytes left over are an error, so that a value has exactly one encoding length. [`value`] and [`from_value`]
//! do the same for whoever knows only a [`Shape`].

mod shaped;

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

use self::shaped::{Decoding, Encoding};
use super::DecodeError;
use crate::limits::{MESSAGE_BYTES_MAX, SERVER_FRAME_BYTES_MAX, WHOLE_BYTES_MAX};
use crate::schema::Shape;

/// Appends the bytes of `value`.
///
/// What a derive writes always has bytes. A `Serialize` written by hand that fails leaves `out` as it was.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let from = out.len();
    if bincode::serde::encode_into_writer(value, Appending(out), standard()).is_err() {
        out.truncate(from);
        debug_assert!(false, "a {} does not serialize", core::any::type_name::<T>());
    }
}

/// The value of these bytes.
///
/// # Errors
/// Where there are more than `max` bytes, where they are not a `T`, and where bytes are left over.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, DecodeError> {
    seeded(short_name::<T>(), core::marker::PhantomData::<T>, bytes, max)
}

/// What these bytes mean, for whoever has only the shape: structs are objects, enums are externally tagged, numbers
/// that are not finite are null.
///
/// # Errors
/// As [`from_bytes`], and where the shape has a list of items without bytes, which no schema has.
pub fn value(shape: &Shape, bytes: &[u8]) -> Result<serde_json::Value, DecodeError> {
    seeded("a value", Decoding { shape }, bytes, SERVER_FRAME_BYTES_MAX)
}

/// Appends the bytes of what [`value`] made, or a person wrote.
///
/// # Errors
/// Where the value does not fit the shape; `out` is then as it was.
pub fn from_value(shape: &Shape, value: &serde_json::Value, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let from = out.len();
    bincode::serde::encode_into_writer(Encoding { shape, value }, Appending(out), standard()).map(|_| ()).map_err(
        |error| {
            out.truncate(from);
            DecodeError::Message { what: "a value", why: error.to_string() }
        },
    )
}

/// bincode counts what it decodes by the size of the types: eight times the bytes that varints take.
const SMALL: usize = 8 * if WHOLE_BYTES_MAX > MESSAGE_BYTES_MAX { WHOLE_BYTES_MAX } else { MESSAGE_BYTES_MAX };
const LARGE: usize = 8 * SERVER_FRAME_BYTES_MAX;

type Limited<const N: usize> = Configuration<LittleEndian, Varint, Limit<N>>;

fn seeded<'de, D: DeserializeSeed<'de>>(
    what: &'static str,
    seed: D,
    bytes: &'de [u8],
    max: usize,
) -> Result<D::Value, DecodeError> {
    if bytes.len() > max {
        return Err(DecodeError::TooLong { what, len: bytes.len(), max });
    }
    // A page's core is decoded for one limit only: each further one is another copy of every decoder.
    let decoded = if bytes.len() * 8 <= SMALL && !cfg!(target_arch = "wasm32") {
        let limited: Limited<SMALL> = standard().with_limit();
        bincode::serde::seed_decode_from_slice(seed, bytes, limited)
    } else {
        let limited: Limited<LARGE> = standard().with_limit();
        bincode::serde::seed_decode_from_slice(seed, bytes, limited)
    };
    let (value, used) = decoded.map_err(|error| DecodeError::Message { what, why: error.to_string() })?;
    match bytes.len() - used {
        0 => Ok(value),
        left => Err(DecodeError::Leftover(left)),
    }
}

/// `tag::Keys` is `Keys`.
fn short_name<T>() -> &'static str {
    let name = core::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

struct Appending<'a>(&'a mut Vec<u8>);

impl Writer for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Move {
        Pass,
        To(u8, i32),
        Say { text: String, loud: Option<bool> },
        Many(Vec<f32>),
    }

    fn shape() -> Shape {
        Shape::Enum {
            name: "Move".into(),
            variants: vec![
                ("Pass".into(), Shape::Unit),
                ("To".into(), Shape::Tuple(vec![Shape::Uint(8), Shape::Int(32)])),
                (
                    "Say".into(),
                    Shape::Struct {
                        name: "Say".into(),
                        fields: vec![
                            ("text".into(), Shape::Text),
                            ("loud".into(), Shape::Option(Box::new(Shape::Bool))),
                        ],
                    },
                ),
                ("Many".into(), Shape::List(Box::new(Shape::Float(32)))),
            ],
        }
    }

    fn bytes_of<T: Serialize>(value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        to_bytes(value, &mut bytes);
        bytes
    }

    #[test]
    fn a_shape_reads_what_the_type_wrote_and_writes_the_same_bytes() {
        for (value_of, expected) in [
            (Move::Pass, json!("Pass")),
            (Move::To(200, -3), json!({"To": [200, -3]})),
            (Move::Say { text: "hé".into(), loud: Some(true) }, json!({"Say": {"text": "hé", "loud": true}})),
            (Move::Say { text: String::new(), loud: None }, json!({"Say": {"text": "", "loud": null}})),
            (Move::Many(vec![0.5, -2.0]), json!({"Many": [0.5, -2.0]})),
        ] {
            let bytes = bytes_of(&value_of);
            let read = value(&shape(), &bytes).unwrap();
            assert_eq!(read, expected);
            let mut again = Vec::new();
            from_value(&shape(), &read, &mut again).unwrap();
            assert_eq!(again, bytes);
            assert_eq!(from_bytes::<Move>(&bytes, 64).unwrap(), value_of);
        }
    }

    #[test]
    fn bytes_left_over_cut_or_too_many_are_refused() {
        let mut bytes = bytes_of(&Move::To(1, 2));
        assert!(matches!(from_bytes::<Move>(&bytes, 2), Err(DecodeError::TooLong { len: 3, max: 2, .. })));
        bytes.push(0);
        assert_eq!(from_bytes::<Move>(&bytes, 64), Err(DecodeError::Leftover(1)));
        assert!(from_bytes::<Move>(&bytes[..2], 64).is_err());
        assert!(value(&shape(), &bytes).is_err());
    }

    #[test]
    fn a_claimed_length_allocates_nothing_like_it() {
        // A text of 2^63 bytes, a list of 2^32 nothings.
        let mut text = vec![2, 253];
        text.extend_from_slice(&(1u64 << 63).to_le_bytes());
        assert!(from_bytes::<Move>(&text, 64).is_err());
        let nothings = Shape::List(Box::new(Shape::Unit));
        assert!(value(&nothings, &[252, 255, 255, 255, 255]).is_err());
        assert!(value(&nothings, &[252, 2, 0, 0, 0]).is_err());
    }

    #[test]
    fn a_value_that_does_not_fit_its_shape_is_refused_in_words() {
        let mut out = vec![7];
        let error = from_value(&shape(), &json!({"To": [300, 0]}), &mut out).unwrap_err();
        assert!(error.to_string().contains("300"), "{error}");
        assert!(from_value(&shape(), &json!("Fly"), &mut out).unwrap_err().to_string().contains("Fly"));
        assert!(from_value(&Shape::Never, &json!(null), &mut out).is_err());
        assert_eq!(out, [7]);
    }
}
