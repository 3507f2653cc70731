//! A run is a function of what the room was told.

use std::sync::atomic::{AtomicU32, Ordering};

use tickwire_protocol::game::Role;
use tickwire_protocol::prelude::*;
use tickwire_server::check::Fault;
use tickwire_server::room::{AnyRoom as _, ConnId, Outbox, Recorder, Recording, ReplayError, Room, Told};
use tickwire_server::sim::{Probe, Sim};

use crate::common::*;

/// A run with everything that happens in a room, the hash of every tick, and the bytes of every tick.
fn record(seed: u64) -> (Recording, Vec<(u64, usize)>) {
    let mut setup = setup(seed, &[("rocks", "30"), ("beat", "7"), ("view", "300")]);
    setup.rules.bots = 6;
    let room = Recorder::<Room<Arena>>::open(setup, 1 << 24);
    let mut world: Sim<_, Probe<Arena>> = Sim::new(room, seed);
    for number in 0..4 {
        let link = near().with_stalls(400, 2_000 + 500 * number);
        let role = if number == 3 { Role::Watches } else { Role::Plays };
        world.add(Probe::new(&format!("p{number}"), role), link);
    }
    let mut ticks = Vec::new();
    world.run_with(900, |world| {
        ticks.push((world.room().hash(), world.outbox().bytes.len()));
        let tick = world.room().newest().0;
        for seat in 0..4 {
            world.peer_mut(seat).input = keys(seed, seat, tick);
        }
        match tick {
            200 => world.cut(0),
            300 => world.peer_mut(3).request(&Ask::Say("hello".to_owned())),
            400 => world.stop_reading(1),
            500 => world.peer_mut(2).bye(""),
            600 => world.room_mut().answer(&[0]),
            _ => {}
        }
    });
    (world.room().recording().clone(), ticks)
}

#[test]
fn the_same_recorded_run_twice_gives_the_same_hash_on_every_tick() {
    for seed in 0..3 {
        let (recording, expected) = record(seed);
        let recording = Recording::from_bytes(&recording.to_bytes()).unwrap();
        for _ in 0..2 {
            let mut ticks = Vec::new();
            let play = |room: &Room<Arena>, out: &Outbox| {
                ticks.push((room.hash(), out.bytes.len()));
            };
            recording.replay(play).unwrap();
            assert_eq!(ticks.len(), expected.len());
            let differs = (1..).zip(ticks.iter().zip(&expected)).find(|(_, (a, b))| a != b);
            assert_eq!(differs, None, "seed {seed}: the first tick that differs");
        }
    }
}

#[test]
fn what_is_told_between_the_halves_of_a_tick_waits_for_its_end_as_in_a_replay() {
    let mut room = Recorder::<Room<Arena>>::open(setup(7, &[]), 1 << 16);
    let (conn, mut out) = (ConnId(1), Outbox::default());
    room.join(conn, player("one").hello, [7; 16]);
    room.tick(&mut out);
    room.begin_tick(&mut out);
    room.lost(conn);
    assert!(room.room().memory_for(conn).is_some(), "told before the end");
    room.end_tick(&mut out);
    assert!(room.room().memory_for(conn).is_none(), "never told");
    assert!(room.recording().calls.contains(&(room.newest(), Told::Lost(conn))), "not recorded");
}

#[test]
fn another_seed_is_another_run() {
    assert_ne!(record(1).1, record(2).1);
}

#[test]
fn bytes_that_are_no_recording_are_refused() {
    let bytes = record(1).0.to_bytes();
    assert!(matches!(Recording::from_bytes(&bytes[..bytes.len() - 1]), Err(ReplayError::Bytes(_))));
    assert!(matches!(Recording::from_bytes(&[9; 40]), Err(ReplayError::Bytes(_) | ReplayError::Version(_))));
}

#[test]
fn a_game_that_keeps_the_rules_passes_the_check() {
    tickwire_server::check::<Arena>(5, 300).unwrap();
}

#[cfg(feature = "demo")]
#[test]
fn the_demo_game_passes_the_check() {
    tickwire_server::check::<tickwire_dogfight::Dogfight>(1, 600).unwrap();
}

/// Breaks a rule, as `RULE` says.
#[derive(Serialize, Deserialize)]
struct Cheat<const RULE: u8>;

#[derive(World, Default)]
struct Balls {
    balls: Table<Ball>,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ball {
    #[rep(range = 0.0..=1000.0, step = 0.5)]
    x: f32,
    hits: u32,
}

static CALLS: AtomicU32 = AtomicU32::new(0);

impl<const RULE: u8> Game for Cheat<RULE> {
    const NAME: &'static str = "cheat";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Balls;
    type Input = ();
    type Request = Never;
    type Event = Never;

    fn open(_: &mut Balls, _: &mut Host<Self>) -> Self {
        Cheat
    }
    fn join(&mut self, world: &mut Balls, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        world.balls.spawn_for(player.id, Ball { x: 500.0, hits: 0 });
        Ok(())
    }
    fn advance(world: &mut Balls, _: Tick) {
        for (_, ball) in world.balls.iter_mut() {
            ball.x += if RULE == 1 { CALLS.fetch_add(1, Ordering::Relaxed) as f32 % 7.0 } else { 1.0 };
        }
    }
    fn step(&mut self, world: &mut Balls, _: &mut Host<Self>) {
        if RULE == 2 {
            for (_, ball) in world.balls.iter_mut() {
                ball.hits = CALLS.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn differs<G: Game>() -> tickwire_server::check::Difference {
    match tickwire_server::check::<G>(1, 60) {
        Err(Fault::Differs(found)) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_game_that_depends_on_something_else_is_told_where() {
    let found = differs::<Cheat<1>>();
    assert_eq!((&*found.kind, &*found.field), ("balls", "x"), "{found}");
    let found = differs::<Cheat<2>>();
    assert_eq!((&*found.kind, &*found.field, found.tick), ("balls", "hits", Tick(1)), "{found}");
    tickwire_server::check::<Cheat<0>>(1, 60).unwrap();
}
