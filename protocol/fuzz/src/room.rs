//! A room without a game: rows of every kind that drift at random, and clients that see all of it, in rings.

use std::sync::Arc;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg32;
use tickwire_protocol::id::{EntityId, InputSeq, KindId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image, KindImage};
use tickwire_protocol::schema::{FieldType, Kind, Schema};
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, RingSet, Visible};
use tickwire_protocol::wire::{EventRecord, Private, codec};

/// Rows of each kind, at the most.
const ROWS: u32 = 12;

pub(crate) struct Room {
    schema: Schema,
    history: History,
    encoder: Encoder,
    rng: Pcg32,
}

/// The frames of one tick for one client.
#[derive(Clone, Default)]
pub(crate) struct Frames {
    /// A part of a codebook; empty where there is none.
    pub(crate) book: Vec<u8>,
    pub(crate) private: Vec<u8>,
    pub(crate) snapshot: Vec<u8>,
}

impl Frames {
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        [&self.book, &self.private, &self.snapshot]
            .into_iter()
            .filter(|frame| !frame.is_empty())
            .map(Vec::as_slice)
    }
}

impl Room {
    pub(crate) fn new(schema: Schema) -> Room {
        Room { history: History::new(), encoder: Encoder::new(&schema), rng: Pcg32::seed_from_u64(1), schema }
    }

    /// The next tick of the world.
    pub(crate) fn tick(&mut self) {
        let mut image = self.history.draft(&self.schema);
        image.tick = image.tick.next();
        let first = image.tick == Tick(1);
        for (rows, kind) in image.kinds.iter_mut().zip(&self.schema.kinds) {
            for slot in 0..if kind.one { 1 } else { ROWS } {
                if rows.alive.contains(slot) && !kind.one && self.rng.random_bool(0.01) {
                    rows.remove(slot);
                } else if !rows.alive.contains(slot) && (first || self.rng.random_bool(0.1)) {
                    rows.insert(slot, PlayerId(self.rng.random_range(0..3)), image.tick.0);
                    put_default(rows, kind, slot);
                } else if rows.alive.contains(slot) {
                    stir(rows, kind, slot, &mut self.rng);
                }
            }
        }
        self.history.push(image);
        self.encoder.begin();
    }

    /// The codebook in force as a welcome carries it.
    pub(crate) fn welcome(&mut self, ledger: &mut Ledger) -> Vec<u8> {
        self.encoder.welcome(ledger)
    }

    /// The frames of the newest tick for a client, of which it is told that they were written.
    pub(crate) fn send(&mut self, ledger: &mut Ledger, me: PlayerId, with_book: bool) -> Frames {
        let now = self.history.newest().expect("a tick has passed");
        let (tick, held) = (now.tick, ledger.held().cloned().unwrap_or_default());
        let enters: Vec<EntityId> = now.entities().filter(|id| !held.contains(*id)).collect();
        let visible = Arc::new(rings(now));
        // Every second tick has one more, every fourth another one.
        let far = (1..3).filter(|ring| (tick.0 + 1).is_multiple_of(1 << ring));
        let due = Due { rings: far.fold(RingSet::FIRST, RingSet::and), ..Due::ALL };
        let mut out = Vec::new();
        let book = if with_book { self.encoder.codebook(ledger, &mut out) } else { 0..0 };
        let encoded = self.encoder.shared(&self.history, ledger, &visible, &enters, due, &mut out);
        let hash = self.encoder.hash(&self.history, &encoded.held, me);
        let private = private(tick, hash);
        let private = self.encoder.private(&self.history, ledger, &encoded.held, me, &private, &mut out);
        ledger.written(encoded.held);
        ledger.acknowledged(tick);
        let bytes = |range: core::ops::Range<usize>| out.get(range).unwrap_or_default().to_vec();
        Frames { book: bytes(book), private: bytes(private), snapshot: bytes(encoded.frame) }
    }
}

/// Everything, a third of it in each of three rings, for some ticks.
fn rings(now: &Image) -> Visible {
    let mut visible = Visible { ringed: true, ..Visible::default() };
    visible.kinds = now.kinds.iter().map(|rows| rows.alive.clone()).collect();
    for (nth, ring) in (1..).zip(&mut visible.far).take(2) {
        let far = |slot: &u32| (slot + now.tick.0 / 16 * (slot % 2)) % 3 == nth;
        *ring = now.kinds.iter().map(|rows| rows.alive.iter().filter(far).collect()).collect();
    }
    visible
}

fn private(tick: Tick, hash: u64) -> Private {
    let events = tick.0.is_multiple_of(3).then(|| EventRecord {
        number: tick.0 / 3,
        tick: tick.before(1),
        bytes: vec![2, b'h', b'i'],
    });
    let seq = InputSeq(tick.0 + 9);
    let spawned = tick.0.is_multiple_of(2).then_some((seq, 1, EntityId { kind: KindId(0), slot: 3 }));
    Private {
        tick,
        snapshot_follows: true,
        seq,
        margin: (tick.0 % 3) as i32 - 1,
        replaced: tick.0 / 4,
        request: 2,
        pace: 100,
        hash: Some(hash),
        spawned: spawned.into_iter().collect(),
        events: events.into_iter().collect(),
    }
}

fn put_default(rows: &mut KindImage, kind: &Kind, slot: u32) {
    for (at, &default) in kind.fields.iter().flat_map(|field| &field.default).enumerate() {
        rows.set_value(at, slot, default);
    }
}

/// Moves what is moved, and changes some of the rest.
fn stir(rows: &mut KindImage, kind: &Kind, slot: u32, rng: &mut Pcg32) {
    let offsets = kind.offsets();
    let mut wholes = 0;
    for (field, offset) in kind.fields.iter().zip(offsets.iter().copied()) {
        if let FieldType::Whole { .. } = field.ty {
            if rng.random_bool(0.1) {
                let mut bytes = Vec::new();
                codec::to_bytes(&vec![b'a'; rng.random_range(0..9)], &mut bytes);
                rows.set_whole(wholes, slot, &bytes);
            }
            wholes += 1;
            continue;
        }
        if let Some(moved) = field.rate_of.and_then(|of| offsets.get(of as usize)) {
            for axis in 0..field.ty.component_count() {
                let at = rows.value(moved + axis, slot) + (rows.value(offset + axis, slot) - 2_000) / 50;
                rows.set_value(moved + axis, slot, at.clamp(0, 6_400));
            }
        }
        for (axis, bounds) in field.ty.components().into_iter().enumerate() {
            if rng.random_bool(0.2) {
                let near = i64::from(rows.value(offset + axis, slot)) + rng.random_range(-40..=40);
                let near = near.clamp(bounds.min.into(), bounds.max.into()) as i32;
                rows.set_value(offset + axis, slot, near);
            }
        }
    }
}
