//! The hash of what a client holds: the wrapping sum of a hash per row, so that order and changes cost nothing.

use super::lane::slots_in;
use super::ledger::Held;
use super::plan::{KindPlan, Plan};
use crate::id::{EntityId, KindId, PlayerId};
use crate::image::{History, Image, KindImage, Slots};

/// The hash of the rows of `image` for which `holds` says so, as `me` knows them: `owner` fields of others' rows
/// are at their default, and of `owner` kinds only `me`'s rows count.
pub(super) fn of_image(plan: &Plan, image: &Image, held: Option<&[Slots]>, me: PlayerId) -> u64 {
    let mut sum = 0u64;
    for (at, (plan, rows)) in plan.kinds.iter().zip(&image.kinds).enumerate() {
        let slots = match held {
            Some(held) if !plan.owner => held.get(at),
            Some(_) | None => Some(&rows.alive),
        };
        let open = !plan.has_owner_part() && rows.wholes.is_empty();
        let words = slots.map_or(&[][..], Slots::words).iter().enumerate();
        for slot in words.flat_map(|(word, slots)| slots_in(word, *slots)) {
            if open {
                sum = sum.wrapping_add(of_open_row(plan, rows, at as u64, slot));
                continue;
            }
            let mine = me != PlayerId::NOBODY && rows.owner_of(slot) == me;
            if mine || !plan.owner {
                sum = sum.wrapping_add(of_row(plan, rows, at as u64, slot, mine));
            }
        }
    }
    sum
}

/// The hash of what a client holds, the rows of far rings as they were when they were last sent.
pub(super) fn of_held(plan: &Plan, history: &History, held: &Held, me: PlayerId) -> u64 {
    let of =
        |tick, kinds: &[Slots], me| history.at(tick).map_or(0, |image| of_image(plan, image, Some(kinds), me));
    if !held.ringed {
        return of(held.tick, &held.kinds, me);
    }
    let near = (0..).zip(&held.kinds).map(|(kind, slots)| {
        slots.iter().filter(|&slot| held.is_near(EntityId { kind: KindId(kind), slot })).collect()
    });
    let near: Vec<Slots> = near.collect();
    // What only its owner has of a row comes with the first ring.
    let far = held.far_ticks.iter().zip(&held.far).map(|(&tick, kinds)| of(tick, kinds, PlayerId::NOBODY));
    far.fold(of(held.tick, &near, me), u64::wrapping_add)
}

/// The hash of one row: kind, slot, owner, every integer, and length and bytes of every `whole` field, mixed in this
/// order.
fn of_row(plan: &KindPlan, rows: &KindImage, kind: u64, slot: u32, mine: bool) -> u64 {
    let owner = rows.owner.get(slot as usize).copied().unwrap_or_default();
    let mut hash = mix(mix(SEED, kind << 32 | u64::from(slot)), owner.0.into());
    for (at, component) in plan.components.iter().enumerate() {
        let hidden = !mine && plan.owned.fields.iter().any(|field| field.contains(&at));
        let value = if hidden { component.default } else { rows.value(at, slot) };
        hash = mix(hash, u64::from(value as u32));
    }
    for at in 0..rows.wholes.len() {
        let hidden = !mine && plan.owned.wholes.iter().any(|whole| whole.at == at);
        let bytes = if hidden { &[] } else { rows.whole(at, slot) };
        hash = mix(hash, bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            hash = mix(hash, chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
    }
    hash
}

/// The same of a row of which all know the same, and all of that are integers.
#[inline]
fn of_open_row(plan: &KindPlan, rows: &KindImage, kind: u64, slot: u32) -> u64 {
    let mut hash = mix(mix(SEED, kind << 32 | u64::from(slot)), rows.owner_of(slot).0.into());
    for column in rows.columns.iter().take(plan.components.len()) {
        hash = mix(hash, u64::from(column.get(slot as usize).copied().unwrap_or(0) as u32));
    }
    hash
}

/// The fractional bits of the golden ratio, and an odd multiplier that spreads low bits upward (Steele and Vigna,
/// "Computationally easy, spectrally good multipliers").
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const MULTIPLIER: u64 = 0xd134_2543_de82_ef95;

fn mix(hash: u64, value: u64) -> u64 {
    let mixed = (hash ^ value).wrapping_mul(MULTIPLIER);
    mixed ^ mixed >> 32
}
