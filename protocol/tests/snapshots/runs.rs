//! Rows that go on as they did: they cost next to nothing, and those that do not are told all the same.

use std::sync::Arc;

use proptest::prelude::*;
use rand_pcg::Pcg32;
use tickwire_protocol::id::{EntityId, KindId, PlayerId};
use tickwire_protocol::image::{History, KindImage};
use tickwire_protocol::schema::{Field, FieldType, Schema};
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, Visible};

use crate::scene::{self, Scene};

pub(crate) const ROWS: u32 = 1_000;

/// Positions alone.
pub(crate) fn schema() -> Schema {
    schema_of(1_000_000)
}

/// The same in a world of so many steps each way.
pub(crate) fn schema_of(steps: u32) -> Schema {
    let pos = FieldType::Vector { size: 2, of: Box::new(scene::number(0.0, 1.0, steps - 1)) };
    scene::schema(vec![scene::kind("a", vec![Field { place: true, lerp: true, ..scene::field("pos", pos) }])])
}

/// A room whose rows all are where a test puts them, and one client that is told of every tick, without a codebook.
pub(crate) struct Room {
    schema: Schema,
    history: History,
    encoder: Encoder,
    ledger: Ledger,
    replica: Replica,
    /// Bytes of codebooks so far.
    pub(crate) books: usize,
}

impl Room {
    fn new() -> Room {
        Room::of(schema())
    }

    /// One with a kind of `ROWS` rows.
    pub(crate) fn of(schema: Schema) -> Room {
        let mut room = Room::learning(schema);
        room.encoder.freeze();
        room
    }

    /// The same with the codebooks that it learns.
    pub(crate) fn learning(schema: Schema) -> Room {
        let encoder = Encoder::new(&schema);
        let replica = Replica::new(&schema).of(PlayerId(1));
        Room { history: History::new(), encoder, ledger: Ledger::new(), replica, schema, books: 0 }
    }

    /// The next tick; compares what the client has then, and returns the bytes of its snapshot.
    pub(crate) fn tick<const N: usize>(&mut self, place: impl Fn(u32) -> [i32; N]) -> usize {
        let mut image = self.history.draft(&self.schema);
        image.tick = image.tick.next();
        let rows = &mut image.kinds[0];
        let mut enters = Vec::new();
        for slot in 0..ROWS {
            if !rows.alive.contains(slot) {
                rows.insert(slot, PlayerId::NOBODY, 1);
                enters.push(EntityId { kind: KindId(0), slot });
            }
            (0..).zip(place(slot)).for_each(|(at, value)| rows.set_value(at, slot, value));
        }
        self.history.push(image);
        self.encoder.begin();
        let visible = Arc::new(Visible { everything: true, ..Visible::default() });
        let due = Due { must: true, ..Due::ALL };
        let mut book = Vec::new();
        if !self.encoder.codebook(&mut self.ledger, &mut book).is_empty() {
            assert_eq!(self.replica.receive(&book).unwrap(), None);
            self.books += book.len();
        }
        let mut frame = Vec::new();
        let encoded = self.encoder.shared(&self.history, &self.ledger, &visible, &enters, due, &mut frame);
        assert_eq!(encoded.postponed, 0);
        self.replica.receive(&frame).unwrap().unwrap();
        assert_eq!(self.replica.newest(), self.history.newest());
        self.ledger.written(encoded.held);
        frame.len()
    }
}

/// Row `slot` at a tick, each going its own way; those that `turned` says have gone another way since a tick.
pub(crate) fn gone(slot: u32, tick: u32, turned: impl Fn(u32) -> Option<u32>) -> [i32; 2] {
    let step = [slot as i32 % 23 - 11, slot as i32 % 17 - 8];
    let other = turned(slot).map_or(0, |since| tick - since) as i32;
    let [x, y] = [500_000, 400_000].map(|from| from + slot as i32 + 5 * other);
    [x + step[0] * tick as i32, y + step[1] * tick as i32]
}

#[test]
fn a_thousand_rows_that_go_on_cost_a_few_bytes_though_one_of_them_turns_in_every_tick() {
    let mut room = Room::new();
    for tick in 0..40 {
        // One more has turned every tick, far from the last one.
        let turned = |slot: u32| {
            let at = slot * 377 % ROWS;
            (10..tick).contains(&at).then_some(at)
        };
        let bytes = room.tick(|slot| gone(slot, tick, turned));
        assert!(tick < 3 || bytes <= 14, "{bytes} bytes in tick {tick}");
    }
}

#[test]
fn rows_that_wake_all_at_once_or_half_of_them_take_no_gaps_as_if_few_did() {
    let mut room = Room::new();
    let place = |slot: u32, moved: bool| [slot as i32 + 1_000 + i32::from(moved), 1_000];
    (0..10).for_each(|_| _ = room.tick(|slot| place(slot, false)));
    let all = room.tick(|slot| place(slot, true));
    assert!(all <= 510, "{all} bytes for all");
    (0..10).for_each(|_| _ = room.tick(|slot| place(slot, true)));
    let half = room.tick(|slot| place(slot, slot * 377 % 7 < 4));
    assert!(half <= 350, "{half} bytes for half of them");
}

/// Positions, and positions that a velocity moves, both with a ring; and something rare.
fn drifting() -> Schema {
    let vector = |of| FieldType::Vector { size: 2, of: Box::new(of) };
    let place = || Field { place: true, ..scene::field("pos", vector(scene::number(0.0, 1.0 / 64.0, 100_000))) };
    let turn = || Field { lerp: true, ..scene::field("rot", FieldType::Angle { bits: 6 }) };
    let flag = || scene::field("flag", FieldType::Bool);
    let vel = Field { rate_of: Some(0), ..scene::field("vel", vector(scene::number(-20.0, 0.01, 4_000))) };
    scene::schema(vec![
        scene::kind("a", vec![place(), turn(), flag()]),
        scene::kind("b", vec![place(), vel, turn(), flag()]),
    ])
}

/// How fast each component of each row changes, for a while.
#[derive(Default)]
struct Drift {
    steps: Vec<[i32; 6]>,
}

impl Drift {
    fn moves(&mut self, rows: &mut KindImage, (kind, slot): (usize, u32), often: f64, rng: &mut Pcg32) {
        let at = kind * scene::SLOTS as usize + slot as usize;
        self.steps.resize(self.steps.len().max(at + 1), [0; 6]);
        let flag = rows.columns.len() - 1;
        for (at, step) in self.steps[at].iter_mut().enumerate().take(flag) {
            if rng.random_bool(often) {
                *step = if rng.random_bool(0.3) { 0 } else { rng.random_range(-40..=40) };
            }
            let ring = at + 1 == flag;
            let value = rows.value(at, slot).wrapping_add(*step);
            let most = if kind == 1 && (2..4).contains(&at) { 4_000 } else { 100_000 };
            rows.set_value(at, slot, if ring { value & 63 } else { value.clamp(0, most) });
        }
        if rng.random_bool(often / 10.0) {
            rows.set_value(flag, slot, 1 - rows.value(flag, slot));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_goes_on_turns_stops_and_wakes_every_client_holds_exactly(seed in any::<u64>()) {
        let mut scene = Scene::new(drifting(), seed);
        let mut drift = Drift::default();
        for tick in 0..150 {
            // Spells in which nearly all go on, some turn, most stay where they are, all do as they like.
            let often = *[0.002, 0.05, 0.0, 0.9].get(tick / 12 % 4).unwrap();
            let births = if tick % 40 < 3 { [0.5, 0.02] } else { [0.01, 0.002] };
            scene.tick_by(births, |rows, kind, slot, rng| {
                drift.moves(rows, (usize::from(kind.name.starts_with('b')), slot), often, rng);
            });
            for at in 0..scene.clients.len() {
                // Snapshots lie one, two and unevenly many ticks apart.
                if tick % (at + 1) == 0 || at == 2 && tick % 7 == 0 {
                    scene.send(at)?;
                }
            }
        }
    }
}
