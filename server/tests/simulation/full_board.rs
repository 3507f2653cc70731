//! A whiteboard that is full: who joins has all of it soon, and the others do not notice.

#[path = "../../examples/board.rs"]
#[allow(unreachable_pub, dead_code, reason = "a program, included here as it is")]
mod board;

use tickwire_protocol::id::{KindId, Tick};
use tickwire_protocol::link::{Conditions, Preset};
use tickwire_protocol::prelude::*;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Probe, Sim};

use self::board::{Ask, Whiteboard};

const STROKES: usize = 5_000;
const OTHERS: usize = 4;
/// Ticks a second.
const SECOND: u32 = 20;
/// When somebody joins, in ticks.
const JOINS: u32 = 8 * SECOND;

/// What it looked like.
struct Seen {
    /// Ticks until the joiner held every stroke.
    whole_after: Option<u32>,
    /// For each of the others, the ticks between one snapshot that it held and the next.
    gaps: Vec<Vec<u32>>,
    /// Their frames, with the ticks in which they were written.
    frames: Vec<(Tick, usize)>,
}

/// Some draw, and after some seconds somebody `joins` over a link.
fn play(link: Conditions, joins: bool) -> Seen {
    let mut setup = RoomSetup::of::<Whiteboard>("wall", 5);
    setup.options = [("strokes".to_owned(), STROKES.to_string())].into();
    let mut sim = Sim::new(Room::<Whiteboard>::open(setup), 5);
    for other in 0..OTHERS {
        sim.add(Probe::<Whiteboard>::new(&format!("other {other}"), Role::Plays), Conditions::round_trip(60, 20));
    }
    sim.keep_frames(0);
    let mut seen = Seen { whole_after: None, gaps: vec![Vec::new(); OTHERS], frames: Vec::new() };
    let mut newest = [Tick::NONE; OTHERS];
    for tick in 0..16 * SECOND {
        // Somebody draws in each tick: there is a snapshot in each.
        let ask = Ask::Draw { colour: tick, points: vec![(tick as u16, 1), (2, 3), (4, 5)] };
        sim.peer_mut(tick as usize % OTHERS).request(&ask);
        if joins && tick == JOINS {
            sim.add(Probe::<Whiteboard>::new("late", Role::Plays), link);
        }
        sim.run(1);
        for (other, (newest, gaps)) in newest.iter_mut().zip(&mut seen.gaps).enumerate() {
            let held = sim.peer(other).tick();
            if tick > 6 * SECOND && held > *newest {
                gaps.push(held.since(*newest));
            }
            *newest = held;
        }
        let strokes = |world: &tickwire_protocol::image::Image| world.kinds[usize::from(KindId(0).0)].alive.len();
        let late = sim.peers().nth(OTHERS).and_then(Probe::world).map_or(0, strokes);
        if late > 0 && late >= STROKES + tick as usize - 30 && seen.whole_after.is_none() {
            seen.whole_after = Some(tick - JOINS);
        }
    }
    assert_eq!(sim.closes(), &[]);
    assert!(sim.peers().all(|probe| probe.faults().is_empty()));
    seen.frames = sim.frames(0).iter().map(|(tick, frame)| (*tick, frame.len())).collect();
    seen
}

/// The 99th of a hundred.
fn p99(gaps: &[Vec<u32>]) -> u32 {
    let mut all: Vec<u32> = gaps.iter().flatten().copied().collect();
    all.sort_unstable();
    all[all.len() * 99 / 100]
}

#[test]
fn a_full_board_is_whole_at_a_joiner_within_three_seconds_and_the_others_go_on_as_before() {
    let calm = play(Conditions::default(), false);
    assert_eq!(calm.gaps.iter().map(Vec::len).min(), calm.gaps.iter().map(Vec::len).max());
    for preset in [Preset::Lan, Preset::Wifi, Preset::Mobile, Preset::Transatlantic, Preset::Train] {
        let storm = play(preset.conditions(), true);
        println!("{}: whole after {:?} ticks", preset.name(), storm.whole_after);
        assert!(storm.whole_after.is_some_and(|ticks| ticks < 3 * SECOND), "{}", preset.name());
        assert_eq!(p99(&storm.gaps), p99(&calm.gaps), "{}: ticks between snapshots", preset.name());
        // To the byte the same, until the joiner's name is told, and in the same ticks all along.
        let ticks = |seen: &Seen| seen.frames.iter().map(|(tick, _)| *tick).collect::<Vec<_>>();
        assert!(ticks(&storm) == ticks(&calm), "{}: the others' frames", preset.name());
    }
}
