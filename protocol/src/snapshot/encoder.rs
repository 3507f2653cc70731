//! The room's side: one encoder for all its clients.

use core::ops::Range;
use std::sync::Arc;

use super::assemble::Word;
use super::books::BookPart;
use super::coder::pipes::Prior;
use super::codes::Records;
use super::enters::Enters;
use super::frame::{Entering, Frame};
use super::header::{Header, Newest, book_name};
use super::lanes::{Lanes, base_of};
use super::ledger::{Books, LANE_DEPTH};
use super::models::{Models, Observer};
use super::owned::{Mine, Owned};
use super::plan::Plan;
use super::pool::Pool;
use super::private::write_header;
use super::teacher::Teacher;
use super::wholes::Wholes;
use super::{Held, Ledger, RingSet, Visible, hash};
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::{History, Image};
use crate::limits::BULK_BYTES_PER_TICK;
use crate::schema::Schema;
use crate::wire::Private;
use crate::wire::bits::BitWriter;

/// Writes the frames of a room's clients; codes each entity once per tick for all who hold the same snapshots.
#[derive(Debug)]
pub struct Encoder {
    pub(super) plan: Plan,
    /// The tick that the caches are for.
    tick: Tick,
    lanes: Lanes,
    /// Enter records of this tick, by kind.
    records: Vec<Records>,
    shared: Vec<Shared>,
    /// Rows that enter a client's frame: by ring, kind, slot.
    enters: Vec<Entering>,
    wholes: Wholes,
    /// The rows of the section that is being written.
    words: Vec<Word>,
    mine: Mine,
    prior: Arc<Prior>,
    models: Models,
    observer: Observer,
    /// Ticks from the snapshots of most clients to the one they were sent last.
    spacing: [u32; LANE_DEPTH],
    pub(super) teacher: Teacher,
    pool: Pool,
    /// Whether no further codebook is made.
    frozen: bool,
    /// Whether the teacher is to hear of this tick, and whether it has.
    listens: bool,
    counted: bool,
}

/// What a client is to be sent in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// A snapshot, even where nothing changed.
    pub must: bool,
    /// The distance rings that are in it. Of no consequence where rows are not in rings; a keyframe has all.
    pub rings: RingSet,
    /// Bytes of rows that enter, and as many of `whole` values that have changed; one of each goes in any case.
    pub bulk_bytes: usize,
}

impl Due {
    /// All rings, where something changed.
    pub const CHANGES: Due = Due { must: false, rings: RingSet::ALL, bulk_bytes: BULK_BYTES_PER_TICK };
    /// All rings, changed or not.
    pub const ALL: Due = Due { must: true, rings: RingSet::ALL, bulk_bytes: BULK_BYTES_PER_TICK };
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
    /// Rows of which changed `whole` values were put off.
    pub wholes_postponed: usize,
    /// Whether there is a frame. Without one, nothing the client may see has changed.
    pub changed: bool,
}

/// A frame of this tick, and for whom it is.
#[derive(Debug)]
struct Shared {
    /// What those clients hold, and what they may see: the same objects.
    held: [Option<Arc<Held>>; LANE_DEPTH],
    visible: Arc<Visible>,
    due: Due,
    book: u32,
    encoded: Encoded,
}

impl Encoder {
    /// An encoder for the rooms of a game.
    #[must_use]
    pub fn new(schema: &Schema) -> Encoder {
        let plan = Plan::new(schema);
        let every = schema.send_every.max(1);
        Encoder {
            teacher: Teacher::new(&plan),
            pool: Pool::default(),
            frozen: false,
            plan,
            prior: Prior::shared(),
            models: Models::default(),
            observer: Observer::default(),
            spacing: [every, 2 * every, 3 * every],
            listens: false,
            counted: false,
            tick: Tick::NONE,
            lanes: Lanes::default(),
            records: Vec::new(),
            shared: Vec::new(),
            enters: Vec::new(),
            wholes: Wholes::default(),
            words: Vec::new(),
            mine: Mine::default(),
        }
    }

    /// Makes no further codebook: from here on a client's frames depend on nothing but what it may see.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Begins a tick: forgets the frames that were shared in the last one, whose buffer is gone.
    pub fn begin(&mut self) {
        self.tick = Tick::NONE;
        self.shared.clear();
    }

    /// Whether something that only `me` is sent (`owner` fields of rows it holds, rows of `owner` kinds) differs
    /// from what it has: then it needs a snapshot even where the shared part did not change.
    pub fn owner_changed(&mut self, history: &History, ledger: &Ledger, me: PlayerId) -> bool {
        let Some(now) = history.newest() else { return false };
        let before = base_of(history, now, ledger).zip(ledger.held().map(|held| &**held));
        let Encoder { plan, prior, models, mine, .. } = self;
        let at = |tick| models.at(tick);
        let models = [at(before.map_or(Tick::NONE, |(base, _)| base.tick)), at(now.tick)];
        Owned { plan, prior, now, models, before, me }.differs(mine)
    }

    /// Appends the snapshot of the newest tick for a client, made from its baseline.
    ///
    /// `enters` are the rows it may see and does not hold, in the order in which they should come; what does not
    /// fit into the tick's budget is postponed.
    pub fn shared(
        &mut self,
        history: &History,
        ledger: &Ledger,
        visible: &Arc<Visible>,
        enters: &[EntityId],
        due: Due,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let Some(now) = history.newest() else {
            return Encoded {
                frame: 0..0,
                held: Arc::default(),
                postponed: 0,
                wholes_postponed: 0,
                changed: false,
            };
        };
        self.begin_tick(history, now);
        let nothing;
        let from = if base_of(history, now, ledger).is_some() {
            ledger
        } else {
            nothing = Ledger::new();
            &nothing
        };
        let book = self.teacher.in_use(ledger.books.has).map_or(0, |edition| edition.version);
        if let Some(known) = self.shared.iter().find(|known| known.is_for(from, visible, due, book)) {
            return known.encoded.clone();
        }
        let asked = Asked { from, visible, enters, due, book };
        let mut encoded = self.write(history, now, &asked, out);
        // Where some were postponed, the order in which they come is this client's own; so is a view of areas.
        if encoded.postponed == 0 && visible.everything && !encoded.held.ringed {
            self.unite(&mut encoded);
            let visible = Arc::clone(visible);
            let mut held: [Option<Arc<Held>>; LANE_DEPTH] = Default::default();
            held.iter_mut().zip(from.lane(0)).for_each(|(place, held)| *place = Some(Arc::clone(held)));
            self.shared.push(Shared { held, visible, due, book, encoded: encoded.clone() });
        }
        encoded
    }

    /// Those who see everything and have come to hold the same share it from here on, however they came there.
    fn unite(&self, encoded: &mut Encoded) {
        let other = self.shared.iter().find(|other| other.encoded.held == encoded.held);
        encoded.held = other.map_or(&encoded.held, |other| &other.encoded.held).clone();
    }

    /// Prepares for the newest tick, once.
    fn begin_tick(&mut self, history: &History, now: &Image) {
        if self.tick == now.tick {
            return;
        }
        self.tick = now.tick;
        self.shared.clear();
        // The lane that most clients of the last tick were on says how far apart snapshots lie.
        self.spacing = self.lanes.begin().filter(|_| !self.frozen).unwrap_or(self.spacing);
        if core::mem::take(&mut self.counted) && !self.frozen {
            self.teacher.counted(&self.plan);
        }
        self.listens = self.teacher.listens();
        self.records.resize_with(self.plan.kinds.len(), Records::default);
        self.records.iter_mut().for_each(Records::clear);
        self.observer.observe(&self.plan, &mut self.models, history, now, self.spacing);
    }

    /// Appends the private frame of the newest tick: header and, where a snapshot follows, owner fields and rows.
    ///
    /// `now` is what the snapshot of the same tick leaves the client with; the ledger is still that of before.
    pub fn private(
        &mut self,
        history: &History,
        ledger: &mut Ledger,
        now: &Held,
        me: PlayerId,
        private: &Private,
        out: &mut Vec<u8>,
    ) -> Range<usize> {
        let from = out.len();
        let Some(image) = history.newest() else { return from..from };
        let base = base_of(history, image, ledger);
        let mut to = BitWriter::new(out);
        write_header(private, base.map(|base| base.tick), ledger.told, &mut to);
        if private.snapshot_follows {
            let held = ledger.held().cloned();
            let before = base.zip(held.as_deref());
            let Encoder { plan, prior, models, mine, .. } = self;
            let at = |tick| models.at(tick);
            let models = [at(before.map_or(Tick::NONE, |(base, _)| base.tick)), at(image.tick)];
            Owned { plan, prior, now: image, models, before, me }.write(mine, Some(now), &mut to);
        }
        to.finish();
        ledger.told(private);
        from..out.len()
    }

    /// The hash of what a client has after a snapshot, its owner fields and rows included: for [`Private::hash`].
    pub fn hash(&mut self, history: &History, held: &Held, me: PlayerId) -> u64 {
        hash::of_held(&self.plan, history, held, me)
    }

    /// Appends what this client still lacks of the codebook that is on its way: a part at a time, spread over
    /// ticks. An empty range where there is nothing.
    pub fn codebook(&mut self, ledger: &mut Ledger, out: &mut Vec<u8>) -> Range<usize> {
        let from = out.len();
        let mut books = ledger.books;
        if let Some(edition) = self.teacher.newest().filter(|edition| edition.version != books.has) {
            if books.next != edition.version {
                books = Books { next: edition.version, sent: 0, ..books };
            }
            let rest = edition.bytes.get(books.sent..).unwrap_or_default();
            let part = rest.get(..BOOK_PART).unwrap_or(rest);
            let head = BookPart { version: edition.version, from: books.sent, total: edition.bytes.len() };
            head.write(part, out);
            books.sent += part.len();
            if books.sent == edition.bytes.len() {
                books.has = edition.version;
            }
        }
        ledger.book(books);
        from..out.len()
    }

    /// The codebook in force in its wire form, for a welcome; empty for the built-in one.
    pub fn welcome(&mut self, ledger: &mut Ledger) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Some(edition) = self.teacher.newest() else { return bytes };
        BookPart { version: edition.version, from: 0, total: edition.bytes.len() }
            .write(&edition.bytes, &mut bytes);
        ledger.book(Books { has: edition.version, ..Books::default() });
        bytes
    }

    fn write(&mut self, history: &History, now: &Image, asked: &Asked<'_>, out: &mut Vec<u8>) -> Encoded {
        let from = out.len();
        let held: [Option<&Held>; 2] = {
            let mut lane = asked.from.lane(0).map(|held| &**held);
            [lane.next(), lane.next()]
        };
        let was_ringed = held[0].is_some_and(|held| held.ringed);
        let ringed = was_ringed || asked.visible.ringed;
        let rings = match held[0] {
            _ if !ringed => RingSet::FIRST,
            Some(_) => asked.due.rings,
            None => RingSet::ALL,
        };
        let sections = self.lanes.find(&self.plan, (history, now), asked.from, (rings, asked.book));

        let mut taken = self.pool.take();
        let next = Arc::make_mut(&mut taken);
        next.begin(now.tick, held[0], (ringed, rings), self.plan.kinds.len());

        let Encoder { plan, prior, lanes, records, enters, models, teacher, wholes, words, .. } = self;
        let bytes = asked.due.bulk_bytes;
        let mut choice = Enters { plan, now, models: models.at(now.tick), chosen: enters, records, bytes };
        let postponed = choice.choose((lanes, &sections, rings), held[0], asked.visible, asked.enters);
        let edition = teacher.edition(asked.book).map(|edition| Arc::clone(&edition.book));
        let [base, before] = held.map(|held| held.map(|held| held.tick));
        let lag = base.zip(before).map_or(plan.send_every, |(base, before)| base.since(before));
        let newest = Newest { tick: base.unwrap_or_default(), lag, ringed: was_ringed };
        let (book, in_rings) = (book_name(asked.book), ringed.then_some(rings));
        let header = Header { tick: now.tick, base, alone: sections.alone, book, rings: in_rings };
        let book = edition.as_deref();
        let frame = Frame { plan, prior, book, models, now, asked, rings, sections, enters, records };
        let wholes_postponed = frame.choose_wholes(lanes, wholes, next);
        let mut to = BitWriter::new(out);
        header.write(newest, &mut to);
        let mut changed = false;
        for ring in rings.iter() {
            let learned = self.listens && frame.is_usual(lanes, ring, self.spacing);
            self.counted |= learned;
            let counts = if learned { Some(teacher.counts()) } else { None };
            changed |= frame.write(ring, (lanes, wholes, words), counts, next, &mut to);
        }
        to.finish();
        self.pool.remember(&taken);
        if let (false, false, Some(base)) = (changed, asked.due.must, asked.from.held()) {
            out.truncate(from);
            let held = Arc::clone(base);
            return Encoded { frame: from..from, held, postponed, wholes_postponed, changed: false };
        }
        Encoded { frame: from..out.len(), held: taken, postponed, wholes_postponed, changed: true }
    }
}

/// What a client's frame is asked to be.
pub(super) struct Asked<'a> {
    /// What the frame is made from; nothing for a keyframe.
    pub(super) from: &'a Ledger,
    pub(super) visible: &'a Visible,
    pub(super) enters: &'a [EntityId],
    pub(super) due: Due,
    pub(super) book: u32,
}

/// Bytes of a codebook per client and tick: a book of 4 KiB takes as many ticks as a blink of an eye.
const BOOK_PART: usize = 512;

impl Shared {
    fn is_for(&self, from: &Ledger, visible: &Arc<Visible>, due: Due, book: u32) -> bool {
        let mut lane = from.lane(0);
        let same_held = self.held.iter().all(|mine| match (mine, lane.next()) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        });
        let same_visible = Arc::ptr_eq(&self.visible, visible) || self.visible.everything && visible.everything;
        let same_due = Due { must: due.must, ..self.due } == due;
        let same_must = self.due.must == due.must || self.encoded.changed && !self.due.must;
        self.book == book && same_held && same_visible && same_due && same_must
    }
}
