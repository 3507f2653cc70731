//! A session of the demo game, recorded: what `.ci/wasm/check` has core.wasm decode and replay to the same hashes.

use serde_json::json;
use tickwire_client::{Client, Join};
use tickwire_dogfight::Dogfight;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::math::fingerprint;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::{Bot, Sim};

const REPLAYED: u32 = 100_000;
const MATH_INPUTS: u32 = 100_000;
const REPLAY_SEED: u64 = 7;
const MS_PER_TICK: f64 = 1_000.0 / 60.0;

/// Writes `golden.json` into the tests' folder: frames with their time, the hash of the world they make, and the hash
/// of 100,000 random inputs driven from there, and what every function of `math` makes of 100,000 inputs.
#[test]
fn a_recorded_session_is_the_same_for_whoever_decodes_it() {
    let mut sim = Sim::new(Room::<Dogfight>::open(RoomSetup::of::<Dogfight>("golden", 5)), 5);
    let seat = sim.add(Bot::<Dogfight>::new(Join::player("golden"), 60), Conditions::round_trip(20, 0));
    sim.keep_frames(seat);
    sim.run(20 * 60);
    let frames: Vec<(f64, &[u8])> =
        sim.frames(seat).iter().map(|(tick, frame)| (f64::from(tick.0) * MS_PER_TICK, frame.as_slice())).collect();
    assert!(frames.len() > 2_000, "{}", frames.len());

    let mut client = Client::<Dogfight>::new(Join::player("golden"));
    client.connected(0);
    for (ms, frame) in &frames {
        client.receive((ms * 1e3) as u64, frame);
    }
    let stats = client.stats().clone();
    assert_eq!((stats.decode_errors, stats.hash_mismatches), (0, 0));
    assert!(stats.hashes > 10);
    let hash = client.hash();
    let replay = client.replay(REPLAY_SEED, REPLAYED).unwrap();
    assert_eq!(client.replay(REPLAY_SEED, REPLAYED), Some(replay));
    assert_ne!(client.replay(REPLAY_SEED + 1, REPLAYED), Some(replay));

    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let golden = json!({
        "frames": frames.iter().map(|(ms, frame)| json!([ms, hex(frame)])).collect::<Vec<_>>(),
        "hash": format!("{hash:016x}"),
        "replay": { "seed": REPLAY_SEED, "ticks": REPLAYED, "hash": format!("{replay:016x}") },
        "math": { "inputs": MATH_INPUTS, "hash": format!("{:016x}", fingerprint(MATH_INPUTS)) },
    });
    #[expect(clippy::disallowed_methods, reason = "a test that leaves something for another program")]
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/golden.json"), golden.to_string()).unwrap();
}
