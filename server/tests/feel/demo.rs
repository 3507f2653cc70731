//! The demo game's ship, predicted by a real client of a real room.

use tickwire_client::Join;
use tickwire_dogfight::Dogfight;
use tickwire_dogfight::ship::Controls;
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::Vec2;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Bot, Sim};

/// What the hands do in the `n`th tick: engine, turns, guns and dashes, enough to hit rocks and walls.
fn script(n: u32) -> Controls {
    Controls {
        turn: [0, 1, 0, -1, 1][(n / 37 % 5) as usize],
        thrust: [1, 1, 0, 1, -1][(n / 53 % 5) as usize],
        aims: n / 200 % 3 == 1,
        aim: n as f32 * 0.01,
        fire: (n / 90).is_multiple_of(2),
        dash: n.is_multiple_of(400),
    }
}

#[test]
fn a_scripted_ship_among_rocks_is_never_corrected_at_100_ms_with_stalls() {
    const SEED: u64 = 1;
    let mut setup = RoomSetup::of::<Dogfight>("rocks", SEED);
    setup.rules.bots = 0;
    let mut sim = Sim::new(Room::<Dogfight>::open(setup), SEED);
    let link = Conditions::round_trip(100, 20).with_stalls(250, 4_000);
    let mut pilot = Bot::<Dogfight>::new(Join::player("scripted"), 60);
    pilot.plays = false;
    sim.add(pilot, link);
    let (mut n, mut bounces, mut speed) = (0, 0, None::<Vec2>);
    sim.run_with(60 * 60, |sim| {
        n += 1;
        sim.peer_mut(0).client_mut().set_input(&script(n));
        let ships = &sim.room().world().ships;
        let now = ships.first_of(PlayerId(1)).map(|(_, ship)| ship.vel);
        // Neither engine nor dash changes a speed so much against its way.
        if let (Some(before), Some(now)) = (speed, now) {
            bounces +=
                u32::from((now - before).length() > 60.0 && now.dot(before) < 0.9 * before.length_squared());
        }
        speed = now;
    });
    let stats = sim.peer_mut(0).client_mut().stats().clone();
    assert!(stats.ticks_predicted > 3_000 && stats.stalls >= 10, "{stats:#?}");
    assert_eq!((stats.corrections, stats.snaps, stats.hash_mismatches), (0, 0, 0), "{stats:#?}");
    assert!(bounces > 2, "it touched rocks or walls {bounces} times");
    assert!(stats.inputs_replaced > 0, "a stall costs an input now and then");
}
