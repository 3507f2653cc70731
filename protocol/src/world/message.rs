//! What is sent whole: requests, events, `whole` fields; and the types of std and of this crate that can be.

use std::collections::BTreeMap;

use glam::{Vec2, Vec3};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::id::{EntityId, Id, InputSeq, KindId, PlayerId, Tick};
use crate::limits::SHAPE_DEPTH_MAX;
use crate::schema::Shape;
use crate::wire::codec;

/// A request, an event, or a `whole` value: serde for the bytes, a [`Shape`] for whoever has only the schema.
///
/// Written by `#[derive(Message)]`, beside serde's own derives, for structs and enums of anything that is a message: bool,
/// numbers, `String`, `Option`, `Vec`, arrays, tuples, `BTreeMap`, `Vec2`, `Vec3`, ids.
///
/// ```
/// # use tickwire_protocol::prelude::*;
/// #[derive(Serialize, Deserialize, Message)]
/// enum Move {
///     Resign,
///     Place { at: (u8, u8), stone: Id<Stone> },
/// }
/// # struct Stone;
/// ```
///
/// A type that contains itself does not compile, and neither does a list of what takes no bytes:
///
/// ```compile_fail
/// # use tickwire_protocol::prelude::*;
/// #[derive(Serialize, Deserialize, Message)]
/// struct Tree {
///     branches: Vec<Tree>,
/// }
/// let _ = Tree::shape();
/// ```
/// ```compile_fail
/// # use tickwire_protocol::prelude::*;
/// #[derive(Serialize, Deserialize, Message)]
/// struct Nothings(Vec<()>);
/// let _ = Nothings::shape();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    note = "a message derives `Serialize, Deserialize, Message`; a game without requests or events says `Never`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + 'static {
    /// How deep its shape nests; asking for that of a type that contains itself ends in a compile error.
    const DEPTH: u32;

    /// What the bytes mean.
    fn shape() -> Shape;

    /// Makes the value fit into `max` bytes: text is cut at a character, a list loses its tail, anything else that is
    /// too long becomes its default.
    fn fit(&mut self, max: usize)
    where
        Self: Default,
    {
        if encoded_len(self) > max {
            *self = Self::default();
        }
    }
}

/// The depth of a type that has a part of depth `part`, if its other parts make it `whole` deep.
///
/// # Panics
/// Above [`SHAPE_DEPTH_MAX`]: as a constant that is a compile error.
#[must_use]
pub const fn deeper(whole: u32, part: u32) -> u32 {
    assert!(part < SHAPE_DEPTH_MAX, "a message nests at most 16 deep");
    if part + 1 > whole { part + 1 } else { whole }
}

fn encoded_len<T: Serialize>(value: &T) -> usize {
    let mut bytes = Vec::new();
    codec::to_bytes(value, &mut bytes);
    bytes.len()
}

macro_rules! simple {
    ($($ty:ty => $shape:expr;)*) => {$(
        impl Message for $ty {
            const DEPTH: u32 = 1;
            fn shape() -> Shape {
                $shape
            }
        }
    )*};
}
simple! {
    () => Shape::Unit;
    bool => Shape::Bool;
    u8 => Shape::Uint(8);
    u16 => Shape::Uint(16);
    u32 => Shape::Uint(32);
    u64 => Shape::Uint(64);
    i8 => Shape::Int(8);
    i16 => Shape::Int(16);
    i32 => Shape::Int(32);
    i64 => Shape::Int(64);
    f32 => Shape::Float(32);
    f64 => Shape::Float(64);
    Tick => Shape::Uint(32);
    InputSeq => Shape::Uint(32);
    PlayerId => Shape::Uint(32);
    KindId => Shape::Uint(8);
    Vec2 => vector("Vec2", &["x", "y"]);
    Vec3 => vector("Vec3", &["x", "y", "z"]);
    EntityId => Shape::Struct {
        name: "EntityId".to_owned(),
        fields: vec![("kind".to_owned(), Shape::Uint(8)), ("slot".to_owned(), Shape::Uint(32))],
    };
}

fn vector(name: &str, parts: &[&str]) -> Shape {
    Shape::Struct {
        name: name.to_owned(),
        fields: parts.iter().map(|part| ((*part).to_owned(), Shape::Float(32))).collect(),
    }
}

impl<T: 'static> Message for Id<T> {
    const DEPTH: u32 = 1;
    fn shape() -> Shape {
        Shape::Uint(32)
    }
}

impl Message for String {
    const DEPTH: u32 = 1;
    fn shape() -> Shape {
        Shape::Text
    }
    fn fit(&mut self, max: usize) {
        // The length itself takes a byte up to 250, then three.
        let prefix = if self.len() <= 250 { 1 } else { 3 };
        if self.len() + prefix > max {
            let room = max.saturating_sub(1);
            let room = if room <= 250 { room } else { (max - 3).max(250) };
            self.truncate(self.floor_char_boundary(room));
        }
    }
}

impl<T: Message> Message for Option<T> {
    const DEPTH: u32 = deeper(1, T::DEPTH);
    fn shape() -> Shape {
        Shape::Option(Box::new(T::shape()))
    }
}

impl<T: Message> Message for Vec<T> {
    const DEPTH: u32 = {
        assert!(size_of::<T>() > 0, "a list of nothing: four bytes could stand for billions of items");
        deeper(1, T::DEPTH)
    };
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
    fn fit(&mut self, max: usize) {
        // Every item is a byte at least, so most of a list that is far too long goes at once.
        self.truncate(max);
        while !self.is_empty() && encoded_len(self) > max {
            // At most a quarter more than what must go, so that this ends soon and cuts little too much.
            let over = encoded_len(self) - max;
            let largest = self.iter().map(encoded_len).max().unwrap_or(1).max(1);
            self.truncate(self.len() - over.div_ceil(largest).clamp(1, self.len()));
        }
    }
}

impl<K: Message + Ord, V: Message> Message for BTreeMap<K, V> {
    const DEPTH: u32 = deeper(deeper(1, K::DEPTH + 1), V::DEPTH + 1);
    fn shape() -> Shape {
        Shape::List(Box::new(Shape::Tuple(vec![K::shape(), V::shape()])))
    }
}

impl<T: Message, const N: usize> Message for [T; N]
where
    [T; N]: Serialize + DeserializeOwned,
{
    const DEPTH: u32 = deeper(1, T::DEPTH);
    fn shape() -> Shape {
        Shape::Array(N as u32, Box::new(T::shape()))
    }
}

macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part: Message),*> Message for ($($part,)*) {
            const DEPTH: u32 = {
                let mut depth = 1;
                $(depth = deeper(depth, $part::DEPTH);)*
                depth
            };
            fn shape() -> Shape {
                Shape::Tuple(vec![$($part::shape()),*])
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
