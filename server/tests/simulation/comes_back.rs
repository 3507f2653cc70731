//! A lost connection is not the end of a stay.

use tickwire_protocol::id::PlayerId;
use tickwire_protocol::wire::CloseCode;

use crate::common::*;

#[test]
fn whoever_comes_back_has_its_ship_and_every_event() {
    for seed in 0..3 {
        let mut world = sim(seed, &[("rocks", "20"), ("beat", "5")]);
        let seat = world.add(player("back"), near());
        world.add(player("other"), near());
        run_checked(&mut world, seed, 60);
        let me = world.peer(seat).player();
        for n in 0..6 {
            if n % 2 == 0 {
                world.cut(seat)
            } else {
                world.vanish(seat)
            }
            run_checked(&mut world, seed, 100 + 7 * n);
            assert_eq!(world.peer(seat).player(), me, "seed {seed}, time {n}");
        }
        run_checked(&mut world, seed, 60);
        assert!(world.connections(seat) >= 7);
        assert!(world.room().world().ships.first_of(me).is_some());
        assert!(world.room().world().ships.len() == 2, "no ship is left over");
        let beats: Vec<u32> = world.peer(seat).events().iter().map(|(_, tick, _)| tick.0).collect();
        assert!(beats.len() > 100, "seed {seed}: {} events", beats.len());
        assert!(beats.windows(2).all(|pair| pair[1] == pair[0] + 5), "seed {seed}: none is lost or repeated");
    }
}

#[test]
fn inputs_go_on_where_the_room_is() {
    let mut world = sim(4, &[]);
    let seat = world.add(player("back"), near());
    run_checked(&mut world, 4, 120);
    world.cut(seat);
    run_checked(&mut world, 4, 120);
    let before = world.room().world().ships.first_of(world.peer(seat).player()).unwrap().1.pos;
    world.run_with(60, |world| world.peer_mut(0).input = Keys { x: 0, y: 1, fire: false });
    let after = world.room().world().ships.first_of(world.peer(seat).player()).unwrap().1.pos;
    assert!(after.y > before.y + 60.0, "{before} to {after}");
}

#[test]
fn the_newest_socket_wins() {
    let mut world = sim(9, &[]);
    let old = world.add(player("one"), near());
    run_checked(&mut world, 9, 60);
    let welcome = world.peer(old).welcome().unwrap().clone();
    let mut again = player("one");
    again.hello.resume = Some(tickwire_protocol::wire::Resume {
        token: welcome.token,
        tick: tickwire_protocol::id::Tick(1),
        event: 0,
        seq: tickwire_protocol::id::InputSeq(1),
    });
    let new = world.add(again, near());
    run_checked(&mut world, 9, 60);
    assert_eq!(world.peer(new).player(), welcome.player);
    assert!(world.peer(new).welcome().unwrap().resumed);
    assert_ne!(world.peer(new).welcome().unwrap().token, welcome.token, "a token is good for one time");
    assert_eq!(world.peer(old).closed().first().unwrap().0, CloseCode::TakenOver.code());
    assert_eq!(world.connections(old), 1, "who was taken over does not come back by itself");
    assert_eq!(world.room().world().ships.len(), 1);
}

#[test]
fn an_old_token_or_another_s_opens_a_new_session() {
    let mut world = sim(9, &[]);
    let first = world.add(player("one"), near());
    run_checked(&mut world, 9, 60);
    let stale = world.peer(first).welcome().unwrap().token;
    world.cut(first);
    run_checked(&mut world, 9, 60);
    let mut thief = player("thief");
    thief.hello.resume = Some(tickwire_protocol::wire::Resume {
        token: stale,
        tick: tickwire_protocol::id::Tick(1),
        event: 0,
        seq: tickwire_protocol::id::InputSeq(1),
    });
    let thief = world.add(thief, near());
    run_checked(&mut world, 9, 60);
    assert_ne!(world.peer(thief).player(), world.peer(first).player());
    assert!(!world.peer(thief).welcome().unwrap().resumed);
}

#[test]
fn rows_stay_for_the_grace_time_and_no_longer() {
    let mut setup = setup(2, &[]);
    setup.rules.grace_ms = 2_000;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 2);
    let seat = world.add(player("gone"), near());
    world.peer_mut(seat).comes_back = false;
    run_checked(&mut world, 2, 60);
    world.cut(seat);
    run_checked(&mut world, 2, 119);
    assert_eq!(world.room().world().ships.len(), 1);
    run_checked(&mut world, 2, 2);
    assert_eq!(world.room().world().ships.len(), 0);
}

#[test]
fn whoever_says_goodbye_leaves_at_once() {
    let mut world = sim(2, &[]);
    let seat = world.add(player("gone"), near());
    run_checked(&mut world, 2, 60);
    assert_ne!(world.peer(seat).player(), PlayerId::NOBODY);
    world.peer_mut(seat).bye("");
    run_checked(&mut world, 2, 20);
    assert_eq!(world.room().world().ships.len(), 0);
    assert_eq!(world.closes()[0].code, CloseCode::Bye);
}

#[test]
fn a_hidden_tab_gets_nothing_and_may_be_silent_and_begins_again() {
    let mut world = sim(6, &[("rocks", "20"), ("beat", "100")]);
    let seat = world.add(player("tab"), near());
    run_checked(&mut world, 6, 120);
    world.peer_mut(seat).plays = false;
    world.peer_mut(seat).send(vec![0x04]);
    run_checked(&mut world, 6, 60);
    let (_, before) = world.peer(seat).frames();
    run_checked(&mut world, 6, 60 * 20);
    let (_, after) = world.peer(seat).frames();
    assert_eq!(before, after, "no snapshots");
    assert_eq!(world.peer(seat).events().len(), 13, "but events");
    world.peer_mut(seat).send(vec![0x05]);
    run_checked(&mut world, 6, 60);
    assert!(world.peer(seat).frames().1 > after + 30);
    assert!(world.closes().is_empty(), "{:?}", world.closes());
}
