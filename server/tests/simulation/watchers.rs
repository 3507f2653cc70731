//! A watcher sees and asks, and never drives.

use tickwire_protocol::wire::CloseCode;

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
    let mut world = World::new(tickwire_server::room::Room::open(setup), 33);
    let mut eyes = watcher("eyes");
    eyes.comes_back = false;
    let eyes = world.add(eyes, near());
    world.run(60);
    world.peer_mut(eyes).request(&Ask::Say("hello".to_owned()));
    world.run(30);
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::Protocol));
    assert!(world.room().game().asked().is_empty());
}
