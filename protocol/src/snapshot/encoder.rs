//! The room's side: one encoder for all its clients.

use core::ops::Range;
use std::sync::Arc;

use super::{Held, Ledger, Visible};
use crate::id::{EntityId, PlayerId};
use crate::image::History;
use crate::schema::Schema;
use crate::wire::Private;

/// Writes the frames of a room's clients; codes each entity once per tick for all who hold the same snapshots.
#[derive(Debug)]
pub struct Encoder {
    schema: Schema,
}

/// A snapshot frame for one client, or the same for several.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Where it stands in `out`; clients that share a frame get the same range. Empty where nothing changed.
    pub frame: Range<usize>,
    /// What the client has once the frame is written: for [`Ledger::written`].
    pub held: Arc<Held>,
    /// Enters that the budget put off to a later tick.
    pub postponed: usize,
    /// Whether there is a frame. Without one, nothing the client may see has changed.
    pub changed: bool,
}

impl Encoder {
    /// An encoder for the rooms of a game.
    #[must_use]
    pub fn new(schema: &Schema) -> Encoder {
        Encoder { schema: schema.clone() }
    }

    /// Begins a tick: forgets the frames that were shared in the last one, whose buffer is gone.
    pub fn begin(&mut self) {}

    /// Whether something that only `me` is sent (`owner` fields of rows it holds, rows of `owner` kinds) differs
    /// from what it has: then it needs a snapshot even where the shared part did not change.
    pub fn owner_changed(&mut self, _history: &History, _ledger: &Ledger, _me: PlayerId) -> bool {
        false
    }

    /// Appends the snapshot of the newest tick for a client, made from its baseline.
    ///
    /// `enters` are the rows it may see and does not hold, in the order in which they should come; what does not
    /// fit into the tick's budget is postponed. With `must`, a frame is written even where nothing changed.
    pub fn shared(
        &mut self,
        history: &History,
        _ledger: &Ledger,
        _visible: &Arc<Visible>,
        _enters: &[EntityId],
        _must: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let tick = history.newest().map_or(crate::id::Tick::NONE, |image| image.tick);
        let held = Held { tick, kinds: Vec::new() };
        Encoded { frame: out.len()..out.len(), held: Arc::new(held), postponed: 0, changed: false }
    }

    /// Appends the private frame of the newest tick: header and, where a snapshot follows, owner fields and rows.
    ///
    /// `now` is what the snapshot of the same tick leaves the client with; the ledger is still that of before.
    pub fn private(
        &mut self,
        _history: &History,
        _ledger: &mut Ledger,
        _now: &Held,
        _me: PlayerId,
        _private: &Private,
        out: &mut Vec<u8>,
    ) -> Range<usize> {
        out.len()..out.len()
    }

    /// The hash of what a client has after a snapshot, its owner fields and rows included: for [`Private::hash`].
    pub fn hash(&mut self, _history: &History, _held: &Held, _me: PlayerId) -> u64 {
        0
    }

    /// Appends what this client still lacks of the codebook that is on its way: a part at a time, spread over
    /// ticks. An empty range where there is nothing.
    pub fn codebook(&mut self, _ledger: &mut Ledger, out: &mut Vec<u8>) -> Range<usize> {
        out.len()..out.len()
    }

    /// The codebook in force in its wire form, for a welcome; empty for the built-in one.
    pub fn welcome(&mut self, _ledger: &mut Ledger) -> Vec<u8> {
        let _ = &self.schema;
        Vec::new()
    }
}
