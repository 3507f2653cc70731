//! A field whose attributes make sense, and what is generated from it.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Expr, Fields, Ident, Type};

use crate::Errors;
use crate::attr::{Attrs, StepSize};
use crate::literal::number;
use crate::ty::{Base, Nest, base};

/// One field of a row or input.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) base: Base,
    pub(crate) nest: Nest,
    pub(crate) attrs: Attrs,
    /// The position among the struct's fields; names the constants that are generated.
    pub(crate) at: usize,
}

/// What a struct is for: decides which attributes it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Row,
    Input,
}

/// The named fields of a struct, with attributes that make sense.
pub(crate) fn fields(item: &DeriveInput, role: Role) -> syn::Result<Vec<Field<'_>>> {
    let what = match role {
        Role::Row => "a row",
        Role::Input => "an input",
    };
    let Data::Struct(data) = &item.data else {
        return Err(syn::Error::new_spanned(&item.ident, format!("{what} is a struct with named fields")));
    };
    let named = match &data.fields {
        Fields::Named(named) => &named.named,
        Fields::Unit | Fields::Unnamed(_) => {
            let message = format!("{what} is a struct with named fields: the names stand in the schema");
            return Err(syn::Error::new_spanned(&item.ident, message));
        }
    };
    let mut errors = Errors::default();
    let mut fields = Vec::new();
    for (at, field) in named.iter().enumerate() {
        let Some(ident) = &field.ident else { continue };
        let Some(attrs) = errors.take(Attrs::of_field(&field.attrs)) else { continue };
        let (base, nest) = base(&field.ty);
        fields.push(Field { ident, ty: &field.ty, base, nest, attrs, at });
    }
    for field in &fields {
        crate::check::field(field, role, &mut errors);
    }
    crate::check::together(&fields, &mut errors);
    errors.finish(fields)
}

impl Field<'_> {
    /// Whether it is never on the wire.
    pub(crate) fn is_skip(&self) -> bool {
        self.attrs.skip.is_some()
    }

    /// Whether it is sent as bytes.
    pub(crate) fn is_whole(&self) -> bool {
        self.attrs.whole.is_some()
    }

    /// Whether it is integers in the image.
    pub(crate) fn is_value(&self) -> bool {
        !self.is_skip() && !self.is_whole()
    }

    /// The constant that holds its spec.
    pub(crate) fn spec_name(&self) -> Ident {
        format_ident!("__SPEC_{}", self.at)
    }

    /// The constant that holds its first component.
    pub(crate) fn offset_name(&self) -> Ident {
        format_ident!("__FROM_{}", self.at)
    }

    /// The smallest and largest value, as written.
    pub(crate) fn range(&self) -> Option<(&Expr, &Expr)> {
        self.attrs.range.as_ref().map(|range| (&range.lo, &range.hi))
    }

    /// Range and step as literals: lo, hi, step.
    pub(crate) fn literal_steps(&self) -> Option<(f64, f64, f64)> {
        let (lo, hi) = self.range()?;
        match &self.attrs.step.as_ref()?.size {
            StepSize::Units(step) => Some((number(lo)?, number(hi)?, number(step)?)),
            StepSize::PerTick(_) => None,
        }
    }

    /// The expression of its `quantize::Spec`.
    pub(crate) fn spec(&self, all: &[Field<'_>]) -> TokenStream {
        let spec = quote!(::tickwire_protocol::quantize::Spec);
        if let Some((_, bits)) = &self.attrs.bits {
            return quote_spanned!(bits.span()=> #spec::angle(#bits));
        }
        if self.attrs.exact.is_some() {
            return quote!(#spec::Exact);
        }
        let Some((lo, hi)) = self.range() else { return quote!(#spec::Plain) };
        let at = lo.span().join(hi.span()).unwrap_or(lo.span());
        match self.attrs.step.as_ref().map(|step| &step.size) {
            None => quote_spanned!(at=> #spec::range((#lo) as i64, (#hi) as i64)),
            Some(StepSize::Units(step)) => {
                quote_spanned!(at=> #spec::steps((#lo) as f64, (#hi) as f64, (#step) as f64))
            }
            Some(StepSize::PerTick(rate)) => {
                let place = self.rate_target(all).map_or(quote!(#spec::Plain), |place| {
                    let place = place.spec_name();
                    quote!(#place)
                });
                let rate = match number(rate) {
                    Some(_) => quote!(::tickwire_protocol::id::TickRate::hz(#rate)),
                    None => quote!(#rate),
                };
                quote_spanned!(at=> #spec::per_tick(#place, (#lo) as f64, (#hi) as f64, #rate))
            }
        }
    }

    /// The position that this velocity moves.
    pub(crate) fn rate_target<'f, 'a>(&self, all: &'f [Field<'a>]) -> Option<&'f Field<'a>> {
        let (_, name) = self.attrs.rate_of.as_ref()?;
        all.iter().find(|field| field.ident == name)
    }

    /// The expression of its `schema::Field`.
    pub(crate) fn schema(&self, all: &[Field<'_>]) -> TokenStream {
        let Attrs { lerp, snap, place, rate_of, steady, along, owner, once, .. } = &self.attrs;
        let name = self.ident.to_string();
        let name = name.trim_start_matches("r#");
        let ty = self.field_type();
        let flag = |span: &Option<Span>| span.is_some();
        let (lerp, place, steady, owner, once) = (flag(lerp), flag(place), flag(steady), flag(owner), flag(once));
        let snap = match snap {
            Some((_, snap)) => quote!(::core::option::Option::Some((#snap) as f64)),
            None => quote!(::core::option::Option::None),
        };
        let index = |of: &Option<(Span, Ident)>| {
            let wire = all.iter().filter(|field| !field.is_skip());
            let at = of.as_ref().and_then(|(_, name)| wire.enumerate().find(|(_, field)| field.ident == name));
            match at {
                Some((at, _)) => {
                    let at = at as u32;
                    quote!(::core::option::Option::Some(#at))
                }
                None => quote!(::core::option::Option::None),
            }
        };
        let (rate_of, along) = (index(rate_of), index(along));
        quote! {
            ::tickwire_protocol::schema::Field {
                lerp: #lerp,
                snap: #snap,
                place: #place,
                owner: #owner,
                rate_of: #rate_of,
                steady: #steady,
                along: #along,
                once: #once,
                ..::tickwire_protocol::schema::Field::plain(#name, #ty)
            }
        }
    }

    fn field_type(&self) -> TokenStream {
        let ty = self.ty;
        match &self.attrs.max {
            Some((_, max)) if self.is_whole() => quote_spanned! {ty.span()=>
                ::tickwire_protocol::schema::FieldType::Whole {
                    max: (#max) as u32,
                    shape: <#ty as ::tickwire_protocol::world::Message>::shape(),
                }
            },
            _ => {
                let spec = self.spec_name();
                quote_spanned!(ty.span()=> <#ty as ::tickwire_protocol::quantize::Value>::field_type(#spec))
            }
        }
    }
}

/// The constants of all fields that are integers: their specs, their offsets, and the count of components.
pub(crate) fn constants(fields: &[Field<'_>]) -> TokenStream {
    let mut constants = TokenStream::new();
    let mut from = quote!(0);
    for field in fields.iter().filter(|field| field.is_value()) {
        let (name, value) = (field.spec_name(), field.spec(fields));
        constants.extend(quote! {
            const #name: ::tickwire_protocol::quantize::Spec = #value;
        });
    }
    for field in fields.iter().filter(|field| field.is_value()) {
        let (offset, ty) = (field.offset_name(), field.ty);
        constants.extend(quote!(const #offset: usize = #from;));
        from = quote_spanned!(ty.span()=> #offset + <#ty as ::tickwire_protocol::quantize::Value>::COMPONENTS);
    }
    constants.extend(quote!(const __COMPONENTS: usize = #from;));
    constants
}

/// The bodies of `pack` and of `unpack` into `target`.
pub(crate) fn pack_body(fields: &[Field<'_>]) -> TokenStream {
    let each = fields.iter().filter(|field| field.is_value()).map(|field| {
        let Field { ident, ty, .. } = field;
        let (spec, from) = (field.spec_name(), field.offset_name());
        quote! {
            if let ::core::option::Option::Some(__out) = __out.get_mut(
                #from..#from + <#ty as ::tickwire_protocol::quantize::Value>::COMPONENTS,
            ) {
                <#ty as ::tickwire_protocol::quantize::Value>::pack(&self.#ident, #spec, __out);
            }
        }
    });
    quote!(#(#each)*)
}

/// The statements that take every value field of `target` from `__from`.
pub(crate) fn unpack_body(fields: &[Field<'_>], target: &TokenStream) -> TokenStream {
    let each = fields.iter().filter(|field| field.is_value()).map(|field| {
        let Field { ident, ty, .. } = field;
        let (spec, from) = (field.spec_name(), field.offset_name());
        quote! {
            if let ::core::option::Option::Some(__from) = __from.get(
                #from..#from + <#ty as ::tickwire_protocol::quantize::Value>::COMPONENTS,
            ) {
                #target.#ident = <#ty as ::tickwire_protocol::quantize::Value>::unpack(#spec, __from);
            }
        }
    });
    quote!(#(#each)*)
}

/// The body of `fields()`.
pub(crate) fn schema_body(fields: &[Field<'_>]) -> TokenStream {
    let each = fields.iter().filter(|field| !field.is_skip()).map(|field| field.schema(fields));
    quote! {
        let mut __default = [0i32; __COMPONENTS];
        Self::pack(&<Self as ::core::default::Default>::default(), &mut __default);
        ::tickwire_protocol::schema::with_defaults(::std::vec![#(#each),*], &__default)
    }
}
