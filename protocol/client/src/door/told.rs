//! Which `whole` fields a page has been told: their values go to it when they change, not with every frame.

use serde_json::{Map, Value, json};
use tickwire_protocol::image::Blob;
use tickwire_protocol::schema::{FieldType, Kind, Shape};
use tickwire_protocol::wire::codec;

use crate::Session;
use crate::sorted::Sorted;

/// The bytes that the page knows, by the row's key.
#[derive(Default)]
pub(super) struct Wholes {
    known: Sorted<u32, Vec<Blob>>,
    /// Rows whose bytes are others: kind, key, slot.
    changed: Vec<(usize, u32, u32)>,
}

impl Wholes {
    /// Looks through what is drawn; says whether anything changed.
    pub(super) fn look(&mut self, session: &Session) -> bool {
        self.changed.clear();
        let schema = session.schema();
        let mut rows = 0;
        for (at, (kind, drawn)) in schema.kinds.iter().zip(&session.drawn().kinds).enumerate() {
            let count = kind.whole_count();
            if count == 0 {
                continue;
            }
            for (key, slot) in drawn.keys.iter().zip(&drawn.slots) {
                rows += 1;
                let told = self.known.get(key);
                let same = (0..count).all(|field| {
                    match (told.and_then(|told| told.get(field)), blob(session, at, field, *slot)) {
                        (Some(told), Some(now)) => told == now,
                        (None, None) => told.is_some(),
                        (Some(told), None) => told.is_empty(),
                        (None, Some(_)) => false,
                    }
                });
                if !same {
                    self.changed.push((at, *key, *slot));
                }
            }
        }
        if self.known.len() > 2 * rows + 64 {
            let drawn = &session.drawn().kinds;
            self.known.retain(|key, _| drawn.iter().any(|kind| kind.keys.contains(key)));
        }
        !self.changed.is_empty()
    }

    /// What changed, as [kind, key, fields by name]; from now on the page knows it.
    pub(super) fn take(&mut self, session: &Session) -> Value {
        let mut told = Vec::new();
        for (at, key, slot) in core::mem::take(&mut self.changed) {
            let Some(kind) = session.schema().kinds.get(at) else { continue };
            let blobs: Vec<Blob> = (0..kind.whole_count())
                .map(|field| blob(session, at, field, slot).cloned().unwrap_or_else(|| Blob::from([])))
                .collect();
            told.push(json!([at, key, fields(kind, &blobs)]));
            self.known.insert(key, blobs);
        }
        Value::Array(told)
    }
}

/// The bytes of a field of a drawn row: of the newest truth, or of a predicted spawn.
fn blob(session: &Session, kind: usize, field: usize, slot: u32) -> Option<&Blob> {
    let newest = session.newest().and_then(|image| image.kinds.get(kind)).filter(|rows| rows.alive.contains(slot));
    let rows = newest.or_else(|| session.predicted().and_then(|image| image.kinds.get(kind)))?;
    rows.wholes.get(field)?.get(slot as usize)
}

fn fields(kind: &Kind, blobs: &[Blob]) -> Value {
    let wholes = kind.fields.iter().filter_map(|field| match &field.ty {
        FieldType::Whole { shape, .. } => Some((&field.name, shape)),
        _ => None,
    });
    let values = wholes.zip(blobs).map(|((name, shape), bytes)| (name.clone(), value(shape, bytes)));
    Value::Object(values.collect::<Map<_, _>>())
}

/// No bytes are the field's default: nothing, as far as the shape tells.
fn value(shape: &Shape, bytes: &[u8]) -> Value {
    if !bytes.is_empty() {
        return codec::value(shape, bytes).unwrap_or(Value::Null);
    }
    match shape {
        Shape::Text => json!(""),
        Shape::List(_) => json!([]),
        _ => Value::Null,
    }
}
