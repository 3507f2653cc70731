//! Both ends of a snapshot: whatever the schema, the history, the view and the lag, what is read is what was there.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod known;
mod learning;
mod runs;
mod scene;
mod shipped;
mod turning;

use proptest::prelude::*;
use tickwire_protocol::schema::{Field, FieldType};
use tickwire_protocol::snapshot::{Due, Visible};
use tickwire_protocol::wire::DecodeError;

use self::scene::{Scene, any_schema};

/// Runs a scene in which each client is served in a third of the ticks, with pauses of up to a hundred.
fn run(scene: &mut Scene, ticks: u32) -> Result<(), TestCaseError> {
    let mut pauses = vec![0u32; scene.clients.len()];
    for _ in 0..ticks {
        scene.tick();
        for (at, pause) in pauses.iter_mut().enumerate() {
            if *pause > 0 {
                *pause -= 1;
                continue;
            }
            scene.send(at)?;
            *pause = match scene.rng.random_range(0..40) {
                0 => scene.rng.random_range(0..100),
                1..8 => scene.rng.random_range(0..8),
                _ => scene.schema.send_every - 1,
            };
            if scene.rng.random_bool(0.01) {
                scene.clients[at].ledger.forget();
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_client_holds_exactly_what_it_may_see(schema in any_schema(), seed in any::<u64>()) {
        let mut scene = Scene::new(schema, seed);
        run(&mut scene, 150)?;
    }

    #[test]
    fn damaged_frames_are_refused_or_whole_and_change_nothing_when_refused(
        schema in any_schema(),
        seed in any::<u64>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 40),
    ) {
        let mut scene = Scene::new(schema, seed);
        run(&mut scene, 40)?;
        for (index, noise, how) in damage {
            scene.tick();
            let client = &mut scene.clients[0];
            let visible = std::sync::Arc::new(Visible { everything: true, ..Visible::default() });
            let from = scene.out.len();
            let encoded = scene.encoder.shared(&scene.history, &client.ledger, &visible, &[], Due::ALL, &mut scene.out);
            let mut frame = scene.out[from..].to_vec();
            prop_assert!(encoded.changed);
            match how {
                0 => frame.truncate(index.index(frame.len())),
                1 => { let at = index.index(frame.len()); frame[at] ^= 1 << (noise % 8); }
                2 => { let at = index.index(frame.len()); frame[at] = noise; }
                _ => { let at = index.index(frame.len()); frame.insert(at, noise); }
            }
            let before = client.replica.newest().cloned();
            match client.replica.receive(&frame) {
                Err(_) => prop_assert_eq!(client.replica.newest(), before.as_ref()),
                Ok(_) => {
                    // Damage that happens to be a frame: begin again, as a client does whose hash differs.
                    prop_assert!(frame.first() == Some(&0x83) || client.replica.newest().unwrap().tick > before.map_or_else(Default::default, |image| image.tick));
                    client.ledger.forget();
                    client.replica = tickwire_protocol::snapshot::Replica::new(&scene.schema).of(client.me);
                    client.truth.clear();
                    scene.send(0)?;
                }
            }
        }
    }

    #[test]
    fn random_bytes_are_never_more_than_an_error(schema in any_schema(), mut bytes in prop::collection::vec(any::<u8>(), 1..200), private in any::<bool>()) {
        let mut replica = tickwire_protocol::snapshot::Replica::new(&schema);
        bytes[0] = if private { 0x83 } else { 0x84 };
        let _ = replica.receive(&bytes);
        let _ = replica.receive(&bytes);
    }
}

#[test]
fn a_delta_from_what_is_not_held_is_refused() {
    let mut scene = Scene::new(scene::schema(vec![scene::kind("a", Vec::new())]), 1);
    run(&mut scene, 300).unwrap();
    // After the tick: a bit whether the header is unusual, two for the codebook, a bit whether it is a keyframe.
    let is_delta = |frame: &&Vec<u8>| frame[0] == 0x84 && (frame[1] >> 6 & 1 == 0 || frame[2] >> 1 & 1 == 0);
    let frame = scene.clients[0].frames.iter().rfind(is_delta).cloned().unwrap();
    let mut other = tickwire_protocol::snapshot::Replica::new(&scene.schema);
    assert!(matches!(other.receive(&frame), Err(DecodeError::UnknownBase(_))));
}

#[test]
fn codebooks_are_learned_sent_and_used_though_some_of_their_parts_are_lost() {
    let number = scene::number(0.0, 1.0, 10_000);
    let pos = FieldType::Vector { size: 2, of: Box::new(number) };
    let pos = Field { place: true, lerp: true, ..scene::field("pos", pos) };
    let mut scene = Scene::new(scene::schema(vec![scene::kind("a", vec![pos])]), 5);
    for _ in 0..400 {
        scene.tick();
        for at in 0..scene.clients.len() {
            scene.send(at).unwrap();
        }
    }
    assert!(scene.clients.iter().all(|client| client.books > 0));
}
