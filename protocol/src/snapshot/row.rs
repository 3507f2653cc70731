//! Rows on the wire: the integers of one that is held by `coder`, whole fields, and new rows.

use super::coder::entity::{Pipe, Place, Told, Walk};
use super::coder::found::FoundRow;
use super::coder::plan::Plan as CoderPlan;
use super::coder::predict::{Past, Row};
use super::ledger::LANE_DEPTH;
use super::plan::{ComponentPlan, KindPlan, Part, WholePlan};
use crate::id::Tick;
use crate::image::KindImage;
use crate::limits::{COMPONENTS_MAX, WHOLE_BYTES_MAX};
use crate::wire::bits::{BitReader, BitWriter};
use crate::wire::{DecodeError, codec};

/// The rows of a kind at the snapshots that a code may look back at, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Earlier<'a> {
    pub(super) rows: [Option<&'a KindImage>; LANE_DEPTH],
    /// Ticks from each to the tick that is coded.
    pub(super) ages: [u32; LANE_DEPTH],
    pub(super) ticks: [Tick; LANE_DEPTH],
}

/// Of 64 rows, those that kept still and those that did not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    /// At the newest two snapshots; at all three.
    pub(super) still: [u64; 2],
    /// At the older two, but not since.
    pub(super) woke: u64,
}

impl<'a> Earlier<'a> {
    /// At how many of the snapshots, counted from the newest, `slot` holds the row that it holds in `now`.
    pub(super) fn depth(&self, now: &KindImage, slot: u32) -> usize {
        self.rows.iter().take_while(|rows| rows.is_some_and(|rows| rows.is_same(now, slot))).count()
    }

    /// Of 64 slots, those that hold the row that they hold in `now`: at the newest snapshot, at two, at all three.
    pub(super) fn held_word(&self, now: &KindImage, word: usize) -> [u64; LANE_DEPTH] {
        let mut held = u64::MAX;
        self.rows.map(|rows| {
            held &= rows.map_or(0, |rows| if held == 0 { 0 } else { rows.same_word(now, word) });
            held
        })
    }

    /// Which of 64 rows kept still; `held`: those at the newest two snapshots, and at all three.
    pub(super) fn rest(&self, coder: &CoderPlan, word: usize, held: [u64; 2]) -> Rest {
        let unchanged = |newer: Option<&KindImage>, older: Option<&KindImage>, among| {
            let pair = newer.zip(older).filter(|_| among != 0);
            pair.map_or(0, |(newer, older)| newer.unchanged_word(older, &coder.components, word, among))
        };
        let [a, b, c] = self.rows;
        let two = unchanged(a, b, held[0]);
        let before = unchanged(b, c, held[1]);
        Rest { still: [two, two & before], woke: before & !two }
    }

    /// Which of 64 rows `among` those that are held at all three snapshots are *even*: what steers them changed by the same
    /// in the last interval as in the one before, and both were equally long.
    pub(super) fn even(&self, coder: &CoderPlan, word: usize, among: u64) -> u64 {
        let ([Some(a), Some(b), Some(c)], [newest, second, third]) = (self.rows, self.ages) else { return 0 };
        let alike = second.wrapping_sub(newest) == third.wrapping_sub(second);
        if alike { a.even_word([b, c], &coder.steering, word, among) } else { 0 }
    }

    /// The past of a row that is held at `depth` of the snapshots.
    #[inline]
    pub(super) fn past(&self, slot: u32, depth: usize) -> Past<'a> {
        let columns = self.rows.map(|rows| rows.map_or(&[][..], |rows| &rows.columns));
        Past { columns, slot: slot as usize, ages: self.ages, depth }
    }
}

/// Some integers of a row.
pub(super) fn gather(components: &[usize], rows: &KindImage, slot: u32, row: &mut Row) {
    for &at in components {
        if let Some(place) = row.get_mut(at) {
            *place = rows.value(at, slot);
        }
    }
}

/// Puts the integers of a row back.
pub(super) fn scatter(coder: &CoderPlan, row: &Row, rows: &mut KindImage, slot: u32) {
    for &at in &coder.components {
        rows.set_value(at, slot, row.get(at).copied().unwrap_or(0));
    }
}

/// A pipe that notes whether anything was told that was not expected.
pub(super) struct Watched<P> {
    pub(super) pipe: P,
    pub(super) off: bool,
}

impl<P: Pipe> Pipe for Watched<P> {
    const WRITES: bool = P::WRITES;
    fn group(&mut self, at: Place<'_>, told: &mut Told) -> Result<(), DecodeError> {
        self.pipe.group(at, told)?;
        self.off |= *told != Told::default();
        Ok(())
    }
    fn raw(&mut self, value: u32, bits: u32) -> Result<u32, DecodeError> {
        self.pipe.raw(value, bits)
    }
}

/// A pipe out of which comes that everything is as expected.
pub(super) struct Expecting;

impl Pipe for Expecting {
    const WRITES: bool = false;
    fn group(&mut self, _: Place<'_>, _: &mut Told) -> Result<(), DecodeError> {
        Ok(())
    }
    fn raw(&mut self, _: u32, _: u32) -> Result<u32, DecodeError> {
        Ok(0)
    }
}

/// Reads one row that is held at `depth` snapshots into `now`; `models` holds those of the base.
pub(super) fn read<P: Pipe>(
    coder: &CoderPlan,
    earlier: &Earlier<'_>,
    (slot, depth): (u32, usize),
    now: &mut KindImage,
    models: &mut u32,
    pipe: &mut P,
) -> Result<(), DecodeError> {
    read_on(coder, earlier.past(slot, depth), now, models, None, pipe)
}

/// The same of a row of which the lead was read already.
pub(super) fn read_on<P: Pipe>(
    coder: &CoderPlan,
    past: Past<'_>,
    now: &mut KindImage,
    models: &mut u32,
    read: Option<Told>,
    pipe: &mut P,
) -> Result<(), DecodeError> {
    let mut row = [0; COMPONENTS_MAX];
    let (models_before, found) = (*models, FoundRow::default());
    let walk = Walk { plan: coder, past, models_before, found, read, rare_stays: false };
    walk.code(&mut row, models, pipe)?;
    scatter(coder, &row, now, past.slot as u32);
    Ok(())
}

/// Whether any `whole` field of the row differs.
pub(super) fn wholes_differ(part: &Part, base: &KindImage, now: &KindImage, slot: u32) -> bool {
    part.wholes.iter().any(|whole| base.whole(whole.at, slot) != now.whole(whole.at, slot))
}

/// Appends the `whole` fields that differ: a bit for each, then those that do.
pub(super) fn write_wholes(part: &Part, base: &KindImage, now: &KindImage, slot: u32, to: &mut BitWriter<'_>) {
    let differs = |whole: &&WholePlan| base.whole(whole.at, slot) != now.whole(whole.at, slot);
    for whole in &part.wholes {
        to.flag(differs(&whole));
    }
    for whole in part.wholes.iter().filter(differs) {
        write_whole(now.whole(whole.at, slot), to);
    }
}

/// The same as if all of them differed.
pub(super) fn write_all_wholes(part: &Part, now: &KindImage, slot: u32, to: &mut BitWriter<'_>) {
    part.wholes.iter().for_each(|_| to.flag(true));
    part.wholes.iter().for_each(|whole| write_whole(now.whole(whole.at, slot), to));
}

/// Reads what [`write_wholes`] wrote.
pub(super) fn read_wholes(
    part: &Part,
    now: &mut KindImage,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let changed = read_mask(part.wholes.len(), from)?;
    for (bit, whole) in part.wholes.iter().enumerate() {
        if changed >> bit & 1 == 1 {
            read_whole(now, whole, slot, from)?;
        }
    }
    Ok(())
}

/// Whether the fields of `part` are those of a default row.
pub(super) fn is_default(kind: &KindPlan, part: &Part, now: &KindImage, slot: u32) -> bool {
    let is_default = |at| kind.components.get(at).is_none_or(|component| now.value(at, slot) == component.default);
    part.fields.iter().all(|field| field.clone().all(is_default))
        && part.wholes.iter().all(|whole| now.whole(whole.at, slot).is_empty())
}

/// Appends a row that is not held: a bit for each field that is not that of a default row, and for each `whole` field
/// that is not empty; then those, integers as their distance from the smallest.
pub(super) fn write_new(kind: &KindPlan, part: &Part, now: &KindImage, slot: u32, to: &mut BitWriter<'_>) {
    let component = |at: usize| kind.components.get(at);
    let is_default = |at| component(at).is_none_or(|component| now.value(at, slot) == component.default);
    for field in &part.fields {
        to.flag(!field.clone().all(is_default));
    }
    for whole in &part.wholes {
        to.flag(!now.whole(whole.at, slot).is_empty());
    }
    for field in part.fields.iter().filter(|field| !(*field).clone().all(is_default)) {
        for at in field.clone() {
            if let Some(component) = component(at) {
                let value = now.value(at, slot).clamp(component.bounds.min, component.bounds.max);
                to.write(value.abs_diff(component.bounds.min).into(), component.width);
            }
        }
    }
    for whole in part.wholes.iter().filter(|whole| !now.whole(whole.at, slot).is_empty()) {
        write_whole(now.whole(whole.at, slot), to);
    }
}

/// Reads what [`write_new`] wrote into the new row in `slot`.
pub(super) fn read_new(
    kind: &KindPlan,
    part: &Part,
    now: &mut KindImage,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let changed = read_mask(part.fields.len(), from)?;
    let wholes = read_mask(part.wholes.len(), from)?;
    for (bit, field) in part.fields.iter().enumerate() {
        for at in field.clone() {
            let Some(component) = kind.components.get(at) else { continue };
            let mut value = component.default;
            if changed >> bit & 1 == 1 {
                value = component.bounds.min.wrapping_add_unsigned(from.read(component.width)? as u32);
                check(component, value)?;
            }
            now.set_value(at, slot, value);
        }
    }
    for (bit, whole) in part.wholes.iter().enumerate() {
        if wholes >> bit & 1 == 1 {
            read_whole(now, whole, slot, from)?;
        }
    }
    Ok(())
}

/// Puts the fields of `part` of the row in `slot` back to those of a default row.
pub(super) fn set_default(kind: &KindPlan, part: &Part, now: &mut KindImage, slot: u32) {
    for at in part.fields.iter().cloned().flatten() {
        if let Some(component) = kind.components.get(at) {
            now.set_value(at, slot, component.default);
        }
    }
    for whole in &part.wholes {
        now.set_whole(whole.at, slot, &[]);
    }
}

fn check(component: &ComponentPlan, value: i32) -> Result<(), DecodeError> {
    let (min, max) = (component.bounds.min, component.bounds.max);
    if value < min || value > max {
        let (value, min, max) = (value.into(), min.into(), max.into());
        return Err(DecodeError::Range { what: "a field", value, min, max });
    }
    Ok(())
}

/// The golomb order of the length of a `whole` field: most are names and the like.
const WHOLE_ORDER: u32 = 4;

fn write_whole(bytes: &[u8], to: &mut BitWriter<'_>) {
    to.golomb(bytes.len() as u32, WHOLE_ORDER);
    for &byte in bytes {
        to.write(byte.into(), 8);
    }
}

fn read_whole(
    now: &mut KindImage,
    whole: &WholePlan,
    slot: u32,
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let len = from.golomb(WHOLE_ORDER)? as usize;
    let too_long = DecodeError::TooLong { what: "a whole field", len, max: whole.max };
    let mut bytes = [0; WHOLE_BYTES_MAX];
    let bytes = bytes.get_mut(..len).filter(|bytes| bytes.len() <= whole.max).ok_or(too_long)?;
    for byte in bytes.iter_mut() {
        *byte = from.read(8)? as u8;
    }
    // An empty value is that of a row whose owner alone is sent the field.
    if !bytes.is_empty() {
        codec::value(&whole.shape, bytes)?;
    }
    now.set_whole(whole.at, slot, bytes);
    Ok(())
}

/// A bit for each of `len` fields, the first one lowest.
fn read_mask(len: usize, from: &mut BitReader<'_>) -> Result<u64, DecodeError> {
    let low = len.min(32) as u32;
    let mask = from.read(low)?;
    Ok(mask | from.read((len as u32 - low).min(32))? << low)
}
