//! Reading sections: the other half of `assemble`.

use super::assemble::orders;
use super::plan::KindPlan;
use super::row::{self, Past};
use crate::id::{EntityId, KindId, PlayerId};
use crate::image::KindImage;
use crate::limits::SLOTS_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::BitReader;

/// What a frame did to the list of rows.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) entered: Vec<EntityId>,
    pub(super) left: Vec<EntityId>,
    /// Memory for the rows of a kind that stay.
    stays: Vec<u32>,
}

/// Reads one kind's part into `now`, which holds what the base held. `past` is `None` for a keyframe.
///
/// `owner`: the rows are those of this player, as in its private frame; otherwise each enter names its owner.
pub(super) fn read_kind(
    plan: &KindPlan,
    kind: usize,
    now: &mut KindImage,
    past: Option<Past<'_>>,
    owner: Option<PlayerId>,
    from: &mut BitReader<'_>,
    changes: &mut Changes,
) -> Result<(), DecodeError> {
    let mut stays = core::mem::take(&mut changes.stays);
    stays.clear();
    stays.extend(now.alive.iter());
    let any = from.flag()?;
    let id = |slot| EntityId { kind: KindId(kind as u8), slot };
    if any {
        read_leaves(&mut stays, now, from, |slot| changes.left.push(id(slot)))?;
    }
    let changed = any && from.flag()?;
    match past {
        Some(past) if changed => read_stays(plan, now, &past, &stays, from)?,
        Some(past) => stays.iter().for_each(|&slot| row::advance(plan, &plan.open, &past, now, slot)),
        None if changed => return Err(DecodeError::Malformed("rows change that are not held")),
        None => {}
    }
    changes.stays = stays;
    if any {
        read_enters(plan, now, owner, from, |slot| changes.entered.push(id(slot)))?;
    }
    Ok(())
}

fn read_leaves(
    stays: &mut Vec<u32>,
    now: &mut KindImage,
    from: &mut BitReader<'_>,
    mut left: impl FnMut(u32),
) -> Result<(), DecodeError> {
    let count = from.golomb(orders::COUNT)? as usize;
    if count > stays.len() {
        return Err(DecodeError::Malformed("more rows leave than are held"));
    }
    let mut at = 0usize;
    for nth in 0..count {
        at += from.golomb(orders::LEAVE)? as usize;
        // Those that left before are still counted in `stays`, at their places.
        let Some(&slot) = stays.get(at) else {
            return Err(DecodeError::Malformed("a row leaves that is not held"));
        };
        debug_assert!(nth <= at);
        now.remove(slot);
        left(slot);
        at += 1;
    }
    if count > 0 {
        stays.retain(|&slot| now.alive.contains(slot));
    }
    Ok(())
}

fn read_stays(
    plan: &KindPlan,
    now: &mut KindImage,
    past: &Past<'_>,
    stays: &[u32],
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    // A row counts as held before only from where it is the same row on.
    let looking = |now: &KindImage, slot: u32| {
        let mut own = *past;
        let mut same = past.base.is_same(now, slot);
        for before in &mut own.before {
            same &= before.is_some_and(|(rows, _)| rows.is_same(now, slot));
            if !same {
                *before = None;
            }
        }
        own
    };
    let awake = |own: &Past<'_>, slot: u32| {
        own.before[0].is_some_and(|(before, _)| row::is_awake(&plan.open, own.base, before, slot))
    };
    let resting = |now: &KindImage, slot: u32| !awake(&looking(now, slot), slot);
    let mut left = stays.iter().filter(|&&slot| resting(now, slot)).count();
    let mut run = if left > 0 { from.golomb(orders::RUN)? as usize } else { 0 };
    for &slot in stays {
        let own = looking(now, slot);
        if awake(&own, slot) {
            continue;
        }
        if run > left {
            return Err(DecodeError::Malformed("a run goes past the last row"));
        }
        left -= 1;
        if run > 0 {
            run -= 1;
            row::advance(plan, &plan.open, &own, now, slot);
            continue;
        }
        row::decode(plan, &plan.open, &own, now, slot, from)?;
        if left > 0 {
            run = from.golomb(orders::RUN)? as usize;
        }
    }
    for &slot in stays {
        let own = looking(now, slot);
        if awake(&own, slot) {
            if from.flag()? {
                row::decode(plan, &plan.open, &own, now, slot, from)?;
            } else {
                row::advance(plan, &plan.open, &own, now, slot);
            }
        }
    }
    Ok(())
}

fn read_enters(
    plan: &KindPlan,
    now: &mut KindImage,
    owner: Option<PlayerId>,
    from: &mut BitReader<'_>,
    mut entered: impl FnMut(u32),
) -> Result<(), DecodeError> {
    let count = from.golomb(orders::COUNT)?;
    let mut next = 0u32;
    for _ in 0..count {
        let slot = next.saturating_add(from.golomb(orders::ENTER)?);
        if slot as usize >= SLOTS_MAX {
            let max = SLOTS_MAX as i64 - 1;
            return Err(DecodeError::Range { what: "a slot", value: slot.into(), min: 0, max });
        }
        if now.alive.contains(slot) {
            return Err(DecodeError::Malformed("a row enters that is held already"));
        }
        let owner = match owner {
            Some(owner) => owner,
            None => PlayerId(from.golomb(orders::OWNER)?),
        };
        let generation = now.generation.get(slot as usize).copied().unwrap_or(0);
        now.insert(slot, owner, generation.wrapping_add(1));
        row::decode_new(plan, &plan.open, now, slot, from)?;
        row::set_default(plan, &plan.owned, now, slot);
        entered(slot);
        next = slot + 1;
    }
    Ok(())
}
