//! A write of which the kernel took no byte never happened.

use tickwire_client::Output;
use tickwire_server::room::{AnyRoom as _, ConnId, Outbox, Room};
use tickwire_server::sim::Peer as _;

use crate::common::*;

#[test]
fn whatever_is_not_written_is_made_good_by_what_is() {
    let mut setup = setup(61, &[("rocks", "20"), ("beat", "4")]);
    setup.rules.bots = 5;
    let mut room = Room::<Arena>::open(setup);
    let mut probe = player("one");
    let (conn, mut out, mut compared) = (ConnId(1), Outbox::default(), 0);
    room.join(conn, probe.hello.clone(), [7; 16]);
    for tick in 1..900u64 {
        room.tick(&mut out);
        // The first writes are lost, then two of five.
        let lost = tick < 5 || tick % 5 > 2;
        for write in out.writes.iter().filter(|write| write.conn == conn) {
            if lost {
                room.unwritten(conn);
                continue;
            }
            for frame in write.frames.iter().filter(|frame| !frame.is_empty()) {
                probe.receive(tick * 16_667, &out.bytes[frame.clone()]);
            }
        }
        compared += probe.check(room.history()).expect("the room's world");
        probe.input = keys(61, 0, tick as u32);
        if probe.next_due() <= tick * 16_667 && probe.welcome().is_some() {
            probe.play_now();
        }
        while let Some(output) = probe.poll() {
            if let Output::Send(frame) = output {
                room.frame(conn, &frame);
            }
        }
    }
    assert_eq!(probe.faults(), &[] as &[String]);
    assert!(compared > 400, "{compared} worlds");
    let beats: Vec<u32> = probe.events().iter().map(|(_, tick, _)| tick.0).collect();
    assert!(beats.len() > 200 && beats.windows(2).all(|pair| pair[1] == pair[0] + 4), "{beats:?}");
}

#[test]
fn a_row_that_drive_spawned_is_named_to_its_player_once() {
    let mut world = sim(62, &[]);
    let seat = world.add(player("one"), near());
    let other = world.add(player("two"), near());
    run_checked(&mut world, 62, 120);
    let before = world.peer(seat).spawned().len();
    world.peer_mut(seat).input = Keys { x: 0, y: 0, fire: true };
    world.peer_mut(other).input = Keys::default();
    world.run(40);
    let spawned = &world.peer(seat).spawned()[before..];
    assert_eq!(spawned.len(), 1);
    let (seq, nth, entity) = spawned[0];
    assert_eq!((nth, entity.kind.0), (0, 2));
    assert!(seq <= world.peer(seat).private().seq);
    let me = world.peer(seat).player();
    assert!(world.room().world().shots.of(me).any(|(id, _)| id.slot == entity.slot));
}
