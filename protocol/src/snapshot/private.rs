//! The private frame, but for its owner part: what one client alone is told.

use super::header::resolve;
use super::ledger::Told;
use crate::id::{EntityId, InputSeq, KindId, Tick};
use crate::limits::MESSAGE_BYTES_MAX;
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
    let tick =
        if full { Tick(from.varint32("the tick of a private frame")?) } else { resolve(low, FULL_TICKS, newest) };
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
