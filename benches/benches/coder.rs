//! Encode, append, decode, each beside postcard of the changed fields of the same ticks, and step: `w1`, 1,000 rows.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tickwire_benches::cost::{Bench, Times};
use tickwire_benches::scenes::{self, W1};
use tickwire_server::room::{AnyRoom as _, Outbox, Room, RoomSetup};

const ENTITIES: u32 = 1_000;

/// A part of a tick and its name.
type Part = (&'static str, fn(&Times) -> Duration);

const PARTS: [Part; 5] = [
    ("encode once per lane", |times| times.encode),
    ("append per client", |times| times.append),
    ("decode", |times| times.decode),
    ("postcard encode", |times| times.postcard_encode),
    ("postcard decode", |times| times.postcard_decode),
];

/// Times one part of as many ticks; the others are done between.
fn coder(c: &mut Criterion) {
    let mut bench = Bench::new(ENTITIES).unwrap_or_else(|error| panic!("the bench does not begin: {error:#}"));
    let mut group = c.benchmark_group("w1-1000");
    group.throughput(Throughput::Elements(ENTITIES.into()));
    for (name, part) in PARTS {
        group.bench_function(name, |b| {
            b.iter_custom(|ticks| {
                let times = (0..ticks).map(|_| bench.tick().unwrap_or_else(|error| panic!("{error:#}")));
                times.map(|times| part(&times)).sum()
            });
        });
    }
    group.finish();
}

fn step(c: &mut Criterion) {
    let mut setup = RoomSetup::of::<W1>("bench", 7);
    setup.options = scenes::options(ENTITIES);
    let (mut room, mut out) = (Room::<W1>::open(setup), Outbox::default());
    let mut group = c.benchmark_group("w1-1000");
    group.throughput(Throughput::Elements(ENTITIES.into()));
    group.bench_function("step", |b| b.iter(|| room.tick(&mut out)));
    group.finish();
}

criterion_group!(benches, coder, step);
criterion_main!(benches);
