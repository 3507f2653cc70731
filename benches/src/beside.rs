//! What the same worlds, on the same steps, cost in formats that others use: the yardsticks beside our bytes.
//!
//! Each is given what a client really came to hold, snapshot by snapshot, and writes what would bring it there. None of
//! them pays for a header, for private frames, hashes or codebooks: ours pays for all of those.

use std::io::Write as _;

use anyhow::Context as _;
use serde::Serialize;
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::schema::{Component, Kind, Schema};
use zstd::stream::write::Encoder;

use crate::report::Figures;

/// The names of the formats, in the order of [`Bytes`].
pub const NAMES: [&str; 5] = ["raw", "varint", "varint_zstd", "postcard", "bitcode"];

/// Bytes of each format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub [u64; NAMES.len()]);

/// One client of all these formats.
pub struct Beside {
    kinds: Vec<Columns>,
    before: Image,
    stream: Encoder<'static, Vec<u8>>,
}

/// What the formats know of a kind.
struct Columns {
    components: Vec<Component>,
    defaults: Vec<i32>,
    /// Bytes of a row in a plain struct: its id, and each number in one, two or four bytes.
    raw: u64,
}

/// A snapshot as a plain message of what has changed: for postcard and bitcode.
#[derive(Serialize)]
struct Message {
    tick: u32,
    left: Vec<u32>,
    rows: Vec<Change>,
    owners: Vec<(u32, u32)>,
    wholes: Vec<(u32, u8, Vec<u8>)>,
}

/// A row that is new or has changed.
#[derive(Serialize)]
struct Change {
    /// The slot, and in its lowest digit the kind.
    id: u32,
    /// Which integers.
    which: u64,
    /// What they are now, from the smallest there may be.
    values: Vec<u32>,
}

impl Beside {
    /// A client that holds nothing.
    ///
    /// # Errors
    /// Where zstd has no memory.
    pub fn new(schema: &Schema) -> anyhow::Result<Beside> {
        Ok(Beside {
            kinds: schema.kinds.iter().map(Columns::of).collect(),
            before: Image::new(schema),
            stream: Encoder::new(Vec::new(), 0).context("zstd does not begin")?,
        })
    }

    /// Brings the client to `now`; nothing where it is there already. Adds what that took.
    ///
    /// # Errors
    /// Where a format refuses.
    pub fn tick(&mut self, now: &Image, sum: &mut Bytes) -> anyhow::Result<()> {
        if now.tick == self.before.tick {
            return Ok(());
        }
        let Bytes([raw, varint, zstd, postcard, bitcode]) = sum;
        for (rows, kind) in now.kinds.iter().zip(&self.kinds) {
            *raw += rows
                .alive
                .iter()
                .map(|slot| kind.raw + wholes(rows, slot).map(|(_, b)| b).sum::<u64>())
                .sum::<u64>();
        }
        let message = self.message(now);
        let deltas = self.deltas(now, &message);
        *varint += deltas.len() as u64;
        self.stream.write_all(&deltas)?;
        self.stream.flush()?;
        *zstd += self.stream.get_ref().len() as u64;
        self.stream.get_mut().clear();
        *postcard += postcard::to_stdvec(&message)?.len() as u64;
        *bitcode += self.columns(&message);
        self.before.copy_from(now);
        Ok(())
    }

    fn message(&self, now: &Image) -> Message {
        let mut message = Message {
            tick: now.tick.0,
            left: Vec::new(),
            rows: Vec::new(),
            owners: Vec::new(),
            wholes: Vec::new(),
        };
        let kinds = self.kinds.len().max(1) as u32;
        for ((at, kind), (before, now)) in (0..).zip(&self.kinds).zip(self.before.kinds.iter().zip(&now.kinds)) {
            let id = |slot: u32| slot * kinds + at;
            message.left.extend(before.alive.iter().filter(|&slot| !now.is_same(before, slot)).map(id));
            for slot in now.alive.iter() {
                let known = before.is_same(now, slot);
                if !known {
                    message.owners.push((id(slot), now.owner_of(slot).0));
                }
                let change = kind.change(before, now, slot, known);
                if change.which != 0 || !known {
                    message.rows.push(Change { id: id(slot), ..change });
                }
                let changed = (0..now.wholes.len()).filter(|&field| {
                    let bytes = now.whole(field, slot);
                    if known { before.whole(field, slot) != bytes } else { !bytes.is_empty() }
                });
                message
                    .wholes
                    .extend(changed.map(|field| (id(slot), field as u8, now.whole(field, slot).to_vec())));
            }
        }
        message
    }

    /// By bitcode, each integer of a kind a column of its own, as the fields of a struct are.
    fn columns(&self, message: &Message) -> u64 {
        let kinds = self.kinds.len().max(1);
        let mut columns: Vec<Vec<Vec<u32>>> =
            self.kinds.iter().map(|kind| vec![Vec::new(); kind.components.len()]).collect();
        for row in &message.rows {
            let mut values = row.values.iter().copied();
            let Some(columns) = columns.get_mut(row.id as usize % kinds) else { continue };
            for (_, column) in columns.iter_mut().enumerate().filter(|(at, _)| row.which >> at & 1 == 1) {
                column.extend(values.next());
            }
        }
        let rows: Vec<(u32, u64)> = message.rows.iter().map(|row| (row.id, row.which)).collect();
        let Message { tick, left, owners, wholes, .. } = message;
        let rest = bitcode::encode(&(*tick, left.clone(), rows, owners.clone(), wholes.clone()));
        let columns = columns.iter().flatten().filter(|column| !column.is_empty());
        rest.len() as u64 + columns.map(|column| bitcode::encode(column).len() as u64).sum::<u64>()
    }

    /// The same with differences instead of values, all numbers as varints, ids as gaps.
    fn deltas(&self, now: &Image, message: &Message) -> Vec<u8> {
        let mut out = Vec::new();
        varint(now.tick.since(self.before.tick).into(), &mut out);
        varint(message.left.len() as u64, &mut out);
        gaps(message.left.iter().copied(), |_, _| {}, &mut out);
        varint(message.rows.len() as u64, &mut out);
        let kinds = self.kinds.len().max(1) as u32;
        let mut rows = message.rows.iter();
        gaps(
            message.rows.iter().map(|row| row.id),
            |id, out| {
                let (Some(row), at, slot) = (rows.next(), (id % kinds) as usize, id / kinds) else { return };
                let (Some(kind), Some(then)) = (self.kinds.get(at), self.before.kinds.get(at)) else { return };
                let Some(now) = now.kinds.get(at) else { return };
                let known = then.is_same(now, slot);
                varint(row.which, out);
                for (component, &default) in kind.defaults.iter().enumerate() {
                    if row.which >> component & 1 == 1 {
                        let from = if known { then.value(component, slot) } else { default };
                        let by = i64::from(now.value(component, slot)) - i64::from(from);
                        varint((by << 1 ^ by >> 63) as u64, out);
                    }
                }
            },
            &mut out,
        );
        for &(id, owner) in &message.owners {
            varint(id.into(), &mut out);
            varint(owner.into(), &mut out);
        }
        for (id, field, bytes) in &message.wholes {
            varint(u64::from(*id), &mut out);
            out.push(*field);
            varint(bytes.len() as u64, &mut out);
            out.extend_from_slice(bytes);
        }
        out
    }
}

impl Columns {
    fn of(kind: &Kind) -> Columns {
        let components: Vec<Component> = kind.fields.iter().flat_map(|field| field.ty.components()).collect();
        let defaults = kind.fields.iter().flat_map(|field| field.default.iter().copied()).collect();
        let bytes = |component: &Component| match component.max.abs_diff(component.min) {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            _ => 4,
        };
        Columns { raw: ID_BYTES + components.iter().map(bytes).sum::<u64>(), components, defaults }
    }

    fn change(&self, before: &KindImage, now: &KindImage, slot: u32, known: bool) -> Change {
        let mut change = Change { id: 0, which: 0, values: Vec::new() };
        for (component, (bounds, &default)) in self.components.iter().zip(&self.defaults).enumerate() {
            let value = now.value(component, slot);
            let from = if known { before.value(component, slot) } else { default };
            if value != from {
                change.which |= 1 << component;
                change.values.push(value.abs_diff(bounds.min));
            }
        }
        change
    }
}

impl Bytes {
    /// Adds those of another tick.
    pub fn add(&mut self, other: &Bytes) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, bytes)| *sum += bytes);
    }

    /// Sets a figure per format: these bytes over so many client-ticks or frames.
    pub fn figures(&self, per: f64, figures: &mut Figures) {
        for (name, &bytes) in NAMES.iter().zip(&self.0) {
            figures.round(name, bytes as f64 / per.max(1.0), 2);
        }
    }
}

/// Bytes of an entity's id in a plain struct: two for the slot.
const ID_BYTES: u64 = 2;

/// The `whole` values of a row that are not empty: the field, and the bytes with their length.
fn wholes(rows: &KindImage, slot: u32) -> impl Iterator<Item = (usize, u64)> {
    (0..rows.wholes.len()).map(move |field| (field, 2 + rows.whole(field, slot).len() as u64))
}

/// Rising ids, each as its distance from the last one, with something behind each.
fn gaps(ids: impl Iterator<Item = u32>, mut behind: impl FnMut(u32, &mut Vec<u8>), out: &mut Vec<u8>) {
    let mut last = 0u32;
    for id in ids {
        let by = i64::from(id) - i64::from(last);
        varint((by << 1 ^ by >> 63) as u64, out);
        behind(id, out);
        last = id;
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use tickwire_protocol::id::{PlayerId, Tick};
    use tickwire_protocol::schema::{Field, FieldType, Shape};

    use super::*;

    fn schema() -> Schema {
        let number = FieldType::Int { min: 0, max: 300 };
        let field = Field { default: vec![0], ..Field::plain("n", number) };
        let kind = Kind {
            name: "things".into(),
            row: "Thing".into(),
            one: false,
            owner: false,
            predicted: false,
            fields: vec![field],
        };
        Schema {
            game: "test".into(),
            tick_rate: 30,
            send_every: 1,
            kinds: vec![kind],
            input: Vec::new(),
            request: Shape::Never,
            event: Shape::Never,
        }
    }

    #[test]
    fn what_has_not_changed_costs_nothing_but_raw() {
        let schema = schema();
        let mut beside = Beside::new(&schema).unwrap();
        let mut image = Image::new(&schema);
        for slot in 0..100 {
            image.kinds[0].insert(slot, PlayerId(0), 1);
            image.kinds[0].set_value(0, slot, 7);
        }
        image.tick = Tick(1);
        let mut first = Bytes::default();
        beside.tick(&image, &mut first).unwrap();
        image.tick = Tick(2);
        image.kinds[0].set_value(0, 50, 8);
        let mut second = Bytes::default();
        beside.tick(&image, &mut second).unwrap();
        let Bytes([raw, varint, zstd, postcard, bitcode]) = second;
        assert_eq!(raw, 100 * 4);
        // One varint each: the tick, none left, one row, its gap (zigzag: 100), which, by how much.
        assert_eq!(varint, 6);
        assert!(zstd > 0 && postcard < 16 && bitcode < 16, "{second:?}");
        assert!(first.0.iter().all(|&bytes| bytes > 100), "{first:?}");
        let nothing = second;
        beside.tick(&image, &mut second).unwrap();
        assert_eq!(nothing, second);
    }
}
