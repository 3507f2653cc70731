//! A schema as snapshots read it: which fields of a kind all who see a row are sent, and which its owner alone.

use core::ops::Range;

use super::coder::plan::Plan as CoderPlan;
use crate::limits::WHOLE_BYTES_MAX;
use crate::schema::{Component, FieldType, Kind, Schema, Shape};

/// All kinds of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) kinds: Vec<KindPlan>,
    /// How the open part of each kind is coded; codebooks are made for these.
    pub(super) coders: Vec<CoderPlan>,
    pub(super) send_every: u32,
}

/// How the rows of one kind are sent.
#[derive(Clone, Debug)]
pub(super) struct KindPlan {
    /// Only the row's owner has the rows, in its private frame.
    pub(super) owner: bool,
    /// One per integer of a row.
    pub(super) components: Vec<ComponentPlan>,
    /// What everyone who sees a row is sent; of an `owner` kind, everything.
    pub(super) open: Part,
    /// What the row's owner alone is sent; empty in an `owner` kind.
    pub(super) owned: Part,
    /// How `owned` is coded.
    pub(super) owned_coder: CoderPlan,
}

/// Some of the fields of a kind.
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
}

impl Plan {
    pub(super) fn new(schema: &Schema) -> Plan {
        let coder = |kind: &Kind| CoderPlan::new(kind, schema.tick_rate, kind.owner);
        Plan {
            kinds: schema.kinds.iter().map(|kind| KindPlan::new(kind, schema.tick_rate)).collect(),
            coders: schema.kinds.iter().map(coder).collect(),
            send_every: schema.send_every,
        }
    }

    /// The kinds, each with its number and the coder of its open part.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &KindPlan, &CoderPlan)> {
        self.kinds.iter().zip(&self.coders).enumerate().map(|(at, (kind, coder))| (at, kind, coder))
    }
}

impl KindPlan {
    /// Whether there is something that the owner of a row alone is sent.
    pub(super) fn has_owner_part(&self) -> bool {
        self.owner || !self.owned.fields.is_empty() || !self.owned.wholes.is_empty()
    }

    fn new(kind: &Kind, tick_rate: u16) -> KindPlan {
        let owned_coder = CoderPlan::new(kind, tick_rate, true);
        let (open, owned) = (Part::default(), Part::default());
        let mut plan = KindPlan { owner: kind.owner, components: Vec::new(), open, owned, owned_coder };
        let mut wholes = 0;
        for field in &kind.fields {
            let part = if field.owner && !kind.owner { &mut plan.owned } else { &mut plan.open };
            if let FieldType::Whole { max, shape } = &field.ty {
                let max = (*max as usize).min(WHOLE_BYTES_MAX);
                part.wholes.push(WholePlan { at: wholes, max, shape: shape.clone() });
                wholes += 1;
                continue;
            }
            let from = plan.components.len();
            for (axis, bounds) in field.ty.components().into_iter().enumerate() {
                plan.components.push(ComponentPlan {
                    bounds,
                    default: field.default.get(axis).copied().unwrap_or(0).clamp(bounds.min, bounds.max),
                    width: u32::BITS - bounds.max.abs_diff(bounds.min).leading_zeros(),
                });
            }
            part.fields.push(from..plan.components.len());
        }
        plan
    }
}
