//! `#[derive(Replicate)]` on a unit enum: a field's value.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields};

use crate::{Errors, attr};

pub(crate) fn derive(item: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    attr::refuse(&item.attrs, "an enum is a field's value: attributes stand at the field")?;
    let mut errors = Errors::default();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(variant, "a field's enum has variants without data; put the data beside it, or use `whole`");
        }
        if let Err(error) = attr::refuse(&variant.attrs, "a variant has no attributes") {
            errors.add(error);
        }
    }
    if data.variants.is_empty() || data.variants.len() > 256 {
        errors.at(&item.ident, "a field's enum has 1 to 256 variants");
    }
    errors.finish(())?;
    let name = &item.ident;
    let title = name.to_string();
    let idents: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let names = idents.iter().map(|ident| ident.to_string());
    let numbers = 0i32..;
    let arms = numbers.zip(&idents).map(|(at, ident)| quote!(#name::#ident => #at,));
    let last = idents.len().saturating_sub(1) as i32;
    let back = (0i32..)
        .zip(&idents)
        .map(|(at, ident)| if at == last { quote!(_ => #name::#ident,) } else { quote!(#at => #name::#ident,) });
    Ok(quote! {
        #[automatically_derived]
        impl ::tickwire_protocol::quantize::Value for #name {
            const COMPONENTS: usize = 1;
            fn field_type(_: ::tickwire_protocol::quantize::Spec) -> ::tickwire_protocol::schema::FieldType {
                ::tickwire_protocol::schema::FieldType::Enum {
                    name: ::std::string::String::from(#title),
                    variants: ::std::vec![#(::std::string::String::from(#names)),*],
                }
            }
            fn pack(&self, _: ::tickwire_protocol::quantize::Spec, __out: &mut [i32]) {
                if let ::core::option::Option::Some(__place) = __out.first_mut() {
                    *__place = match self {
                        #(#arms)*
                    };
                }
            }
            fn unpack(_: ::tickwire_protocol::quantize::Spec, __from: &[i32]) -> Self {
                match __from.first().copied().unwrap_or(0).max(0) {
                    #(#back)*
                }
            }
        }
    })
}
