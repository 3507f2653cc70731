//! A schema as text, and the number that stands for it.

use super::{Schema, read};
use crate::limits::SCHEMA_BYTES_MAX;

/// Why a text is not a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Longer than [`SCHEMA_BYTES_MAX`].
    #[error("the schema has {0} bytes, {SCHEMA_BYTES_MAX} are allowed")]
    TooLong(usize),
    /// Not JSON, or not of this form.
    #[error("the schema does not read: {0}")]
    Json(String),
    /// It reads, but means something that cannot be: [`Schema::errors`].
    #[error("the schema cannot be: {0}")]
    Limits(String),
}

impl Schema {
    /// The schema as JSON: what a welcome carries to a client that has none or another one.
    ///
    /// The text is canonical: keys in declaration order, no spaces, flags that are false and absent options left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The schema of a text from anywhere: what it returns is within all limits.
    ///
    /// Keys that are not known are passed over, so that a later server can say more.
    ///
    /// # Errors
    /// Where the text is too long, not JSON, or [`Schema::errors`] finds something.
    pub fn from_json(text: &str) -> Result<Schema, SchemaError> {
        if text.len() > SCHEMA_BYTES_MAX {
            return Err(SchemaError::TooLong(text.len()));
        }
        let json: serde_json::Value =
            text.parse().map_err(|error: serde_json::Error| SchemaError::Json(error.to_string()))?;
        let schema = read::schema(&json).map_err(SchemaError::Json)?;
        schema.check().map(|()| schema)
    }

    /// The number that stands for the schema in hello and welcome, never 0.
    ///
    /// It is the 64-bit FNV-1a hash of the bytes of [`Schema::to_json`]: two ends with the same number agree in every
    /// name, type, range, order and rate.
    #[must_use]
    pub fn hash(&self) -> u64 {
        fnv1a(self.to_json().as_bytes()).max(1)
    }
}

/// 64-bit FNV-1a: `hash = (hash ^ byte) * 0x100000001b3`, from `0xcbf29ce484222325`.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_function() {
        // Vectors of the authors of FNV.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
