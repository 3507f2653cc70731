//! What a room learns, and when that is of use.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_pcg::Pcg32;

use crate::runs::{ROWS, Room, gone, schema, schema_of};

/// Rows that go about at random.
struct Wanderers {
    rng: Pcg32,
    places: Vec<[i32; 2]>,
}

impl Wanderers {
    fn go(&mut self, most: i32) {
        for value in self.places.iter_mut().flatten() {
            *value += self.rng.random_range(-most..=most);
        }
    }
}

#[test]
fn a_book_that_does_not_suit_is_left_aside_until_it_does() {
    let mut world = Wanderers { rng: Pcg32::seed_from_u64(3), places: vec![[500_000; 2]; ROWS as usize] };
    let [mut learns, mut does_not] = [Room::learning(schema()), Room::of(schema())];
    // Of some ticks, the bytes with books and without.
    let mut run = |ticks: u32, most: i32| {
        (0..ticks).fold([0, 0], |sum, _| {
            world.go(most);
            let bytes = [&mut learns, &mut does_not].map(|room| room.tick(|slot| world.places[slot as usize]));
            [sum[0] + bytes[0], sum[1] + bytes[1]]
        })
    };
    run(40, 1);
    let [with, without] = run(10, 1);
    assert!(with * 10 < without * 9, "{with} bytes with a book of small steps, {without} without");
    run(2, 8);
    let [with, without] = run(2, 8);
    assert!(with <= without, "{with} bytes with a book of small steps, {without} without, for large ones");
    run(8, 1);
    let [with, without] = run(10, 1);
    assert!(with * 10 < without * 9, "{with} bytes with a book of small steps, {without} without, again");
}

#[test]
fn no_book_is_sent_of_rows_that_go_on_as_they_did() {
    let mut room = Room::learning(schema());
    for tick in 0..200 {
        room.tick(|slot| gone(slot, tick, |_| None));
    }
    assert_eq!(room.books, 0);
}

#[test]
fn rows_that_step_by_tiles_are_told_without_the_bits_of_their_size() {
    let mut rng = Pcg32::seed_from_u64(5);
    let mut places = vec![[500_000; 2]; ROWS as usize];
    let mut room = Room::learning(schema());
    let mut bytes = 0;
    for tick in 0..120 {
        for place in &mut places {
            if rng.random_ratio(1, 10) {
                place[rng.random_range(0..2)] += [-777, 777][rng.random_range(0..2)];
            }
        }
        let of_tick = room.tick(|slot| places[slot as usize]);
        bytes += if tick >= 60 { of_tick } else { 0 };
    }
    // With the bits of their size 20,905.
    assert!(bytes <= 6_957, "{bytes} bytes in 60 ticks");
}

/// Of a world that is `size` wide and has no edge.
fn around(slot: u32, tick: u32, size: i32) -> [i32; 2] {
    gone(slot, tick, |_| None).map(|value| (3 * value).rem_euclid(size))
}

#[test]
fn rows_that_go_around_the_edge_of_their_world_go_on_behind_it() {
    let [mut bounded, mut open] = [50_000, 1_000_000].map(|size| Room::learning(schema_of(size)));
    let bytes = (0..200).fold([0, 0], |sum, tick| {
        let bytes = [&mut bounded, &mut open].map(|room| room.tick(|slot| around(slot, tick, 50_000)));
        if tick < 100 { sum } else { [sum[0] + bytes[0], sum[1] + bytes[1]] }
    });
    assert!(
        bytes[0] <= 807 && bytes[1] <= 1_273,
        "{bytes:?} in 100 ticks, where the edge is known and where it is not"
    );
}
