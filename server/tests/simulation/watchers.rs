//! A watcher sees and asks, and never drives.

use tickwire_protocol::prelude::Tick;
use tickwire_protocol::wire::CloseCode;
use tickwire_server::room::{AnyRoom as _, Room};

use crate::common::*;

#[test]
fn a_watcher_sees_and_asks() {
    let mut world = sim(31, &[("rocks", "10")]);
    world.add(player("one"), near());
    let eyes = world.add(watcher("eyes"), near());
    world.run(60);
    world.peer_mut(eyes).request(&Ask::Say("hello".to_owned()));
    assert!(run_checked(&mut world, 31, 60) > 100);
    assert_eq!(world.room().game().asked(), ["hello"]);
    assert_eq!(world.room().world().ships.len(), 1, "a watcher has no ship");
}

#[test]
fn a_watcher_that_sends_inputs_is_closed_with_1002() {
    let mut world = sim(32, &[]);
    let mut cheat = watcher("cheat");
    cheat.plays = true;
    cheat.comes_back = false;
    world.add(cheat, near());
    world.run(60);
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::Protocol));
}

#[test]
fn a_room_may_forbid_watchers_to_ask() {
    let mut setup = setup(33, &[]);
    setup.rules.watchers_ask = false;
    let mut world = World::new(Room::open(setup), 33);
    let mut eyes = watcher("eyes");
    eyes.comes_back = false;
    let eyes = world.add(eyes, near());
    world.run(60);
    world.peer_mut(eyes).request(&Ask::Say("hello".to_owned()));
    world.run(30);
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::Protocol));
    assert!(world.room().game().asked().is_empty());
}

/// A room whose watchers see everything two seconds later, with a player, a watcher and news all the time.
fn late(seed: u64, options: &[(&str, &str)]) -> World {
    let mut setup = setup(seed, options);
    setup.rules.watch_delay_ms = 2_000;
    let mut world = World::new(Room::open(setup), seed);
    world.add(player("one"), near());
    world.add(watcher("eyes"), near());
    world
}

#[test]
fn a_watcher_without_a_delay_is_as_far_as_a_player() {
    let mut world = sim(45, &[]);
    world.add(player("one"), near());
    world.add(watcher("eyes"), near());
    run_checked(&mut world, 45, 200);
    let (room, eyes) = (world.room().newest(), world.peer(1).tick());
    assert!(room.since(eyes) < 12 && world.room().watched().newest().unwrap().tick == room);
}

#[test]
fn a_delayed_watcher_sees_the_very_world_of_two_seconds_ago() {
    for (seed, options) in [(41, &[("rocks", "20")][..]), (42, &[("rocks", "20"), ("view", "300")])] {
        let mut world = late(seed, options);
        let mut compared = 0;
        world.run_with(600, |world| {
            let tick = world.room().newest();
            world.peer_mut(0).input = keys(seed, 0, tick.0);
            let (room, eyes) = world.room_and_peer(1);
            compared += eyes.check(room.watched()).unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
            assert_eq!(eyes.faults(), &[] as &[String], "seed {seed}");
            assert!(eyes.tick() == Tick::NONE || tick.since(eyes.tick()) >= 120, "{} at {tick}", eyes.tick());
        });
        assert!(compared > 400, "seed {seed}: {compared} worlds were compared");
        let behind = world.room().newest().since(world.peer(1).tick());
        assert!((120..140).contains(&behind), "{behind} ticks behind");
        assert!(world.closes().is_empty());
    }
}

#[test]
fn a_delayed_watcher_is_told_what_happened_when_it_sees_it() {
    let mut world = late(43, &[("beat", "30")]);
    world.run_with(600, |world| {
        let tick = world.room().newest();
        let told = world.peer(1).events().last().map(|(_, told, _)| *told);
        assert!(told.is_none_or(|told| tick.since(told) >= 120), "{told:?} at {tick}");
    });
    let ticks: Vec<u32> = world.peer(1).events().iter().map(|(_, tick, _)| tick.0).collect();
    assert!(ticks.len() >= 14 && ticks.windows(2).all(|pair| pair[1] == pair[0] + 30), "{ticks:?}");
    let players: Vec<u32> = world.peer(0).events().iter().map(|(_, tick, _)| tick.0).collect();
    assert!(world.room().newest().since(Tick(*players.last().unwrap())) < 45, "players are told at once");
}

#[test]
fn a_delayed_watcher_comes_back_and_asks_at_once() {
    let mut world = late(44, &[]);
    world.run(300);
    world.cut(1);
    world.run(120);
    world.peer_mut(1).request(&Ask::Say("hello".to_owned()));
    world.run(30);
    assert_eq!(world.room().game().asked(), ["hello"]);
    assert!(world.peer(1).is_in() && world.peer(1).faults().is_empty());
}
