//! Training of the codebook that a game ships: its rooms are played by bots, and what they learn is put together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use tickwire_protocol::game::{self, Game, Role};
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::snapshot::{BookError, Encoder, Trained, Training};

use crate::room::{AnyRoom as _, Room, RoomSetup};
use crate::sim::{Probe, Sim};

/// In which rooms a codebook is trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lessons {
    /// The seeds of the rooms, one each. Nothing is learned from every fourth: the codebook is measured there.
    pub seeds: RangeInclusive<u64>,
    /// Ticks for which each is played. Few show no more than how rooms begin.
    pub ticks: u32,
    /// Players in each, with the hands of the game's bot. They ask for nothing.
    pub players: u32,
    /// Bytes of the codebook at the most. Each welcome carries it: a large one pays where players stay for minutes, a small
    /// one within seconds.
    pub bytes_max: usize,
    /// What the rooms are opened with.
    pub options: BTreeMap<String, String>,
}

/// Trains a codebook for [`Game::codebook`]; `done` is told the seed of each room that was played. The same lessons give
/// the same bytes.
///
/// `None` where none saves as much as it takes.
pub fn train<G: Game>(lessons: &Lessons, mut done: impl FnMut(u64)) -> Option<Trained> {
    let mut training = Training::new(&game::schema::<G>());
    for seed in lessons.seeds.clone() {
        play::<G>(lessons, seed).room().teach(&mut training);
        done(seed);
    }
    training.finish(lessons.bytes_max)
}

/// A room in which everybody has played.
fn play<G: Game>(lessons: &Lessons, seed: u64) -> Sim<Room<G>, Probe<G>> {
    let mut setup = RoomSetup::of::<G>("training", seed);
    setup.options.extend(lessons.options.clone());
    let players = lessons.players.min(setup.rules.players_max);
    let mut sim = Sim::new(Room::<G>::open(setup), seed);
    for number in 1..=players {
        sim.add(Probe::<G>::new(&format!("player {number}"), Role::Plays), Conditions::round_trip(40, 0));
    }
    sim.run_with(lessons.ticks, |sim| {
        let tick = sim.room().newest().next();
        for seat in 0..sim.peers().count() {
            let (room, probe) = sim.room_and_peer(seat);
            if probe.player() != PlayerId::NOBODY {
                probe.input = G::bot(room.world(), probe.player(), tick);
            }
        }
    });
    sim
}

/// Why the game's codebook is left out, and the way out; `None` where it is used, or there is none.
pub(crate) fn left_out<G: Game>() -> Option<String> {
    let why: BookError = Encoder::with_codebook(&game::schema::<G>(), G::codebook()).err()?;
    Some(format!(
        "the codebook that the game {:?} ships is left out, so that its rooms write more until they have learned: {why}. \
         Train another one (cargo run --release -- train FILE) or ship none",
        G::NAME
    ))
}
