//! The client's side: frames in, images out.

mod asked;

use std::sync::Arc;

use super::apply::{Changes, KindReader};
use super::books::Shelf;
use super::coder::pipes::Prior;
use super::header::{Header, Newest};
use super::lane::earlier_of;
use super::ledger::{LANE_DEPTH, RingSet, Told};
use super::models::{Columns, Models};
use super::owned::read_owned;
use super::plan::Plan;
use super::private::read_header;
use super::rings::{self, Rings, Spot, Spots};
use super::row;
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::{History, Image};
use crate::limits::SERVER_FRAME_BYTES_MAX;
use crate::schema::{Schema, SchemaError};
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
    /// Why the schema is not the one that it was made for.
    refused: Option<SchemaError>,
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
    rings: Rings,
    kind_bits: Vec<u64>,
    #[cfg(feature = "symbols")]
    symbols: Option<super::symbols::Symbols>,
}

/// What a snapshot is read into.
struct Draft {
    image: Image,
    models: Columns,
    spots: Spots,
}

/// What is known of a snapshot that was read.
struct Read {
    keyframe: bool,
    rings: Option<RingSet>,
    private: Option<Private>,
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
    ///
    /// The schema may come from anywhere: with one that cannot be ([`Schema::errors`]), every frame and codebook is
    /// refused with what is wrong with it.
    #[must_use]
    pub fn new(schema: &Schema) -> Replica {
        let refused = schema.check().err();
        let schema = if refused.is_some() { &Schema::nothing() } else { schema };
        Replica {
            schema: schema.clone(),
            refused,
            plan: Plan::new(schema),
            me: PlayerId::NOBODY,
            history: History::new(),
            waiting: Vec::new(),
            told: None,
            changes: Changes::default(),
            prior: Prior::shared(),
            shelf: Shelf::default(),
            models: Models::default(),
            rings: Rings::default(),
            kind_bits: vec![0; schema.kinds.len()],
            #[cfg(feature = "symbols")]
            symbols: None,
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
        self.readable()?;
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
        self.readable()?;
        match frame.first() {
            Some(&PRIVATE) => self.receive_private(frame),
            Some(&SNAPSHOT) => self.receive_snapshot(frame).map(Some),
            Some(&CODEBOOK) => self.shelf.receive(&self.plan, frame).map(|()| None),
            Some(&other) => Err(DecodeError::FrameKind(other)),
            None => Err(DecodeError::Short(8)),
        }
    }

    /// As [`Replica::receive`], with what a snapshot told of rows of which something was known.
    ///
    /// # Errors
    /// As [`Replica::receive`].
    #[cfg(feature = "symbols")]
    pub fn receive_noting(&mut self, frame: &[u8]) -> Result<(Option<Arrival>, Vec<super::Symbol>), DecodeError> {
        self.symbols = Some(super::symbols::Symbols::default());
        let arrival = self.receive(frame);
        let symbols = self.symbols.take().map(|mut symbols| symbols.take(frame.len() * 8));
        Ok((arrival?, symbols.unwrap_or_default()))
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

    fn newest_tick(&self) -> Tick {
        self.newest().map_or(Tick::NONE, |image| image.tick)
    }

    fn newest_held(&self) -> Newest {
        let mut images = self.history.iter().rev();
        let newest = images.next().map(|image| image.tick);
        let before = images.next().map(|image| image.tick);
        let lag = newest.zip(before).map_or(self.plan.send_every, |(newest, before)| newest.since(before));
        Newest { tick: newest.unwrap_or_default(), lag, ringed: self.rings.on }
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
        changes.moves.clear();
        changes.bits.clear();
        changes.bits.resize(self.kind_bits.len(), 0);
        let image = self.history.draft(&self.schema);
        let mut draft = Draft { image, models: Columns::new(), spots: Spots::new() };
        let arrival = match self.read(frame, &waiting, &mut draft, &mut changes) {
            Ok(read) => Ok(self.commit(draft, read, &mut changes)),
            Err(error) => {
                self.history.give_back(draft.image);
                Err(error)
            }
        };
        self.changes = changes;
        self.waiting = waiting;
        self.waiting.clear();
        arrival
    }

    /// Reads a snapshot and the private frame that waited for it into `draft`.
    fn read(
        &mut self,
        frame: &[u8],
        waiting: &[u8],
        draft: &mut Draft,
        changes: &mut Changes,
    ) -> Result<Read, DecodeError> {
        let mut from = BitReader::new(frame);
        let header = Header::read(self.newest_held(), &mut from)?;
        let kinds = self.plan.kinds.len();
        draft.models = self.models.draft(header.base, kinds);
        draft.spots = self.rings.draft(header.base.is_none() || !self.rings.on, kinds);
        let base = self.base(&header, &mut draft.image)?;
        draft.image.tick = header.tick;
        for ring in header.rings.unwrap_or_default().iter() {
            let has_rows = ring == 0 || from.flag()?;
            self.read_section(&header, (base, ring, has_rows), draft, &mut from, changes)?;
        }
        #[cfg(feature = "symbols")]
        self.symbols.as_ref().inspect(|symbols| symbols.end(&from));
        from.finish()?;
        self.move_rows(header.tick, draft, &changes.moves);
        let (keyframe, rings) = (base.is_none(), header.rings);
        if waiting.is_empty() {
            return Ok(Read { keyframe, rings, private: None });
        }
        let mut from = BitReader::new(waiting);
        let private = read_header(self.newest_tick(), self.told, &mut from)?;
        if private.tick != header.tick {
            return Err(DecodeError::Malformed(
                "a private frame and the snapshot after it are of different ticks",
            ));
        }
        let Draft { image, models, spots } = draft;
        read_owned(&self.plan, &self.prior, (image, models, spots), base, self.me, &mut from, changes)?;
        from.finish()?;
        Ok(Read { keyframe, rings, private: Some(private) })
    }

    /// Reads the rows of one ring.
    fn read_section(
        &self,
        header: &Header,
        (base, ring, has_rows): (Option<&Image>, usize, bool),
        draft: &mut Draft,
        from: &mut BitReader<'_>,
        changes: &mut Changes,
    ) -> Result<(), DecodeError> {
        if !has_rows {
            let mut spots = draft.image.kinds.iter().zip(&draft.spots);
            let held = |slot| move |spots: &Vec<Spot>| rings::spot(spots, slot).ring == ring;
            if spots.any(|(rows, spots)| rows.alive.iter().any(|slot| held(slot)(spots))) {
                return Err(DecodeError::Malformed("a ring is said to be empty that holds rows"));
            }
            return Ok(());
        }
        let tick = header.tick;
        let images = base
            .map_or([None; LANE_DEPTH], |base| self.rings.images(&self.history, tick, base, (ring, header.alone)));
        let book = self.shelf.named(header.book)?;
        let rings = header.rings.map(|rings| (rings, tick));
        let columns = draft.image.kinds.iter_mut().zip(&mut draft.models).zip(&mut draft.spots);
        let of_kinds = self.plan.each().zip(columns);
        for ((kind, plan, coder), ((now, models), spots)) in of_kinds.filter(|((_, plan, _), _)| !plan.owner) {
            let (earlier, prior) = (earlier_of(&images, tick, kind), &self.prior);
            let reader = KindReader {
                plan,
                coder,
                kind,
                earlier,
                owner: None,
                prior,
                book,
                ring,
                rings,
                #[cfg(feature = "symbols")]
                symbols: self.symbols.as_ref(),
            };
            let left = from.left();
            reader.read(now, (models, spots), from, changes)?;
            if let Some(bits) = changes.bits.get_mut(kind) {
                *bits += left.saturating_sub(from.left()) as u64;
            }
        }
        Ok(())
    }

    /// Puts rows into other rings. One that comes into the first is told anew what only its owner has of it.
    fn move_rows(&self, since: Tick, draft: &mut Draft, moves: &[(usize, u32, usize)]) {
        for &(kind, slot, ring) in moves {
            let (Some(spots), Some(rows)) = (draft.spots.get_mut(kind), draft.image.kinds.get_mut(kind)) else {
                continue;
            };
            rings::put(spots, slot, Spot { ring, since });
            if let Some(plan) = self.plan.kinds.get(kind) {
                row::set_default(plan, &plan.owned, rows, slot);
            }
        }
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

    fn commit(&mut self, draft: Draft, read: Read, changes: &mut Changes) -> Arrival {
        let Draft { image: draft, models, spots } = draft;
        let Read { keyframe, rings, private } = read;
        if keyframe {
            changes.left.clear();
            changes.left.extend(self.newest().into_iter().flat_map(Image::entities));
            self.history.clear();
            self.models.clear();
            self.rings.clear();
        }
        for (sum, bits) in self.kind_bits.iter_mut().zip(&changes.bits) {
            *sum += bits;
        }
        let tick = draft.tick;
        self.models.push(tick, models);
        self.rings.commit(tick, rings, spots);
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
