//! The room's side: one encoder for all its clients.

use core::ops::Range;
use std::sync::Arc;

use super::assemble::KindSection;
use super::books::BookPart;
use super::coder::pipes::Prior;
use super::enters::Enters;
use super::header::{Header, Newest, book_name};
use super::lane::{Codes, Coding, Images, Lane, earlier_of};
use super::ledger::{Books, LANE_DEPTH};
use super::models::{Models, Observer};
use super::owned::{Mine, Owned};
use super::plan::Plan;
use super::pool::Pool;
use super::private::write_header;
use super::teacher::Teacher;
use super::{Held, Ledger, Visible, hash};
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::{History, Image, Slots};
use crate::limits::HISTORY_TICKS;
use crate::schema::Schema;
use crate::wire::Private;
use crate::wire::bits::BitWriter;

/// Lanes in one tick that look back at more than their base. Clients that each stalled at another time would
/// otherwise have everything coded for each of them.
const DEEP_LANES_MAX: usize = 8;

/// Writes the frames of a room's clients; codes each entity once per tick for all who hold the same snapshots.
#[derive(Debug)]
pub struct Encoder {
    plan: Plan,
    /// The tick that the caches are for.
    tick: Tick,
    lanes: Vec<Lane>,
    /// How many of `lanes` are in use; the others are memory.
    lanes_used: usize,
    /// Enter records of this tick, by kind.
    records: Vec<Codes>,
    shared: Vec<Shared>,
    /// Rows that enter a client's frame: by kind, then slot.
    enters: Vec<(usize, u32)>,
    slots: Vec<u32>,
    mine: Mine,
    prior: Prior,
    models: Models,
    observer: Observer,
    /// Ticks from the snapshots of most clients to the one they were sent last.
    spacing: [u32; LANE_DEPTH],
    teacher: Teacher,
    pool: Pool,
    /// Whether no further codebook is made.
    frozen: bool,
    /// Whether the teacher has heard of this tick.
    counted: bool,
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

/// A frame of this tick, and for whom it is.
#[derive(Debug)]
struct Shared {
    /// What those clients hold, and what they may see: the same objects.
    held: [Option<Arc<Held>>; LANE_DEPTH],
    visible: Arc<Visible>,
    must: bool,
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
            prior: Prior::new(),
            models: Models::default(),
            observer: Observer::default(),
            spacing: [every, 2 * every, 3 * every],
            counted: false,
            tick: Tick::NONE,
            lanes: Vec::new(),
            lanes_used: 0,
            records: Vec::new(),
            shared: Vec::new(),
            enters: Vec::new(),
            slots: Vec::new(),
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
    /// fit into the tick's budget is postponed. With `must`, a frame is written even where nothing changed.
    pub fn shared(
        &mut self,
        history: &History,
        ledger: &Ledger,
        visible: &Arc<Visible>,
        enters: &[EntityId],
        must: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let Some(now) = history.newest() else {
            return Encoded { frame: 0..0, held: Arc::default(), postponed: 0, changed: false };
        };
        self.begin_tick(history, now);
        let mut held: [Option<Arc<Held>>; LANE_DEPTH] = Default::default();
        if base_of(history, now, ledger).is_some() {
            held.iter_mut().zip(ledger.lane()).for_each(|(place, held)| *place = Some(Arc::clone(held)));
        }
        let book = self.teacher.edition(ledger.books.has).map_or(0, |edition| edition.version);
        if let Some(known) = self.shared.iter().find(|known| known.is_for(&held, visible, must, book)) {
            return known.encoded.clone();
        }
        let asked = Asked { held: &held, visible, enters, must, book };
        let mut encoded = self.write(history, now, &asked, out);
        // Where some were postponed, the order in which they come is this client's own; so is a view of areas.
        if encoded.postponed == 0 && visible.everything {
            self.unite(&mut encoded);
            let visible = Arc::clone(visible);
            self.shared.push(Shared { held, visible, must, book, encoded: encoded.clone() });
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
        if let Some(main) =
            self.lanes.get(..self.lanes_used).unwrap_or_default().iter().max_by_key(|lane| lane.uses)
            && main.ticks.iter().all(|&tick| tick != Tick::NONE)
            && !self.frozen
        {
            self.spacing = main.ticks.map(|tick| main.tick.since(tick));
        }
        if core::mem::take(&mut self.counted) && !self.frozen {
            self.teacher.counted(&self.plan);
        }
        self.lanes_used = 0;
        self.records.resize_with(self.plan.kinds.len(), Codes::default);
        self.records.iter_mut().for_each(Codes::clear);
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
        history.at(held.tick).map_or(0, |image| hash::of_image(&self.plan, image, Some(&held.kinds), me))
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
        let held = asked.held;
        let (lane, alone, images) = self.lane(history, now, asked);
        let ages = [held[0].as_deref(), held[1].as_deref(), held[2].as_deref()];

        let mut taken = self.pool.take();
        let next = Arc::make_mut(&mut taken);
        (next.tick, next.keyframe) = (now.tick, held[0].is_none());
        next.kinds.resize_with(self.plan.kinds.len(), Slots::default);

        let Encoder { plan, prior, lanes, records, enters, slots, models, teacher, .. } = self;
        let Some(lane) = lanes.get_mut(lane) else {
            return Encoded { frame: from..from, held: Arc::default(), postponed: 0, changed: false };
        };
        let mut choice = Enters { plan, now, models: models.at(now.tick), chosen: enters, records };
        let postponed = choice.choose(lane, images[0], ages[0], asked.visible, asked.enters);
        let edition = teacher.edition(lane.book).map(|edition| Arc::clone(&edition.book));
        // Only what most clients are sent is learned from.
        let learned = !alone && images[0].is_some() && lane.ticks.map(|tick| now.tick.since(tick)) == self.spacing;
        self.counted |= learned;
        let mut counts = if learned { Some(teacher.counts()) } else { None };
        let mut to = BitWriter::new(out);
        let [base, before] = [0, 1].map(|at| ages[at].map(|held| held.tick));
        let lag = base.zip(before).map_or(plan.send_every, |(base, before)| base.since(before));
        let newest = Newest { tick: base.unwrap_or_default(), lag };
        Header { tick: now.tick, base, alone, book: book_name(lane.book) }.write(newest, &mut to);
        let models = [models.at(base.unwrap_or(Tick::NONE)), models.at(now.tick)];
        let mut changed = false;
        for (((kind, kind_plan, coder), lane), records) in plan.each().zip(&mut lane.kinds).zip(&*records) {
            let Some(rows) = now.kinds.get(kind) else { continue };
            slots.clear();
            slots.extend(enters.iter().filter(|enter| enter.0 == kind).map(|enter| enter.1));
            let earlier = earlier_of(&images, now.tick, kind);
            let coding = Coding { kind, coder, earlier, now: rows, models, prior, book: edition.as_deref() };
            let visible =
                if asked.visible.everything { None } else { asked.visible.kinds.get(kind).or(Some(NONE)) };
            let section = KindSection { plan: kind_plan, coding, held: &ages, visible, enters: slots, records };
            if !kind_plan.owner {
                changed |= section.write(lane, &mut counts, &mut to);
            }
            if let Some(slots) = next.kinds.get_mut(kind) {
                section.next(lane, slots);
            }
        }
        to.finish();
        self.pool.remember(&taken);
        if let (false, false, [Some(base), ..]) = (changed, asked.must, held) {
            out.truncate(from);
            return Encoded { frame: from..from, held: Arc::clone(base), postponed, changed: false };
        }
        Encoded { frame: from..out.len(), held: taken, postponed, changed: true }
    }

    /// The lane of those who hold these snapshots, whether it looks at the base alone, and its images.
    fn lane<'a>(&mut self, history: &'a History, now: &Image, asked: &Asked<'_>) -> (usize, bool, Images<'a>) {
        let mut images: Images<'a> = [None; LANE_DEPTH];
        for (place, held) in images.iter_mut().zip(asked.held.iter().flatten()) {
            // What is this old is gone, here or at the client: neither looks at it.
            let kept = now.tick.since(held.tick) < HISTORY_TICKS as u32;
            *place = if kept { history.at(held.tick) } else { None };
            if place.is_none() {
                break;
            }
        }
        let known = |lanes: &mut [Lane], images: &Images<'_>| {
            let ticks = images.map(|image| image.map_or(Tick::NONE, |image| image.tick));
            let at = lanes.iter().position(|lane| lane.ticks == ticks && lane.book == asked.book)?;
            lanes.get_mut(at)?.uses += 1;
            Some(at)
        };
        let used = self.lanes.get_mut(..self.lanes_used).unwrap_or_default();
        if let Some(at) = known(used, &images) {
            return (at, false, images);
        }
        let alone = used.len() >= DEEP_LANES_MAX;
        if alone {
            images = [images[0], None, None];
            if let Some(at) = known(used, &images) {
                return (at, true, images);
            }
        }
        if self.lanes_used == self.lanes.len() {
            self.lanes.push(Lane::default());
        }
        let at = self.lanes_used;
        self.lanes_used += 1;
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.reset(&self.plan, now, &images, asked.book);
        }
        (at, alone, images)
    }
}

/// What a client's frame is asked to be.
struct Asked<'a> {
    held: &'a [Option<Arc<Held>>; LANE_DEPTH],
    visible: &'a Visible,
    enters: &'a [EntityId],
    must: bool,
    book: u32,
}

/// Bytes of a codebook per client and tick: a book of 4 KiB takes as many ticks as a blink of an eye.
const BOOK_PART: usize = 512;

static NONE: &Slots = &Slots::new();

impl Shared {
    fn is_for(
        &self,
        held: &[Option<Arc<Held>>; LANE_DEPTH],
        visible: &Arc<Visible>,
        must: bool,
        book: u32,
    ) -> bool {
        let same_held = self.held.iter().zip(held).all(|pair| match pair {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        });
        let same_visible = Arc::ptr_eq(&self.visible, visible) || self.visible.everything && visible.everything;
        self.book == book && same_held && same_visible && (self.must == must || self.encoded.changed && !self.must)
    }
}

/// The image that a client's next delta is made from; `None` where it is gone, or there was none: a keyframe.
fn base_of<'a>(history: &'a History, now: &Image, ledger: &Ledger) -> Option<&'a Image> {
    let base = ledger.baseline()?;
    let lag = now.tick.since(base);
    if lag == 0 || lag >= HISTORY_TICKS as u32 {
        return None;
    }
    history.at(base)
}
