//! A world of numbers that changes at random under any schema, and clients that see parts of it, late.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_pcg::Pcg32;
use tickwire_protocol::id::{EntityId, InputSeq, KindId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image, KindImage, Slots};
use tickwire_protocol::limits::RINGS_MAX;
use tickwire_protocol::schema::{Field, FieldType, Kind, Schema, Shape};
use tickwire_protocol::snapshot::{Arrival, Due, Encoder, Far, Ledger, Replica, RingSet, Visible};
use tickwire_protocol::wire::{EventRecord, Private};

use crate::known::{keep_owed, known_to};

/// Slots of each kind.
pub(crate) const SLOTS: u32 = 70;
/// Players, numbered from 1; each is a client.
pub(crate) const PLAYERS: u32 = 3;

pub(crate) fn field(name: &str, ty: FieldType) -> Field {
    Field { default: vec![0; ty.component_count()], ..Field::plain(name, ty) }
}

pub(crate) fn number(lo: f64, step: f64, steps: u32) -> FieldType {
    FieldType::Number { lo, step, steps }
}

pub(crate) fn kind(name: &str, fields: Vec<Field>) -> Kind {
    Kind { name: name.into(), row: name.into(), one: false, owner: false, predicted: false, fields }
}

pub(crate) fn schema(mut kinds: Vec<Kind>) -> Schema {
    (0..).zip(&mut kinds).for_each(|(at, kind)| kind.name = format!("{}{at}", kind.name));
    Schema {
        game: "any".into(),
        tick_rate: 30,
        send_every: 1,
        kinds,
        input: Vec::new(),
        request: Shape::Never,
        event: Shape::Text,
    }
}

fn scalar() -> impl Strategy<Value = FieldType> {
    prop_oneof![
        Just(FieldType::Bool),
        (-300i64..300, 0i64..70_000).prop_map(|(min, span)| FieldType::Int { min, max: min + span }),
        Just(FieldType::Int { min: 0, max: i64::from(u32::MAX) }),
        Just(FieldType::Wide { signed: true }),
        (1u32..2_000_000).prop_map(|steps| number(-3.5, 0.01, steps)),
        Just(FieldType::Exact),
        (1u8..=16).prop_map(|bits| FieldType::Angle { bits }),
        Just(FieldType::Tick),
        Just(FieldType::Player),
    ]
}

fn value() -> impl Strategy<Value = FieldType> {
    prop_oneof![
        6 => scalar(),
        1 => (2u8..4, 1u32..100_000)
            .prop_map(|(size, steps)| FieldType::Vector { size, of: Box::new(number(0.0, 0.5, steps)) }),
        1 => scalar().prop_map(|of| FieldType::Option(Box::new(of))),
        1 => (1u32..4, scalar()).prop_map(|(len, of)| FieldType::Array { len, of: Box::new(of) }),
        1 => (1u32..40).prop_map(|max| FieldType::Whole { max, shape: Shape::List(Box::new(Shape::Uint(8))) }),
    ]
}

prop_compose! {
    /// A kind of any fields, perhaps with a position that a velocity moves and an angle along it.
    fn any_kind()(
        types in prop::collection::vec((value(), prop::bool::weighted(0.2)), 0..5),
        moving in prop::option::weighted(0.6, (2u8..4, any::<bool>(), any::<bool>())),
        owner in prop::bool::weighted(0.15),
        defaults in any::<u64>(),
    ) -> Kind {
        let mut fields: Vec<Field> = Vec::new();
        if let Some((size, steady, flipped)) = moving {
            let vector = |of| FieldType::Vector { size, of: Box::new(of) };
            let pos = Field { place: true, ..field("pos", vector(number(0.0, 1.0 / 64.0, 6_400))) };
            let vel = field("vel", vector(number(-20.0, 0.01, 4_000)));
            let (pos_at, vel_at) = if flipped { (1, 0) } else { (0, 1) };
            fields.extend([pos, vel]);
            fields.swap(0, pos_at);
            fields[vel_at].rate_of = Some(pos_at as u32);
            fields[vel_at].steady = steady;
            let mut rot = field("rot", FieldType::Angle { bits: 8 });
            rot.along = Some(vel_at as u32);
            fields.push(rot);
        }
        for (at, (ty, owner)) in types.into_iter().enumerate() {
            fields.push(Field { owner, ..field(&format!("f{at}"), ty) });
        }
        let mut rng = Pcg32::seed_from_u64(defaults);
        for field in &mut fields {
            let components = field.ty.components();
            for (default, bounds) in field.default.iter_mut().zip(components) {
                *default = rng.random_range(bounds.min..=bounds.max);
            }
        }
        Kind { owner, ..kind("any", fields) }
    }
}

pub(crate) fn any_schema() -> impl Strategy<Value = Schema> {
    (prop::collection::vec(any_kind(), 1..4), 1u32..4)
        .prop_map(|(kinds, send_every)| Schema { send_every, ..schema(kinds) })
}

/// A room without a game.
pub(crate) struct Scene {
    pub(crate) schema: Schema,
    pub(crate) history: History,
    pub(crate) encoder: Encoder,
    pub(crate) rng: Pcg32,
    pub(crate) clients: Vec<Client>,
    pub(crate) out: Vec<u8>,
    everything: Arc<Visible>,
    generation: u32,
}

pub(crate) struct Client {
    pub(crate) me: PlayerId,
    pub(crate) ledger: Ledger,
    pub(crate) replica: Replica,
    pub(crate) frames: Vec<Vec<u8>>,
    /// What it should hold, by tick.
    pub(crate) truth: BTreeMap<Tick, Image>,
    pub(crate) keyframes: u32,
    /// Parts of codebooks it was sent.
    pub(crate) books: u32,
    event: u32,
}

impl Scene {
    pub(crate) fn new(schema: Schema, seed: u64) -> Scene {
        let clients = (1..=PLAYERS).map(|me| Client {
            me: PlayerId(me),
            ledger: Ledger::new(),
            replica: Replica::new(&schema).of(PlayerId(me)),
            frames: Vec::new(),
            truth: BTreeMap::new(),
            keyframes: 0,
            books: 0,
            event: 0,
        });
        Scene {
            history: History::new(),
            encoder: Encoder::new(&schema),
            rng: Pcg32::seed_from_u64(seed),
            clients: clients.collect(),
            out: Vec::new(),
            everything: Arc::new(Visible { everything: true, ..Visible::default() }),
            generation: 0,
            schema,
        }
    }

    /// The next tick of the world.
    pub(crate) fn tick(&mut self) {
        // Spells of calm, of motion, and of births and deaths.
        let (birth, death, change) =
            *[(0.0, 0.0, 0.0), (0.01, 0.01, 0.2), (0.2, 0.2, 0.9)].get(self.rng.random_range(0..3usize)).unwrap();
        self.tick_by([birth, death], |rows, kind, slot, rng| stir(rows, kind, slot, change, rng));
    }

    /// The next tick of a world in which each row becomes what `each` makes of it.
    pub(crate) fn tick_by(
        &mut self,
        [birth, death]: [f64; 2],
        mut each: impl FnMut(&mut KindImage, &Kind, u32, &mut Pcg32),
    ) {
        let mut image = self.history.draft(&self.schema);
        image.tick = image.tick.next();
        for (rows, kind) in image.kinds.iter_mut().zip(&self.schema.kinds) {
            for slot in 0..SLOTS {
                if rows.alive.contains(slot) && self.rng.random_bool(death) {
                    rows.remove(slot);
                }
                if !rows.alive.contains(slot) && self.rng.random_bool(birth) {
                    self.generation += 1;
                    rows.insert(slot, PlayerId(self.rng.random_range(0..=PLAYERS)), self.generation);
                    put_default(rows, kind, slot);
                }
                if rows.alive.contains(slot) {
                    each(rows, kind, slot, &mut self.rng);
                }
            }
        }
        self.history.push(image);
        self.encoder.begin();
        self.out.clear();
    }

    /// Codes the newest tick for a client with any view of it, delivers it, and compares.
    pub(crate) fn send(&mut self, at: usize) -> Result<(), TestCaseError> {
        let now = self.history.newest().unwrap().clone();
        let visible = self.any_view(&now);
        let client = &mut self.clients[at];
        let me = client.me;
        let held = client.ledger.held().cloned().unwrap_or_default();
        let mut enters: Vec<EntityId> = now
            .entities()
            .filter(|id| !held.contains(*id))
            .filter(|id| {
                visible.everything || visible.kinds.get(usize::from(id.kind.0)).unwrap().contains(id.slot)
            })
            .collect();
        let first = self.rng.random_range(0..=enters.len());
        enters.rotate_left(first);
        let owner_changed = self.encoder.owner_changed(&self.history, &client.ledger, me);
        let must = owner_changed || self.rng.random_bool(0.3);
        let rings = (1..RINGS_MAX).filter(|_| self.rng.random_bool(0.5)).fold(RingSet::FIRST, RingSet::and);
        let due = Due { must, rings, bulk_bytes: if self.rng.random_bool(0.3) { 100 } else { 16_384 } };
        let encoded = self.encoder.shared(&self.history, &client.ledger, &visible, &enters, due, &mut self.out);
        let mut private = self.any_private(at, now.tick);
        private.snapshot_follows = encoded.changed;
        if encoded.changed && encoded.held.is_whole() {
            private.hash = Some(self.encoder.hash(&self.history, &encoded.held, me));
        }
        let client = &mut self.clients[at];
        let book = self.encoder.codebook(&mut client.ledger, &mut self.out);
        let held_now = &encoded.held;
        let range = self.encoder.private(&self.history, &mut client.ledger, held_now, me, &private, &mut self.out);
        let frames = [self.out[range].to_vec(), self.out[encoded.frame.clone()].to_vec()];
        if self.rng.random_bool(0.1) {
            // The kernel took no byte of it.
            if encoded.changed {
                client.ledger.written(encoded.held);
                client.ledger.take_back();
            } else {
                client.ledger.untell();
            }
            return Ok(());
        }
        if !book.is_empty() {
            client.books += 1;
            client.replica.receive(&self.out[book]).map_err(|e| TestCaseError::fail(e.to_string()))?;
        }
        let arrival = client.replica.receive(&frames[0]).map_err(|e| TestCaseError::fail(e.to_string()))?;
        if !encoded.changed {
            prop_assert_eq!(arrival.unwrap().private, private);
            return Ok(());
        }
        prop_assert!(arrival.is_none());
        let arrival = client.replica.receive(&frames[1]).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let arrival = arrival.unwrap();
        prop_assert_eq!(arrival.hash_ok, private.hash.map(|_| true));
        prop_assert_eq!(&arrival.private, &private);
        client.keyframes += u32::from(client.ledger.held().is_none());
        let mut expected = known_to(&self.schema, &self.history, &encoded.held, me);
        let newest = client.replica.newest().unwrap();
        keep_owed(&mut expected, newest, &encoded.held);
        prop_assert_eq!(newest, &expected);
        let before = client.truth.last_key_value().map(|(_, image)| image);
        told_of_the_difference(before, newest, &arrival)?;
        client.truth.insert(now.tick, expected);
        client.ledger.written(encoded.held);
        client.frames.extend(frames);
        Ok(())
    }

    fn any_view(&mut self, now: &Image) -> Arc<Visible> {
        if self.rng.random_bool(0.5) {
            return Arc::clone(&self.everything);
        }
        let share = self.rng.random_range(0.0..1.0);
        let kinds = now.kinds.iter().map(|rows| {
            let seen: Slots = rows.alive.iter().filter(|_| self.rng.random_bool(share)).collect();
            seen
        });
        let kinds: Vec<Slots> = kinds.collect();
        let mut visible = Visible { kinds, ringed: self.rng.random_bool(0.7), ..Visible::default() };
        if visible.ringed {
            visible.far = self.any_rings(now);
        }
        Arc::new(visible)
    }

    /// Most rows stay in a ring of their own for some ticks; some are thrown about.
    fn any_rings(&mut self, now: &Image) -> Far {
        let mut far = Far::default();
        far.iter_mut().for_each(|ring| ring.resize_with(now.kinds.len(), Slots::default));
        for id in now.entities() {
            let own = (id.slot / 3 + now.tick.0 / 16 * (id.slot % 2)) as usize % RINGS_MAX;
            let ring = if self.rng.random_bool(0.05) { self.rng.random_range(0..RINGS_MAX) } else { own };
            if let Some(ring) = ring.checked_sub(1) {
                far[ring][usize::from(id.kind.0)].insert(id.slot);
            }
        }
        far
    }

    fn any_private(&mut self, at: usize, tick: Tick) -> Private {
        let client = &mut self.clients[at];
        let rng = &mut self.rng;
        let mut private = Private { tick, pace: 100, ..Private::default() };
        if rng.random_bool(0.8) {
            private.seq = InputSeq(tick.0 + 7);
            private.margin = rng.random_range(-2..3);
            private.request = tick.0 / 10;
            private.replaced = tick.0 / 50;
        }
        if rng.random_bool(0.1) {
            client.event += 1;
            let bytes = vec![rng.random(); rng.random_range(0..50)];
            private.events.push(EventRecord { number: client.event, tick: tick.before(2), bytes });
            private.spawned.push((private.seq, 3, EntityId { kind: KindId(1), slot: 77 }));
        }
        private
    }
}

/// What entered and left is the difference.
fn told_of_the_difference(before: Option<&Image>, newest: &Image, arrival: &Arrival) -> Result<(), TestCaseError> {
    for id in newest.entities() {
        let was = before.is_some_and(|before| before.contains(id));
        prop_assert!(was || arrival.entered.contains(&id), "{:?} is not said to enter", id);
    }
    for id in before.into_iter().flat_map(Image::entities) {
        prop_assert!(newest.contains(id) || arrival.left.contains(&id), "{:?} is not said to leave", id);
    }
    Ok(())
}

fn put_default(rows: &mut KindImage, kind: &Kind, slot: u32) {
    for (at, &default) in kind.fields.iter().flat_map(|field| &field.default).enumerate() {
        rows.set_value(at, slot, default);
    }
}

/// Moves what is moved, and changes some of the rest.
fn stir(rows: &mut KindImage, kind: &Kind, slot: u32, change: f64, rng: &mut Pcg32) {
    let offsets = kind.offsets();
    let mut wholes = 0;
    for (at, field) in kind.fields.iter().enumerate() {
        if let FieldType::Whole { max, .. } = field.ty {
            if rng.random_bool(change / 8.0) {
                let bytes = vec![rng.random::<u8>(); rng.random_range(0..max as usize)];
                let mut encoded = Vec::new();
                tickwire_protocol::wire::codec::to_bytes(&bytes, &mut encoded);
                rows.set_whole(wholes, slot, &encoded);
            }
            wholes += 1;
            continue;
        }
        if let Some(of) = field.rate_of {
            // One step of position per 50 of velocity, from step 2,000 on.
            for axis in 0..field.ty.component_count() {
                let vel = rows.value(offsets[at] + axis, slot) - 2_000;
                let pos = offsets[of as usize] + axis;
                let moved = (rows.value(pos, slot) + vel / 50).clamp(0, 6_400);
                rows.set_value(pos, slot, moved);
            }
        }
        for (axis, bounds) in field.ty.components().into_iter().enumerate() {
            if rng.random_bool(change) {
                let held = rows.value(offsets[at] + axis, slot);
                let near = (i64::from(held) + rng.random_range(-20..=20))
                    .clamp(bounds.min.into(), bounds.max.into()) as i32;
                let any = rng.random_range(bounds.min..=bounds.max);
                rows.set_value(offsets[at] + axis, slot, if rng.random_bool(0.9) { near } else { any });
            }
        }
    }
}
