use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg32;
use tickwire_protocol::game;
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::prelude::*;

use super::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Flat {
    hp: u8,
    #[rep(place, range = 0.0..=1000.0, step = 0.01)]
    pos: Vec2,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Deep {
    #[rep(place, exact)]
    pos: Vec3,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Nowhere {
    hp: u8,
}

#[derive(World, Default)]
struct Space {
    flat: Table<Flat>,
    nowhere: Table<Nowhere>,
    deep: Table<Deep>,
}

#[derive(Serialize, Deserialize)]
struct Any;

impl Game for Any {
    const NAME: &'static str = "any";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Space;
    type Input = ();
    type Request = Never;
    type Event = Never;
    fn open(_: &mut Space, _: &mut Host<Self>) -> Self {
        Any
    }
    fn join(&mut self, _: &mut Space, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }
}

const FLAT: usize = 0;
const DEEP: usize = 2;

fn around(grid: &Grid, centre: Vec3, radius: f32) -> Vec<EntityId> {
    let mut found = Vec::new();
    grid.near(centre, [radius; 2], |rows| {
        let [x, y, z] = rows.at;
        for (bit, at) in rows.bits.iter().zip((0..).map(|row| vec3(x[row], y[row], z[row]))) {
            if rows.inside || at.distance_squared(centre) <= radius * radius {
                found.push(id_of(grid, *bit));
            }
        }
        let parts = rows.parts().map(|([x, ..], bits)| (x[0], bits.len()));
        let wanted = rows.bits.chunks(TOGETHER).zip(x.iter().step_by(TOGETHER)).map(|(bits, x)| (*x, bits.len()));
        assert!(parts.map(|(x, rows)| (x.to_bits(), rows)).eq(wanted.map(|(x, rows)| (x.to_bits(), rows))));
    });
    found.sort_unstable();
    found
}

fn id_of(grid: &Grid, bit: u32) -> EntityId {
    let at = bit as usize / 64;
    let kind = grid.words().iter().position(|words| words.contains(&at)).expect("a kind has the bit");
    EntityId { kind: KindId(kind as u8), slot: bit - 64 * grid.words()[kind].start as u32 }
}

/// Without any grid.
fn looked_for(grid: &Grid, image: &Image, centre: Vec3, radius: f32) -> Vec<EntityId> {
    let is_near =
        |id: &EntityId| grid.position(image, *id).is_some_and(|at| at.distance_squared(centre) <= radius * radius);
    image.entities().filter(is_near).collect()
}

/// A place somewhere; now and then far outside, or nowhere.
fn put(rng: &mut Pcg32, image: &mut Image, id: (usize, u32), about: [f32; 2], spread: f32) {
    let mut at = |axis: usize| about[axis] + rng.random_range(-spread..=spread);
    let mut at = [at(0), at(1), at(0)];
    if rng.random_bool(0.01) {
        at[1] = [f32::NAN, f32::INFINITY, -1e30, 7e5][rng.random_range(0..4)];
    }
    let (kind, slot) = id;
    let rows = &mut image.kinds[kind];
    match kind {
        FLAT => (0..2).for_each(|axis| rows.set_value(1 + axis, slot, (at[axis] * 100.0) as i32)),
        _ => (0..3).for_each(|axis| rows.set_value(axis, slot, at[axis].to_bits() as i32)),
    }
}

/// One step of a world: rows come, go and move, and slots are used again.
fn stir(rng: &mut Pcg32, image: &mut Image, (kind, slots): (usize, u32), world: ([f32; 2], f32)) {
    for slot in 0..slots {
        let there = image.kinds[kind].alive.contains(slot);
        let again = rng.random_bool(0.02);
        if there && (again || rng.random_bool(0.02)) {
            image.kinds[kind].remove(slot);
        }
        if again || (!there && rng.random_bool(0.05)) {
            image.kinds[kind].insert(slot, PlayerId::NOBODY, rng.random_range(0..9));
            put(rng, image, (kind, slot), world.0, world.1);
        } else if there && rng.random_bool(0.4) {
            let step = if rng.random_bool(0.8) { world.1 / 50.0 } else { world.1 };
            put(rng, image, (kind, slot), world.0, step);
        }
    }
}

#[test]
fn rows_are_found_in_a_used_grid_as_if_it_were_made_anew() {
    for seed in 0..60 {
        let mut rng = Pcg32::seed_from_u64(seed);
        let schema = game::schema::<Any>();
        let mut grid = Grid::new(&schema);
        let mut image = Image::new(&schema);
        let slots = rng.random_range(1..400);
        let mut found = 0;
        for tick in 0..60u32 {
            // The world is elsewhere, and larger or smaller, after some time.
            let spread = [30.0, 400.0, 3.0][(tick / 20 + seed as u32) as usize % 3];
            let about = [500.0 + (tick / 20 * 7) as f32, 480.0];
            for kind in [FLAT, DEEP] {
                stir(&mut rng, &mut image, (kind, slots), (about, spread));
            }
            if rng.random_bool(0.2) {
                // Nobody looked in this tick.
                continue;
            }
            grid.update(&image);
            let mut fresh = Grid::new(&schema);
            fresh.update(&image);
            for _ in 0..4 {
                let at = |rng: &mut Pcg32| rng.random_range(-1.2..=1.2f32) * spread;
                let centre = vec3(about[0] + at(&mut rng), about[1] + at(&mut rng), about[0]);
                let radius = rng.random_range(0.0..1.5f32) * spread;
                let near = around(&grid, centre, radius);
                assert_eq!(near, around(&fresh, centre, radius), "seed {seed}, tick {tick}");
                assert_eq!(near, looked_for(&grid, &image, centre, radius), "seed {seed}, tick {tick}");
                found += near.len();
            }
        }
        assert!(found > 0 || slots < 20, "seed {seed}: nothing was ever near");
    }
}

#[test]
fn few_rows_are_looked_at_beside_those_that_are_near() {
    let mut rng = Pcg32::seed_from_u64(1);
    let schema = game::schema::<Any>();
    let (mut grid, mut image) = (Grid::new(&schema), Image::new(&schema));
    for slot in 0..5_000 {
        image.kinds[FLAT].insert(slot, PlayerId::NOBODY, 1);
        for axis in 1..3 {
            image.kinds[FLAT].set_value(axis, slot, rng.random_range(0..=100_000));
        }
    }
    grid.update(&image);
    let (centre, mut looked, mut inside) = (vec3(500.0, 500.0, 0.0), 0, 0);
    grid.near(centre, [150.0, 165.0], |rows| {
        looked += rows.bits.len();
        inside += if rows.inside { rows.bits.len() } else { 0 };
    });
    let near = around(&grid, centre, 165.0).len();
    assert!(near > 350 && looked < near * 4 / 3, "{looked} were looked at for {near}");
    assert!(inside > near / 3, "{inside} of {near} did not have to be measured");
}

#[test]
fn in_the_plane_the_same_rows_are_near_though_not_all_are_measured() {
    let mut rng = Pcg32::seed_from_u64(5);
    let schema = game::schema::<Any>();
    for seed in 0..60 {
        let (mut grid, mut image) = (Grid::new(&schema), Image::new(&schema));
        let spread = 100 << (seed % 8 * 2);
        for slot in 0..(100 << (seed % 5)) {
            image.kinds[FLAT].insert(slot, PlayerId::NOBODY, 1);
            (1..3).for_each(|axis| image.kinds[FLAT].set_value(axis, slot, rng.random_range(-spread..=spread)));
        }
        grid.update(&image);
        for _ in 0..40 {
            let mut at = || rng.random_range(-spread..=spread) as f32 * 0.012;
            let (centre, radius) = (vec3(at(), at(), 0.0), at().abs());
            assert_eq!(around(&grid, centre, radius), looked_for(&grid, &image, centre, radius));
            let above = vec3(centre.x, centre.y, radius / 2.0);
            assert_eq!(around(&grid, above, radius), looked_for(&grid, &image, above, radius));
        }
    }
}

#[test]
fn a_world_that_went_elsewhere_is_found_as_fast_as_before() {
    let schema = game::schema::<Any>();
    let (mut grid, mut image) = (Grid::new(&schema), Image::new(&schema));
    for tick in 0..400 {
        for slot in 0..1_000u32 {
            image.kinds[FLAT].insert(slot, PlayerId::NOBODY, 1);
            let at = [slot % 32 * 100 + tick * 200, slot / 32 * 100];
            (0..2).for_each(|axis| image.kinds[FLAT].set_value(1 + axis, slot, at[axis] as i32));
        }
        grid.update(&image);
    }
    let (centre, mut looked) = (vec3(16.0 + 399.0 * 2.0, 16.0, 0.0), 0);
    grid.near(centre, [4.0; 2], |rows| looked += rows.bits.len());
    assert!((48..200).contains(&looked), "{looked} of 1,000 were looked at");
}
