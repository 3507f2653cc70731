//! Tables: a world made of an image, as clients do with every snapshot.

mod sea;

use sea::{ME, Regatta, Sea, Ship, image_of, sea, ships};
use tickwire_protocol::id::KindId;
use tickwire_protocol::image::Image;
use tickwire_protocol::prelude::*;

/// A world after many random changes, and its image, settled now and then.
fn weather(seed: u64) -> (Sea, Image) {
    use rand::SeedableRng as _;
    let mut rng = rand_pcg::Pcg32::seed_from_u64(seed);
    let mut sea = sea(seed, 50);
    let mut image = image_of(&mut sea);
    for _ in 0..300 {
        let ids: Vec<_> = sea.ships.ids().collect();
        let pick = ids.get(rng.random_range(0..50)).copied().unwrap_or(Id::NONE);
        match rng.random_range(0..6) {
            0 | 1 => {
                let ammo = rng.random_range(0..9);
                sea.ships.spawn_for(PlayerId(rng.random_range(0..4)), Ship { ammo, ..Ship::default() });
            }
            2 => drop(sea.ships.remove(pick)),
            3 => {
                if let Some(ship) = sea.ships.get_mut(pick) {
                    ship.pos = vec2(rng.random_range(-5.0..105.0), rng.random_range(-5.0..105.0));
                    ship.name = format!("n{}", rng.random_range(0..5));
                }
            }
            4 => sea.wind.force = rng.random_range(-9..9),
            _ => sea.settle(&mut image),
        }
    }
    sea.settle(&mut image);
    (sea, image)
}

#[test]
fn a_world_restored_from_its_image_is_the_same_world() {
    for seed in 0..20 {
        let (sea, image) = weather(seed);
        // Over another world, so that nothing of it may stay.
        let mut other = weather(seed + 100).0;
        other.restore(&image);
        assert!(sea.ships.iter().eq(other.ships.iter()), "seed {seed}");
        for player in 1..4 {
            let player = PlayerId(player);
            assert!(sea.ships.of(player).eq(other.ships.of(player)), "seed {seed}");
        }
        assert_eq!(sea.wind.force, other.wind.force);
        for (_, ship) in other.ships.iter_mut() {
            ship.ammo += 0;
        }
        other.wind.force += 0;
        assert_eq!(image_of(&mut other), image, "seed {seed}");
    }
}

#[test]
fn a_restored_world_has_no_skip_fields_and_no_stale_texts() {
    let mut sea = sea(1, 100);
    let id = sea.ships.spawn(Ship { name: "old".to_owned(), plan: vec![1], ..Ship::default() });
    let mut image = image_of(&mut sea);
    // As at a player from whom the field is hidden: there are no bytes.
    image.kinds[0].set_whole(0, id.slot, &[]);
    sea.restore(&image);
    assert_eq!(sea.ships.get(id).unwrap(), &Ship { die: 1, ..Ship::default() });
}

#[test]
fn provisional_rows_are_behind_known_slots_and_reuse_their_memory() {
    let (_, image) = weather(3);
    let known = ships(&image).capacity() as u32;
    let mut sea = Sea::default();
    for _ in 0..1_000 {
        sea.restore(&image);
        // Nor do they take the slots of known rows that are gone in the prediction.
        let gone = sea.ships.ids().next().unwrap_or(Id::NONE);
        sea.ships.remove(gone);
        for spawn in 0..10 {
            let id = sea.ships.spawn_for(ME, Ship::default());
            assert!(id.slot >= known && id.slot < 2 * known.max(16), "spawn {spawn} is {id:?}");
        }
    }
    sea.restore(&image);
    assert_eq!(sea.ships.len(), ships(&image).alive.len());
}

#[test]
fn a_single_row_is_there_before_anything_was_received() {
    let mut sea = sea(1, 100);
    sea.wind.force = 7;
    let empty = Image::new(&tickwire_protocol::game::schema::<Regatta>());
    sea.restore(&empty);
    assert_eq!(sea.wind.force, 0);
    sea.wind.force = 8;
    let image = image_of(&mut sea);
    assert_eq!(image.kind(Sea::WIND).unwrap().value(0, 0), 8);
    assert_eq!(Sea::WIND, KindId(2));
}

#[test]
fn what_was_predicted_is_rolled_back() {
    let mut sea = sea(1, 100);
    let named = |name: &str| Ship { name: name.to_owned(), die: 1, ..Ship::default() };
    let ids = ["Erebus", "Terror", "Fram"].map(|name| sea.ships.spawn(named(name)));
    let truth = image_of(&mut sea);
    for round in 0..4 {
        sea.restore(&truth);
        let mut predicted = truth.clone();
        sea.ships.get_mut(ids[0]).unwrap().name = "Beagle".to_owned();
        if round % 2 == 0 {
            sea.settle(&mut predicted);
        }
        sea.ships.remove(ids[1]);
        sea.ships.spawn_for(ME, named("Vega"));
        if round < 2 {
            sea.settle(&mut predicted);
        }
        sea.restore(&truth);
        let names: Vec<_> = ids.iter().map(|id| sea.ships.get(*id).unwrap().name.as_str()).collect();
        assert_eq!(names, ["Erebus", "Terror", "Fram"], "round {round}");
        assert_eq!(sea.ships.len(), 3);
    }
}
