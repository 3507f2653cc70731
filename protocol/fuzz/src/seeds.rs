//! What the targets begin with: the examples of `WIRE.md`, and frames of a small room.

use tickwire_protocol::id::PlayerId;
use tickwire_protocol::snapshot::Ledger;

use crate::room::{Frames, Room};
use crate::{Live, joined, schema};

/// Whose frames are recorded.
const ME: PlayerId = PlayerId(1);
/// Snapshots that a replica of [`Recorded`] has had.
const WARM: usize = 4;
/// A room that has learned no codebook after so many ticks never will.
const TICKS_MAX: u32 = 5_000;

/// The first ticks of some who join a room that has learned a codebook.
pub struct Recorded {
    /// The codebook in one frame and in parts.
    book: Vec<u8>,
    parts: Vec<Vec<u8>>,
    /// The frames of one who has it and of one who has not.
    with_book: Vec<Frames>,
    without: Vec<Frames>,
    /// The fifth frames of one who skipped some ticks.
    late: Frames,
}

impl Recorded {
    /// Plays the room.
    ///
    /// # Panics
    /// Where no codebook is learned.
    #[must_use]
    pub fn new() -> Recorded {
        let (mut room, mut teacher) = (Room::new(schema()), Ledger::new());
        let mut parts = Vec::new();
        for _ in 0..TICKS_MAX {
            room.tick();
            let part = room.send(&mut teacher, PlayerId(2), true).book;
            match (part.is_empty(), parts.is_empty()) {
                (true, false) => break,
                (true, true) => {}
                (false, _) => parts.push(part),
            }
        }
        let (mut with, mut without, mut late) = (Ledger::new(), Ledger::new(), Ledger::new());
        let book = room.welcome(&mut with);
        assert!(!book.is_empty(), "no codebook is worth its bytes");
        let mut recorded =
            Recorded { book, parts, with_book: Vec::new(), without: Vec::new(), late: Frames::default() };
        for tick in 0..3 * WARM {
            room.tick();
            recorded.with_book.push(room.send(&mut with, ME, false));
            recorded.without.push(room.send(&mut without, ME, false));
            if tick < WARM || tick == WARM + 2 {
                recorded.late = room.send(&mut late, ME, false);
            }
        }
        recorded
    }

    /// A replica that has had some ticks, and a codebook.
    #[must_use]
    pub fn live(&self) -> Live {
        let frames = self.with_book.iter().take(WARM).flat_map(Frames::each);
        Live::new(&schema(), ME, core::iter::once(self.book.as_slice()).chain(frames))
    }

    /// One without a codebook.
    #[must_use]
    pub fn live_without(&self) -> Live {
        Live::new(&schema(), ME, self.without.iter().take(WARM).flat_map(Frames::each))
    }

    /// The seeds of a target.
    #[must_use]
    pub fn seeds(&self, target: &str) -> Vec<Vec<u8>> {
        let next = |frames: &[Frames]| frames.get(WARM).cloned().unwrap_or_default();
        let after = [next(&self.with_book), next(&self.without), self.late.clone()];
        let parts = self.parts.iter().map(Vec::as_slice);
        match target {
            "snapshot" => {
                let first = self.without.first().cloned().unwrap_or_default();
                after.into_iter().chain([first]).map(|frames| frames.snapshot).collect()
            }
            "private" => after.iter().map(|frames| joined(frames.each())).collect(),
            "codebook" => vec![
                joined(parts.clone().chain(next(&self.with_book).each())),
                joined(core::iter::once(self.book.as_slice()).chain(next(&self.with_book).each())),
            ],
            "any_schema" => {
                let json = schema().to_json();
                let all = |frames: &[Frames]| {
                    let frames: Vec<Frames> = frames.to_vec();
                    let start = [json.as_bytes(), self.book.as_slice()];
                    joined(start.into_iter().chain(frames.iter().flat_map(Frames::each)))
                };
                vec![all(&self.with_book), all(&self.without)]
            }
            "schema" => vec![schema().to_json().into_bytes()],
            "shapes" => SHAPES.iter().map(|seed| seed.to_vec()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Default for Recorded {
    fn default() -> Recorded {
        Recorded::new()
    }
}

/// Shapes, as `shape` reads them, and bytes of each: a text, a list of numbers, an enum, a struct of many.
const SHAPES: [&[u8]; 5] = [
    &[0x04, 2, b'h', b'i'],
    &[0x09, 0x21, 3, 1, 251, 44, 1, 252, 0, 0, 1, 0],
    &[0x3d, 0x05, 0x12, 0x04, 1, 251, 44, 1],
    &[0x5f, 0x00, 0x03, 0x07, 0x32, 0x3b, 0x01, 0x24, 1, 0, 0, 128, 63, 1, 80, 7, 8, 9],
    &[0x0a, 0x07, 0x05, 2, 0, 1],
];

/// The examples of a text such as `WIRE.md`: blocks of hexadecimal bytes with a name.
///
/// # Panics
/// Where one is not hexadecimal.
#[must_use]
pub fn examples(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut examples = Vec::new();
    for block in text.split("```bytes ").skip(1) {
        let (name, rest) = block.split_once('\n').expect("an example has a name");
        let hex = rest.split("```").next().unwrap_or_default();
        let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("it is hexadecimal"));
        examples.push((name.to_owned(), bytes.collect()));
    }
    examples
}
