//! What a room learns, and when that is of use.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_pcg::Pcg32;

use crate::runs::{ROWS, Room, gone, schema};

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
