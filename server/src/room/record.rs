//! A run of a room as a list of what it was told: written down, read again, played again, to the same hash on every
//! tick.

use serde::{Deserialize, Serialize};
use tickwire_protocol::game::{self, Game};
use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::image::Image;
use tickwire_protocol::wire::{DecodeError, Hello, Token, codec};

use super::{AnyRoom, ConnId, Outbox, Room, RoomSetup, Stats};

/// The version of the recordings that this module reads and writes.
const VERSION: u16 = 2;

/// Everything a room was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    version: u16,
    /// The game's name.
    pub game: String,
    /// The hash of the game's schema: another game or another version of it would play something else.
    pub schema_hash: u64,
    /// With what the room was opened.
    pub setup: RoomSetup,
    /// What the room was told, each after the tick with which it stands here.
    pub calls: Vec<(Tick, Told)>,
    /// The last tick that was recorded completely.
    pub last: Tick,
}

/// What a room was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// [`AnyRoom::join`].
    Join {
        /// Who.
        conn: ConnId,
        /// What it said.
        hello: Box<Hello>,
        /// For its next resume.
        token: Token,
    },
    /// [`AnyRoom::frame`].
    Frame {
        /// Who.
        conn: ConnId,
        /// What it sent.
        bytes: Vec<u8>,
    },
    /// [`AnyRoom::heard`].
    Heard(ConnId),
    /// [`AnyRoom::lost`].
    Lost(ConnId),
    /// [`AnyRoom::blocked`].
    Blocked(ConnId),
    /// [`AnyRoom::unwritten`].
    Unwritten(ConnId),
    /// [`AnyRoom::answer`].
    Answer(Vec<u8>),
    /// [`AnyRoom::pace`].
    Pace(u32),
}

/// Why a recording cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The bytes are no recording.
    #[error("this is no recording: {0}")]
    Bytes(DecodeError),
    /// Of another version of this module.
    #[error(
        "the recording has version {0}, this program plays version {VERSION}: use the program that recorded it"
    )]
    Version(u16),
    /// Of another game, or another version of it.
    #[error(
        "the recording is of {0} with schema {1:016x}, not of {2} with schema {3:016x}: use the program that recorded it"
    )]
    Game(String, u64, &'static str, u64),
}

impl Recording {
    /// Nothing yet.
    #[must_use]
    pub fn new<G: Game>(setup: RoomSetup) -> Recording {
        Recording {
            version: VERSION,
            game: G::NAME.to_owned(),
            schema_hash: game::schema::<G>().hash(),
            setup,
            calls: Vec::new(),
            last: Tick::NONE,
        }
    }

    /// The recording as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        codec::to_bytes(self, &mut bytes);
        bytes
    }

    /// The recording in `bytes`.
    ///
    /// # Errors
    /// Where they are none, or one of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Recording, ReplayError> {
        let recording: Recording = codec::from_bytes(bytes, bytes.len()).map_err(ReplayError::Bytes)?;
        if recording.version == VERSION { Ok(recording) } else { Err(ReplayError::Version(recording.version)) }
    }

    /// Plays the run again, up to its last tick; `look` is shown the room and its outbox after each tick.
    ///
    /// # Errors
    /// Where it is the recording of another game.
    pub fn replay<G: Game>(&self, mut look: impl FnMut(&Room<G>, &Outbox)) -> Result<(), ReplayError> {
        let schema_hash = game::schema::<G>().hash();
        if self.game != G::NAME || self.schema_hash != schema_hash {
            return Err(ReplayError::Game(self.game.clone(), self.schema_hash, G::NAME, schema_hash));
        }
        let mut room = Room::<G>::open(self.setup.clone());
        let mut out = Outbox::default();
        let mut calls = self.calls.iter();
        let mut next = calls.next();
        while room.newest() < self.last {
            while let Some((_, told)) = next.filter(|(tick, _)| *tick <= room.newest()) {
                told.tell(&mut room);
                next = calls.next();
            }
            room.tick(&mut out);
            look(&room, &out);
        }
        Ok(())
    }
}

impl Told {
    /// Tells it to a room.
    pub fn tell(&self, room: &mut impl AnyRoom) {
        match self {
            Told::Join { conn, hello, token } => room.join(*conn, (**hello).clone(), *token),
            Told::Frame { conn, bytes } => room.frame(*conn, bytes),
            Told::Heard(conn) => room.heard(*conn),
            Told::Lost(conn) => room.lost(*conn),
            Told::Blocked(conn) => room.blocked(*conn),
            Told::Unwritten(conn) => room.unwritten(*conn),
            Told::Answer(bytes) => room.answer(bytes),
            Told::Pace(percent) => room.pace(*percent),
        }
    }

    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        match self {
            Told::Join { .. } => 512,
            Told::Frame { bytes, .. } | Told::Answer(bytes) => 8 + bytes.len(),
            Told::Heard(_) | Told::Lost(_) | Told::Blocked(_) | Told::Unwritten(_) | Told::Pace(_) => 8,
        }
    }
}

/// A room that writes down what it is told, until that is too long.
pub struct Recorder<R> {
    room: R,
    recording: Recording,
    bytes: usize,
    bytes_max: usize,
    /// Between the halves of a tick what it is told waits for the end of it, because that is when a replay tells it.
    between: bool,
    waiting: Vec<Told>,
}

impl<G: Game> Recorder<Room<G>> {
    /// Opens a room whose run is recorded, up to about `bytes_max` bytes; what comes later is not recorded.
    #[must_use]
    pub fn open(setup: RoomSetup, bytes_max: usize) -> Recorder<Room<G>> {
        let (room, recording) = (Room::open(setup.clone()), Recording::new::<G>(setup));
        Recorder { room, recording, bytes: 0, bytes_max, between: false, waiting: Vec::new() }
    }
}

impl<R> Recorder<R> {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &R {
        &self.room
    }

    /// What was recorded so far.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }
}

impl<R: AnyRoom> Recorder<R> {
    fn note(&mut self, told: Told) {
        if self.between {
            self.waiting.push(told);
            return;
        }
        told.tell(&mut self.room);
        self.bytes = self.bytes.saturating_add(told.weight());
        if self.bytes <= self.bytes_max {
            self.recording.calls.push((self.room.newest(), told));
        }
    }
}

impl<R: AnyRoom> AnyRoom for Recorder<R> {
    fn join(&mut self, conn: ConnId, hello: Hello, token: Token) {
        self.note(Told::Join { conn, hello: Box::new(hello), token });
    }
    fn frame(&mut self, conn: ConnId, bytes: &[u8]) {
        self.note(Told::Frame { conn, bytes: bytes.to_vec() });
    }
    fn heard(&mut self, conn: ConnId) {
        self.note(Told::Heard(conn));
    }
    fn lost(&mut self, conn: ConnId) {
        self.note(Told::Lost(conn));
    }
    fn blocked(&mut self, conn: ConnId) {
        self.note(Told::Blocked(conn));
    }
    fn unwritten(&mut self, conn: ConnId) {
        self.note(Told::Unwritten(conn));
    }
    fn answer(&mut self, bytes: &[u8]) {
        self.note(Told::Answer(bytes.to_vec()));
    }
    fn pace(&mut self, percent: u32) {
        self.note(Told::Pace(percent));
    }
    fn begin_tick(&mut self, out: &mut Outbox) {
        self.room.begin_tick(out);
        self.between = out.ended.is_none();
        if self.bytes <= self.bytes_max {
            self.recording.last = self.room.newest();
        }
    }
    fn end_tick(&mut self, out: &mut Outbox) {
        self.room.end_tick(out);
        self.between = false;
        for told in core::mem::take(&mut self.waiting) {
            self.note(told);
        }
    }
    fn newest(&self) -> Tick {
        self.room.newest()
    }
    fn rate(&self) -> TickRate {
        self.room.rate()
    }
    fn name(&self) -> &str {
        self.room.name()
    }
    fn hash(&self) -> u64 {
        self.room.hash()
    }
    fn stats(&self) -> &Stats {
        self.room.stats()
    }
}

/// The hash of everything in an image, owners' secrets among it: what two runs are compared by.
pub(super) fn world_hash(image: &Image) -> u64 {
    const SEED: u64 = 0xcbf2_9ce4_8422_2325;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, value: u32| (hash ^ u64::from(value)).wrapping_mul(FACTOR).rotate_left(29);
    image.entities().fold(0, |sum: u64, id| {
        let Some(rows) = image.kind(id.kind) else { return sum };
        let owner = rows.owner.get(id.slot as usize).map_or(0, |owner| owner.0);
        let mut hash = mix(mix(mix(SEED, u32::from(id.kind.0)), id.slot), owner);
        for component in 0..rows.columns.len() {
            hash = mix(hash, rows.value(component, id.slot) as u32);
        }
        for field in 0..rows.wholes.len() {
            let bytes = rows.whole(field, id.slot);
            hash = bytes.iter().fold(mix(hash, bytes.len() as u32), |hash, byte| mix(hash, u32::from(*byte)));
        }
        sum.wrapping_add(hash)
    })
}
