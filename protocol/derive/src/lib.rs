//! The derives of `tickwire-protocol`.

use proc_macro::TokenStream;

/// A row.
#[proc_macro_derive(Replicate, attributes(rep))]
pub fn replicate(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// A world.
#[proc_macro_derive(World)]
pub fn world(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// An input.
#[proc_macro_derive(Input, attributes(rep))]
pub fn input(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// A message.
#[proc_macro_derive(Message)]
pub fn message(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
