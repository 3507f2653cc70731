//! The client's side: frames in, images out.

use super::apply::{self, Changes};
use super::hash;
use super::header::Header;
use super::ledger::{LANE_DEPTH, Told};
use super::plan::Plan;
use super::private;
use super::row::Past;
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::{History, Image};
use crate::limits::{HISTORY_TICKS, SERVER_FRAME_BYTES_MAX};
use crate::schema::Schema;
use crate::wire::bits::BitReader;
use crate::wire::server::{CODEBOOK, PRIVATE, SNAPSHOT};
use crate::wire::{DecodeError, Private};

/// What a client holds: the last snapshots, by the schema alone.
///
/// A frame that fails in its last byte has changed nothing. A private frame waits for the snapshot of its tick, and
/// both take effect together.
#[derive(Debug)]
pub struct Replica {
    schema: Schema,
    plan: Plan,
    me: PlayerId,
    history: History,
    /// A private frame whose snapshot has not come yet; empty where there is none.
    waiting: Vec<u8>,
    told: Option<Told>,
    changes: Changes,
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
    /// A replica that holds nothing and belongs to nobody.
    #[must_use]
    pub fn new(schema: &Schema) -> Replica {
        Replica {
            schema: schema.clone(),
            plan: Plan::new(schema),
            me: PlayerId::NOBODY,
            history: History::new(),
            waiting: Vec::new(),
            told: None,
            changes: Changes::default(),
        }
    }

    /// The same for the player that its welcome names: that is whose `owner` fields and rows its frames carry.
    #[must_use]
    pub fn of(self, me: PlayerId) -> Replica {
        Replica { me, ..self }
    }

    /// Takes the codebook of a welcome; empty is the built-in one.
    ///
    /// # Errors
    /// Where the bytes are no codebook of this schema.
    pub fn codebook(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        if bytes.is_empty() { Ok(()) } else { Err(DecodeError::FrameKind(CODEBOOK)) }
    }

    /// Takes a private frame, a snapshot or a codebook. `None` where it waits for another frame.
    ///
    /// # Errors
    /// Where the frame is not exactly what a server could have written now. Nothing has changed then, but a private
    /// frame that waited is dropped.
    pub fn receive(&mut self, frame: &[u8]) -> Result<Option<Arrival>, DecodeError> {
        if frame.len() > SERVER_FRAME_BYTES_MAX {
            let (len, max) = (frame.len(), SERVER_FRAME_BYTES_MAX);
            return Err(DecodeError::TooLong { what: "a frame", len, max });
        }
        match frame.first() {
            Some(&PRIVATE) => self.receive_private(frame),
            Some(&SNAPSHOT) => self.receive_snapshot(frame).map(Some),
            Some(&other) => Err(DecodeError::FrameKind(other)),
            None => Err(DecodeError::Short(8)),
        }
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

    /// The hash of what is held; what [`super::Encoder::hash`] says of the same.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.newest().map_or(0, |image| hash::of_image(&self.plan, image, None, self.me))
    }

    fn newest_tick(&self) -> Tick {
        self.newest().map_or(Tick::NONE, |image| image.tick)
    }

    fn receive_private(&mut self, frame: &[u8]) -> Result<Option<Arrival>, DecodeError> {
        if !self.waiting.is_empty() {
            self.waiting.clear();
            return Err(DecodeError::Malformed("a private frame comes before the snapshot of the last one"));
        }
        let mut from = BitReader::new(frame);
        let private = private::read_header(self.newest_tick(), self.told, &mut from)?;
        if private.snapshot_follows {
            self.waiting.extend_from_slice(frame);
            return Ok(None);
        }
        from.finish()?;
        self.told = Some(Told::of(&private));
        let hash_ok = private.hash.map(|hash| hash == self.hash());
        Ok(Some(Arrival { tick: private.tick, private, hash_ok, ..Arrival::default() }))
    }

    fn receive_snapshot(&mut self, frame: &[u8]) -> Result<Arrival, DecodeError> {
        let waiting = core::mem::take(&mut self.waiting);
        let mut changes = core::mem::take(&mut self.changes);
        changes.entered.clear();
        changes.left.clear();
        let mut draft = self.history.draft(&self.schema);
        let read = self.read(frame, &waiting, &mut draft, &mut changes);
        let arrival = match read {
            Ok((keyframe, private)) => Ok(self.commit(draft, keyframe, private, &mut changes)),
            Err(error) => {
                self.history.give_back(draft);
                Err(error)
            }
        };
        self.changes = changes;
        self.waiting = waiting;
        self.waiting.clear();
        arrival
    }

    /// Reads a snapshot and the private frame that waited for it into `draft`. Says whether it is a keyframe.
    fn read(
        &self,
        frame: &[u8],
        waiting: &[u8],
        draft: &mut Image,
        changes: &mut Changes,
    ) -> Result<(bool, Option<Private>), DecodeError> {
        let mut from = BitReader::new(frame);
        let header = Header::read(&self.plan, self.newest_tick(), &mut from)?;
        let base = self.base(&header, draft)?;
        draft.tick = header.tick;
        let before = base.map_or([None; LANE_DEPTH - 1], |base| self.before(&header, base));
        for (kind, (plan, now)) in self.plan.kinds.iter().zip(&mut draft.kinds).enumerate() {
            if plan.owner {
                continue;
            }
            let past = base.and_then(|base| {
                let before = before.map(|before| {
                    let (image, ticks) = before?;
                    image.kinds.get(kind).map(|rows| (rows, ticks))
                });
                let lag = header.tick.since(base.tick);
                Some(Past { base: base.kinds.get(kind)?, lag, before })
            });
            apply::read_kind(plan, kind, now, past, None, &mut from, changes)?;
        }
        from.finish()?;
        if waiting.is_empty() {
            return Ok((base.is_none(), None));
        }
        let mut from = BitReader::new(waiting);
        let private = private::read_header(self.newest_tick(), self.told, &mut from)?;
        if private.tick != header.tick {
            return Err(DecodeError::Malformed(
                "a private frame and the snapshot after it are of different ticks",
            ));
        }
        private::read_owned(&self.plan, draft, base, self.me, &mut from, changes)?;
        from.finish()?;
        Ok((base.is_none(), Some(private)))
    }

    /// The image a snapshot is made from, copied into `draft`; `None` for a keyframe.
    fn base(&self, header: &Header, draft: &mut Image) -> Result<Option<&Image>, DecodeError> {
        let Some(tick) = header.base else {
            for rows in &mut draft.kinds {
                for slot in 0..rows.capacity() as u32 {
                    rows.remove(slot);
                }
            }
            return Ok(None);
        };
        let base = self.history.at(tick).ok_or(DecodeError::UnknownBase(tick))?;
        if draft.tick != base.tick {
            draft.copy_from(base);
        }
        Ok(Some(base))
    }

    /// The snapshots before the base that a row may be coded against, with the ticks between.
    fn before(&self, header: &Header, base: &Image) -> [Option<(&Image, u32)>; LANE_DEPTH - 1] {
        let mut before = [None; LANE_DEPTH - 1];
        if header.alone {
            return before;
        }
        let mut newer = base;
        for place in &mut before {
            let older = newer.tick.0.checked_sub(1).and_then(|tick| self.history.not_after(Tick(tick)));
            let Some(older) = older.filter(|older| header.tick.since(older.tick) < HISTORY_TICKS as u32) else {
                break;
            };
            *place = Some((older, newer.tick.since(older.tick)));
            newer = older;
        }
        before
    }

    fn commit(
        &mut self,
        draft: Image,
        keyframe: bool,
        private: Option<Private>,
        changes: &mut Changes,
    ) -> Arrival {
        if keyframe {
            changes.left.clear();
            changes.left.extend(self.newest().into_iter().flat_map(Image::entities));
            self.history.clear();
        }
        let tick = draft.tick;
        self.history.push(draft);
        let private = private.unwrap_or_default();
        if private.tick == tick {
            self.told = Some(Told::of(&private));
        }
        Arrival {
            tick,
            snapshot: true,
            hash_ok: private.hash.map(|hash| hash == self.hash()),
            private,
            entered: changes.entered.clone(),
            left: changes.left.clone(),
        }
    }
}
