//! Control frames, requests, events and `whole` values as bytes: bincode 2 over serde. The only file that names it.

use bincode::config::{self, Configuration, Limit};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::DecodeError;

/// Appends the bytes of a value.
pub fn to_bytes<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    match bincode::serde::encode_to_vec(value, config::standard()) {
        Ok(bytes) => out.extend_from_slice(&bytes),
        Err(error) => debug_assert!(false, "a message does not encode: {error}"),
    }
}

/// The value of exactly these bytes, of which there are at most `max`.
///
/// # Errors
/// Where they are not a value of this type, more than one, or too many.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, DecodeError> {
    const LIMIT: Configuration<config::LittleEndian, config::Varint, Limit<{ 1 << 20 }>> =
        config::standard().with_limit::<{ 1 << 20 }>();
    if bytes.len() > max {
        return Err(DecodeError::TooLong { what: "a message", len: bytes.len(), max });
    }
    let (value, used) = bincode::serde::decode_from_slice(bytes, LIMIT)
        .map_err(|error| DecodeError::Message { what: "a message", why: error.to_string() })?;
    match bytes.len() - used {
        0 => Ok(value),
        left => Err(DecodeError::Leftover(left)),
    }
}
