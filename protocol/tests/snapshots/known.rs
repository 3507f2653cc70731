//! What a client may know of a world.

use tickwire_protocol::id::{EntityId, KindId, PlayerId};
use tickwire_protocol::image::{History, Image, KindImage};
use tickwire_protocol::schema::{Kind, Schema};
use tickwire_protocol::snapshot::Held;

use crate::scene::SLOTS;

/// The part of a world that `me` knows when it holds these rows, each as it was when it was last sent.
pub(crate) fn known_to(schema: &Schema, history: &History, held: &Held, me: PlayerId) -> Image {
    let mut known = history.at(held.tick).unwrap().clone();
    for ((at, rows), kind) in (0u8..).zip(&mut known.kinds).zip(&schema.kinds) {
        for slot in 0..SLOTS {
            let id = EntityId { kind: KindId(at), slot };
            let alive = rows.alive.contains(slot);
            if kind.owner {
                if alive && rows.owner_of(slot) != me {
                    rows.remove(slot);
                }
                continue;
            }
            let as_of = held.as_of(id);
            if held.contains(id) && as_of != held.tick {
                let then = &history.at(as_of).unwrap().kinds[usize::from(at)];
                copy_row(rows, then, slot);
                hide(rows, kind, slot);
            } else if alive && !held.contains(id) {
                rows.remove(slot);
            } else if alive && rows.owner_of(slot) != me || held.is_far(id) {
                hide(rows, kind, slot);
            }
        }
    }
    known
}

/// What is owed is not known yet: it stays as it is there.
pub(crate) fn keep_owed(expected: &mut Image, newest: &Image, held: &Held) {
    for (at, (rows, has)) in (0u8..).zip(expected.kinds.iter_mut().zip(&newest.kinds)) {
        for slot in (0..SLOTS).filter(|&slot| held.owes(EntityId { kind: KindId(at), slot })) {
            (0..rows.wholes.len()).for_each(|whole| rows.set_whole(whole, slot, has.whole(whole, slot)));
        }
    }
}

fn copy_row(rows: &mut KindImage, from: &KindImage, slot: u32) {
    rows.insert(slot, from.owner_of(slot), 0);
    for at in 0..rows.columns.len() {
        rows.set_value(at, slot, from.value(at, slot));
    }
    for at in 0..rows.wholes.len() {
        rows.set_whole(at, slot, from.whole(at, slot));
    }
}

fn hide(rows: &mut KindImage, kind: &Kind, slot: u32) {
    let mut wholes = 0;
    for (field, offset) in kind.fields.iter().zip(kind.offsets()) {
        if field.owner {
            for (axis, &default) in field.default.iter().enumerate() {
                rows.set_value(offset + axis, slot, default);
            }
        }
        if field.is_whole() {
            if field.owner {
                rows.set_whole(wholes, slot, &[]);
            }
            wholes += 1;
        }
    }
}
