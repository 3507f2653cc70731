//! A schema as the coder reads it: per kind, which integers go together and what is expected of each.

use core::ops::Range;

use crate::limits::WHOLE_BYTES_MAX;
use crate::schema::{Component, Field, FieldType, Kind, Schema, Shape};

/// Fraction bits of the factors by which a velocity moves its position.
pub(super) const RATE_BITS: u32 = 24;

/// All kinds of a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) kinds: Vec<KindPlan>,
    pub(super) send_every: u32,
}

/// How the rows of one kind are coded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct KindPlan {
    /// Only the row's owner has the rows, in its private frame.
    pub(super) owner: bool,
    /// One per integer of a row.
    pub(super) components: Vec<ComponentPlan>,
    /// What everyone who sees a row is sent; of an `owner` kind, everything.
    pub(super) open: Part,
    /// What the row's owner alone is sent; empty in an `owner` kind.
    pub(super) owned: Part,
}

/// Some of the fields of a kind, in the order in which they are coded: what moves others comes before them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    /// The components of each field.
    pub(super) fields: Vec<Range<usize>>,
    /// The `whole` fields.
    pub(super) wholes: Vec<WholePlan>,
}

/// A field that is sent as bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WholePlan {
    /// The position among the kind's `whole` fields.
    pub(super) at: usize,
    /// Bytes at the most.
    pub(super) max: usize,
    /// What the bytes are checked against on arrival.
    pub(super) shape: Shape,
}

/// One integer of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ComponentPlan {
    pub(super) bounds: Component,
    /// In a default row.
    pub(super) default: i32,
    /// Bits in which every value fits, counted from the smallest.
    pub(super) width: u32,
    pub(super) model: Model,
}

/// What is expected of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// That it stays.
    Hold,
    /// That a velocity moves it.
    Rate {
        /// The component of the velocity.
        of: usize,
        /// Steps of the position per tick and step of the velocity, times `2^RATE_BITS`.
        factor: i64,
        /// Steps of the position per tick at the velocity's step 0, times `2^RATE_BITS`.
        offset: i64,
    },
}

impl Plan {
    pub(super) fn new(schema: &Schema) -> Plan {
        let rate = f64::from(schema.tick_rate.max(1));
        Plan {
            kinds: schema.kinds.iter().map(|kind| KindPlan::new(kind, rate)).collect(),
            send_every: schema.send_every,
        }
    }
}

impl KindPlan {
    /// Whether there is something that the owner of a row alone is sent.
    pub(super) fn has_owner_part(&self) -> bool {
        self.owner || !self.owned.fields.is_empty() || !self.owned.wholes.is_empty()
    }

    fn new(kind: &Kind, tick_rate: f64) -> KindPlan {
        let offsets = kind.offsets();
        let span = |at: usize| offsets.get(at).copied().unwrap_or(0)..offsets.get(at + 1).copied().unwrap_or(0);
        let mut plan = KindPlan { owner: kind.owner, ..KindPlan::default() };
        let mut wholes = 0;
        for (at, field) in kind.fields.iter().enumerate() {
            let part = if field.owner && !kind.owner { &mut plan.owned } else { &mut plan.open };
            if let FieldType::Whole { max, shape } = &field.ty {
                let max = (*max as usize).min(WHOLE_BYTES_MAX);
                part.wholes.push(WholePlan { at: wholes, max, shape: shape.clone() });
                wholes += 1;
            } else {
                part.fields.push(span(at));
            }
            let rate = rate_of(kind, at, tick_rate);
            for (axis, bounds) in field.ty.components().into_iter().enumerate() {
                let model = match rate {
                    Some((of, factor, offset)) => Model::Rate { of: span(of).start + axis, factor, offset },
                    None => Model::Hold,
                };
                plan.components.push(ComponentPlan {
                    bounds,
                    default: field.default.get(axis).copied().unwrap_or(0).clamp(bounds.min, bounds.max),
                    width: u32::BITS - bounds.max.abs_diff(bounds.min).leading_zeros(),
                    model,
                });
            }
        }
        let moved = |fields: &Range<usize>| match plan.components.get(fields.start).map(|first| first.model) {
            Some(Model::Rate { .. }) => true,
            Some(Model::Hold) | None => false,
        };
        plan.open.fields.sort_by_key(moved);
        plan.owned.fields.sort_by_key(moved);
        plan
    }
}

/// The velocity that moves field `at`, with its factor and offset; `None` where none does, or one that cannot: of
/// another type, seen by others, or itself moved.
fn rate_of(kind: &Kind, at: usize, tick_rate: f64) -> Option<(usize, i64, i64)> {
    let moves = |field: &Field| field.rate_of.is_some_and(|of| of as usize == at);
    let of = kind.fields.iter().position(moves)?;
    let (place, rate) = (kind.fields.get(at)?, kind.fields.get(of)?);
    let itself_moved = kind.fields.iter().any(|field| field.rate_of.is_some_and(|moved| moved as usize == of));
    if place.ty.component_count() != rate.ty.component_count() || place.owner != rate.owner || itself_moved {
        return None;
    }
    let (_, place_step) = steps(&place.ty)?;
    let (rate_lo, rate_step) = steps(&rate.ty)?;
    Some((of, fixed(rate_step / place_step / tick_rate)?, fixed(rate_lo / place_step / tick_rate)?))
}

/// The smallest value and the step of a number, or of the numbers of a vector.
fn steps(ty: &FieldType) -> Option<(f64, f64)> {
    match ty {
        FieldType::Number { lo, step, .. } => Some((*lo, *step)),
        FieldType::Vector { of, .. } => steps(of),
        _ => None,
    }
}

/// A factor in fixed point; `None` where it is so large that sums of it could overflow.
fn fixed(factor: f64) -> Option<i64> {
    let scaled = libm::floor(factor * f64::from(1 << RATE_BITS) + 0.5);
    (scaled.abs() < (1u64 << 56) as f64).then_some(scaled as i64)
}
