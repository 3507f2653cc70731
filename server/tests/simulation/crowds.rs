//! A crowd that joins at once waits its turn, so that no tick pays for all of it.

use std::collections::BTreeSet;

use tickwire_protocol::link::Conditions;
use tickwire_server::room::{Caps, ConnId, Outbox, Room};
use tickwire_server::sim::Sim;

use crate::common::*;

const CROWD: usize = 100;
const CAPS: Caps = Caps { joins_per_tick: 8, enter_bytes_per_tick: 16 * 1_024 };
/// The world takes several frames of the first, short kind.
const ROCKS: &str = "1200";

/// A room in which one player has been for a while, and a crowd that says hello at once.
fn crowded(seed: u64) -> (World, ConnId) {
    let mut setup = setup(seed, &[("rocks", ROCKS)]);
    setup.caps = CAPS;
    setup.rules.players_max = 1_000;
    let mut world = Sim::new(Room::open(setup), seed);
    let early = world.add(player("early"), Conditions::default());
    run_checked(&mut world, seed, 120);
    let early = world.conn(early).expect("it is connected");
    for nth in 0..CROWD {
        world.add(player(&format!("late {nth}")), Conditions::default());
    }
    (world, early)
}

/// Bytes of the snapshots that a tick writes to those for whom `of` holds.
fn snapshot_bytes(out: &Outbox, of: impl Fn(ConnId) -> bool) -> usize {
    out.writes.iter().filter(|write| of(write.conn)).map(|write| write.frames[3].len()).sum()
}

#[test]
fn joins_are_taken_in_order_and_no_more_per_tick_than_the_cap() {
    let (mut world, _) = crowded(61);
    let mut joined = Vec::new();
    let mut ticks = 0;
    world.run_with(40, |world| {
        let now = &world.outbox().joined;
        assert!(now.len() <= CAPS.joins_per_tick as usize, "{} in one tick", now.len());
        ticks += usize::from(!now.is_empty());
        joined.extend(now.iter().map(|joined| joined.conn.0));
    });
    assert_eq!(joined.len(), CROWD);
    assert_eq!(ticks, CROWD.div_ceil(CAPS.joins_per_tick as usize));
    assert!(joined.is_sorted(), "{joined:?}");
    assert_eq!(world.closes(), []);
}

#[test]
fn what_newcomers_are_sent_in_a_tick_stays_under_the_cap_and_everybody_is_whole_in_the_end() {
    let (mut world, early) = crowded(62);
    let mut waited = 0;
    let mut seen_early = 0;
    for _ in 0..400 {
        world.run(1);
        let missing: BTreeSet<ConnId> = (1..=CROWD)
            .filter(|seat| world.peer(*seat).world().is_none_or(|world| world.kinds[1].alive.len() < 1_200))
            .filter_map(|seat| world.conn(seat))
            .collect();
        let bytes = snapshot_bytes(world.outbox(), |conn| missing.contains(&conn));
        assert!(bytes <= CAPS.enter_bytes_per_tick as usize, "{bytes} bytes in a tick");
        waited += usize::from(!missing.is_empty());
        seen_early += usize::from(snapshot_bytes(world.outbox(), |conn| conn == early) > 0);
    }
    let whole = (0..=CROWD).filter(|seat| world.peer(*seat).world().unwrap().kinds[1].alive.len() == 1_200);
    assert_eq!(whole.count(), CROWD + 1);
    assert!(waited > 30, "the caps do not bind: after {waited} ticks nobody waits");
    assert_eq!(seen_early, 400, "who was there before has every snapshot");
    assert_eq!(world.closes(), []);
    assert!(run_checked(&mut world, 62, 5) > CROWD);
}

#[test]
fn who_waits_longest_is_whole_first() {
    let (mut world, _) = crowded(63);
    let mut order = Vec::new();
    for _ in 0..400 {
        world.run(1);
        for seat in 1..=CROWD {
            let whole = world.peer(seat).world().is_some_and(|world| world.kinds[1].alive.len() == 1_200);
            if whole && !order.contains(&seat) {
                order.push(seat);
            }
        }
    }
    // Those that are served in the same ticks may be told of their last row in any order.
    let latest = order.iter().scan(0, |latest, &seat| {
        *latest = seat.max(*latest);
        Some(*latest)
    });
    assert!(order.iter().zip(latest).all(|(&seat, latest)| latest <= seat + 4), "{order:?}");
    assert_eq!(order.len(), CROWD);
}
