//! A viewer holds no game's types: it decodes everything by the schema of the welcome.

use serde_json::{Value, json};
use tickwire_client::{Join, Viewer};
use tickwire_protocol::link::Conditions;
use tickwire_server::room::{Room, RoomSetup};
use tickwire_server::sim::Sim;

use super::flight::Flight;

#[test]
fn a_viewer_plays_a_game_it_knows_nothing_about() {
    let mut sim = Sim::new(Room::<Flight>::open(RoomSetup::of::<Flight>("test", 8)), 8);
    sim.add(Viewer::new(Join::player("eyes")), Conditions::default());
    sim.run(30);
    let viewer = sim.peer_mut(0);
    assert_eq!(viewer.schema().game, "flight");
    let before = own(&viewer.world_json());
    assert_eq!((before["fuel"].clone(), before["vel"]["x"].clone()), (json!(1_000), json!(0.0)));

    viewer.set_input_json(&json!({"x": 1, "fire": true})).unwrap();
    viewer.request_json(&json!({"Push": {"x": 0.0, "y": 9.0}})).unwrap();
    assert!(viewer.set_input_json(&json!({"z": 1})).unwrap_err().contains("no field `z`"));
    assert!(viewer.request_json(&json!("Pull")).is_err());
    sim.run(30);
    let viewer = sim.peer_mut(0);
    let after = own(&viewer.world_json());
    assert!(after["vel"]["x"].as_f64() > Some(5.0) && after["fuel"].as_f64() < Some(990.0), "{after}");
    assert!(after["vel"]["y"].as_f64().is_some_and(|speed| speed.abs() > 8.0), "{after}");
    assert_eq!(viewer.next_event_json().map(|(_, event)| event), Some(json!({"Fired": {"by": 1}})));
    let stats = viewer.stats();
    assert_eq!((stats.decode_errors, stats.hash_mismatches), (0, 0));
}

fn own(world: &Value) -> Value {
    world["ships"].as_array().into_iter().flatten().find(|ship| ship["owner"] == 1).cloned().expect("a ship")
}
