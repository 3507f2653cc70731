//! `#[derive(World)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::token::Comma;
use syn::{Data, DeriveInput, Fields};

use crate::{Errors, attr};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    crate::without_generics(item)?;
    const OF_ROWS: &str = "attributes stand at the fields and above the row types, not here";
    attr::refuse(&item.attrs, OF_ROWS)?;
    let named = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => &named.named,
            Fields::Unit | Fields::Unnamed(_) => return Err(not_a_world(item)),
        },
        Data::Enum(_) | Data::Union(_) => return Err(not_a_world(item)),
    };
    let mut errors = Errors::default();
    for field in named {
        if let Err(error) = attr::refuse(&field.attrs, OF_ROWS) {
            errors.add(error);
        }
    }
    if named.len() > 64 {
        errors.at(&item.ident, "a world has at most 64 tables");
    }
    errors.finish(())?;
    let name = &item.ident;
    let kinds = named.iter().filter_map(|field| {
        let (ident, ty) = (field.ident.as_ref()?, &field.ty);
        let ident = ident.to_string();
        let ident = ident.trim_start_matches("r#");
        Some(quote_spanned!(ty.span()=> <#ty as ::tickwire_protocol::world::AnyTable>::kind(#ident)))
    });
    let (numbers, idents): (Vec<u8>, Vec<_>) =
        (0u8..).zip(named.iter().filter_map(|field| field.ident.as_ref())).unzip();
    let constants = constants(named);
    Ok(quote! {
        #[automatically_derived]
        impl #name {
            #(#constants)*
        }
        #[automatically_derived]
        impl ::tickwire_protocol::world::World for #name {
            fn kinds() -> ::std::vec::Vec<::tickwire_protocol::schema::Kind> {
                ::std::vec![#(#kinds),*]
            }
            fn table(
                &self,
                __kind: ::tickwire_protocol::id::KindId,
            ) -> ::core::option::Option<&dyn ::tickwire_protocol::world::AnyTable> {
                match __kind.0 {
                    #(#numbers => ::core::option::Option::Some(&self.#idents),)*
                    _ => ::core::option::Option::None,
                }
            }
            fn table_mut(
                &mut self,
                __kind: ::tickwire_protocol::id::KindId,
            ) -> ::core::option::Option<&mut dyn ::tickwire_protocol::world::AnyTable> {
                match __kind.0 {
                    #(#numbers => ::core::option::Option::Some(&mut self.#idents),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

/// A constant per table that names its kind: `Field::RUNNERS`.
fn constants(named: &Punctuated<syn::Field, Comma>) -> Vec<TokenStream> {
    let each = named.iter().zip(0u8..).filter_map(|(field, at)| {
        let (ident, vis) = (field.ident.as_ref()?, &field.vis);
        let title = ident.to_string();
        let title = title.trim_start_matches("r#").to_uppercase();
        let constant = quote::format_ident!("{title}", span = ident.span());
        let doc = format!("The kind of the rows of `{ident}`.");
        Some(quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #vis const #constant: ::tickwire_protocol::id::KindId = ::tickwire_protocol::id::KindId(#at);
        })
    });
    each.collect()
}

fn not_a_world(item: &DeriveInput) -> syn::Error {
    syn::Error::new_spanned(&item.ident, "a world is a struct with named fields: `Table<Row>` and `One<Row>`")
}
