//! What the server told, in this client's own schema.

use std::sync::Arc;

use tickwire_protocol::id::PlayerId;
use tickwire_protocol::image::{History, Image, Mapping};
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Arrival, Replica};
use tickwire_protocol::wire::DecodeError;

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

    pub(crate) fn newest(&self) -> Option<&Image> {
        self.history().newest()
    }

    pub(crate) fn history(&self) -> &History {
        self.mapped.as_ref().map_or_else(|| self.replica.history(), |mapped| &mapped.history)
    }
}
