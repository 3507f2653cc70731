//! The client's side: frames in, images out.

use crate::id::{EntityId, Tick};
use crate::image::{History, Image};
use crate::schema::Schema;
use crate::wire::{DecodeError, Private};

/// What a client holds: the last snapshots, by the schema alone.
///
/// A frame that fails in its last byte has changed nothing. A private frame waits for the snapshot of its tick, and
/// both take effect together.
#[derive(Debug)]
pub struct Replica {
    schema: Schema,
    history: History,
}

/// What a frame brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrival {
    /// The tick at whose end it was written.
    pub tick: Tick,
    /// Whether there is a new image; without, only the private part is new.
    pub snapshot: bool,
    /// What is for this client alone; default where the snapshot came without a private frame.
    pub private: Private,
    /// Rows that are new here: spawned, or come into sight.
    pub entered: Vec<EntityId>,
    /// Rows that are gone: removed, or out of sight. A slot that holds another row now is in both lists.
    pub left: Vec<EntityId>,
    /// Whether what is held hashes to what the server said; `None` where it said nothing.
    pub hash_ok: Option<bool>,
}

impl Replica {
    /// A replica that holds nothing.
    #[must_use]
    pub fn new(schema: &Schema) -> Replica {
        Replica { schema: schema.clone(), history: History::new() }
    }

    /// Takes the codebook of a welcome; empty is the built-in one.
    ///
    /// # Errors
    /// Where the bytes are no codebook of this schema.
    pub fn codebook(&mut self, _bytes: &[u8]) -> Result<(), DecodeError> {
        Ok(())
    }

    /// Takes a private frame, a snapshot or a codebook. `None` where it waits for another frame.
    ///
    /// # Errors
    /// Where the frame is not exactly what a server could have written now. Nothing has changed then.
    pub fn receive(&mut self, _frame: &[u8]) -> Result<Option<Arrival>, DecodeError> {
        let _ = &self.schema;
        Ok(None)
    }

    /// The newest image.
    #[must_use]
    pub fn newest(&self) -> Option<&Image> {
        self.history.newest()
    }

    /// The last images.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }
}
