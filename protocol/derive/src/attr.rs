//! What stands in `#[rep(…)]`, as written: nothing here knows which combinations make sense.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, Ident, RangeLimits};

/// The attributes of one field.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) range: Option<Bounds>,
    pub(crate) step: Option<Step>,
    pub(crate) exact: Option<Span>,
    pub(crate) angle: Option<Span>,
    pub(crate) bits: Option<(Span, Expr)>,
    pub(crate) lerp: Option<Span>,
    pub(crate) snap: Option<(Span, Expr)>,
    pub(crate) place: Option<Span>,
    pub(crate) rate_of: Option<(Span, Ident)>,
    pub(crate) steady: Option<Span>,
    pub(crate) along: Option<(Span, Ident)>,
    pub(crate) whole: Option<Span>,
    pub(crate) max: Option<(Span, Expr)>,
    pub(crate) owner: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) once: Option<Span>,
}

/// `range = lo..=hi`.
pub(crate) struct Bounds {
    pub(crate) at: Span,
    pub(crate) lo: Expr,
    pub(crate) hi: Expr,
}

/// `step = …`.
pub(crate) struct Step {
    pub(crate) at: Span,
    pub(crate) size: StepSize,
}

pub(crate) enum StepSize {
    /// In the world's units.
    Units(Expr),
    /// One step of the position per tick, at this rate.
    PerTick(Expr),
}

impl Attrs {
    /// Reads all `#[rep(…)]` of a field.
    pub(crate) fn of_field(attributes: &[Attribute]) -> syn::Result<Attrs> {
        let mut attrs = Attrs::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("rep")) {
            attribute.parse_nested_meta(|meta| attrs.take(&meta))?;
        }
        Ok(attrs)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let Some(word) = meta.path.get_ident() else { return Err(unknown(meta)) };
        let at = word.span();
        match word.to_string().as_str() {
            "range" => put(meta, &mut self.range, bounds(meta, at)?),
            "step" => put(meta, &mut self.step, step(meta, at)?),
            "exact" => put(meta, &mut self.exact, at),
            "angle" => put(meta, &mut self.angle, at),
            "bits" => put(meta, &mut self.bits, (at, value(meta)?)),
            "lerp" => put(meta, &mut self.lerp, at),
            "snap" => put(meta, &mut self.snap, (at, value(meta)?)),
            "place" => put(meta, &mut self.place, at),
            "rate_of" => put(meta, &mut self.rate_of, (at, field_name(meta)?)),
            "steady" => put(meta, &mut self.steady, at),
            "along" => put(meta, &mut self.along, (at, field_name(meta)?)),
            "whole" => put(meta, &mut self.whole, at),
            "max" => put(meta, &mut self.max, (at, value(meta)?)),
            "owner" => put(meta, &mut self.owner, at),
            "skip" => put(meta, &mut self.skip, at),
            "once" => put(meta, &mut self.once, at),
            "predicted" => {
                Err(meta.error("`predicted` is said of a whole kind: write `#[rep(predicted)]` above the struct"))
            }
            _ => Err(unknown(meta)),
        }
    }
}

/// The attributes of a row type.
#[derive(Default)]
pub(crate) struct KindAttrs {
    pub(crate) owner: Option<Span>,
    pub(crate) predicted: Option<Span>,
}

impl KindAttrs {
    /// Reads all `#[rep(…)]` above a struct.
    pub(crate) fn of_struct(attributes: &[Attribute]) -> syn::Result<KindAttrs> {
        let mut attrs = KindAttrs::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("rep")) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match word.as_str() {
                    "owner" => put(&meta, &mut attrs.owner, meta.path.segments[0].ident.span()),
                    "predicted" => put(&meta, &mut attrs.predicted, meta.path.segments[0].ident.span()),
                    _ => Err(meta.error("above a row type there can stand `owner` and `predicted`")),
                }
            })?;
        }
        Ok(attrs)
    }
}

/// Refuses any `#[rep(…)]` where none means anything.
pub(crate) fn refuse(attributes: &[Attribute], why: &str) -> syn::Result<()> {
    match attributes.iter().find(|attribute| attribute.path().is_ident("rep")) {
        Some(attribute) => Err(syn::Error::new_spanned(attribute, why)),
        None => Ok(()),
    }
}

fn unknown(meta: &ParseNestedMeta<'_>) -> syn::Error {
    meta.error(
        "not an attribute of a field; there are `range`, `step`, `exact`, `angle`, `bits`, `lerp`, `snap`, `place`, \
         `rate_of`, `steady`, `along`, `whole`, `max`, `owner`, `skip` and, on inputs, `once`",
    )
}

fn put<T>(meta: &ParseNestedMeta<'_>, place: &mut Option<T>, value: T) -> syn::Result<()> {
    match place.replace(value) {
        Some(_) => Err(meta.error("stands here twice")),
        None => Ok(()),
    }
}

fn value(meta: &ParseNestedMeta<'_>) -> syn::Result<Expr> {
    meta.value().map_err(|_| meta.error("needs a value: `… = …`"))?.parse()
}

fn field_name(meta: &ParseNestedMeta<'_>) -> syn::Result<Ident> {
    let stream = meta.value().map_err(|_| meta.error("needs the name of another field: `… = field`"))?;
    stream.parse().map_err(|error| syn::Error::new(error.span(), "the name of another field is expected here"))
}

fn bounds(meta: &ParseNestedMeta<'_>, at: Span) -> syn::Result<Bounds> {
    const FORM: &str = "`range` is `smallest..=largest`: both ends belong to it";
    let expr = value(meta)?;
    let Expr::Range(range) = &expr else { return Err(syn::Error::new_spanned(expr, FORM)) };
    match (&range.start, &range.limits, &range.end) {
        (Some(lo), RangeLimits::Closed(_), Some(hi)) => {
            Ok(Bounds { at, lo: lo.as_ref().clone(), hi: hi.as_ref().clone() })
        }
        _ => Err(syn::Error::new_spanned(expr, FORM)),
    }
}

fn step(meta: &ParseNestedMeta<'_>, at: Span) -> syn::Result<Step> {
    const RATE: &str = "`per_tick` needs the tick rate: `step = per_tick(60)`, or `per_tick(RATE)` with the constant \
                        that is also the game's `TICK_RATE`";
    let expr = value(meta)?;
    let is_per_tick = |expr: &Expr| matches!(expr, Expr::Path(path) if path.path.is_ident("per_tick"));
    let size = match &expr {
        Expr::Call(call) if is_per_tick(&call.func) => match call.args.first() {
            Some(rate) if call.args.len() == 1 => StepSize::PerTick(rate.clone()),
            _ => return Err(syn::Error::new_spanned(expr, RATE)),
        },
        other if is_per_tick(other) => return Err(syn::Error::new_spanned(expr, RATE)),
        _ => StepSize::Units(expr),
    };
    Ok(Step { at, size })
}
