//! A real room and real clients over simulated links, in virtual time: what a player feels.

#[cfg(feature = "demo")]
mod demo;
mod flight;
#[cfg(feature = "demo")]
mod golden;
mod viewer;

use std::collections::BTreeMap;

use tickwire_client::{Client, DrawnKind, Join, Output, State, Stats};
use tickwire_protocol::game;
use tickwire_protocol::id::{InputSeq, PlayerId, Tick};
use tickwire_protocol::link::Conditions;
use tickwire_protocol::schema::FieldType;
use tickwire_protocol::wire::{self, Welcome};
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Bot, Sim};

use self::flight::{Event, Flight, Keys};

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

#[test]
fn inputs_arrive_a_tick_or_two_early_without_jumps() {
    let mut sim = scene(Conditions::round_trip(150, 30), 3);
    sim.run(10 * 60);
    let mut margins = Vec::new();
    sim.run_with(10 * 60, |sim| margins.push(f64::from(stats(sim).margin)));
    let mean = margins.iter().sum::<f64>() / margins.len() as f64;
    let stats = stats(&mut sim);
    assert!((0.5..=2.0).contains(&mean), "{mean}: {stats:#?}");
    assert_eq!((stats.jumps, stats.inputs_replaced), (0, 0));
    assert!(margins.iter().filter(|margin| **margin < 0.0).count() < 6, "{margins:?}");
}

#[test]
fn a_stall_is_one_hitch_and_the_delay_is_normal_again_soon() {
    let mut sim = scene(Conditions::round_trip(100, 20).with_stalls(300, 5_000), 4);
    sim.run(5 * 60);
    let mut late = 0;
    sim.run_with(20 * 60, |sim| {
        let stats = stats(sim);
        late += u32::from(stats.interp_delay_ms > stats.interp_delay_target_ms + 25.0);
    });
    let stats = stats(&mut sim);
    // Four stalls, each made good within a second and a half.
    assert!(late > 20 && late <= 4 * 90, "{late} ticks late: {stats:#?}");
    assert!(stats.stalls >= 3 && stats.inputs_replaced > 0, "{stats:#?}");
    assert_eq!((stats.corrections, stats.hash_mismatches, stats.snaps), (0, 0, 0), "{stats:#?}");
    assert!(stats.margin_mean < 3.0, "{stats:#?}");
}

#[test]
fn a_lost_connection_comes_back_into_the_same_ship() {
    let mut sim = scene(Conditions::round_trip(60, 5), 5);
    sim.run(3 * 60);
    let ship = own_ship(&mut sim);
    let player = client(&mut sim).player();
    sim.cut(0);
    assert!(matches!(client(&mut sim).state(), State::Waiting { code: 1006, .. }));
    sim.run(3 * 60);
    assert_eq!(client(&mut sim).state(), &State::Joined);
    assert!(client(&mut sim).resumed());
    assert_eq!((client(&mut sim).player(), own_ship(&mut sim)), (player, ship));
    let before = stats(&mut sim);
    sim.run(5 * 60);
    let after = stats(&mut sim);
    assert_eq!((after.reconnects, after.decode_errors, after.hash_mismatches), (1, 0, 0));
    assert!(after.ticks_predicted > before.ticks_predicted + 280, "{after:#?}");
    assert!(after.margin >= 0 && after.margin < 5, "{after:#?}");
}

#[test]
fn an_own_shot_is_drawn_at_once_and_stays_the_same_row_when_the_server_makes_it() {
    let mut sim = scene(Conditions::round_trip(150, 0), 6);
    // Where the ship came in, far from the wall.
    sim.peer_mut(0).plays = false;
    sim.run(60);
    assert_eq!(shots(&mut sim), []);
    client(&mut sim).set_input(&Keys { fire: true, ..Keys::default() });
    sim.run(2);
    let [(key, provisional)] = shots(&mut sim)[..] else { panic!("{:?}", shots(&mut sim)) };
    assert!(provisional, "drawn before the server can know");
    client(&mut sim).set_input(&Keys::default());
    sim.run(20);
    assert_eq!(shots(&mut sim).first(), Some(&(key, false)), "the same row, and real");
    assert_eq!((stats(&mut sim).spawns_refused, stats(&mut sim).corrections), (0, 0));
}

#[test]
fn events_are_handed_out_when_their_tick_is_drawn() {
    let mut sim = scene(Conditions::round_trip(100, 10), 7);
    let mut heard = 0;
    sim.run_with(10 * 60, |sim| {
        let client = client(sim);
        while let Some((tick, Event::Fired { by })) = client.next_event() {
            assert_eq!(by, client.player());
            let behind = client.drawn().tick - f64::from(tick.0);
            assert!((-0.1..3.0).contains(&behind), "{behind}");
            heard += 1;
        }
    });
    assert!(heard > 5, "{heard}");
}

#[test]
fn another_schema_is_told_in_words_to_both_sides() {
    let mut theirs = game::schema::<Flight>();
    if let FieldType::Int { max, .. } = &mut theirs.kinds[0].fields[2].ty {
        *max = 30;
    }
    let welcome = Welcome { schema: Some(theirs.to_json()), ..welcome(theirs.hash()) };
    let mut client = Client::<Flight>::new(Join::player("old"));
    client.connected(0);
    let mut frame = Vec::new();
    wire::server::encode_welcome(&welcome, &mut frame);
    client.receive(1, &frame);
    let State::Closed { code: 4501, reason } = client.state() else { panic!("{:?}", client.state()) };
    assert_eq!(reason, "server has Ship.reload 0..=30, client 0..=20");
    let said = std::iter::from_fn(|| client.poll()).any(|output| match output {
        Output::Send(frame) => frame.ends_with(b"server has Ship.reload 0..=30, client 0..=20"),
        Output::Connect | Output::Close(..) => false,
    });
    assert!(said, "the server's log can say it, too");
}

fn welcome(schema_hash: u64) -> Welcome {
    Welcome {
        player: PlayerId(1),
        room: "test".to_owned(),
        options: BTreeMap::new(),
        token: [0; 16],
        grace_ms: 30_000,
        tick_rate: 60,
        send_every: 1,
        tick: Tick(1),
        seq: InputSeq::NONE,
        resumed: false,
        schema_hash,
        schema: None,
        codebook: Vec::new(),
    }
}

fn own_ship(sim: &mut Scene) -> u32 {
    let me = client(sim).player();
    let (id, _) = client(sim).world().ships.first_of(me).expect("a ship");
    id.slot
}

/// Every own shot on the screen: its key, and whether the server does not know it yet.
fn shots(sim: &mut Scene) -> Vec<(u32, bool)> {
    let shots = &client(sim).drawn().kinds[2];
    let provisional = shots.flags.iter().map(|flags| flags & DrawnKind::PROVISIONAL != 0);
    shots.keys.iter().copied().zip(provisional).collect()
}
