//! The scenes move as they are described.

use tickwire_benches::scenes::{Scene, Stick, Visit, W1, W3, options, visit};
use tickwire_protocol::game::{drive_and_advance, schema};
use tickwire_protocol::image::Image;
use tickwire_protocol::prelude::*;
use tickwire_protocol::world::World;

const ENTITIES: u32 = 40;

/// A room of a scene without a server: its image after every tick.
fn play<G: Game<Input = Stick>>(players: u32, ticks: u32) -> Vec<Image> {
    let mut host = Host::<G>::new(12_345, "test".to_owned(), options(ENTITIES));
    let mut world = G::World::default();
    let mut game = G::open(&mut world, &mut host);
    let mut image = Image::new(&schema::<G>());
    (1..=ticks)
        .map(|tick| {
            host.begin(Tick(tick));
            let inputs: Vec<(PlayerId, Stick)> =
                (0..players).map(|seat| (PlayerId(seat + 1), Stick::of(seat, tick))).collect();
            let inputs = inputs.iter().map(|(player, input)| (*player, input));
            drive_and_advance::<G>(&mut world, inputs, Tick(tick), |_, _| {});
            game.step(&mut world, &mut host);
            world.settle(&mut image);
            image.tick = Tick(tick);
            image.clone()
        })
        .collect()
}

/// The integers of a component, by row.
fn column(image: &Image, component: usize) -> Vec<i32> {
    let rows = &image.kinds[0];
    rows.alive.iter().map(|slot| rows.value(component, slot)).collect()
}

const X: usize = 0;
const VX: usize = 2;
const VY: usize = 3;
const ROT: usize = 4;
const HP: usize = 5;
const SCORE: usize = 7;

/// The component of a velocity of zero.
const STILL: i32 = 12_000;

#[test]
fn a_tick_at_any_velocity_is_a_whole_number_of_position_steps() {
    let images = play::<W1>(5, 60);
    let mut as_told = 0;
    for pair in images.windows(2) {
        let (before, after, vel) = (column(&pair[0], X), column(&pair[1], X), column(&pair[1], VX));
        for ((before, after), vel) in before.into_iter().zip(after).zip(vel) {
            as_told += u32::from(after - before == vel - STILL);
        }
    }
    // All but those that bounce in this tick.
    assert!(as_told > 59 * ENTITIES * 99 / 100, "{as_told} of {} moved as their velocity says", 59 * ENTITIES);
}

#[test]
fn a_speed_never_changes() {
    let images = play::<W1>(5, 60);
    let speed = |image: &Image| -> Vec<f64> {
        let pairs = column(image, VX).into_iter().zip(column(image, VY));
        pairs.map(|(x, y)| f64::from(x - STILL).hypot(f64::from(y - STILL)) / 100.0).collect()
    };
    for (first, last) in speed(&images[0]).into_iter().zip(speed(&images[59])) {
        assert!((first - last).abs() < 0.02 && (29.9..120.1).contains(&first), "from {first} to {last}");
    }
}

#[test]
fn a_player_steers_the_row_of_its_seat() {
    let images = play::<W1>(ENTITIES, 30);
    let rot = column(images.last().unwrap(), ROT);
    let pointing = (0..ENTITIES).filter(|&seat| {
        let stick = Stick::of(seat, 30);
        let wanted = f64::from(stick.dy).atan2(f64::from(stick.dx)) * 256.0 / std::f64::consts::TAU;
        let off = (f64::from(rot[seat as usize]) - wanted).rem_euclid(256.0);
        off.min(256.0 - off) <= 1.0
    });
    // All but those that bounce in this tick.
    assert!(pointing.count() >= ENTITIES as usize - 2);
}

#[test]
fn in_w3_a_row_moves_in_one_second_of_twenty_and_keeps_still_otherwise() {
    let images = play::<W3>(5, 90);
    for pair in images.windows(2) {
        let second = pair[1].tick.0 / 30;
        for i in 0..ENTITIES {
            let at = i as usize;
            let same = |component: usize| column(&pair[0], component)[at] == column(&pair[1], component)[at];
            let stands = column(&pair[1], VX)[at] == STILL && column(&pair[1], VY)[at] == STILL;
            let rests = (i + second) % 20 != 0;
            assert_eq!(stands, rests, "row {i} in second {second}");
            assert!(!rests || [X, ROT, HP, SCORE].into_iter().all(same), "row {i} changed in second {second}");
        }
    }
}

#[test]
fn an_unknown_scene_is_refused_with_the_names_there_are() {
    struct Name;
    impl Visit for Name {
        type Out = &'static str;
        fn visit<G: Scene>(self) -> &'static str {
            G::NAME
        }
    }
    for name in ["w1", "w1-polar", "w2", "w3"] {
        assert_eq!(visit(name, Name).unwrap(), name);
    }
    assert!(visit("w9", Name).unwrap_err().to_string().contains("w1-polar"));
}
