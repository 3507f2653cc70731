//! The codebook that the game ships.

use tickwire_dogfight::Dogfight;
use tickwire_protocol::game::{Game as _, schema};
use tickwire_protocol::snapshot::Encoder;

#[test]
fn it_is_for_the_game_as_it_is() {
    assert!(!Dogfight::codebook().is_empty());
    if let Err(why) = Encoder::with_codebook(&schema::<Dogfight>(), Dogfight::codebook()) {
        panic!("{why}: cargo run --release -- train protocol/dogfight/dogfight.book");
    }
}
