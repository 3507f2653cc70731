//! What a world is made of: kinds, their fields, the input, and the shapes of messages.
//!
//! A schema is data. The coder, the viewer, `/look` and foreign clients read it instead of the game's types, and
//! two ends that disagree can say in words what differs.
//!
//! ```
//! use tickwire_protocol::schema::{Field, FieldType, Kind, Schema, Shape, differences};
//!
//! let schema = |max| Schema {
//!     game: "tag".to_owned(),
//!     tick_rate: 30,
//!     send_every: 1,
//!     kinds: vec![Kind {
//!         name: "ships".to_owned(),
//!         row: "Ship".to_owned(),
//!         one: false,
//!         owner: false,
//!         predicted: false,
//!         fields: vec![Field { default: vec![0], ..Field::plain("hp", FieldType::Int { min: 0, max }) }],
//!     }],
//!     input: Vec::new(),
//!     request: Shape::Never,
//!     event: Shape::Never,
//! };
//! let (server, client) = (schema(100), schema(255));
//! assert_ne!(server.hash(), client.hash());
//! assert_eq!(differences(&server, &client)[0].to_string(), "server has Ship.hp 0..=100, client 0..=255");
//! // A schema travels as JSON; what comes from bytes is checked against every limit.
//! assert_eq!(Schema::from_json(&server.to_json()), Ok(server));
//! ```
//!
//! A game's own schema is [`crate::game::schema`]; `--schema` of its server prints it for people ([`Schema::describe`]).

mod check;
mod compare;
mod json;
mod read;
mod shape;
mod warn;
mod words;

use serde::{Deserialize, Serialize};

pub use self::compare::{Difference, differences};
pub use self::json::SchemaError;
pub use self::shape::Shape;

/// Everything both ends must agree on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The game's name.
    pub game: String,
    /// Ticks per second.
    pub tick_rate: u16,
    /// A snapshot every so many ticks.
    pub send_every: u32,
    /// The tables of the world, in declaration order: the position is the kind's id.
    pub kinds: Vec<Kind>,
    /// The fields of the input; none where the game takes no input.
    pub input: Vec<Field>,
    /// What a player may ask.
    pub request: Shape,
    /// What the room may tell.
    pub event: Shape,
}

/// One table of the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// The table's name.
    pub name: String,
    /// The row type's name: what differences and warnings call it, and what [`FieldType::Row`] refers to.
    pub row: String,
    /// A single row that is always there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub one: bool,
    /// Sent to the row's owner only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub owner: bool,
    /// Drawn from the predicted world for everyone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub predicted: bool,
    /// The fields, in declaration order, without those marked `skip`.
    pub fields: Vec<Field>,
}

/// One field of a kind or of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its type, bounds and resolution.
    pub ty: FieldType,
    /// The integers of the field in a default row, one per component; empty for `whole` fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default: Vec<i32>,
    /// Drawn in between.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lerp: bool,
    /// A jump over this distance is a teleport, in the world's units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snap: Option<f64>,
    /// Where the row is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub place: bool,
    /// Sent to the row's owner only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub owner: bool,
    /// The position that this velocity moves: the index of a field of the same kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_of: Option<u32>,
    /// A velocity that turns but keeps its length.
    #[serde(default, skip_serializing_if = "is_false")]
    pub steady: bool,
    /// The velocity along which this angle points, or the angle along which this speed moves: the index of a field of the
    /// same kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along: Option<u32>,
    /// An input that is back to default when a missing input is repeated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub once: bool,
}

/// The type of a field, with what turns its values into integers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FieldType {
    /// 0 or 1.
    Bool,
    /// A whole number of at most 32 bits. Unsigned values above `i32::MAX` are the same 32 bits.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A whole number of 64 bits: two components, low word first.
    Wide {
        /// Whether it has a sign.
        signed: bool,
    },
    /// `lo + n * step` for n in 0..=`steps`.
    Number {
        /// Smallest value, in the world's units.
        lo: f64,
        /// Resolution, in the world's units.
        step: f64,
        /// How many steps lie between the smallest and the largest value.
        steps: u32,
    },
    /// All bits of an f32.
    Exact,
    /// A ring of `2^bits` steps: n stands for `n * tau / 2^bits` radians.
    Angle {
        /// 1 to 16.
        bits: u8,
    },
    /// Two or three numbers of the same type.
    Vector {
        /// 2 or 3.
        size: u8,
        /// `Number` or `Exact`.
        of: Box<FieldType>,
    },
    /// One of several names, by position.
    Enum {
        /// The type's name.
        name: String,
        /// The names.
        variants: Vec<String>,
    },
    /// A tick.
    Tick,
    /// A player.
    Player,
    /// A row of the named row type, or [`crate::id::Id::NONE`].
    Row {
        /// The row type's name.
        of: String,
    },
    /// One component that says whether it is there, then the value (default where it is not).
    Option(Box<FieldType>),
    /// Several of the same.
    Array {
        /// How many.
        len: u32,
        /// Of what.
        of: Box<FieldType>,
    },
    /// Sent whole when it changed; no component.
    Whole {
        /// Bytes at the most, encoded.
        max: u32,
        /// What the bytes mean.
        shape: Shape,
    },
}

/// What one integer of a row may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Smallest value.
    pub min: i32,
    /// Largest value.
    pub max: i32,
    /// Whether the value after `max` is `min` again.
    pub ring: bool,
}

impl Component {
    /// The value nearest to one that may be beyond the bounds; on a ring the same one.
    #[inline]
    pub(crate) fn within(&self, value: i32) -> i32 {
        if self.ring { value & self.max } else { value.clamp(self.min, self.max) }
    }
}

impl Kind {
    /// Integers per row.
    #[must_use]
    pub fn component_count(&self) -> usize {
        self.fields.iter().map(|field| field.ty.component_count()).sum()
    }

    /// `whole` fields per row.
    #[must_use]
    pub fn whole_count(&self) -> usize {
        self.fields.iter().filter(|field| field.is_whole()).count()
    }

    /// The index of the field that says where a row is.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.place)
    }

    /// The first component of each field, and the end as one more entry.
    #[must_use]
    pub fn offsets(&self) -> Vec<usize> {
        let mut at = 0;
        let mut offsets = vec![0];
        for field in &self.fields {
            at += field.ty.component_count();
            offsets.push(at);
        }
        offsets
    }
}

impl Field {
    /// A field of this type that says nothing else.
    #[must_use]
    pub fn plain(name: &str, ty: FieldType) -> Field {
        Field {
            name: name.to_owned(),
            ty,
            default: Vec::new(),
            lerp: false,
            snap: None,
            place: false,
            owner: false,
            rate_of: None,
            steady: false,
            along: None,
            once: false,
        }
    }

    /// Whether it is sent as bytes rather than integers.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.ty, FieldType::Whole { .. })
    }
}

impl FieldType {
    /// How many integers a value is.
    #[must_use]
    pub fn component_count(&self) -> usize {
        match self {
            FieldType::Bool
            | FieldType::Int { .. }
            | FieldType::Number { .. }
            | FieldType::Exact
            | FieldType::Angle { .. }
            | FieldType::Enum { .. }
            | FieldType::Tick
            | FieldType::Player
            | FieldType::Row { .. } => 1,
            FieldType::Wide { .. } => 2,
            FieldType::Vector { size, of } => usize::from(*size).saturating_mul(of.component_count()),
            FieldType::Option(of) => of.component_count().saturating_add(1),
            FieldType::Array { len, of } => (*len as usize).saturating_mul(of.component_count()),
            FieldType::Whole { .. } => 0,
        }
    }

    /// The bounds of each integer.
    #[must_use]
    pub fn components(&self) -> Vec<Component> {
        let mut components = Vec::new();
        self.push_components(&mut components);
        components
    }

    fn push_components(&self, to: &mut Vec<Component>) {
        const ANY: Component = Component { min: i32::MIN, max: i32::MAX, ring: false };
        let upto = |max: usize| Component { max: i32::try_from(max).unwrap_or(i32::MAX), min: 0, ring: false };
        match self {
            FieldType::Bool => to.push(upto(1)),
            FieldType::Int { min, max } => to.push(match (i32::try_from(*min), i32::try_from(*max)) {
                (Ok(min), Ok(max)) => Component { min, max, ring: false },
                _ => ANY,
            }),
            FieldType::Wide { .. } => to.extend([ANY, ANY]),
            FieldType::Number { steps, .. } => to.push(upto(*steps as usize)),
            FieldType::Exact | FieldType::Tick | FieldType::Player | FieldType::Row { .. } => to.push(ANY),
            FieldType::Angle { bits } => {
                to.push(Component { ring: true, ..upto((1 << u32::from(*bits).min(16)) - 1) });
            }
            FieldType::Enum { variants, .. } => to.push(upto(variants.len().saturating_sub(1))),
            FieldType::Vector { size, of } => (0..*size).for_each(|_| of.push_components(to)),
            FieldType::Option(of) => {
                to.push(upto(1));
                of.push_components(to);
            }
            FieldType::Array { len, of } => (0..*len).for_each(|_| of.push_components(to)),
            FieldType::Whole { .. } => {}
        }
    }
}

/// `fields` with their defaults from the components of a default row.
#[must_use]
pub fn with_defaults(mut fields: Vec<Field>, components: &[i32]) -> Vec<Field> {
    let mut rest = components;
    for field in &mut fields {
        let (own, after) = rest.split_at_checked(field.ty.component_count()).unwrap_or((rest, &[]));
        field.default = own.to_vec();
        rest = after;
    }
    fields
}

fn is_false(flag: &bool) -> bool {
    !flag
}
