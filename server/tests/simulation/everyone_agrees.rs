//! Whatever the links do, what a client holds is what the room had.

use crate::common::*;
use tickwire_protocol::link::{Conditions, Preset};

#[test]
fn everyone_s_world_is_the_room_s_at_every_tick_they_hold() {
    for seed in 0..4 {
        let mut world = sim(seed, &[("rocks", "40")]);
        let links = [
            near(),
            near().with_stalls(700, 3_000),
            Preset::Mobile.conditions(),
            Preset::Train.conditions(),
            Conditions { bandwidth: 200_000, ..Conditions::round_trip(300, 100) },
        ];
        for (number, link) in links.into_iter().enumerate() {
            world.add(player(&format!("pilot {number}")), link);
        }
        world.add(watcher("eyes"), near());
        let compared = run_checked(&mut world, seed, 1_200);
        assert!(compared > 4_000, "seed {seed}: {compared} worlds");
        assert!(world.closes().is_empty(), "seed {seed}: {:?}", world.closes());
    }
}
