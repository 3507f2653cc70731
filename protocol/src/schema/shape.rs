//! What the bytes of a message mean.

use serde::{Deserialize, Serialize};

/// What the bytes of a message or of a `whole` field mean.
///
/// The bytes are bincode 2's standard configuration over serde: varints, no field names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// Cannot be: the game has no such message.
    Never,
    /// Nothing.
    Unit,
    /// One byte, 0 or 1.
    Bool,
    /// An unsigned number of so many bits: 8, 16, 32, 64.
    Uint(u8),
    /// A signed number of so many bits: 8, 16, 32, 64.
    Int(u8),
    /// A float of so many bits: 32, 64.
    Float(u8),
    /// UTF-8.
    Text,
    /// Absent or there.
    Option(Box<Shape>),
    /// Any number of the same.
    List(Box<Shape>),
    /// A fixed number of the same.
    Array(u32, Box<Shape>),
    /// Several, in order, without names.
    Tuple(Vec<Shape>),
    /// Several, in order, with names.
    Struct {
        /// The type's name.
        name: String,
        /// The fields.
        fields: Vec<(String, Shape)>,
    },
    /// One of several; the position is a varint.
    Enum {
        /// The type's name.
        name: String,
        /// The variants.
        variants: Vec<(String, Shape)>,
    },
}
