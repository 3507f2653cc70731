//! A request is asked once, whatever becomes of the connection.

use crate::common::*;

#[test]
fn requests_are_neither_lost_nor_repeated_when_the_connection_is() {
    for seed in 0..3 {
        let mut world = sim(seed, &[]);
        let seat = world.add(player("asker"), near());
        run_checked(&mut world, seed, 60);
        let mut expected = Vec::new();
        for n in 0..40 {
            expected.push(format!("line {n}"));
            world.peer_mut(seat).request(&Ask::Say(format!("line {n}")));
            run_checked(&mut world, seed, 3 + (n * 5) % 11);
            if n % 8 == 3 {
                if n % 16 == 3 {
                    world.cut(seat)
                } else {
                    world.vanish(seat)
                }
                run_checked(&mut world, seed, 80);
            }
        }
        run_checked(&mut world, seed, 60);
        assert_eq!(world.room().game().asked(), expected, "seed {seed}");
        assert!(world.connections(seat) > 4);
    }
}
