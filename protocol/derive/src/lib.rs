//! The derives of `tickwire-protocol`: `Replicate`, `World`, `Input` and `Message`.
//!
//! Use them through `tickwire_protocol::prelude`; what they generate names everything by its full path there.

mod attr;
mod check;
mod doc;
mod enums;
mod field;
mod input;
mod literal;
mod message;
mod replicate;
mod ty;
mod world;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a row of a table, or a unit enum a field of one.
///
/// What can stand in `#[rep(…)]` is told in `tickwire_protocol::world`. The generated `impl` documents the bits and the
/// precision of every field. The struct also derives `Clone`, `Default` and `PartialEq`, an enum `Copy` best as well.
#[proc_macro_derive(Replicate, attributes(rep))]
pub fn replicate(item: TokenStream) -> TokenStream {
    expand(parse_macro_input!(item as DeriveInput), replicate::derive)
}

/// Makes a struct of `Table<Row>` and `One<Row>` a world; it also derives `Default`.
///
/// A field is a kind, its position the kind's id on the wire. For each there is a constant in capitals, a `KindId`:
/// `Sea::SHIPS` for `ships`.
#[proc_macro_derive(World, attributes(rep))]
pub fn world(item: TokenStream) -> TokenStream {
    expand(parse_macro_input!(item as DeriveInput), world::derive)
}

/// Makes a struct the state of the controls in one tick: numbers, bools, unit enums, options and arrays of them.
///
/// `#[rep(…)]` takes `range`, `step`, `exact`, `angle` and `bits` as on a row, and `once` for what happens when a key goes
/// down: where an input is missing and the last one is repeated, those fields are back to their default. The struct also
/// derives `Clone`, `Default` and `PartialEq`.
#[proc_macro_derive(Input, attributes(rep))]
pub fn input(item: TokenStream) -> TokenStream {
    expand(parse_macro_input!(item as DeriveInput), input::derive)
}

/// Makes a type a request, an event, or a value that is sent whole. It also derives serde's `Serialize` and `Deserialize`.
#[proc_macro_derive(Message, attributes(rep))]
pub fn message(item: TokenStream) -> TokenStream {
    expand(parse_macro_input!(item as DeriveInput), message::derive)
}

fn expand(
    item: DeriveInput,
    derive: impl FnOnce(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    derive(&item).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// Refuses what no derive takes: type parameters.
fn without_generics(item: &DeriveInput) -> syn::Result<()> {
    if item.generics.params.is_empty() {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        &item.generics,
        "a type on the wire has no parameters: both ends must know it completely",
    ))
}

/// Several errors as one, so that a compiler shows all of them at once.
#[derive(Default)]
struct Errors(Option<syn::Error>);

impl Errors {
    fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn at(&mut self, place: impl quote::ToTokens, message: impl core::fmt::Display) {
        self.add(syn::Error::new_spanned(place, message));
    }

    fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    fn finish<T>(self, value: T) -> syn::Result<T> {
        match self.0 {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}
