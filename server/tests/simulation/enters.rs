//! A world that is too large for one frame comes in parts, what matters most first.

use tickwire_protocol::limits::BULK_BYTES_PER_TICK;
use tickwire_protocol::link::Conditions;

use crate::common::*;
use tickwire_server::room::AnyRoom as _;

#[test]
fn a_late_joiner_has_the_whole_world_soon_and_no_frame_is_too_long() {
    let mut world = sim(51, &[("rocks", "5000")]);
    world.add(player("early"), near());
    run_checked(&mut world, 51, 300);
    let late = world.add(player("late"), near());
    world.keep_frames(late);
    let mut whole = None;
    for _ in 0..180 {
        run_checked(&mut world, 51, 1);
        let held = world.peer(late).world().map_or(0, |image| image.kinds[1].alive.len());
        if held == 5_000 && whole.is_none() {
            whole = Some(world.room().newest().0);
        }
    }
    assert!(whole.is_some_and(|tick| tick < 300 + 90), "{whole:?}");
    let longest = world.frames(late).iter().map(|(_, frame)| frame.len()).max().unwrap();
    // The enters of one tick, and what changes in the rows that are held already.
    assert!(longest < 2 * BULK_BYTES_PER_TICK, "{longest}");
}

#[test]
fn single_rows_and_own_rows_come_before_all_others() {
    let mut world = sim(52, &[("rocks", "20000")]);
    let seat = world.add(player("late"), Conditions::default());
    let mut first = None;
    world.run_with(10, |world| {
        if first.is_none() && world.peer(seat).world().is_some() {
            first = world.peer(seat).world().cloned();
        }
    });
    let first = first.unwrap();
    assert_eq!((first.kinds[0].alive.len(), first.kinds[4].alive.len()), (1, 1), "the own ship and the score");
    let ship = world.room().world().ships.iter().next().unwrap().1.pos;
    let held = &first.kinds[1].alive;
    // Before it is known what a link lets through, a frame is shorter than it may be.
    assert!(held.len() > 300 && held.len() < 20_000, "{} rocks", held.len());
    let distances = |wanted: bool| {
        let rocks = world.room().world().rocks.iter().filter(move |(id, _)| held.contains(id.slot) == wanted);
        rocks.map(|(_, rock)| rock.pos.distance(ship))
    };
    let (farthest, nearest) = (distances(true).fold(0.0, f32::max), distances(false).fold(f32::MAX, f32::min));
    // They have moved for some ticks since.
    assert!(farthest < nearest + 40.0, "{farthest} is sent, {nearest} is not");
}
