//! What a player may not see is not in its frames, in no form.

use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::Vec2;

use crate::common::*;
use tickwire_server::room::AnyRoom as _;

/// The frames of a player in the middle of a room in whose corner things happen as `hidden` says.
fn frames_of_the_middle(seed: u64, hidden: &str, ticks: u32) -> Vec<(u32, Vec<u8>)> {
    let mut setup = setup(seed, &[("rocks", "60"), ("view", "150"), ("hidden", hidden)]);
    // What a codebook is learned from is seen by others.
    setup.learns = false;
    let mut world = World::new(tickwire_server::room::Room::open(setup), seed);
    let middle = world.add(player("middle"), near());
    let mut corner = player("corner");
    corner.hello.options.insert("at".to_owned(), "corner".to_owned());
    corner.plays = false;
    world.add(corner, near());
    world.keep_frames(middle);
    world.run_with(ticks, |world| {
        let tick = world.room().newest().0;
        world.peer_mut(0).input = keys(seed, 0, tick / 4);
        let (room, probe) = world.room_and_peer(0);
        probe.check(room.history()).expect("the room's world");
    });
    assert_eq!(world.peer(middle).faults(), &[] as &[String]);
    // The welcome tells the room's options, which differ.
    let after_the_welcome = world.frames(middle).iter().skip(1);
    after_the_welcome.map(|(tick, frame)| (tick.0, frame.clone())).collect()
}

#[test]
fn two_rooms_that_differ_only_where_one_cannot_look_write_it_the_same_bytes() {
    for seed in 0..3 {
        let quiet = frames_of_the_middle(seed, "0", 900);
        for hidden in ["1", "2", "5"] {
            let other = frames_of_the_middle(seed, hidden, 900);
            let differs = quiet.iter().zip(&other).find(|(a, b)| a != b).map(|(a, _)| a.0);
            assert_eq!(differs, None, "seed {seed}, hidden {hidden}: the first tick whose frames differ");
            assert_eq!(quiet.len(), other.len());
        }
    }
}

/// A tick, where the ship was, and where each rock was.
type Last = (u32, Vec2, Vec<(u32, Vec2)>);

#[test]
fn rows_come_at_the_radius_and_go_at_a_tenth_more() {
    let mut world = sim(3, &[("rocks", "200"), ("view", "150")]);
    world.add(player("eye"), Conditions::default());
    let (mut came, mut stayed, mut went) = (0, 0, 0);
    let mut before: Vec<u32> = Vec::new();
    let mut last: Option<Last> = None;
    world.run_with(900, |world| {
        let tick = world.room().newest().0;
        world.peer_mut(0).input = keys(3, 0, tick / 4);
        let (room, probe) = world.room_and_peer(0);
        let Some((_, ship)) = room.world().ships.first_of(probe.player()) else { return };
        let rocks = room.world().rocks.iter().map(|(id, rock)| (id.slot, rock.pos)).collect();
        let Some((then, ship, rocks)) = last.replace((tick, ship.pos, rocks)) else { return };
        let Some(image) = probe.world().filter(|image| image.tick.0 == then) else { return };
        let held: Vec<u32> = image.kinds[1].alive.iter().collect();
        for (slot, pos) in rocks {
            let distance = pos.distance(ship);
            let (was, is) = (before.contains(&slot), held.contains(&slot));
            assert!(is || distance > 150.0, "tick {tick}: a rock at {distance} is missing");
            assert!(!is || distance <= 165.01, "tick {tick}: a rock at {distance} is sent");
            assert!(!is || was || distance <= 150.01 || before.is_empty(), "tick {tick}: came at {distance}");
            let gone_early = was && !is && distance < 164.99;
            assert!(!gone_early, "tick {tick}: a rock at {distance} is gone");
            came += u32::from(is && !was);
            stayed += u32::from(is && distance > 155.0);
            went += u32::from(was && !is);
        }
        before = held;
    });
    assert!(came > 10 && went > 10, "{came} came, {went} went");
    assert!(stayed > 10, "{stayed} are held between the radius and a tenth more");
}

#[test]
fn owner_rows_and_fields_reach_their_owner_alone() {
    let mut world = sim(5, &[]);
    let (one, two) = (world.add(player("one"), near()), world.add(player("two"), near()));
    assert!(run_checked(&mut world, 5, 300) > 200);
    for (me, other) in [(one, two), (two, one)] {
        let image = world.peer(me).world().unwrap();
        let orders = &image.kinds[3];
        assert_eq!(orders.alive.len(), 1);
        let slot = orders.alive.iter().next().unwrap();
        assert_eq!(orders.owner[slot as usize], world.peer(me).player());
        let ships = &image.kinds[0];
        let theirs =
            ships.alive.iter().find(|&slot| ships.owner[slot as usize] == world.peer(other).player()).unwrap();
        let ammo = 5;
        assert_eq!(ships.value(ammo, theirs), 0, "another's ammo holds its default");
    }
}
