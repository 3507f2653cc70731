//! What the generated `impl` says about itself: bits and precision of every field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::attr::StepSize;
use crate::field::Field;
use crate::literal::number;
use crate::ty::{Base, Nest};

/// The documentation of a row's `impl`.
pub(crate) fn of_row(name: &Ident, fields: &[Field<'_>]) -> TokenStream {
    table(&format!("What a `{name}` is on the wire."), fields)
}

/// The documentation of an input's `impl`.
pub(crate) fn of_input(name: &Ident, fields: &[Field<'_>]) -> TokenStream {
    table(&format!("What a `{name}` is on the wire."), fields)
}

fn table(title: &str, fields: &[Field<'_>]) -> TokenStream {
    let mut lines = vec![title.to_owned(), String::new()];
    if !fields.is_empty() {
        lines.push("| field | bits | precision |".to_owned());
        lines.push("|---|---|---|".to_owned());
    }
    for field in fields {
        let (bits, precision) = size(field);
        lines.push(format!("| `{}` | {bits} | {precision} |", field.ident));
    }
    quote!(#(#[doc = #lines])*)
}

/// Bits of one value before it is coded, and what is kept of it.
fn size(field: &Field<'_>) -> (String, String) {
    if field.is_skip() {
        return ("0".to_owned(), "never on the wire".to_owned());
    }
    if let (true, Some((_, max))) = (field.is_whole(), &field.attrs.max) {
        let max = number(max).map_or("its maximum of".to_owned(), |max| format!("{max}"));
        return ("as many as it has".to_owned(), format!("whole, at most {max} bytes"));
    }
    let (bits, precision) = one(field);
    let parts = match field.base {
        Base::Vector(size) => format!("{size} x {bits}"),
        _ => bits,
    };
    match field.nest {
        Nest::Nothing => (parts, precision),
        Nest::Option => (format!("1 + {parts}"), precision),
        Nest::Array => (format!("each {parts}"), precision),
    }
}

fn one(field: &Field<'_>) -> (String, String) {
    let attrs = &field.attrs;
    if let Some((lo, hi, step)) = field.literal_steps() {
        return (bits_of(((hi - lo) / step + 0.5).floor()), format!("{lo} to {hi} in steps of {step}"));
    }
    if let Some((_, bits)) = &attrs.bits {
        return match number(bits) {
            Some(bits) => (format!("{bits}"), format!("{:.4} degrees", 360.0 / bits.exp2())),
            None => ("as declared".to_owned(), "a turn in `2^bits` steps".to_owned()),
        };
    }
    if let Some((lo, hi)) = field.range() {
        return match (number(lo), number(hi), &attrs.step) {
            (Some(lo), Some(hi), None) => (bits_of(hi - lo), format!("{lo} to {hi}")),
            (_, _, Some(step)) if matches!(step.size, StepSize::PerTick(_)) => {
                ("as declared".to_owned(), "one step of its position per tick".to_owned())
            }
            _ => ("as declared".to_owned(), "as declared".to_owned()),
        };
    }
    match field.base {
        Base::Bool => ("1".to_owned(), "exact".to_owned()),
        Base::Int { bits, .. } => (bits.to_string(), "exact".to_owned()),
        Base::Wide => ("64".to_owned(), "exact".to_owned()),
        Base::F32 | Base::Vector(_) | Base::Name => ("32".to_owned(), "exact".to_owned()),
        Base::OddInt | Base::F64 | Base::Text | Base::List | Base::Other => {
            ("by its type".to_owned(), "exact".to_owned())
        }
    }
}

/// The bits that hold 0 to `steps`.
fn bits_of(steps: f64) -> String {
    let steps = steps as u64;
    (64 - steps.leading_zeros()).to_string()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    /// The documentation of what a derive writes, without the title.
    fn documented(item: syn::DeriveInput) -> Vec<String> {
        let code = crate::replicate::derive(&item).unwrap().to_string();
        let lines = code.split("# [doc = \"").skip(1).filter_map(|rest| rest.split('"').next());
        lines.filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
    }

    #[test]
    fn an_impl_tells_bits_and_precision_where_they_are_literals() {
        let item = parse_quote! {
            struct Ship {
                #[rep(range = -100.0..=100.0, step = 0.001)] pos: Vec2,
                #[rep(range = -5.0..=5.0, step = per_tick(60), rate_of = pos)] vel: Vec2,
                #[rep(range = 0.0..=SIZE, step = 0.5)] size: f32,
                #[rep(angle, bits = 10)] heading: f32,
                #[rep(range = -1..=6)] gear: i8,
                #[rep(exact)] heat: f32,
                #[rep(whole, max = 24)] name: String,
                #[rep(skip)] plan: Vec<u8>,
                flags: [bool; 3],
                rival: Option<Id<Ship>>,
                score: u64,
            }
        };
        let expected = [
            "| `pos` | 2 x 18 | -100 to 100 in steps of 0.001 |",
            "| `vel` | 2 x as declared | one step of its position per tick |",
            "| `size` | as declared | as declared |",
            "| `heading` | 10 | 0.3516 degrees |",
            "| `gear` | 3 | -1 to 6 |",
            "| `heat` | 32 | exact |",
            "| `name` | as many as it has | whole, at most 24 bytes |",
            "| `plan` | 0 | never on the wire |",
            "| `flags` | each 1 | exact |",
            "| `rival` | 1 + 32 | exact |",
            "| `score` | 64 | exact |",
        ];
        assert_eq!(documented(item), expected);
    }
}
