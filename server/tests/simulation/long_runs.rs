//! Everything at once, for long: delays, stalls, skipped ticks, joins, leaves, views that change. What everybody holds is
//! what the room had, and nothing that they may not see.

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg32;
use tickwire_protocol::game::HYSTERESIS;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::*;
use tickwire_server::room::AnyRoom as _;

use crate::common::*;

/// Clients that are there at a time, more or less.
const CLIENTS: usize = 16;

/// What a run saw.
#[derive(Debug, Default)]
struct Outcome {
    /// Worlds that were compared with the room's.
    compared: usize,
    /// Rows that were looked at to see whether their holder might see them.
    rows: usize,
    joins: usize,
    leaves: usize,
    skipped: u64,
}

/// A link that may be slow, uneven, or still for 1 to 40 ticks now and then.
fn any_link(rng: &mut Pcg32) -> Conditions {
    let calm = Conditions::round_trip(rng.random_range(0..300), rng.random_range(0..60));
    match rng.random_range(0..4) {
        0 => calm,
        1 => calm.with_stalls(rng.random_range(17..667), rng.random_range(700..4_000)),
        2 => Conditions { bandwidth: rng.random_range(30_000..400_000), ..calm },
        _ => Conditions { loss_ppm: 10_000, ..calm.with_stalls(rng.random_range(17..667), 2_000) },
    }
}

fn newcomer(rng: &mut Pcg32, number: usize) -> tickwire_server::sim::Probe<Arena> {
    let mut probe = if number % 7 == 6 { watcher("eyes") } else { player(&format!("pilot {number}")) };
    if rng.random_bool(0.3) {
        probe.hello.options.insert("at".to_owned(), "corner".to_owned());
    }
    probe
}

/// Runs one seed.
///
/// # Panics
/// Where anybody holds what was not so, or what it may not see.
fn run(seed: u64, ticks: u32) -> Outcome {
    let mut rng = Pcg32::seed_from_u64(seed);
    let mut options = vec![("rocks", "30"), ("leaves", "60"), ("view", "260"), ("wander", "1"), ("hidden", "3")];
    // A third of the seeds has everything in one ring until somebody's link is narrow.
    options.extend((!seed.is_multiple_of(3)).then_some(("rings", "1")));
    let mut world = sim(seed, &options);
    let mut here: Vec<usize> = Vec::new();
    for number in 0..CLIENTS {
        let link = any_link(&mut rng);
        here.push(world.add(newcomer(&mut rng, number), link));
    }
    let mut outcome = Outcome::default();
    world.run_with(ticks, |world| {
        let tick = world.room().newest().0;
        for &seat in &here {
            world.peer_mut(seat).input = keys(seed, seat, tick);
            let (room, probe) = world.room_and_peer(seat);
            outcome.compared +=
                probe.check(room.history()).unwrap_or_else(|fault| panic!("seed {seed}, client {seat}: {fault}"));
            assert_eq!(probe.faults(), &[] as &[String], "seed {seed}, client {seat}");
            if tick % 5 == seat as u32 % 5 {
                outcome.rows += sees_only_what_it_may(room, probe, seed);
            }
        }
        if rng.random_bool(0.004) {
            let gone = here.swap_remove(rng.random_range(0..here.len()));
            world.peer_mut(gone).bye("enough");
            outcome.leaves += 1;
        }
        if here.len() < CLIENTS && rng.random_bool(0.02) {
            let (number, link) = (world.peers().count(), any_link(&mut rng));
            here.push(world.add(newcomer(&mut rng, number), link));
            outcome.joins += 1;
        }
        if rng.random_bool(0.01) {
            let (seat, link) = (here[rng.random_range(0..here.len())], any_link(&mut rng));
            world.set_link(seat, link);
        }
        if rng.random_bool(0.002) {
            world.cut(here[rng.random_range(0..here.len())]);
        }
    });
    outcome.skipped = world.room().stats().snapshots_skipped;
    outcome
}

/// Looks at every row that somebody holds: it must have been in sight when it was what it is held as. Says how many
/// rows that are.
fn sees_only_what_it_may(
    room: &tickwire_server::room::Room<Arena>,
    probe: &tickwire_server::sim::Probe<Arena>,
    seed: u64,
) -> usize {
    let (me, mut rows) = (probe.player(), 0);
    for (id, as_of) in probe.rows() {
        let Some(then) = room.history().at(as_of) else { continue };
        let Some(kind) = then.kind(id.kind) else { continue };
        let is_order = id.kind == Space::ORDERS;
        if is_order {
            assert_eq!(kind.owner_of(id.slot), me, "seed {seed}: an order of somebody else's");
        }
        if is_order || id.kind == Space::SCORE {
            continue;
        }
        let place = |slot| vec2(kind.value(0, slot) as f32, kind.value(1, slot) as f32) * 0.01;
        let ships = then.kind(Space::SHIPS).expect("a table of ships");
        let mine = ships.alive.iter().find(|&slot| ships.owner_of(slot) == me);
        let centre = mine.map_or(vec2(500.0, 500.0), |slot| {
            vec2(ships.value(0, slot) as f32, ships.value(1, slot) as f32) * 0.01
        });
        let radius = room.game().radius(me, as_of).expect("views have a radius") * HYSTERESIS;
        let distance = place(id.slot).distance(centre);
        assert!(distance < radius + 0.02, "seed {seed}, {as_of}: {id:?} of {me} is {distance} away, of {radius}");
        rows += 1;
    }
    rows
}

fn run_all(seeds: core::ops::Range<u64>, ticks: u32) {
    let mut all = Outcome::default();
    for seed in seeds.clone() {
        let one = run(seed, ticks);
        println!("seed {seed}: {one:?}");
        all.compared += one.compared;
        all.rows += one.rows;
        all.joins += one.joins;
        all.leaves += one.leaves;
        all.skipped += one.skipped;
    }
    println!("{} seeds of {ticks} ticks: {all:?}, 0 mismatches, 0 hidden rows", seeds.count());
    assert!(all.compared > 0 && all.rows > 0 && all.joins > 0 && all.leaves > 0 && all.skipped > 0, "{all:?}");
}

#[test]
fn everybody_holds_the_room_s_world_and_nothing_hidden_whatever_happens() {
    run_all(0..3, 700);
}

/// `cargo test --release -p tickwire-server --test simulation the_same_for_long -- --ignored --nocapture`; the
/// environment's `SEEDS`, as `10..20`, says which.
#[test]
#[ignore = "takes minutes"]
#[expect(clippy::disallowed_methods, reason = "a command, which is told what to do")]
fn the_same_for_long() {
    let seeds = std::env::var("SEEDS").unwrap_or_else(|_| "0..50".to_owned());
    let (from, to) = seeds.split_once("..").expect("SEEDS is a range");
    run_all(from.parse().expect("a number")..to.parse().expect("a number"), 10_000);
}
