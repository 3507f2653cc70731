//! A real room and real clients over simulated links, in virtual time: what a player feels.

mod flight;
#[cfg(feature = "demo")]
mod golden;

use tickwire_client::{Client, Join, Stats};
use tickwire_protocol::link::Conditions;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Bot, Sim};

use self::flight::Flight;

type Scene = Sim<Room<Flight>, Bot<Flight>>;

/// One player behind such a link, in a room of this seed.
fn scene(conditions: Conditions, seed: u64) -> Scene {
    let mut sim = Sim::new(Room::open(RoomSetup::of::<Flight>("test", seed)), seed);
    sim.add(Bot::new(Join::player("one"), 60), conditions);
    sim
}

fn client(sim: &mut Scene) -> &mut Client<Flight> {
    sim.peer_mut(0).client_mut()
}

fn stats(sim: &mut Scene) -> Stats {
    client(sim).stats().clone()
}

#[test]
fn what_nothing_touches_is_never_corrected_at_150_ms_with_jitter() {
    for seed in 0..2 {
        let mut sim = scene(Conditions::round_trip(150, 30), seed);
        sim.run(30 * 60);
        let stats = stats(&mut sim);
        assert!(stats.ticks_predicted > 1_700, "seed {seed}: {stats:#?}");
        assert_eq!((stats.corrections, stats.hash_mismatches, stats.decode_errors), (0, 0, 0), "seed {seed}");
        assert_eq!(stats.snaps, 0);
    }
}
