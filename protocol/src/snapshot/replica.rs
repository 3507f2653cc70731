//! The client's side: frames in, images out.

use std::sync::Arc;

use super::apply::{Changes, KindReader};
use super::books::Shelf;
use super::coder::pipes::Prior;
use super::hash;
use super::header::{Header, Newest};
use super::lane::{Images, earlier_of};
use super::ledger::{LANE_DEPTH, Told};
use super::models::{Columns, Models};
use super::owned::read_owned;
use super::plan::Plan;
use super::private::read_header;
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
#[derive(Clone, Debug)]
pub struct Replica {
    schema: Schema,
    plan: Plan,
    me: PlayerId,
    history: History,
    /// A private frame whose snapshot has not come yet; empty where there is none.
    waiting: Vec<u8>,
    told: Option<Told>,
    changes: Changes,
    prior: Arc<Prior>,
    shelf: Shelf,
    models: Models,
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
            prior: Arc::new(Prior::new()),
            shelf: Shelf::default(),
            models: Models::default(),
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
        if bytes.is_empty() { Ok(()) } else { self.shelf.receive(&self.plan, bytes) }
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
            Some(&CODEBOOK) => self.shelf.receive(&self.plan, frame).map(|()| None),
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

    fn newest_held(&self) -> Newest {
        let mut images = self.history.iter().rev();
        let newest = images.next().map(|image| image.tick);
        let before = images.next().map(|image| image.tick);
        let lag = newest.zip(before).map_or(self.plan.send_every, |(newest, before)| newest.since(before));
        Newest { tick: newest.unwrap_or_default(), lag }
    }

    fn receive_private(&mut self, frame: &[u8]) -> Result<Option<Arrival>, DecodeError> {
        if !self.waiting.is_empty() {
            self.waiting.clear();
            return Err(DecodeError::Malformed("a private frame comes before the snapshot of the last one"));
        }
        let mut from = BitReader::new(frame);
        let private = read_header(self.newest_tick(), self.told, &mut from)?;
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
        let mut models = Columns::new();
        let arrival = match self.read(frame, &waiting, &mut draft, &mut models, &mut changes) {
            Ok((keyframe, private)) => Ok(self.commit(draft, models, keyframe, private, &mut changes)),
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

    /// Reads a snapshot and the private frame that waited for it into `draft` and `models`. Says whether it is a
    /// keyframe.
    fn read(
        &mut self,
        frame: &[u8],
        waiting: &[u8],
        draft: &mut Image,
        models: &mut Columns,
        changes: &mut Changes,
    ) -> Result<(bool, Option<Private>), DecodeError> {
        let mut from = BitReader::new(frame);
        let header = Header::read(self.newest_held(), &mut from)?;
        *models = self.models.draft(header.base, self.plan.kinds.len());
        let base = self.base(&header, draft)?;
        draft.tick = header.tick;
        let book = self.shelf.named(header.book)?;
        let images = base.map_or([None; LANE_DEPTH], |base| self.images(&header, base));
        let tick = draft.tick;
        let of_kinds = self.plan.each().zip(draft.kinds.iter_mut().zip(&mut *models));
        for ((kind, plan, coder), (now, models)) in of_kinds.filter(|((_, plan, _), _)| !plan.owner) {
            let earlier = earlier_of(&images, tick, kind);
            let reader = KindReader { plan, coder, kind, earlier, owner: None, prior: &self.prior, book };
            reader.read(now, models, &mut from, changes)?;
        }
        from.finish()?;
        if waiting.is_empty() {
            return Ok((base.is_none(), None));
        }
        let mut from = BitReader::new(waiting);
        let private = read_header(self.newest_tick(), self.told, &mut from)?;
        if private.tick != header.tick {
            return Err(DecodeError::Malformed(
                "a private frame and the snapshot after it are of different ticks",
            ));
        }
        read_owned(&self.plan, &self.prior, (draft, models), base, self.me, &mut from, changes)?;
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

    /// The snapshots that a row may be coded against, newest first.
    fn images<'a>(&'a self, header: &Header, base: &'a Image) -> Images<'a> {
        let mut images = [Some(base), None, None];
        let mut newer = base;
        for place in images.iter_mut().skip(1).filter(|_| !header.alone) {
            let older = newer.tick.0.checked_sub(1).and_then(|tick| self.history.not_after(Tick(tick)));
            let Some(older) = older.filter(|older| header.tick.since(older.tick) < HISTORY_TICKS as u32) else {
                break;
            };
            *place = Some(older);
            newer = older;
        }
        images
    }

    fn commit(
        &mut self,
        draft: Image,
        models: Columns,
        keyframe: bool,
        private: Option<Private>,
        changes: &mut Changes,
    ) -> Arrival {
        if keyframe {
            changes.left.clear();
            changes.left.extend(self.newest().into_iter().flat_map(Image::entities));
            self.history.clear();
            self.models.clear();
        }
        let tick = draft.tick;
        self.models.push(tick, models);
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
