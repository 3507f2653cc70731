//! Codebooks that were trained in other rooms.

use std::sync::OnceLock;

use proptest::prelude::*;
use tickwire_protocol::schema::{Field, FieldType, Schema};
use tickwire_protocol::snapshot::{BookError, Encoder, Training};
use tickwire_protocol::wire::VERSION;

use crate::scene::{self, Scene};

fn schema() -> Schema {
    let pos = FieldType::Vector { size: 2, of: Box::new(scene::number(0.0, 1.0, 10_000)) };
    let pos = Field { place: true, lerp: true, ..scene::field("pos", pos) };
    let flag = scene::field("flag", FieldType::Bool);
    scene::schema(vec![scene::kind("a", vec![pos]), scene::kind("b", vec![flag])])
}

fn serve(scene: &mut Scene, ticks: u32) -> Result<(), TestCaseError> {
    for _ in 0..ticks {
        scene.tick();
        for at in 0..scene.clients.len() {
            scene.send(at)?;
        }
    }
    Ok(())
}

/// A codebook of what a room learned.
fn trained() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let mut scene = Scene::new(schema(), 5);
        serve(&mut scene, 400).unwrap();
        let mut training = Training::new(&scene.schema);
        scene.encoder.teach(&mut training);
        training.finish(4_096).unwrap().file
    })
}

/// A room that begins with a codebook.
fn room(file: &[u8], seed: u64) -> Result<Scene, BookError> {
    let mut scene = Scene::new(schema(), seed);
    scene.encoder = Encoder::with_codebook(&scene.schema, file)?;
    Ok(scene)
}

#[test]
fn it_is_the_first_edition_and_what_it_tells_is_read_exactly() {
    let file = trained();
    let mut scene = room(file, 6).unwrap();
    let welcome = scene.encoder.welcome(&mut scene.clients[0].ledger);
    assert!(welcome.ends_with(&file[14..]) && welcome[1] == 1, "a codebook frame of version 1");
    scene.clients[0].replica.codebook(&welcome).unwrap();
    serve(&mut scene, 300).unwrap();
    assert!(scene.clients.iter().all(|client| client.books > 0 || client.ledger.held().is_some()));
}

#[test]
fn it_is_of_one_version_and_one_schema() {
    let file = trained();
    let changed = |at: usize| {
        let mut file = file.to_vec();
        file[at] ^= 1;
        Encoder::with_codebook(&schema(), &file).unwrap_err()
    };
    let game = schema().hash();
    assert_eq!(changed(0), BookError::Unknown);
    assert_eq!(changed(4), BookError::Version(VERSION ^ 1));
    assert_eq!(changed(6), BookError::Schema { trained: game ^ 1, game });
    assert!(Encoder::with_codebook(&schema(), &[]).is_ok());
    for len in 1..file.len() {
        assert!(Encoder::with_codebook(&schema(), &file[..len]).is_err(), "{len} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_refused_or_tell_everything(
        seed in any::<u64>(),
        noise in prop::collection::vec(any::<u8>(), 0..60),
        flips in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        how in 0u8..3,
    ) {
        let good = trained();
        let mut file = good.to_vec();
        match how {
            0 => file.clone_from(&noise),
            1 => { file.truncate(14); file.extend(&noise); }
            _ => flips.iter().for_each(|at| file[14 + at.index(good.len() - 14)] ^= 1 << (seed % 8)),
        }
        if let Ok(mut scene) = room(&file, seed) {
            serve(&mut scene, 12)?;
        }
    }
}
