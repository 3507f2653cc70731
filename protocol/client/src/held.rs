//! What the server told, in this client's own schema.

use std::sync::Arc;

use tickwire_protocol::id::{EntityId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image, Mapping};
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Arrival, Replica};
use tickwire_protocol::wire::DecodeError;

use crate::arrivals::Arrivals;
use crate::paint::Between;

/// The snapshots held, by name where the server's schema is another one.
pub(crate) struct Held {
    replica: Replica,
    mapped: Option<Mapped>,
}

struct Mapped {
    mapping: Mapping,
    schema: Arc<Schema>,
    history: History,
}

impl Held {
    /// Holds nothing yet of a server of the same schema.
    pub(crate) fn new(schema: &Schema) -> Held {
        Held { replica: Replica::new(schema), mapped: None }
    }

    /// Holds nothing yet of a server whose schema is another one that can be mapped to `schema`.
    pub(crate) fn mapped(server: &Schema, mapping: Mapping, schema: Arc<Schema>) -> Held {
        let mapped = Mapped { mapping, schema, history: History::new() };
        Held { replica: Replica::new(server), mapped: Some(mapped) }
    }

    /// For the player that the welcome names.
    pub(crate) fn of(mut self, me: PlayerId) -> Held {
        self.replica = self.replica.of(me);
        self
    }

    pub(crate) fn codebook(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.replica.codebook(bytes)
    }

    pub(crate) fn receive(&mut self, frame: &[u8]) -> Result<Option<Arrival>, DecodeError> {
        let arrival = self.replica.receive(frame)?;
        if let (Some(mapped), Some(Arrival { snapshot: true, .. }), Some(newest)) =
            (&mut self.mapped, &arrival, self.replica.newest())
        {
            if mapped.history.newest().is_some_and(|held| held.tick >= newest.tick) {
                mapped.history.clear();
            }
            let mut image = mapped.history.draft(&mapped.schema);
            mapped.mapping.apply(newest, &mut image);
            mapped.history.push(image);
        }
        Ok(arrival)
    }

    /// The hash of what is held, in the server's schema.
    pub(crate) fn hash(&self) -> u64 {
        self.replica.hash()
    }

    /// Bits of snapshots that told of each kind of the server's schema.
    pub(crate) fn kind_bits(&self) -> &[u64] {
        self.replica.kind_bits()
    }

    /// The tick at which a row that is held was what it is: that of the newest snapshot, or an earlier one where what is
    /// far does not come with each.
    pub(crate) fn as_of(&self, id: EntityId) -> Tick {
        // A mapped kind may have another number; its rows are told as new.
        let ring = if self.mapped.is_some() { 0 } else { self.replica.ring_of(id) };
        self.replica.as_of(ring)
    }

    /// How many rows are held, how many of them are older than the newest snapshot because they are far, and by how many
    /// ticks the oldest is.
    pub(crate) fn ages(&self) -> (u32, u32, u32) {
        let newest = self.newest().map_or(Tick::NONE, |image| image.tick);
        let mut ages = (0, 0, 0);
        for id in self.newest().into_iter().flat_map(Image::entities) {
            let age = newest.since(self.as_of(id));
            ages = (ages.0 + 1, ages.1 + u32::from(age > 0), ages.2.max(age));
        }
        ages
    }

    pub(crate) fn newest(&self) -> Option<&Image> {
        self.history().newest()
    }

    pub(crate) fn history(&self) -> &History {
        self.mapped.as_ref().map_or_else(|| self.replica.history(), |mapped| &mapped.history)
    }

    /// The two snapshots that the drawn tick lies between.
    pub(crate) fn between(&self, arrivals: &Arrivals, tick: f64, seconds_per_tick: f64) -> Option<Between<'_>> {
        let mut later: Option<&Image> = None;
        for image in self.history().iter().rev() {
            if f64::from(image.tick.0) > tick {
                later = Some(image);
                continue;
            }
            let Some(to) = later else {
                // What is known without a new image did not change.
                let known = f64::from(image.tick.max(arrivals.newest()).0);
                let beyond = (tick - known).max(0.0) * seconds_per_tick;
                return Some(Between { from: image, to: None, part: 0.0, beyond });
            };
            let end = f64::from(to.tick.0);
            let idle = arrivals.idle_before(to.tick);
            let start = if idle { end - arrivals.interval_ticks() } else { f64::from(image.tick.0) };
            let part = ((tick - start) / (end - start).max(1e-9)).clamp(0.0, 1.0);
            return Some(Between { from: image, to: later, part, beyond: 0.0 });
        }
        later.map(|oldest| Between { from: oldest, to: None, part: 0.0, beyond: 0.0 })
    }
}
