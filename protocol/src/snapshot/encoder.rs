//! The room's side: one encoder for all its clients.

use core::ops::Range;
use std::sync::Arc;

use super::assemble::KindSection;
use super::header::Header;
use super::lane::{Codes, Earlier, Lane, LaneKind, slots_in, word_of};
use super::ledger::LANE_DEPTH;
use super::plan::{KindPlan, Plan};
use super::private::{self, Mine};
use super::{Held, Ledger, Visible, hash, row};
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::{History, Image, Slots};
use crate::limits::{ENTER_BYTES_PER_TICK, HISTORY_TICKS};
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
    encoded: Encoded,
}

impl Encoder {
    /// An encoder for the rooms of a game.
    #[must_use]
    pub fn new(schema: &Schema) -> Encoder {
        Encoder {
            plan: Plan::new(schema),
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

    /// Begins a tick: forgets the frames that were shared in the last one, whose buffer is gone.
    pub fn begin(&mut self) {
        self.tick = Tick::NONE;
        self.shared.clear();
    }

    /// Whether something that only `me` is sent (`owner` fields of rows it holds, rows of `owner` kinds) differs
    /// from what it has: then it needs a snapshot even where the shared part did not change.
    pub fn owner_changed(&mut self, history: &History, ledger: &Ledger, me: PlayerId) -> bool {
        let Some(now) = history.newest() else { return false };
        let base = base_of(history, now, ledger);
        let held = ledger.held().map(|held| &**held);
        private::differs(&self.plan, &mut self.mine, now, held, base.zip(held), me)
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
        if self.tick != now.tick {
            self.tick = now.tick;
            self.shared.clear();
            self.lanes_used = 0;
            self.records.resize_with(self.plan.kinds.len(), Codes::default);
            self.records.iter_mut().for_each(Codes::clear);
        }
        let mut held: [Option<Arc<Held>>; LANE_DEPTH] = Default::default();
        if base_of(history, now, ledger).is_some() {
            held.iter_mut().zip(ledger.lane()).for_each(|(place, held)| *place = Some(Arc::clone(held)));
        }
        if let Some(known) = self.shared.iter().find(|known| known.is_for(&held, visible, must)) {
            return known.encoded.clone();
        }
        let encoded = self.write(history, now, &held, visible, enters, must, out);
        // Where some were postponed, the order in which they come is this client's own.
        if encoded.postponed == 0 {
            let visible = Arc::clone(visible);
            self.shared.push(Shared { held, visible, must, encoded: encoded.clone() });
        }
        encoded
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
        private::write_header(private, base.map(|base| base.tick), ledger.told, &mut to);
        if private.snapshot_follows {
            let held = ledger.held().cloned();
            let before = base.zip(held.as_deref());
            private::write_owned(&self.plan, &mut self.mine, image, now, before, me, &mut to);
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
    pub fn codebook(&mut self, _ledger: &mut Ledger, out: &mut Vec<u8>) -> Range<usize> {
        out.len()..out.len()
    }

    /// The codebook in force in its wire form, for a welcome; empty for the built-in one.
    pub fn welcome(&mut self, _ledger: &mut Ledger) -> Vec<u8> {
        Vec::new()
    }

    fn write(
        &mut self,
        history: &History,
        now: &Image,
        held: &[Option<Arc<Held>>; LANE_DEPTH],
        visible: &Visible,
        enters: &[EntityId],
        must: bool,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let from = out.len();
        let (lane, alone, earlier) = self.lane(history, now, held);
        let ages = [held[0].as_deref(), held[1].as_deref(), held[2].as_deref()];
        let mut next = Held { tick: now.tick, kinds: Vec::with_capacity(self.plan.kinds.len()) };
        let postponed = self.choose_enters(lane, now, &earlier, &ages, visible, enters);

        let mut to = BitWriter::new(out);
        let base = held[0].as_ref().map(|held| held.tick);
        Header { tick: now.tick, base, alone }.write(&self.plan, &mut to);
        let mut changed = false;
        for kind in 0..self.plan.kinds.len() {
            self.slots.clear();
            self.slots.extend(self.enters.iter().filter(|enter| enter.0 == kind).map(|enter| enter.1));
            let (Some(plan), Some(records)) = (self.plan.kinds.get(kind), self.records.get(kind)) else {
                continue;
            };
            let Some(lane) = self.lanes.get_mut(lane).and_then(|lane| lane.kinds.get_mut(kind)) else { continue };
            let visible = if visible.everything { None } else { visible.kinds.get(kind).or(Some(NONE)) };
            let enters = &self.slots;
            let section =
                KindSection { plan, kind, now, earlier: &earlier, held: &ages, visible, enters, records };
            if !plan.owner {
                // What moves exactly as expected needs no bits, but the client must hear of the tick.
                changed |= section.write(lane, &mut to) || !changed && section.moved(lane);
            }
            next.kinds.push(section.next(lane));
        }
        to.finish();
        if let (false, false, [Some(base), ..]) = (changed, must, held) {
            out.truncate(from);
            return Encoded { frame: from..from, held: Arc::clone(base), postponed, changed: false };
        }
        Encoded { frame: from..out.len(), held: Arc::new(next), postponed, changed: true }
    }

    /// The lane of those who hold these snapshots, whether it looks at the base alone, and its images.
    fn lane<'a>(
        &mut self,
        history: &'a History,
        now: &Image,
        held: &[Option<Arc<Held>>; LANE_DEPTH],
    ) -> (usize, bool, Earlier<'a>) {
        let mut earlier: Earlier<'a> = [None; LANE_DEPTH];
        for (place, held) in earlier.iter_mut().zip(held.iter().flatten()) {
            // What is this old is gone, here or at the client: neither looks at it.
            let kept = now.tick.since(held.tick) < HISTORY_TICKS as u32;
            *place = if kept { history.at(held.tick) } else { None };
            if place.is_none() {
                break;
            }
        }
        let ticks = |earlier: &Earlier<'_>| earlier.map(|image| image.map_or(Tick::NONE, |image| image.tick));
        let used = self.lanes.get(..self.lanes_used).unwrap_or_default();
        if let Some(known) = used.iter().position(|lane| lane.ticks == ticks(&earlier)) {
            return (known, false, earlier);
        }
        let alone = used.len() >= DEEP_LANES_MAX;
        if alone {
            earlier = [earlier[0], None, None];
            if let Some(known) = used.iter().position(|lane| lane.ticks == ticks(&earlier)) {
                return (known, true, earlier);
            }
        }
        if self.lanes_used == self.lanes.len() {
            self.lanes.push(Lane::default());
        }
        let at = self.lanes_used;
        self.lanes_used += 1;
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.reset(&self.plan, now, &earlier);
        }
        (at, alone, earlier)
    }

    /// Fills `self.enters`: reused slots, then the others in their order, as far as the budget goes. Says how many
    /// it put off.
    fn choose_enters(
        &mut self,
        lane: usize,
        now: &Image,
        earlier: &Earlier<'_>,
        held: &[Option<&Held>; LANE_DEPTH],
        visible: &Visible,
        enters: &[EntityId],
    ) -> usize {
        self.enters.clear();
        let Some(lane) = self.lanes.get(lane) else { return enters.len() };
        let mut budget = Budget { left: ENTER_BYTES_PER_TICK * 8, postponed: 0 };
        for (kind, (plan, lane)) in self.plan.kinds.iter().zip(&lane.kinds).enumerate() {
            let (Some(rows), Some(base)) = (now.kinds.get(kind), earlier[0].and_then(|base| base.kinds.get(kind)))
            else {
                continue;
            };
            let Some(had) = held[0].and_then(|held| held.kinds.get(kind)) else { continue };
            for word in 0..had.words().len() {
                // Held, and there now, but another row.
                let same = word_of(&lane.same[0], word);
                let alive = word_of(&rows.alive, word) & word_of(&base.alive, word);
                let reused = word_of(had, word) & alive & !same;
                for slot in slots_in(word, reused) {
                    if !plan.owner && visible.allows(kind, slot) {
                        budget.take(&mut self.enters, &mut self.records, plan, now, kind, slot);
                    }
                }
            }
        }
        for id in enters {
            let kind = usize::from(id.kind.0);
            let Some(plan) = self.plan.kinds.get(kind).filter(|plan| !plan.owner) else { continue };
            let held = held[0].is_some_and(|held| held.contains(*id));
            if !held && now.contains(*id) && visible.allows(kind, id.slot) {
                budget.take(&mut self.enters, &mut self.records, plan, now, kind, id.slot);
            }
        }
        self.enters.sort_unstable();
        self.enters.dedup();
        budget.postponed
    }
}

/// What is left of a tick's enter records for one client.
struct Budget {
    /// In bits.
    left: usize,
    postponed: usize,
}

impl Budget {
    fn take(
        &mut self,
        enters: &mut Vec<(usize, u32)>,
        records: &mut [Codes],
        plan: &KindPlan,
        now: &Image,
        kind: usize,
        slot: u32,
    ) {
        let (Some(records), Some(rows)) = (records.get_mut(kind), now.kinds.get(kind)) else { return };
        if !records.known.contains(slot) {
            records.add(slot, |to| row::encode_new(plan, &plan.open, rows, slot, to));
        }
        let bits = records.len(slot) + SLOT_AND_OWNER_BITS;
        // One at least, so that a row larger than the budget comes too.
        if self.postponed > 0 || bits > self.left && !enters.is_empty() {
            self.postponed += 1;
            return;
        }
        self.left = self.left.saturating_sub(bits);
        enters.push((kind, slot));
    }
}

/// What an enter takes beside its record, about.
const SLOT_AND_OWNER_BITS: usize = 16;

static NONE: &Slots = &Slots::new();

impl Visible {
    fn allows(&self, kind: usize, slot: u32) -> bool {
        self.everything || self.kinds.get(kind).is_some_and(|slots| slots.contains(slot))
    }
}

impl Shared {
    fn is_for(&self, held: &[Option<Arc<Held>>; LANE_DEPTH], visible: &Arc<Visible>, must: bool) -> bool {
        let same_held = self.held.iter().zip(held).all(|pair| match pair {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        });
        let same_visible = Arc::ptr_eq(&self.visible, visible) || self.visible.everything && visible.everything;
        same_held && same_visible && (self.must == must || self.encoded.changed && !self.must)
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

impl KindSection<'_> {
    /// What the client holds of this kind after the frame.
    fn next(&self, lane: &LaneKind) -> Slots {
        let mut next = Slots::default();
        if self.plan.owner {
            return next;
        }
        for word in 0..self.words() {
            for slot in slots_in(word, self.stays(lane, word)) {
                next.insert(slot);
            }
        }
        self.enters.iter().for_each(|&slot| {
            next.insert(slot);
        });
        next
    }
}
