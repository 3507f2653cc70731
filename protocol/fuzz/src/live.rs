//! A replica in the middle of its life, and what must hold whatever it is sent.

use std::sync::Arc;

use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::limits::HISTORY_TICKS;
use tickwire_protocol::schema::{Component, Schema};
use tickwire_protocol::snapshot::Replica;
use tickwire_protocol::wire::server::{PRIVATE, SNAPSHOT};

/// A replica that is as it was before each run.
pub struct Live {
    before: Replica,
    now: Replica,
    /// What there is to undo.
    done: Done,
    /// What `before` shows.
    first: Seen,
    /// What `now` showed before the last frame, where that is something else.
    last: Seen,
    /// The bounds of every component, by kind.
    bounds: Vec<Vec<Component>>,
}

/// What a replica has done since it was cloned.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Done {
    Nothing,
    /// Kept a private frame, at the most: one that is refused makes it forget it.
    Waited,
    /// Taken something.
    Something,
}

/// What a refused frame must not change, as far as it can be seen. The oldest image of a full history is out of every
/// delta's reach, and its memory may be used.
#[derive(Clone, Default)]
struct Seen {
    newest: Image,
    images: usize,
    /// Where rows are in rings: the ring of every row, and the age of each ring.
    rings: Option<(Vec<usize>, [Tick; 3])>,
}

impl Live {
    /// A replica of this player that has received these frames.
    ///
    /// # Panics
    /// Where it refuses one.
    #[must_use]
    pub fn new<'a>(schema: &Schema, me: PlayerId, frames: impl IntoIterator<Item = &'a [u8]>) -> Live {
        let mut before = Replica::new(schema).of(me);
        for frame in frames {
            before.receive(frame).expect("what a room writes is read");
        }
        let bounds = |kind: &tickwire_protocol::schema::Kind| {
            kind.fields.iter().flat_map(|field| field.ty.components()).collect()
        };
        let bounds = schema.kinds.iter().map(bounds).collect();
        let mut first = Seen::default();
        first.take(&before);
        Live { now: before.clone(), before, done: Done::Nothing, last: first.clone(), first, bounds }
    }

    /// Begins again and sends it these frames.
    ///
    /// # Panics
    /// Where a frame that is refused has changed something, or one that is taken left a number beyond its bounds.
    pub fn run<'a>(&mut self, frames: impl IntoIterator<Item = &'a [u8]>) {
        match core::mem::replace(&mut self.done, Done::Nothing) {
            Done::Nothing => {}
            Done::Waited => assert!(self.now.receive(&[SNAPSHOT]).is_err()),
            Done::Something => self.now.clone_from(&self.before),
        }
        // Whether a snapshot was taken in this run, and whether `last` shows it yet.
        let (mut moved, mut shown) = (false, true);
        for frame in frames {
            if !shown {
                self.last.take(&self.now);
                shown = true;
            }
            let tick = tick(&self.now);
            match self.now.receive(frame) {
                Ok(Some(arrival)) if arrival.snapshot => {
                    (self.done, moved, shown) = (Done::Something, true, false);
                    self.within_bounds();
                    assert!(arrival.tick > tick, "{} follows {tick}", arrival.tick);
                    assert_eq!(self::tick(&self.now), arrival.tick);
                    core::hint::black_box(self.now.hash());
                }
                Ok(None) if frame.first() == Some(&PRIVATE) && self.done < Done::Something => {
                    self.done = Done::Waited;
                }
                Ok(_) => self.done = Done::Something,
                Err(error) => {
                    drop(error.to_string());
                    let known = if moved { &self.last } else { &self.first };
                    assert!(known.shows(&self.now), "a refused frame has changed something");
                }
            }
        }
    }

    fn within_bounds(&self) {
        let Some(image) = self.now.newest() else { return };
        for (rows, bounds) in image.kinds.iter().zip(&self.bounds) {
            for (column, bounds) in rows.columns.iter().zip(bounds) {
                for slot in rows.alive.iter() {
                    let value = column.get(slot as usize).copied().unwrap_or(0);
                    assert!((bounds.min..=bounds.max).contains(&value), "{value} is beyond {bounds:?}");
                }
            }
        }
    }
}

fn tick(replica: &Replica) -> Tick {
    replica.newest().map_or(Tick::NONE, |image| image.tick)
}

impl Seen {
    fn take(&mut self, replica: &Replica) {
        match replica.newest() {
            Some(newest) => self.newest.copy_from(newest),
            None => self.newest = Image::default(),
        }
        self.images = images(replica);
        self.rings = rings(replica);
    }

    fn shows(&self, replica: &Replica) -> bool {
        let newest = match replica.newest() {
            Some(newest) => {
                newest.tick == self.newest.tick
                    && newest.kinds.len() == self.newest.kinds.len()
                    && newest.kinds.iter().zip(&self.newest.kinds).all(|(a, b)| is_same(a, b))
            }
            None => self.newest.kinds.is_empty(),
        };
        newest && self.images == images(replica) && self.rings == rings(replica)
    }
}

fn images(replica: &Replica) -> usize {
    replica.history().iter().count().min(HISTORY_TICKS - 1)
}

fn rings(replica: &Replica) -> Option<(Vec<usize>, [Tick; 3])> {
    replica.has_rings().then(|| {
        let rows = replica.newest().into_iter().flat_map(Image::entities);
        (rows.map(|id| replica.ring_of(id)).collect(), [0, 1, 2].map(|ring| replica.as_of(ring)))
    })
}

/// The same, in slots without a row too.
fn is_same(a: &KindImage, b: &KindImage) -> bool {
    let wholes = |(a, b): (&Arc<Vec<_>>, &Arc<Vec<_>>)| Arc::ptr_eq(a, b) || a == b;
    a.alive == b.alive
        && a.generation == b.generation
        && a.owner == b.owner
        && a.columns == b.columns
        && a.wholes.len() == b.wholes.len()
        && a.wholes.iter().zip(&b.wholes).all(wholes)
}
