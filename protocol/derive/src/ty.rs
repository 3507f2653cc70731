//! What can be told of a field's type from how it is written.

use syn::{GenericArgument, PathArguments, Type};

/// The type inside all `Option`s and arrays, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Bool,
    /// An integer of at most 32 bits.
    Int {
        bits: u8,
        signed: bool,
    },
    /// A 64-bit integer.
    Wide,
    /// `usize`, `isize`, `u128`, `i128`.
    OddInt,
    F32,
    F64,
    /// `Vec2` or `Vec3`.
    Vector(u8),
    Text,
    /// A collection.
    List,
    /// `Tick`, `PlayerId`, `Id<T>`.
    Name,
    /// Something else: a unit enum, an alias.
    Other,
}

impl Base {
    /// Whether `range` and `step` can be said of it.
    pub(crate) fn is_float(self) -> bool {
        matches!(self, Base::F32 | Base::Vector(_))
    }

    /// Whether there is something between two values of it.
    pub(crate) fn is_number(self) -> bool {
        self.is_float() || matches!(self, Base::Int { .. } | Base::Wide | Base::Other)
    }
}

/// What is around a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nest {
    Nothing,
    Option,
    Array,
}

/// The base of a type, and what is around it.
pub(crate) fn base(ty: &Type) -> (Base, Nest) {
    match ty {
        Type::Array(array) => (base(&array.elem).0, Nest::Array),
        Type::Group(group) => base(&group.elem),
        Type::Paren(paren) => base(&paren.elem),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return (Base::Other, Nest::Nothing) };
            if last.ident == "Option"
                && let PathArguments::AngleBracketed(arguments) = &last.arguments
                && let Some(GenericArgument::Type(inner)) = arguments.args.first()
            {
                return (base(inner).0, Nest::Option);
            }
            (named(&last.ident.to_string()), Nest::Nothing)
        }
        _ => (Base::Other, Nest::Nothing),
    }
}

fn named(name: &str) -> Base {
    match name {
        "bool" => Base::Bool,
        "i8" => Base::Int { bits: 8, signed: true },
        "i16" => Base::Int { bits: 16, signed: true },
        "i32" => Base::Int { bits: 32, signed: true },
        "u8" => Base::Int { bits: 8, signed: false },
        "u16" => Base::Int { bits: 16, signed: false },
        "u32" => Base::Int { bits: 32, signed: false },
        "i64" | "u64" => Base::Wide,
        "usize" | "isize" | "u128" | "i128" => Base::OddInt,
        "f32" => Base::F32,
        "f64" => Base::F64,
        "Vec2" => Base::Vector(2),
        "Vec3" => Base::Vector(3),
        "String" => Base::Text,
        "Vec" | "VecDeque" | "BTreeMap" | "BTreeSet" | "HashMap" | "HashSet" => Base::List,
        "Tick" | "PlayerId" | "Id" => Base::Name,
        _ => Base::Other,
    }
}
