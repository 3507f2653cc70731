//! A codebook that a game ships: rooms write less from the first tick on, and one that cannot be used is left out.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tickwire_protocol::game::schema;
use tickwire_protocol::prelude::*;
use tickwire_protocol::wire::server::CODEBOOK;
use tickwire_server::check::Fault;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Probe, Sim};
use tickwire_server::train::{Lessons, train};

use crate::common::near;

const BIRDS: u32 = 16;

/// What it ships.
const NOTHING: u8 = 0;
const TRAINED: u8 = 1;
const STALE: u8 = 2;
const NOISE: u8 = 3;
const STORMY: u8 = 4;

/// Birds that fly as the wind blows.
#[derive(Serialize, Deserialize)]
struct Flock<const SHIPS: u8>;

#[derive(World, Default)]
struct Sky {
    birds: Table<Bird>,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Bird {
    #[rep(place, range = 0.0..=500.0, step = 0.5, lerp)]
    pos: Vec2,
    resting: bool,
}

impl<const SHIPS: u8> Game for Flock<SHIPS> {
    const NAME: &'static str = "flock";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Sky;
    type Input = ();
    type Request = Never;
    type Event = Never;

    fn codebook() -> &'static [u8] {
        static STALE_BOOK: OnceLock<Vec<u8>> = OnceLock::new();
        static STORMY_BOOK: OnceLock<Vec<u8>> = OnceLock::new();
        match SHIPS {
            NOTHING => &[],
            TRAINED => book(),
            STALE => STALE_BOOK.get_or_init(|| {
                let mut stale = book().to_vec();
                stale[6] ^= 1; // the first byte of the schema's hash
                stale
            }),
            STORMY => STORMY_BOOK.get_or_init(|| trained([("storm".to_owned(), String::new())].into())),
            _ => b"TWcb, and then anything else",
        }
    }
    fn open(sky: &mut Sky, host: &mut Host<Self>) -> Self {
        for _ in 0..BIRDS {
            let pos = vec2(host.rng().random_range(0.0..500.0), host.rng().random_range(0.0..500.0));
            sky.birds.spawn(Bird { pos, resting: false });
        }
        Flock
    }
    fn join(&mut self, _: &mut Sky, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }
    fn step(&mut self, sky: &mut Sky, host: &mut Host<Self>) {
        for (_, bird) in sky.birds.iter_mut() {
            bird.resting = if bird.resting { host.rng().random_bool(0.9) } else { host.rng().random_bool(0.05) };
            if !bird.resting {
                let force = if host.option("storm").is_some() { 9.0 } else { 1.0 };
                let gust =
                    force * [vec2(1.0, 0.5), vec2(1.0, -0.5), vec2(-1.0, 0.5)][host.rng().random_range(0..3usize)];
                bird.pos = (bird.pos + gust).clamp(Vec2::ZERO, Vec2::splat(500.0));
            }
        }
    }
}

fn lessons() -> Lessons {
    Lessons { seeds: 101..=104, ticks: 400, players: 2, bytes_max: 4_096, options: BTreeMap::new() }
}

fn trained(options: BTreeMap<String, String>) -> Vec<u8> {
    train::<Flock<NOTHING>>(&Lessons { options, ..lessons() }, |_| {}).expect("some pays").file
}

fn book() -> &'static [u8] {
    static BOOK: OnceLock<Vec<u8>> = OnceLock::new();
    BOOK.get_or_init(|| trained(BTreeMap::new()))
}

/// A room and three clients, who in all its first ticks hold exactly what the room has.
fn flock<const SHIPS: u8>(ticks: u32) -> Sim<Room<Flock<SHIPS>>, Probe<Flock<SHIPS>>> {
    let room = Room::<Flock<SHIPS>>::open(RoomSetup::of::<Flock<SHIPS>>("main", 7));
    let mut world = Sim::new(room, 7);
    for name in ["a", "b", "c"] {
        world.add(Probe::<Flock<SHIPS>>::new(name, Role::Plays), near());
    }
    world.keep_frames(0);
    let mut compared = 0;
    world.run_with(ticks, |world| {
        for seat in 0..3 {
            let (room, probe) = world.room_and_peer(seat);
            compared += probe.check(room.history()).expect("what the room has");
            assert_eq!(probe.faults(), &[] as &[String]);
        }
    });
    assert!(compared as u32 > ticks, "{compared} worlds were compared");
    world
}

/// Bytes of everything that they are sent.
fn bytes<const SHIPS: u8>(ticks: u32) -> u64 {
    let world = flock::<SHIPS>(ticks);
    (0..3).map(|seat| world.bytes(seat)).sum()
}

#[test]
fn a_room_with_one_writes_less_in_its_first_five_seconds_the_codebook_counted() {
    let (with, without) = (bytes::<TRAINED>(150), bytes::<NOTHING>(150));
    assert!(with * 20 < without * 19, "{with} bytes with it, {without} without");
}

#[test]
fn it_comes_with_the_welcome_and_a_room_that_plays_as_it_was_trained_keeps_it() {
    let world = flock::<TRAINED>(1_200);
    assert!(world.peer(0).welcome().unwrap().codebook.ends_with(&book()[14..]));
    assert!(!world.frames(0).iter().any(|(_, frame)| frame[0] == CODEBOOK));
}

#[test]
fn a_room_that_plays_otherwise_learns_a_better_one() {
    let world = flock::<STORMY>(1_200);
    assert!(!world.peer(0).welcome().unwrap().codebook.is_empty());
    assert!(world.frames(0).iter().any(|(_, frame)| frame[0] == CODEBOOK));
}

#[test]
fn one_of_another_schema_is_left_out_and_told_with_the_way_out() {
    assert_eq!(bytes::<STALE>(150), bytes::<NOTHING>(150));
    let Err(Fault::Codebook(told)) = tickwire_server::check::<Flock<STALE>>(1, 60) else { panic!("it passed") };
    let hash = schema::<Flock<STALE>>().hash();
    for part in ["flock", &format!("{hash:#018x}"), &format!("{:#018x}", hash ^ 1), "train"] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
    tickwire_server::check::<Flock<TRAINED>>(1, 60).unwrap();
}

#[test]
fn bytes_that_are_none_are_left_out() {
    assert_eq!(bytes::<NOISE>(150), bytes::<NOTHING>(150));
    assert!(matches!(tickwire_server::check::<Flock<NOISE>>(1, 60), Err(Fault::Codebook(_))));
}

#[test]
fn the_same_lessons_give_the_same_codebook_whatever_the_game_ships_by_then() {
    let trained = train::<Flock<TRAINED>>(&lessons(), |_| {}).unwrap();
    assert_eq!(trained.file, book());
    assert!(trained.share < 0.9, "{}", trained.share);
}
