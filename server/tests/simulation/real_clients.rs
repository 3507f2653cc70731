//! The client that players have, in the same rooms.

use tickwire_client::{Join, State};
use tickwire_protocol::game::schema;
use tickwire_protocol::link::Preset;
use tickwire_server::check::holds;
use tickwire_server::room::{AnyRoom as _, Room};
use tickwire_server::sim::{Bot, Sim, aged};

use crate::common::*;

#[test]
fn bots_in_real_clients_hold_the_room_s_world_and_come_back() {
    let schema = schema::<Arena>();
    for seed in 0..2 {
        let room = Room::<Arena>::open(setup(seed, &[("rocks", "30"), ("view", "300"), ("beat", "20")]));
        let mut world = Sim::new(room, seed);
        for (number, preset) in Preset::ALL.into_iter().enumerate() {
            let join = Join { name: format!("bot {number}"), ..Join::default() };
            world.add(Bot::<Arena>::new(join, 60), preset.conditions());
        }
        let mut compared = 0;
        world.run_with(1_500, |world| {
            if world.room().newest().0 == 600 {
                world.cut(2);
            }
            for seat in 0..5 {
                let client = world.peer(seat).client();
                let Some(held) = client.newest() else { continue };
                let truth = aged(&schema, held, |id| client.as_of(id), world.room().history());
                let Some(truth) = truth else { continue };
                holds(&schema, held, &truth, client.player())
                    .unwrap_or_else(|fault| panic!("seed {seed}, {seat}: {fault}"));
                compared += 1;
            }
        });
        assert!(compared > 5_000, "{compared}");
        for seat in 0..5 {
            let client = world.peer_mut(seat).client_mut();
            assert_eq!(*client.state(), State::Joined, "seed {seed}, client {seat}");
            let stats = client.stats().clone();
            assert_eq!((stats.hash_mismatches, stats.decode_errors), (0, 0), "seed {seed}, client {seat}");
            assert!(stats.hashes > 10, "{stats:?}");
        }
        assert_eq!(world.room().world().ships.len(), 5);
    }
}

#[test]
fn what_nobody_touches_is_never_corrected() {
    let room = Room::<Arena>::open(setup(3, &[("rocks", "30")]));
    let mut world = Sim::new(room, 3);
    world.add(Bot::<Arena>::new(Join { name: "alone".to_owned(), ..Join::default() }, 60), near());
    world.run(1_800);
    let stats = world.peer_mut(0).client_mut().stats().clone();
    assert_eq!(stats.corrections, 0, "{stats:?}");
    assert!(stats.ticks_predicted > 1_500, "{stats:?}");
}
