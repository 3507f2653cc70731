//! The code of one row: what is expected of it, and what differs.
//!
//! One row is coded against up to three earlier ones and nothing else, so that its code is the same in every frame
//! of a lane.

use super::ledger::LANE_DEPTH;
use super::plan::{ComponentPlan, KindPlan, Model, Part, RATE_BITS, WholePlan};
use crate::image::KindImage;
use crate::limits::WHOLE_BYTES_MAX;
use crate::wire::bits::{BitReader, BitWriter, unzigzag, zigzag};
use crate::wire::{DecodeError, codec};

/// The rows of a kind at the snapshots that a code may look back at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past<'a> {
    /// The base.
    pub(super) base: &'a KindImage,
    /// Ticks from the base to what is coded.
    pub(super) lag: u32,
    /// The snapshots before the base, newest first, with the ticks that lie between each and the one after it; those
    /// at which this row was held too.
    pub(super) before: [Option<(&'a KindImage, u32)>; LANE_DEPTH - 1],
}

/// Whether nothing of the row differs from what is expected.
pub(super) fn is_exact(kind: &KindPlan, part: &Part, past: &Past<'_>, now: &KindImage, slot: u32) -> bool {
    let same = |at| expected(kind, past, now, slot, at) == now.value(at, slot);
    part.fields.iter().all(|field| field.clone().all(same))
        && part.wholes.iter().all(|whole| past.base.whole(whole.at, slot) == now.whole(whole.at, slot))
}

/// Whether the row changed from the snapshot before the base to the base: then it says so itself where it does not
/// now, instead of standing in a run of rows at rest.
pub(super) fn is_awake(part: &Part, base: &KindImage, before: &KindImage, slot: u32) -> bool {
    let differs = |at| base.value(at, slot) != before.value(at, slot);
    part.fields.iter().any(|field| field.clone().any(differs))
}

/// Appends what differs from what is expected: a bit per field and `whole` field, then those that do.
pub(super) fn encode(
    kind: &KindPlan,
    part: &Part,
    past: &Past<'_>,
    now: &KindImage,
    slot: u32,
    to: &mut BitWriter<'_>,
) {
    let same = |at| expected(kind, past, now, slot, at) == now.value(at, slot);
    for field in &part.fields {
        to.flag(!field.clone().all(same));
    }
    for whole in &part.wholes {
        to.flag(past.base.whole(whole.at, slot) != now.whole(whole.at, slot));
    }
    for field in part.fields.iter().filter(|field| !(*field).clone().all(same)) {
        for at in field.clone() {
            let Some(component) = kind.components.get(at) else { continue };
            let difference = subtract(component, now.value(at, slot), expected(kind, past, now, slot, at));
            to.golomb(difference, order(component, past, slot, at));
        }
    }
    for whole in &part.wholes {
        let bytes = now.whole(whole.at, slot);
        if past.base.whole(whole.at, slot) != bytes {
            encode_whole(bytes, to);
        }
    }
}

/// Reads what [`encode`] wrote into `now`, which holds the row of the base in `slot`.
pub(super) fn decode(
    kind: &KindPlan,
    part: &Part,
    past: &Past<'_>,
    now: &mut KindImage,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let changed = decode_mask(part.fields.len(), from)?;
    let wholes = decode_mask(part.wholes.len(), from)?;
    if changed == 0 && wholes == 0 {
        return Err(DecodeError::Malformed("a row that is coded has not changed"));
    }
    for (bit, field) in part.fields.iter().enumerate() {
        for at in field.clone() {
            let Some(component) = kind.components.get(at) else { continue };
            let mut value = expected(kind, past, now, slot, at);
            if changed >> bit & 1 == 1 {
                let difference = from.golomb(order(component, past, slot, at))?;
                value = add(component, value, difference)?;
            }
            now.set_value(at, slot, value);
        }
    }
    for (bit, whole) in part.wholes.iter().enumerate() {
        if wholes >> bit & 1 == 1 {
            decode_whole(now, whole, slot, from)?;
        }
    }
    Ok(())
}

/// Gives the row in `slot` of `now`, which holds that of the base, the values that are expected.
pub(super) fn advance(kind: &KindPlan, part: &Part, past: &Past<'_>, now: &mut KindImage, slot: u32) {
    for field in &part.fields {
        for at in field.clone() {
            let value = expected(kind, past, now, slot, at);
            now.set_value(at, slot, value);
        }
    }
}

/// Whether the fields of `part` are those of a default row.
pub(super) fn is_default(kind: &KindPlan, part: &Part, now: &KindImage, slot: u32) -> bool {
    let is_default = |at| kind.components.get(at).is_none_or(|component| now.value(at, slot) == component.default);
    part.fields.iter().all(|field| field.clone().all(is_default))
        && part.wholes.iter().all(|whole| now.whole(whole.at, slot).is_empty())
}

/// Appends a row that is not held: what differs from a default one.
pub(super) fn encode_new(kind: &KindPlan, part: &Part, now: &KindImage, slot: u32, to: &mut BitWriter<'_>) {
    let component = |at: usize| kind.components.get(at);
    let is_default = |at| component(at).is_none_or(|component| now.value(at, slot) == component.default);
    for field in &part.fields {
        to.flag(!field.clone().all(is_default));
    }
    for whole in &part.wholes {
        to.flag(!now.whole(whole.at, slot).is_empty());
    }
    for field in part.fields.iter().filter(|field| !(*field).clone().all(is_default)) {
        for at in field.clone() {
            if let Some(component) = component(at) {
                let value = now.value(at, slot).clamp(component.bounds.min, component.bounds.max);
                to.write(value.abs_diff(component.bounds.min).into(), component.width);
            }
        }
    }
    for whole in part.wholes.iter().filter(|whole| !now.whole(whole.at, slot).is_empty()) {
        encode_whole(now.whole(whole.at, slot), to);
    }
}

/// Reads what [`encode_new`] wrote into the new row in `slot`.
pub(super) fn decode_new(
    kind: &KindPlan,
    part: &Part,
    now: &mut KindImage,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let changed = decode_mask(part.fields.len(), from)?;
    let wholes = decode_mask(part.wholes.len(), from)?;
    for (bit, field) in part.fields.iter().enumerate() {
        for at in field.clone() {
            let Some(component) = kind.components.get(at) else { continue };
            let mut value = component.default;
            if changed >> bit & 1 == 1 {
                value = component.bounds.min.wrapping_add_unsigned(from.read(component.width)? as u32);
                check(component, value)?;
            }
            now.set_value(at, slot, value);
        }
    }
    for (bit, whole) in part.wholes.iter().enumerate() {
        if wholes >> bit & 1 == 1 {
            decode_whole(now, whole, slot, from)?;
        }
    }
    Ok(())
}

/// Puts the fields of `part` of the row in `slot` back to those of a default row.
pub(super) fn set_default(kind: &KindPlan, part: &Part, now: &mut KindImage, slot: u32) {
    for at in part.fields.iter().cloned().flatten() {
        if let Some(component) = kind.components.get(at) {
            now.set_value(at, slot, component.default);
        }
    }
    for whole in &part.wholes {
        now.set_whole(whole.at, slot, &[]);
    }
}

/// What component `at` is expected to be. Velocities in `now` are those of the tick that is coded already.
fn expected(kind: &KindPlan, past: &Past<'_>, now: &KindImage, slot: u32, at: usize) -> i32 {
    let held = past.base.value(at, slot);
    let Some(component) = kind.components.get(at) else { return held };
    match component.model {
        Model::Hold => held,
        Model::Rate { of, factor, offset } => {
            let (from, to) = (past.base.value(of, slot), now.value(of, slot));
            let moved = moved(from, to, past.lag, factor, offset);
            i64::from(held).saturating_add(moved).clamp(component.bounds.min.into(), component.bounds.max.into())
                as i32
        }
    }
}

/// Steps that a position moves in `lag` ticks in which its velocity goes evenly from step `from` to step `to`.
///
/// Each tick moves by the velocity at its end. With v from v0 to v1 in n ticks the sum of those is
/// n v1 − (v1 − v0) (n − 1) / 2.
fn moved(from: i32, to: i32, lag: u32, factor: i64, offset: i64) -> i64 {
    let (from, to, lag) = (i128::from(from), i128::from(to), i128::from(lag));
    let twice = 2 * lag * to - (to - from) * (lag - 1);
    let sum = twice * i128::from(factor) + 2 * lag * i128::from(offset);
    // Half a step up, then down to the whole: rounds to the nearest.
    let steps = (sum + (1 << RATE_BITS)) >> (RATE_BITS + 1);
    steps.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// The order of the golomb code of a difference: as much as the component changed the last time.
fn order(component: &ComponentPlan, past: &Past<'_>, slot: u32, at: usize) -> u32 {
    match (component.model, past.before[0]) {
        (Model::Rate { .. }, _) => 0,
        (Model::Hold, None) => component.width / 2,
        (Model::Hold, Some((before, _))) => {
            let last = unzigzag(subtract(component, past.base.value(at, slot), before.value(at, slot)).into());
            (64 - last.unsigned_abs().leading_zeros()).min(component.width / 2 + 4).min(31)
        }
    }
}

/// The difference, small ones of either sign as small numbers; on a ring, the short way.
fn subtract(component: &ComponentPlan, value: i32, expected: i32) -> u32 {
    let mut difference = value.wrapping_sub(expected);
    if component.bounds.ring {
        let unused = 32 - component.width;
        difference = difference << unused >> unused;
    }
    zigzag(difference.into()) as u32
}

/// The value at a [`subtract`]ed difference.
fn add(component: &ComponentPlan, expected: i32, difference: u32) -> Result<i32, DecodeError> {
    let mut value = expected.wrapping_add(unzigzag(difference.into()) as i32);
    if component.bounds.ring {
        value &= component.bounds.max;
    }
    check(component, value)?;
    Ok(value)
}

fn check(component: &ComponentPlan, value: i32) -> Result<(), DecodeError> {
    let (min, max) = (component.bounds.min, component.bounds.max);
    if value < min || value > max {
        return Err(DecodeError::Range { what: "a field", value: value.into(), min: min.into(), max: max.into() });
    }
    Ok(())
}

fn encode_whole(bytes: &[u8], to: &mut BitWriter<'_>) {
    to.golomb(bytes.len() as u32, 4);
    for &byte in bytes {
        to.write(byte.into(), 8);
    }
}

fn decode_whole(
    now: &mut KindImage,
    whole: &WholePlan,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let len = from.golomb(4)? as usize;
    let too_long = DecodeError::TooLong { what: "a whole field", len, max: whole.max };
    let mut bytes = [0; WHOLE_BYTES_MAX];
    let bytes = bytes.get_mut(..len).filter(|bytes| bytes.len() <= whole.max).ok_or(too_long)?;
    for byte in bytes.iter_mut() {
        *byte = from.read(8)? as u8;
    }
    // An empty value is that of a row whose owner alone is sent the field.
    if !bytes.is_empty() {
        codec::value(&whole.shape, bytes)?;
    }
    now.set_whole(whole.at, slot, bytes);
    Ok(())
}

/// A bit for each of `len` fields, the first one lowest.
fn decode_mask(len: usize, from: &mut BitReader<'_>) -> Result<u64, DecodeError> {
    let low = len.min(32) as u32;
    let mask = from.read(low)?;
    Ok(mask | from.read((len as u32 - low).min(32))? << low)
}
