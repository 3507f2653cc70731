//! `#[derive(Replicate)]` on a struct.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput};

use crate::attr::KindAttrs;
use crate::field::{self, Field, Role};
use crate::{doc, enums};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    crate::without_generics(item)?;
    match &item.data {
        Data::Enum(data) => enums::derive(item, data),
        Data::Struct(_) => row(item),
        Data::Union(_) => Err(syn::Error::new_spanned(&item.ident, "a row is a struct, a value a unit enum")),
    }
}

fn row(item: &DeriveInput) -> syn::Result<TokenStream> {
    let kind = KindAttrs::of_struct(&item.attrs)?;
    let fields = field::fields(item, Role::Row)?;
    let (name, span) = (&item.ident, item.ident.span());
    let constants = field::constants(&fields);
    let doc = doc::of_row(name, &fields);
    let title = name.to_string();
    let wholes = fields.iter().filter(|field| field.is_whole()).count();
    let skips = fields.iter().any(Field::is_skip);
    let owner_fields = fields.iter().any(|field| field.attrs.owner.is_some());
    let (owner_kind, predicted) = (kind.owner.is_some(), kind.predicted.is_some());
    let schema = field::schema_body(&fields);
    let pack = field::pack_body(&fields);
    let unpack = field::unpack_body(&fields, &quote!(self));
    let whole = whole_functions(&fields);
    let whole_limits = whole_limits(&fields);
    let swap_skipped = swap(fields.iter().filter(|field| field.is_skip()));
    let swap_owned = swap(fields.iter().filter(|field| field.attrs.owner.is_some()));
    let limits = quote_spanned! {span=>
        const _: () = assert!(
            __COMPONENTS <= ::tickwire_protocol::limits::COMPONENTS_MAX,
            "a row has at most 64 numbers: put what changes rarely into a `whole` field or another table",
        );
        const _: () = assert!(
            #wholes <= ::tickwire_protocol::limits::WHOLES_MAX,
            "a row has at most 8 `whole` fields",
        );
    };
    Ok(quote! {
        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            #constants
            #limits
            #whole_limits
            #doc
            #[automatically_derived]
            impl ::tickwire_protocol::world::Replicate for #name {
                const NAME: &'static str = #title;
                const COMPONENTS: usize = __COMPONENTS;
                const WHOLES: usize = #wholes;
                const SKIPS: bool = #skips;
                const OWNER_FIELDS: bool = #owner_fields;
                const OWNER_KIND: bool = #owner_kind;
                const PREDICTED: bool = #predicted;

                fn fields() -> ::std::vec::Vec<::tickwire_protocol::schema::Field> {
                    #schema
                }
                fn pack(&self, __out: &mut [i32]) {
                    #pack
                }
                fn unpack(&mut self, __from: &[i32]) {
                    #unpack
                }
                #whole
                fn swap_skipped(&mut self, __other: &mut Self) {
                    #swap_skipped
                }
                fn swap_owned(&mut self, __other: &mut Self) {
                    #swap_owned
                }
            }
        };
    })
}

fn swap<'f>(fields: impl Iterator<Item = &'f Field<'f>>) -> TokenStream {
    let each = fields.map(|field| {
        let ident = field.ident;
        quote!(::core::mem::swap(&mut self.#ident, &mut __other.#ident);)
    });
    quote!(#(#each)*)
}

/// `fit_whole`, `pack_whole` and `unpack_whole`.
fn whole_functions(fields: &[Field<'_>]) -> TokenStream {
    let wholes = || fields.iter().filter(|field| field.is_whole()).enumerate();
    let fit = wholes().filter_map(|(at, field)| {
        let (Field { ident, ty, .. }, (_, max)) = (field, field.attrs.max.as_ref()?);
        Some(quote_spanned! {ty.span()=>
            #at if __len > (#max) as usize => {
                <#ty as ::tickwire_protocol::world::Message>::fit(&mut self.#ident, (#max) as usize);
                true
            }
        })
    });
    let pack = wholes().map(|(at, Field { ident, ty, .. })| {
        quote_spanned! {ty.span()=> #at => ::tickwire_protocol::wire::codec::to_bytes::<#ty>(&self.#ident, __out), }
    });
    let clear = wholes().map(|(at, Field { ident, .. })| {
        quote!(#at if __from.is_empty() => self.#ident = <Self as ::core::default::Default>::default().#ident,)
    });
    let unpack = wholes().filter_map(|(at, field)| {
        let (Field { ident, ty, .. }, (_, max)) = (field, field.attrs.max.as_ref()?);
        Some(quote_spanned! {ty.span()=>
            #at => self.#ident = ::tickwire_protocol::wire::codec::from_bytes::<#ty>(__from, (#max) as usize)?,
        })
    });
    quote! {
        fn fit_whole(&mut self, __field: usize, __len: usize) -> bool {
            match __field {
                #(#fit)*
                _ => false,
            }
        }
        fn pack_whole(&self, __field: usize, __out: &mut ::std::vec::Vec<u8>) {
            match __field {
                #(#pack)*
                _ => {}
            }
        }
        fn unpack_whole(
            &mut self,
            __field: usize,
            __from: &[u8],
        ) -> ::core::result::Result<(), ::tickwire_protocol::wire::DecodeError> {
            match __field {
                #(#clear)*
                #(#unpack)*
                _ => {}
            }
            ::core::result::Result::Ok(())
        }
    }
}

/// Refuses constants that a literal check could not see.
fn whole_limits(fields: &[Field<'_>]) -> TokenStream {
    let each = fields.iter().filter_map(|field| field.attrs.max.as_ref()).map(|(_, max)| {
        quote_spanned! {max.span()=>
            const _: () = assert!(
                (#max) as usize <= ::tickwire_protocol::limits::WHOLE_BYTES_MAX,
                "`max` is at most 4096 bytes: longer things are several rows",
            );
        }
    });
    quote!(#(#each)*)
}
