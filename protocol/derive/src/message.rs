//! `#[derive(Message)]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Type};

use crate::{Errors, attr};

pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    crate::without_generics(item)?;
    attr::refuse(&item.attrs, "a message has no attributes: it is sent as it stands")?;
    let mut errors = Errors::default();
    serde_attributes(&item.attrs, &mut errors);
    let name = &item.ident;
    let title = name.to_string();
    let shape = match &item.data {
        Data::Struct(data) => fields_shape(&title, &data.fields, &mut errors),
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                serde_attributes(&variant.attrs, &mut errors);
                let title = variant.ident.to_string();
                let shape = fields_shape(&title, &variant.fields, &mut errors);
                quote!((::std::string::String::from(#title), #shape))
            });
            let variants = quote!(#(#variants),*);
            quote! {
                ::tickwire_protocol::schema::Shape::Enum {
                    name: ::std::string::String::from(#title),
                    variants: ::std::vec![#variants],
                }
            }
        }
        Data::Union(_) => return Err(syn::Error::new_spanned(name, "a message is a struct or an enum")),
    };
    for ty in types(&item.data) {
        if names(quote!(#ty), name) {
            errors.at(ty, "a message cannot contain itself: nothing would bound how deep it goes");
        }
    }
    let depths = types(&item.data).into_iter().map(|ty| {
        quote_spanned! {ty.span()=>
            __depth = ::tickwire_protocol::world::deeper(
                __depth,
                <#ty as ::tickwire_protocol::world::Message>::DEPTH,
            );
        }
    });
    errors.finish(())?;
    Ok(quote! {
        #[automatically_derived]
        impl ::tickwire_protocol::world::Message for #name {
            const DEPTH: u32 = {
                #[allow(unused_mut)]
                let mut __depth = 1;
                #(#depths)*
                __depth
            };
            fn shape() -> ::tickwire_protocol::schema::Shape {
                #shape
            }
        }
    })
}

/// Whether a type names `name` in any of its parts.
fn names(ty: TokenStream, name: &Ident) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => names(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn types(data: &Data) -> Vec<&Type> {
    match data {
        Data::Struct(data) => data.fields.iter().map(|field| &field.ty).collect(),
        Data::Enum(data) => {
            data.variants.iter().flat_map(|variant| variant.fields.iter().map(|field| &field.ty)).collect()
        }
        Data::Union(_) => Vec::new(),
    }
}

fn fields_shape(title: &str, fields: &Fields, errors: &mut Errors) -> TokenStream {
    for field in fields {
        serde_attributes(&field.attrs, errors);
        if let Err(error) = attr::refuse(&field.attrs, "a message has no attributes: it is sent as it stands") {
            errors.add(error);
        }
    }
    let shape = quote!(::tickwire_protocol::schema::Shape);
    let types: Vec<_> = fields.iter().map(|field| shape_of(&field.ty)).collect();
    match fields {
        Fields::Unit => quote!(#shape::Unit),
        Fields::Unnamed(_) => match types.as_slice() {
            // What wraps one value has its bytes.
            [only] => only.clone(),
            _ => quote!(#shape::Tuple(::std::vec![#(#types),*])),
        },
        Fields::Named(_) => {
            let names = fields.iter().filter_map(|field| field.ident.as_ref().map(Ident::to_string));
            let names = names.map(|name| name.trim_start_matches("r#").to_owned());
            quote! {
                #shape::Struct {
                    name: ::std::string::String::from(#title),
                    fields: ::std::vec![#((::std::string::String::from(#names), #types)),*],
                }
            }
        }
    }
}

fn shape_of(ty: &Type) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as ::tickwire_protocol::world::Message>::shape())
}

/// Refuses what would make serde write other bytes than the shape says.
fn serde_attributes(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let harmless = ["rename", "rename_all", "rename_all_fields", "deny_unknown_fields", "crate", "alias"];
            if harmless.iter().any(|word| meta.path.is_ident(word)) {
                if let Ok(value) = meta.value() {
                    value.parse::<syn::Expr>()?;
                }
                return Ok(());
            }
            Err(meta.error("a message is sent as it stands: this would change its bytes, but not its shape"))
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
}
