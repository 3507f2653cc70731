//! A replica in the middle of its life, and what must hold whatever it is sent.

use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::limits::HISTORY_TICKS;
use tickwire_protocol::schema::{Component, Schema};
use tickwire_protocol::snapshot::Replica;

/// A replica that is as it was before each run.
pub struct Live {
    before: Replica,
    now: Replica,
    /// Whether `now` took something.
    dirty: bool,
    /// The bounds of every component, by kind.
    bounds: Vec<Vec<Component>>,
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
        Live { now: before.clone(), before, dirty: false, bounds }
    }

    /// Begins again and sends it these frames.
    ///
    /// # Panics
    /// Where a frame that is refused has changed something, or one that is taken left a number beyond its bounds.
    pub fn run<'a>(&mut self, frames: impl IntoIterator<Item = &'a [u8]>) {
        if core::mem::take(&mut self.dirty) {
            self.now.clone_from(&self.before);
        }
        let mut known = state(&self.now);
        for frame in frames {
            match self.now.receive(frame) {
                Ok(Some(arrival)) if arrival.snapshot => {
                    self.dirty = true;
                    self.within_bounds();
                    let next = state(&self.now);
                    assert!(next.0 > known.0, "{} follows {}", next.0, known.0);
                    assert_eq!(next.0, arrival.tick);
                    known = next;
                }
                Ok(_) => self.dirty = true,
                Err(error) => {
                    drop(error.to_string());
                    assert_eq!(state(&self.now), known, "a refused frame has changed something");
                }
            }
        }
    }

    fn within_bounds(&self) {
        let Some(image) = self.now.newest() else { return };
        for (rows, bounds) in image.kinds.iter().zip(&self.bounds) {
            for slot in rows.alive.iter() {
                for (at, bounds) in bounds.iter().enumerate() {
                    let value = rows.value(at, slot);
                    assert!((bounds.min..=bounds.max).contains(&value), "{value} is beyond {bounds:?}");
                }
            }
        }
    }
}

/// What a refused frame must not change, as far as it can be seen: the newest tick, the images held, the newest one's
/// hash. The oldest of a full history is out of every delta's reach, and its memory may be used.
fn state(replica: &Replica) -> (Tick, usize, u64) {
    let tick = replica.newest().map_or(Tick::NONE, |image: &Image| image.tick);
    (tick, replica.history().iter().count().min(HISTORY_TICKS - 1), replica.hash())
}
