//! The numbers of the README: every scene and data set, and what other formats need for the same worlds.

mod picture;
mod table;

use std::path::Path;

use anyhow::Context as _;

pub use self::picture::picture;
pub use self::table::{between, into_document, table};
use crate::beside;
use crate::bytes::{Plan, Run, recording, scene};
use crate::report::Figures;
use crate::sets::Layout;

/// What is counted: one line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The command's name for it: a scene, or a file and a lag.
    pub name: String,
    /// The same in words.
    pub words: &'static str,
    /// Rows that a client holds, on average.
    pub rows: f64,
    /// Bytes that a client is sent per tick: everything after its keyframe.
    pub ours: f64,
    /// Bytes of the other formats, in the order of [`beside::NAMES`].
    pub others: [f64; beside::NAMES.len()],
    /// Worlds that differed from the room's.
    pub mismatches: f64,
}

/// A scene: its name, the same in words, players, rows, ticks.
type SceneRow = (&'static str, &'static str, u32, u32, u32);

const SCENES: [SceneRow; 9] = [
    ("w1", "1,000 things that turn, move and change all the time", 200, 1_000, 300),
    ("w1-polar", "the same, declared as heading and speed", 200, 1_000, 300),
    ("w2", "5,000 such things, those within 150 units", 200, 5_000, 150),
    ("w3", "1,000 things of which 50 move", 200, 1_000, 300),
    ("roam", "the demo game, 20 ships", 20, 1_000, 600),
    ("tag", "20 runners", 20, 1_000, 600),
    ("board", "a whiteboard with chat, 20 at it", 20, 1_000, 600),
    ("checkers", "a game of checkers", 2, 1_000, 600),
    ("ticker", "prices, 20 who watch", 20, 1_000, 600),
];

/// A recording: its file, how it is laid out, the same in words, lags.
type SetRow = (&'static str, Layout, &'static str, &'static [usize]);

const SETS: [SetRow; 4] = [
    ("cubes901.bin.zst", Layout::Cubes901, "901 tumbling cubes", &[1, 2, 3, 6]),
    ("lastrow/liv_che.i32", Layout::Xy, "football", &[1]),
    ("rocketleague/3381.xy.i32.zst", Layout::Xy, "car football", &[1]),
    ("rocketleague/rl-256.xy.i32.zst", Layout::Xy, "car football", &[1]),
];

/// The seed of the scenes: no codebook was ever trained on it.
const SEED: u64 = 7;

/// Counts everything, `each` line as soon as it is there.
///
/// # Errors
/// Where a scene does not run or a file is not in `data`.
pub fn all(data: &Path, mut each: impl FnMut(&Line)) -> anyhow::Result<Vec<Line>> {
    let run = Run { beside: true, ..Run::default() };
    let mut lines = Vec::new();
    let mut add = |line: Line| {
        each(&line);
        lines.push(line);
    };
    for (name, words, players, entities, ticks) in SCENES {
        let plan = Plan { scene: name.to_owned(), players, entities, ticks, seed: SEED };
        let figures = scene(&plan, &run).with_context(|| format!("the scene {name}"))?;
        add(line(name.to_owned(), words, &figures, ["rows_per_client", "bytes_per_client_tick"])?);
    }
    for (file, layout, words, lags) in SETS {
        for &lag in lags {
            let path = data.join(file);
            let figures = recording(&path, layout, lag, &run)?;
            let stem =
                Path::new(file).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let stem = stem.split('.').next().unwrap_or(&stem);
            let name = if lags.len() > 1 { format!("{stem}, lag {lag}") } else { stem.to_owned() };
            add(line(name, words, &figures, ["entities", "bytes_per_frame"])?);
        }
    }
    Ok(lines)
}

/// All of it as figures, for `--json` and `--assert`: `w1`, `w1_raw`, `w1_mismatches` and so on.
#[must_use]
pub fn figures(lines: &[Line]) -> Figures {
    let mut figures = Figures::new();
    for line in lines {
        let key = line.name.replace(", ", "_").replace(' ', "");
        figures.round(&key, line.ours, 2);
        figures.round(&format!("{key}_rows"), line.rows, 2);
        for (format, bytes) in beside::NAMES.iter().zip(line.others) {
            figures.round(&format!("{key}_{format}"), bytes, 2);
        }
        figures.round(&format!("{key}_mismatches"), line.mismatches, 0);
    }
    figures.round("mismatches", lines.iter().map(|line| line.mismatches).sum(), 0);
    figures
}

fn line(name: String, words: &'static str, figures: &Figures, keys: [&str; 2]) -> anyhow::Result<Line> {
    let [rows, ours] = keys;
    let mut others = [0.0; beside::NAMES.len()];
    for (bytes, format) in others.iter_mut().zip(beside::NAMES) {
        *bytes = figures.number(format)?;
    }
    Ok(Line {
        name,
        words,
        rows: figures.number(rows)?,
        ours: figures.number(ours)?,
        others,
        mismatches: figures.number("mismatches")?,
    })
}
