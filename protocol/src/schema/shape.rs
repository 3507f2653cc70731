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

impl Shape {
    /// The fewest bytes that a value of this shape takes. There are no lists of what may take none: nothing would bound
    /// their length.
    #[must_use]
    pub fn bytes_min(&self) -> u64 {
        match self {
            Shape::Never | Shape::Unit => 0,
            Shape::Bool | Shape::Uint(_) | Shape::Int(_) | Shape::Text | Shape::Option(_) | Shape::List(_) => 1,
            Shape::Enum { .. } => 1,
            Shape::Float(bits) => u64::from(*bits / 8),
            Shape::Array(len, of) => u64::from(*len).saturating_mul(of.bytes_min()),
            Shape::Tuple(parts) => parts.iter().map(Shape::bytes_min).fold(0, u64::saturating_add),
            Shape::Struct { fields, .. } => {
                fields.iter().map(|(_, of)| of.bytes_min()).fold(0, u64::saturating_add)
            }
        }
    }
}
