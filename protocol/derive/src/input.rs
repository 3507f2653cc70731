//! `#[derive(Input)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::attr;
use crate::doc;
use crate::field::{self, Role};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    crate::without_generics(item)?;
    attr::refuse(&item.attrs, "attributes of an input stand at its fields")?;
    let fields = field::fields(item, Role::Input)?;
    let name = &item.ident;
    let constants = field::constants(&fields);
    let doc = doc::of_input(name, &fields);
    let schema = field::schema_body(&fields);
    let pack = field::pack_body(&fields);
    let unpack = field::unpack_body(&fields, &quote!(__input));
    let once: Vec<_> = fields.iter().filter(|field| field.attrs.once.is_some()).map(|field| field.ident).collect();
    let limit = quote_spanned! {name.span()=>
        const _: () = assert!(
            __COMPONENTS <= ::tickwire_protocol::limits::INPUT_COMPONENTS_MAX,
            "an input has at most 32 numbers: it is sent every tick",
        );
    };
    Ok(quote! {
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            #constants
            #limit
            #doc
            #[automatically_derived]
            impl ::tickwire_protocol::world::Input for #name {
                const COMPONENTS: usize = __COMPONENTS;
                fn fields() -> ::std::vec::Vec<::tickwire_protocol::schema::Field> {
                    #schema
                }
                fn pack(&self, __out: &mut [i32]) {
                    #pack
                }
                fn unpack(__from: &[i32]) -> Self {
                    #[allow(unused_mut)]
                    let mut __input = <Self as ::core::default::Default>::default();
                    #unpack
                    __input
                }
                fn repeated(&self) -> Self {
                    #[allow(unused_variables)]
                    let __default = <Self as ::core::default::Default>::default();
                    #[allow(unused_mut)]
                    let mut __input = ::core::clone::Clone::clone(self);
                    #(__input.#once = __default.#once;)*
                    __input
                }
            }
        };
    })
}
