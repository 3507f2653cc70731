//! Bots are sessions without a socket.

use tickwire_protocol::game::Role;
use tickwire_server::room::AnyRoom as _;

use crate::common::*;

#[test]
fn bots_fill_a_room_and_leave_as_players_come() {
    let mut setup = setup(41, &[("rocks", "10")]);
    setup.rules.bots = 4;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 41);
    world.run(30);
    assert_eq!((world.room().stats().players, world.room().stats().bots), (4, 4));
    for number in 0..5 {
        world.add(player(&format!("p{number}")), near());
    }
    world.add(watcher("eyes"), near());
    run_checked(&mut world, 41, 60);
    assert_eq!((world.room().stats().players, world.room().stats().bots), (5, 0));
    assert_eq!(world.room().stats().watchers, 1);
    world.peer_mut(0).bye("");
    world.peer_mut(1).bye("");
    run_checked(&mut world, 41, 60);
    assert_eq!((world.room().stats().players, world.room().stats().bots), (4, 1));
}

#[test]
fn a_bot_drives_as_a_player_does() {
    let mut setup = setup(42, &[]);
    setup.rules.bots = 1;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 42);
    world.run(1);
    let (id, start) = world.room().world().ships.iter().map(|(id, ship)| (id, ship.pos)).next().unwrap();
    world.run(19);
    assert!(world.room().world().ships.get(id).unwrap().pos.distance(start) > 20.0);
    assert_eq!(world.room().stats().inputs_fresh, 20);
    assert_eq!(world.peers().filter(|peer| peer.hello.role == Role::Plays).count(), 0);
}
