//! Encode, apply, step: `w1` with 1,000 rows.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tickwire_benches::scenes::{self, W1};
use tickwire_protocol::game::schema;
use tickwire_protocol::id::{EntityId, KindId, Tick};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, Visible};
use tickwire_server::room::{AnyRoom as _, Outbox, Room, RoomSetup};

const ENTITIES: u32 = 1_000;
const TICKS: usize = 32;

fn room() -> Room<W1> {
    let mut setup = RoomSetup::of::<W1>("bench", 7);
    setup.options = scenes::options(ENTITIES);
    Room::open(setup)
}

/// The images of the first ticks of a room.
fn images() -> Vec<Image> {
    let (mut room, mut out) = (room(), Outbox::default());
    (0..TICKS)
        .map(|_| {
            room.tick(&mut out);
            room.history().newest().cloned().unwrap_or_default()
        })
        .collect()
}

/// A room's half: everything a tick needs to be coded for somebody who holds all the ticks before.
struct Sender {
    history: History,
    encoder: Encoder,
    ledger: Ledger,
    visible: Arc<Visible>,
    out: Vec<u8>,
}

impl Sender {
    fn new() -> Sender {
        Sender {
            history: History::new(),
            encoder: Encoder::new(&schema::<W1>()),
            ledger: Ledger::new(),
            visible: Arc::new(Visible { everything: true, ..Visible::default() }),
            out: Vec::new(),
        }
    }

    /// Codes a tick; the frame stays in `out`.
    fn send(&mut self, image: &Image) {
        self.history.push(image.clone());
        self.code();
    }

    fn code(&mut self) {
        let everything: Vec<EntityId> = (0..2 * ENTITIES).map(|slot| EntityId { kind: KindId(0), slot }).collect();
        let held = self.ledger.held().map(|held| held.len()).unwrap_or(0);
        let newest = self.history.newest().map_or(Tick::NONE, |image| image.tick);
        let image = self.history.newest();
        let enters: Vec<EntityId> = everything
            .into_iter()
            .filter(|id| held < ENTITIES as usize && image.is_some_and(|image| image.contains(*id)))
            .filter(|id| self.ledger.held().is_none_or(|held| !held.contains(*id)))
            .collect();
        self.out.clear();
        self.encoder.begin();
        let encoded =
            self.encoder.shared(&self.history, &self.ledger, &self.visible, &enters, Due::ALL, &mut self.out);
        self.ledger.written(encoded.held);
        self.ledger.acknowledged(newest);
    }
}

fn encode(c: &mut Criterion) {
    let images = images();
    let mut sender = Sender::new();
    images.iter().for_each(|image| sender.send(image));
    sender.ledger.take_back();
    let mut group = c.benchmark_group("w1-1000");
    group.throughput(Throughput::Elements(ENTITIES.into()));
    group.bench_function("encode", |b| {
        b.iter(|| {
            sender.code();
            sender.ledger.take_back();
            black_box(sender.out.len())
        });
    });
    group.finish();
}

fn apply(c: &mut Criterion) {
    let images = images();
    let mut sender = Sender::new();
    let frames: Vec<Vec<u8>> = images
        .iter()
        .map(|image| {
            sender.send(image);
            sender.out.clone()
        })
        .collect();
    let mut group = c.benchmark_group("w1-1000");
    group.throughput(Throughput::Elements(u64::from(ENTITIES) * (TICKS as u64 - 4)));
    group.bench_function("apply", |b| {
        b.iter_batched(
            || {
                let mut replica = Replica::new(&schema::<W1>());
                for frame in frames.iter().take(4) {
                    assert!(replica.receive(frame).is_ok(), "a frame that was just made is read");
                }
                replica
            },
            |mut replica| {
                for frame in frames.iter().skip(4) {
                    let _ = black_box(replica.receive(frame));
                }
                replica
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn step(c: &mut Criterion) {
    let (mut room, mut out) = (room(), Outbox::default());
    let mut group = c.benchmark_group("w1-1000");
    group.throughput(Throughput::Elements(ENTITIES.into()));
    group.bench_function("step", |b| b.iter(|| room.tick(&mut out)));
    group.finish();
}

criterion_group!(benches, encode, apply, step);
criterion_main!(benches);
