//! The codebook that a game ships: trained in other rooms, kept in a file, and a room's first edition.

use std::sync::Arc;

use super::Encoder;
use super::coder::codebook::Codebook;
use super::coder::learn::Counts;
use super::plan::Plan;
use super::teacher::{Candidate, HORIZON};
use crate::limits::CODEBOOK_BYTES_MAX;
use crate::schema::Schema;
use crate::wire::{DecodeError, VERSION};

/// What a file begins with; then come the version of the wire and the hash of the schema, both with their lowest byte
/// first, then the codebook as it is on the wire.
const MAGIC: [u8; 4] = *b"TWcb";

/// Why a codebook that a game ships cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// The bytes do not begin as those that training writes.
    #[error("it is no codebook")]
    Unknown,
    /// Codes of another version of the wire.
    #[error("it was trained for version {0} of the wire, this is version {VERSION}")]
    Version(u16),
    /// The game has changed since.
    #[error("it was trained for schema {trained:#018x}, the game's is {game:#018x}")]
    Schema {
        /// The hash of the schema for which it was trained.
        trained: u64,
        /// That of the game as it is.
        game: u64,
    },
    /// The bytes are damaged.
    #[error("it is damaged: {0}")]
    Codes(DecodeError),
}

impl Encoder {
    /// An encoder that begins with a codebook that [`Training`] made, its first edition: whoever is welcomed has it.
    /// It learns on, and publishes another one where that saves more than it takes.
    ///
    /// Without bytes, as [`Encoder::new`].
    ///
    /// # Errors
    /// Where the bytes are not a codebook for this schema.
    pub fn with_codebook(schema: &Schema, file: &[u8]) -> Result<Encoder, BookError> {
        let mut encoder = Encoder::new(schema);
        if !file.is_empty() {
            let bytes = codes(schema, file)?;
            let book = Codebook::read_to_write(&encoder.plan.coders, bytes).map_err(BookError::Codes)?;
            encoder.teacher.begin_with(&Candidate { book: Arc::new(book), bytes: Arc::from(bytes) });
        }
        Ok(encoder)
    }

    /// Adds what was learned from all that this encoder wrote to a codebook that is to be shipped.
    pub fn teach(&self, training: &mut Training) {
        let (counts, snapshots, symbols) = self.teacher.heard();
        // One room in four is kept to measure on: a book that only fits what it was made from shows there.
        let nth = training.rooms % 4;
        let heard = if nth == 3 { &mut training.kept } else { &mut training.learned };
        training.rooms += 1;
        heard.snapshots += u64::from(snapshots);
        heard.symbols += u64::from(symbols);
        counts.into_iter().for_each(|counts| heard.counts.absorb(counts));
        while heard.symbols > SYMBOLS_MAX {
            heard.counts.fade();
            heard.symbols /= 2;
            heard.snapshots /= 2;
        }
    }
}

/// The bytes behind the head of a file.
fn codes<'a>(schema: &Schema, file: &'a [u8]) -> Result<&'a [u8], BookError> {
    let rest = file.strip_prefix(&MAGIC).ok_or(BookError::Unknown)?;
    let (version, rest) = rest.split_first_chunk().ok_or(BookError::Unknown)?;
    let (trained, rest) = rest.split_first_chunk().ok_or(BookError::Unknown)?;
    let (version, trained, game) = (u16::from_le_bytes(*version), u64::from_le_bytes(*trained), schema.hash());
    if version != VERSION {
        return Err(BookError::Version(version));
    }
    if trained != game {
        return Err(BookError::Schema { trained, game });
    }
    Ok(rest)
}

/// Makes a codebook of what several rooms of a game have learned.
///
/// The same rooms in the same order give the same bytes.
#[derive(Debug)]
pub struct Training {
    plan: Plan,
    schema: u64,
    rooms: u32,
    learned: Heard,
    /// From rooms of which nothing is learned.
    kept: Heard,
}

/// What was written in some rooms.
#[derive(Debug)]
struct Heard {
    counts: Counts,
    snapshots: u64,
    symbols: u64,
}

/// A codebook that was trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// What a game ships.
    pub file: Vec<u8>,
    /// Bits that snapshots take with it for each that they take with the built-in codes: in rooms from which nothing was
    /// learned, where there were four or more.
    pub share: f64,
}

/// Symbols that are counted before older ones count half: no sum of them overflows.
const SYMBOLS_MAX: u64 = 1 << 24;

/// How many times rarer symbols each candidate leaves out. Many rooms tell even the rarest often.
const THRIFT: [u32; 16] = [1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 1_000, 3_000];

impl Training {
    /// Nothing heard yet of rooms with this schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Training {
        let plan = Plan::new(schema);
        let [learned, kept] =
            [(); 2].map(|()| Heard { counts: Counts::new(&plan.coders), snapshots: 0, symbols: 0 });
        Training { plan, schema: schema.hash(), rooms: 0, learned, kept }
    }

    /// The codebook with which a client of a minute or two is sent least, itself counted; `None` where none saves as much
    /// as it takes.
    #[must_use]
    pub fn finish(&self, bytes_max: usize) -> Option<Trained> {
        let coders = &self.plan.coders;
        let heard = if self.kept.snapshots > 0 { &self.kept } else { &self.learned };
        let bits = |book: Option<&Codebook>| heard.counts.cost(coders, book) as f64;
        let without = bits(None);
        let long = f64::from(HORIZON.1) / heard.snapshots.max(1) as f64;
        let mut best = (without * long, None);
        for thrift in THRIFT {
            let kinds = (0..coders.len()).map(|kind| self.learned.counts.codes(coders, kind, thrift)).collect();
            let candidate = Candidate::of(kinds, &self.plan);
            let with = bits(Some(&candidate.book));
            let all = with * long + 8.0 * candidate.bytes.len() as f64;
            if all < best.0 && candidate.bytes.len() <= bytes_max.min(CODEBOOK_BYTES_MAX) {
                best = (all, Some((candidate, with)));
            }
        }
        let (candidate, with) = best.1?;
        let mut file = MAGIC.to_vec();
        file.extend(VERSION.to_le_bytes());
        file.extend(self.schema.to_le_bytes());
        file.extend_from_slice(&candidate.bytes);
        Some(Trained { file, share: with / without.max(1.0) })
    }
}
