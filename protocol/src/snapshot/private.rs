//! The private frame: what one client alone is told, and the `owner` fields and rows that it alone is sent.

use std::collections::VecDeque;

use super::apply;
use super::assemble::KindSection;
use super::header::resolve;
use super::lane::{Codes, LaneKind, keep_same};
use super::ledger::{Held, Told};
use super::plan::{KindPlan, Plan};
use super::row::{self, Past};
use crate::id::{EntityId, InputSeq, KindId, PlayerId, Tick};
use crate::image::{Image, KindImage, Slots};
use crate::limits::{HISTORY_TICKS, MESSAGE_BYTES_MAX};
use crate::wire::bits::{BitReader, BitWriter, unzigzag, zigzag};
use crate::wire::server::PRIVATE;
use crate::wire::{DecodeError, EventRecord, Private};

/// Golomb orders of what a private frame lists.
mod orders {
    pub(super) const MARGIN: u32 = 2;
    pub(super) const COUNT: u32 = 0;
    pub(super) const BACK: u32 = 0;
    pub(super) const SLOT: u32 = 6;
    pub(super) const EVENT_BYTES: u32 = 5;
}

/// Ticks after which the low eight bits of a tick are not enough any more.
const FULL_TICKS: u32 = 256;

/// Appends everything but the owner part. `base` is the newest snapshot that the client holds.
pub(super) fn write_header(private: &Private, base: Option<Tick>, told: Option<Told>, to: &mut BitWriter<'_>) {
    let tick = private.tick;
    to.write(PRIVATE.into(), 8);
    to.write(u64::from(tick.0 & 0xff), 8);
    let full = base.is_none_or(|base| tick.since(base) >= FULL_TICKS);
    to.flag(full);
    if full {
        to.varint(tick.0.into());
    }
    to.flag(private.snapshot_follows);
    let say = Told::of(private);
    let as_expected = told.is_some_and(|told| told.seq(tick) == private.seq);
    to.flag(!as_expected);
    if !as_expected {
        to.varint(private.seq.0.into());
    }
    let same_margin = told.is_some_and(|told| told.margin == say.margin);
    to.flag(!same_margin);
    if !same_margin {
        to.golomb(zigzag(say.margin.into()) as u32, orders::MARGIN);
    }
    let counters = |told: Told| [told.replaced, told.request, told.pace];
    to.flag(told.map(counters) != Some(counters(say)));
    if told.map(counters) != Some(counters(say)) {
        for (at, counter) in counters(say).into_iter().enumerate() {
            let same = told.map(counters).and_then(|told| told.get(at).copied()) == Some(counter);
            to.flag(!same);
            if !same {
                to.varint(counter.into());
            }
        }
    }
    to.flag(private.hash.is_some());
    if let Some(hash) = private.hash {
        to.write(hash & 0xffff_ffff, 32);
        to.write(hash >> 32, 32);
    }
    write_spawned(private, to);
    write_events(private, to);
}

fn write_spawned(private: &Private, to: &mut BitWriter<'_>) {
    to.flag(!private.spawned.is_empty());
    if private.spawned.is_empty() {
        return;
    }
    to.golomb(private.spawned.len() as u32, orders::COUNT);
    for (seq, nth, id) in &private.spawned {
        to.golomb(private.seq.since(*seq), orders::BACK);
        to.golomb(*nth, orders::COUNT);
        to.write(id.kind.0.into(), 8);
        to.golomb(id.slot, orders::SLOT);
    }
}

fn write_events(private: &Private, to: &mut BitWriter<'_>) {
    to.flag(!private.events.is_empty());
    if private.events.is_empty() {
        return;
    }
    to.golomb(private.events.len() as u32, orders::COUNT);
    for event in &private.events {
        to.varint(event.number.into());
        to.golomb(private.tick.since(event.tick), orders::BACK);
        to.golomb(event.bytes.len() as u32, orders::EVENT_BYTES);
        for &byte in &event.bytes {
            to.write(byte.into(), 8);
        }
    }
}

/// Reads what [`write_header`] wrote; `newest` is the newest snapshot that the client holds.
pub(super) fn read_header(
    newest: Tick,
    told: Option<Told>,
    from: &mut BitReader<'_>,
) -> Result<Private, DecodeError> {
    let kind = from.read(8)? as u8;
    if kind != PRIVATE {
        return Err(DecodeError::FrameKind(kind));
    }
    let low = from.read(8)? as u32;
    let full = from.flag()?;
    let tick = if full { Tick(from.varint32("the tick of a private frame")?) } else { resolve(low, newest) };
    if tick.0 & 0xff != low || tick <= newest {
        return Err(DecodeError::OldTick(tick));
    }
    let snapshot_follows = from.flag()?;
    let untold = DecodeError::Malformed("a private frame leaves out what was never told");
    let seq = match (from.flag()?, told) {
        (true, _) => InputSeq(from.varint32("the seq consumed")?),
        (false, Some(told)) => told.seq(tick),
        (false, None) => return Err(untold),
    };
    let margin = match (from.flag()?, told) {
        (true, _) => unzigzag(from.golomb(orders::MARGIN)?.into()) as i32,
        (false, Some(told)) => told.margin,
        (false, None) => return Err(untold),
    };
    let mut counters = told.map(|told| [told.replaced, told.request, told.pace]);
    if from.flag()? {
        let known = counters;
        let counters = counters.get_or_insert_default();
        for counter in counters {
            if from.flag()? {
                *counter = from.varint32("a counter")?;
            } else if known.is_none() {
                return Err(untold);
            }
        }
    }
    let Some([replaced, request, pace]) = counters else { return Err(untold) };
    let hash = if from.flag()? { Some(from.read(32)? | from.read(32)? << 32) } else { None };
    let spawned = read_spawned(seq, from)?;
    let events = read_events(tick, from)?;
    Ok(Private { tick, snapshot_follows, seq, margin, replaced, request, pace, hash, spawned, events })
}

fn read_spawned(seq: InputSeq, from: &mut BitReader<'_>) -> Result<Vec<(InputSeq, u32, EntityId)>, DecodeError> {
    let mut spawned = Vec::new();
    let count = if from.flag()? { from.golomb(orders::COUNT)? } else { 0 };
    for _ in 0..count {
        let seq = InputSeq(seq.0.saturating_sub(from.golomb(orders::BACK)?));
        let nth = from.golomb(orders::COUNT)?;
        let kind = KindId(from.read(8)? as u8);
        spawned.push((seq, nth, EntityId { kind, slot: from.golomb(orders::SLOT)? }));
    }
    Ok(spawned)
}

fn read_events(tick: Tick, from: &mut BitReader<'_>) -> Result<Vec<EventRecord>, DecodeError> {
    let mut events = Vec::new();
    let count = if from.flag()? { from.golomb(orders::COUNT)? } else { 0 };
    for _ in 0..count {
        let number = from.varint32("the number of an event")?;
        let tick = tick.before(from.golomb(orders::BACK)?);
        let len = from.golomb(orders::EVENT_BYTES)? as usize;
        if len > MESSAGE_BYTES_MAX {
            return Err(DecodeError::TooLong { what: "an event", len, max: MESSAGE_BYTES_MAX });
        }
        let mut bytes = Vec::with_capacity(len);
        for _ in 0..len {
            bytes.push(from.read(8)? as u8);
        }
        events.push(EventRecord { number, tick, bytes });
    }
    Ok(events)
}

/// Who owns which rows of the kinds that have an owner part, at the ticks that were asked for.
#[derive(Debug, Default)]
pub(super) struct Mine {
    ticks: VecDeque<(Tick, Vec<(PlayerId, usize, u32)>)>,
    scratch: Vec<u8>,
}

impl Mine {
    /// The rows of `me` in one kind, rising.
    fn rows(&mut self, plan: &Plan, image: &Image, kind: usize, me: PlayerId) -> impl Iterator<Item = u32> + '_ {
        let at = match self.ticks.iter().position(|(tick, _)| *tick == image.tick) {
            Some(at) => at,
            None => {
                let spare = if self.ticks.len() >= HISTORY_TICKS { self.ticks.pop_front() } else { None };
                let mut rows = spare.map(|spare| spare.1).unwrap_or_default();
                rows.clear();
                for (kind, (plan, image)) in plan.kinds.iter().zip(&image.kinds).enumerate() {
                    if plan.has_owner_part() {
                        rows.extend(image.alive.iter().map(|slot| (image.owner_of(slot), kind, slot)));
                    }
                }
                rows.sort_unstable();
                self.ticks.push_back((image.tick, rows));
                self.ticks.len() - 1
            }
        };
        let rows = self.ticks.get(at).map_or(&[][..], |(_, rows)| rows);
        let from = rows.partition_point(|row| *row < (me, kind, 0));
        rows.get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |row| (row.0, row.1) == (me, kind))
            .map(|r| r.2)
    }
}

/// Appends the `owner` fields of the rows that `me` holds now and the rows of `owner` kinds; says whether any of
/// them differs from what it had. `before` is what its snapshot is made from.
pub(super) fn write_owned(
    plan: &Plan,
    mine: &mut Mine,
    image: &Image,
    now: &Held,
    before: Option<(&Image, &Held)>,
    me: PlayerId,
    to: &mut BitWriter<'_>,
) -> bool {
    let mut any = false;
    for (kind, kind_plan) in plan.kinds.iter().enumerate() {
        if kind_plan.owner {
            any |= write_rows(plan, kind_plan, mine, image, before.map(|before| before.0), (kind, me), to);
        } else if kind_plan.has_owner_part() {
            let rows: Vec<u32> = mine.rows(plan, image, kind, me).collect();
            let held = |slot: &u32| now.kinds.get(kind).is_some_and(|held| held.contains(*slot));
            let Some(image_rows) = image.kinds.get(kind) else { continue };
            let lag = before.map_or(0, |(base, _)| image.tick.since(base.tick));
            let before = before.and_then(|(base, held)| Some((base.kinds.get(kind)?, held.kinds.get(kind)?)));
            let fields = Fields { plan: kind_plan, now: image_rows, before, lag };
            any |= fields.write(rows.iter().copied().filter(|slot| held(slot)), to);
        }
    }
    any
}

/// Whether [`write_owned`] would say so.
pub(super) fn differs(
    plan: &Plan,
    mine: &mut Mine,
    image: &Image,
    now: Option<&Held>,
    before: Option<(&Image, &Held)>,
    me: PlayerId,
) -> bool {
    if !plan.kinds.iter().any(KindPlan::has_owner_part) {
        return false;
    }
    let mut scratch = core::mem::take(&mut mine.scratch);
    scratch.clear();
    let nothing = Held::default();
    let mut to = BitWriter::new(&mut scratch);
    let any = write_owned(plan, mine, image, now.unwrap_or(&nothing), before, me, &mut to);
    mine.scratch = scratch;
    any
}

/// The rows of an `owner` kind: a section of their own, in which `me` holds what it owns.
fn write_rows(
    plan: &Plan,
    kind_plan: &KindPlan,
    mine: &mut Mine,
    image: &Image,
    base: Option<&Image>,
    (kind, me): (usize, PlayerId),
    to: &mut BitWriter<'_>,
) -> bool {
    let Some(rows) = image.kinds.get(kind) else { return false };
    let mut held = Held { tick: Tick::NONE, kinds: vec![Slots::default(); kind + 1] };
    if let (Some(base), Some(slots)) = (base, held.kinds.get_mut(kind)) {
        slots.extend(mine.rows(plan, base, kind, me));
    }
    let mut lane = LaneKind::default();
    keep_same(&mut lane.same[0], base.and_then(|base| base.kinds.get(kind)), Some(rows));
    let mut records = Codes::default();
    let mut enters = Vec::new();
    for slot in mine.rows(plan, image, kind, me) {
        if !(held.kinds.get(kind).is_some_and(|held| held.contains(slot)) && lane.same[0].contains(slot)) {
            records.add(slot, |to| row::encode_new(kind_plan, &kind_plan.open, rows, slot, to));
            enters.push(slot);
        }
    }
    let section = KindSection {
        plan: kind_plan,
        kind,
        now: image,
        earlier: &[base, None, None],
        held: &[Some(&held), None, None],
        visible: None,
        enters: &enters,
        records: &records,
    };
    section.write(&mut lane, to)
}

/// The `owner` fields of the rows of one kind.
struct Fields<'a> {
    plan: &'a KindPlan,
    now: &'a KindImage,
    /// What the client had, and which rows of it.
    before: Option<(&'a KindImage, &'a Slots)>,
    lag: u32,
}

impl Fields<'_> {
    /// The row as the client had it; `None` where it did not.
    fn past(&self, slot: u32) -> Option<Past<'_>> {
        let (base, held) = self.before?;
        let at = slot as usize;
        let same = held.contains(slot) && base.generation.get(at) == self.now.generation.get(at);
        same.then_some(Past { base, lag: self.lag, before: [None; 2] })
    }

    fn changed(&self, slot: u32) -> bool {
        match self.past(slot) {
            Some(past) => !row::is_exact(self.plan, &self.plan.owned, &past, self.now, slot),
            None => !row::is_default(self.plan, &self.plan.owned, self.now, slot),
        }
    }

    fn write(&self, rows: impl Iterator<Item = u32> + Clone, to: &mut BitWriter<'_>) -> bool {
        let any = rows.clone().any(|slot| self.changed(slot));
        to.flag(any);
        if !any {
            return false;
        }
        for slot in rows {
            let changed = self.changed(slot);
            to.flag(changed);
            match self.past(slot).filter(|_| changed) {
                Some(past) => row::encode(self.plan, &self.plan.owned, &past, self.now, slot, to),
                None if changed => row::encode_new(self.plan, &self.plan.owned, self.now, slot, to),
                None => {}
            }
        }
        true
    }
}

/// Reads what [`write_owned`] wrote into `now`, which the snapshot of the same tick was read into already.
pub(super) fn read_owned(
    plan: &Plan,
    now: &mut Image,
    base: Option<&Image>,
    me: PlayerId,
    from: &mut BitReader<'_>,
    changes: &mut apply::Changes,
) -> Result<(), DecodeError> {
    let lag = base.map_or(0, |base| now.tick.since(base.tick));
    for (kind, (plan, now)) in plan.kinds.iter().zip(&mut now.kinds).enumerate() {
        let base = base.and_then(|base| base.kinds.get(kind));
        if plan.owner {
            let past = base.map(|base| Past { base, lag, before: [None; 2] });
            apply::read_kind(plan, kind, now, past, Some(me), from, changes)?;
        } else if plan.has_owner_part() {
            read_fields(plan, now, base, lag, me, from)?;
        }
    }
    Ok(())
}

fn read_fields(
    plan: &KindPlan,
    now: &mut KindImage,
    base: Option<&KindImage>,
    lag: u32,
    me: PlayerId,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let any = from.flag()?;
    for slot in 0..now.capacity() as u32 {
        if me == PlayerId::NOBODY || !now.alive.contains(slot) || now.owner_of(slot) != me {
            continue;
        }
        let same = |base: &&KindImage| base.is_same(now, slot);
        let past = base.filter(same).map(|base| Past { base, lag, before: [None; 2] });
        let changed = any && from.flag()?;
        match past {
            Some(past) if changed => row::decode(plan, &plan.owned, &past, now, slot, from)?,
            Some(past) => row::advance(plan, &plan.owned, &past, now, slot),
            None if changed => row::decode_new(plan, &plan.owned, now, slot, from)?,
            None => {}
        }
    }
    Ok(())
}
