//! A client that does not read gets less, then nothing, then a reason; the others notice nothing.

use tickwire_protocol::link::Conditions;
use tickwire_protocol::wire::CloseCode;

use crate::common::*;
use tickwire_server::room::AnyRoom as _;

fn with_a_reader_that_stops(stops: bool) -> (World, Vec<Vec<u8>>) {
    let mut world = sim(7, &[("rocks", "50")]);
    let good = world.add(player("good"), near());
    let bad = world.add(player("bad"), near());
    world.peer_mut(bad).plays = false;
    world.peer_mut(bad).comes_back = false;
    world.keep_frames(good);
    run_checked(&mut world, 7, 120);
    if stops {
        world.stop_reading(bad);
    }
    run_checked(&mut world, 7, 280);
    let frames = world.frames(good).iter().map(|(_, frame)| frame.clone()).collect();
    (world, frames)
}

#[test]
fn a_client_that_stops_reading_hurts_no_one() {
    let (world, others) = with_a_reader_that_stops(true);
    let (_, undisturbed) = with_a_reader_that_stops(false);
    assert!(others == undisturbed, "the other's frames are the same bytes");
    assert!(world.closes().is_empty(), "{:?}", world.closes());
}

#[test]
fn it_is_closed_after_five_seconds_and_keeps_its_ship() {
    let (mut world, _) = with_a_reader_that_stops(true);
    run_checked(&mut world, 7, 100);
    let close = world.closes().first().expect("closed");
    assert_eq!((close.seat, close.code), (1, CloseCode::DoesNotRead));
    // It stopped at tick 120; what was on its way counts for a round trip and 200 ms.
    assert!((420..=440).contains(&close.tick.0), "{close:?}");
    assert_eq!(world.room().world().ships.len(), 2);
}

#[test]
fn a_slow_link_gets_fewer_snapshots_but_no_old_ones() {
    let mut setup = setup(8, &[]);
    setup.rules.bots = 60;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 8);
    let slow = Conditions { bandwidth: 18_000, ..Conditions::round_trip(100, 20) };
    let seat = world.add(player("slow"), slow);
    world.peer_mut(seat).plays = false;
    run_checked(&mut world, 8, 600);
    let mut oldest = 0;
    world.run_with(600, |world| {
        let now = world.room().newest();
        oldest = oldest.max(now.since(world.peer(0).tick()));
    });
    let (_, snapshots) = world.peer(seat).frames();
    assert!(oldest < 60, "the world it holds is {oldest} ticks old at the most");
    assert!((50..800).contains(&snapshots), "{snapshots} snapshots");
    assert!(world.closes().is_empty(), "{:?}", world.closes());
    assert_eq!(world.peer(seat).faults(), &[] as &[String]);
}
