//! The rows of `w1` as plain structs, and their changes as a message of postcard.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use tickwire_protocol::image::Image;

/// Integers of a row: position, velocity, rot, hp, kind, score.
const NUMBERS: usize = 8;

type Row = [i32; NUMBERS];

/// A sender and a receiver of plain structs.
#[derive(Debug, Default)]
pub(super) struct Plain {
    before: Vec<Row>,
    now: Vec<Row>,
    theirs: Vec<Row>,
    changes: Vec<Change>,
    buffer: Vec<u8>,
}

/// What has changed of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Change {
    id: u32,
    x: Option<u32>,
    y: Option<u32>,
    vx: Option<i32>,
    vy: Option<i32>,
    rot: Option<u8>,
    hp: Option<u8>,
    kind: Option<u8>,
    score: Option<u16>,
}

/// Bytes that a change takes at the most.
const CHANGE_BYTES_MAX: usize = 48;

impl Plain {
    /// Takes the rows of a tick.
    pub(super) fn note(&mut self, image: &Image) {
        let Some(kind) = image.kinds.first() else { return };
        std::mem::swap(&mut self.before, &mut self.now);
        self.now.clear();
        let row = |slot| std::array::from_fn(|at| kind.value(at, slot));
        self.now.extend((0..kind.capacity() as u32).map(row));
        self.before.resize(self.now.len(), Row::default());
        self.theirs.resize(self.now.len(), Row::default());
        self.buffer.resize(self.now.len() * CHANGE_BYTES_MAX, 0);
    }

    /// Writes what has changed and reads it again; says how long either took.
    pub(super) fn code(&mut self) -> anyhow::Result<(Duration, Duration)> {
        let begin = Instant::now();
        self.changes.clear();
        let rows = (0..).zip(self.before.iter().zip(&self.now));
        self.changes.extend(rows.filter_map(|(id, (before, now))| Change::of(id, before, now)));
        let bytes = postcard::to_slice(&self.changes, &mut self.buffer)?;
        let written = Instant::now();
        let changes: Vec<Change> = postcard::from_bytes(black_box(bytes))?;
        for change in &changes {
            if let Some(row) = self.theirs.get_mut(change.id as usize) {
                change.put(row);
            }
        }
        let times = (written - begin, written.elapsed());
        ensure!(self.theirs == self.now, "what postcard has written is not what it reads");
        Ok(times)
    }
}

impl Change {
    fn of(id: u32, before: &Row, now: &Row) -> Option<Change> {
        if before == now {
            return None;
        }
        let [x, y, vx, vy, rot, hp, kind, score] = *now;
        let changed = |at: usize| before.get(at) != now.get(at);
        Some(Change {
            id,
            x: changed(0).then_some(x as u32),
            y: changed(1).then_some(y as u32),
            vx: changed(2).then_some(vx),
            vy: changed(3).then_some(vy),
            rot: changed(4).then_some(rot as u8),
            hp: changed(5).then_some(hp as u8),
            kind: changed(6).then_some(kind as u8),
            score: changed(7).then_some(score as u16),
        })
    }

    fn put(&self, row: &mut Row) {
        let [x, y, vx, vy, rot, hp, kind, score] = row;
        put(x, self.x.map(|x| x as i32));
        put(y, self.y.map(|y| y as i32));
        put(vx, self.vx);
        put(vy, self.vy);
        put(rot, self.rot.map(i32::from));
        put(hp, self.hp.map(i32::from));
        put(kind, self.kind.map(i32::from));
        put(score, self.score.map(i32::from));
    }
}

fn put(place: &mut i32, value: Option<i32>) {
    if let Some(value) = value {
        *place = value;
    }
}
