//! The owner part of a private frame: `owner` fields and the rows of `owner` kinds.

use std::collections::VecDeque;

use super::apply;
use super::assemble::{KindSection, Of};
use super::coder::derived::One;
use super::coder::entity::Walk;
use super::coder::found::Found;
use super::coder::pipes::{Prior, Reader, Writer};
use super::codes::Records;
use super::enters::write_record;
use super::lane::{Coding, LaneKind, earlier_of};
use super::ledger::{Held, RingSet};
use super::plan::{KindPlan, Plan};
use super::rings::{self, Spot};
use super::row::{self, Earlier};
use super::wholes::Wholes;
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::image::{Image, KindImage, Slots};
use crate::limits::{COMPONENTS_MAX, HISTORY_TICKS};
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};

/// Who owns which rows of the kinds that have an owner part, at the ticks that were asked for.
#[derive(Debug, Default)]
pub(super) struct Mine {
    ticks: VecDeque<(Tick, Vec<OwnedRow>)>,
    scratch: Vec<u8>,
}

/// Owner, kind and slot.
type OwnedRow = (PlayerId, usize, u32);

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

/// Everything that the owner part of a private frame is made from.
pub(super) struct Owned<'a> {
    pub(super) plan: &'a Plan,
    pub(super) prior: &'a Prior,
    /// The newest image, and the models in the base and in it.
    pub(super) now: &'a Image,
    pub(super) models: [&'a [Vec<u32>]; 2],
    /// What its snapshot is made from, and what the client held then.
    pub(super) before: Option<(&'a Image, &'a Held)>,
    pub(super) me: PlayerId,
}

impl Owned<'_> {
    /// Appends the `owner` fields of the rows of `held` and the rows of `owner` kinds; says whether any of them differs
    /// from what the client had.
    pub(super) fn write(&self, mine: &mut Mine, held: Option<&Held>, to: &mut BitWriter<'_>) -> bool {
        let mut any = false;
        for (kind, plan, _) in self.plan.each().filter(|(_, plan, _)| plan.has_owner_part()) {
            if plan.owner {
                any |= self.write_rows(mine, kind, to);
                continue;
            }
            let Some(now) = self.now.kinds.get(kind) else { continue };
            // Of a row in a far ring the owner has no more than others.
            let id = |slot| EntityId { kind: KindId(kind as u8), slot };
            let rows: Vec<u32> = mine
                .rows(self.plan, self.now, kind, self.me)
                .filter(|&slot| held.is_some_and(|held| held.is_near(id(slot))))
                .collect();
            let before =
                self.before.and_then(|(base, held)| Some((base.kinds.get(kind)?, held, KindId(kind as u8))));
            let lag = self.before.map_or(0, |(base, _)| self.now.tick.since(base.tick));
            any |= Fields { plan, now, before, lag, prior: self.prior }.write(&rows, to);
        }
        any
    }

    /// Whether [`Owned::write`] would say so.
    pub(super) fn differs(&self, mine: &mut Mine) -> bool {
        if !self.plan.kinds.iter().any(KindPlan::has_owner_part) {
            return false;
        }
        let mut scratch = core::mem::take(&mut mine.scratch);
        scratch.clear();
        let any = self.write(mine, self.before.map(|before| before.1), &mut BitWriter::new(&mut scratch));
        mine.scratch = scratch;
        any
    }

    /// The rows of an `owner` kind: a section of their own, in which the client holds what it owns.
    fn write_rows(&self, mine: &mut Mine, kind: usize, to: &mut BitWriter<'_>) -> bool {
        let (Some(plan), Some(coder)) = (self.plan.kinds.get(kind), self.plan.coders.get(kind)) else {
            return false;
        };
        let Some(now) = self.now.kinds.get(kind) else { return false };
        let base = self.before.map(|before| before.0);
        let mut held = Held { kinds: vec![Slots::default(); kind + 1], ..Held::default() };
        if let (Some(base), Some(slots)) = (base, held.kinds.get_mut(kind)) {
            slots.extend(mine.rows(self.plan, base, kind, self.me));
        }
        let earlier = earlier_of(&[base, None, None], self.now.tick, kind);
        let mut lane = LaneKind::default();
        lane.reset(plan, coder, &earlier, now);
        let mut records = Records::default();
        let mut enters = Vec::new();
        for slot in mine.rows(self.plan, self.now, kind, self.me) {
            let known = held.kinds.get(kind).is_some_and(|held| held.contains(slot));
            if !(known && lane.is_same(slot)) {
                write_record(plan, coder, now, self.models[1], (kind, slot), &mut records);
                enters.push((0, kind, slot));
            }
        }
        let coding = Coding { kind, coder, earlier, now, models: self.models, prior: self.prior, book: None };
        let of = Of { held: [Some(&held), None, None], visible: None, ring: 0, rings: RingSet::FIRST };
        let section = KindSection { plan, coding, of, enters: &enters, records: &records };
        section.write(&mut lane, &Wholes::all(), &mut None, &mut Vec::new(), to)
    }
}

/// The `owner` fields of the rows of one kind.
struct Fields<'a> {
    plan: &'a KindPlan,
    now: &'a KindImage,
    /// What the client had, and which rows of it.
    before: Option<(&'a KindImage, &'a Held, KindId)>,
    lag: u32,
    prior: &'a Prior,
}

impl Fields<'_> {
    /// The rows as the client had them; `None` where it did not have this one.
    fn base(&self, slot: u32) -> Option<&KindImage> {
        let (base, held, kind) = self.before?;
        (held.is_near(EntityId { kind, slot }) && base.is_same(self.now, slot)).then_some(base)
    }

    fn changed(&self, slot: u32) -> bool {
        let Some(base) = self.base(slot) else {
            return !row::is_default(self.plan, &self.plan.owned, self.now, slot);
        };
        let components = &self.plan.owned_coder.components;
        components.iter().any(|&at| base.value(at, slot) != self.now.value(at, slot))
            || row::wholes_differ(&self.plan.owned, base, self.now, slot)
    }

    fn write(&self, rows: &[u32], to: &mut BitWriter<'_>) -> bool {
        let any = rows.iter().any(|&slot| self.changed(slot));
        to.flag(any);
        for &slot in rows.iter().filter(|_| any) {
            let changed = self.changed(slot);
            to.flag(changed);
            match self.base(slot).filter(|_| changed) {
                Some(base) => self.write_changed(base, slot, to),
                None if changed => row::write_new(self.plan, &self.plan.owned, self.now, slot, to),
                None => {}
            }
        }
        any
    }

    fn write_changed(&self, base: &KindImage, slot: u32, to: &mut BitWriter<'_>) {
        let coder = &self.plan.owned_coder;
        let earlier = Earlier { rows: [Some(base), None, None], ages: [self.lag, 0, 0], ..Earlier::default() };
        let mut now = [0; COMPONENTS_MAX];
        row::gather(&coder.components, self.now, slot, &mut now);
        // A row's owner part has no models: it is one row, and rarely moves.
        let past = earlier.past(slot, 1);
        let found = Found::of(coder, &One { now: &now, past: &past }, [0]).row(coder, 0);
        let walk = Walk { plan: coder, past, models_before: 0, found, read: None, rare_stays: false };
        let mut bytes = Vec::new();
        let mut pipe = Writer { book: None, prior: self.prior, bits: BitWriter::new(&mut bytes), counts: None };
        let written = walk.code(&mut now, &mut 0, &mut pipe);
        debug_assert!(written.is_ok(), "{written:?}");
        let len = pipe.bits.len();
        pipe.bits.finish();
        to.append(&bytes, 0, len);
        row::write_wholes(&self.plan.owned, base, self.now, slot, to);
    }
}

/// Reads what [`Owned::write`] wrote into `now` and `models`, into which the snapshot of the same tick was read
/// already.
pub(super) fn read_owned(
    plan: &Plan,
    prior: &Prior,
    (now, models, spots): (&mut Image, &mut [Vec<u32>], &[Vec<Spot>]),
    base: Option<&Image>,
    me: PlayerId,
    from: &mut BitReader<'_>,
    changes: &mut apply::Changes,
) -> Result<(), DecodeError> {
    let tick = now.tick;
    let of_kinds = plan.each().zip(now.kinds.iter_mut().zip(models)).zip(spots);
    for (((kind, plan, coder), (now, models)), spots) in
        of_kinds.filter(|(((_, plan, _), _), _)| plan.has_owner_part())
    {
        let base_rows = base.and_then(|base| base.kinds.get(kind));
        let lag = base.map_or(0, |base| tick.since(base.tick));
        let earlier = Earlier { rows: [base_rows, None, None], ages: [lag, 0, 0], ..Earlier::default() };
        if plan.owner {
            let (owner, book, ring, rings) = (Some(me), None, 0, None);
            let reader = apply::KindReader {
                plan,
                coder,
                kind,
                earlier,
                owner,
                prior,
                book,
                ring,
                rings,
                #[cfg(feature = "symbols")]
                symbols: None,
            };
            reader.read(now, (models, &mut Vec::new()), from, changes)?;
        } else {
            let is_new = |slot| !spots.is_empty() && rings::spot(spots, slot).since == tick;
            let is_mine = |now: &KindImage, slot| {
                me != PlayerId::NOBODY
                    && now.alive.contains(slot)
                    && now.owner_of(slot) == me
                    && rings::spot(spots, slot).ring == 0
            };
            read_fields((plan, prior), now, &earlier, (is_mine, is_new), from)?;
        }
    }
    Ok(())
}

fn read_fields(
    (plan, prior): (&KindPlan, &Prior),
    now: &mut KindImage,
    earlier: &Earlier<'_>,
    (is_mine, is_new): (impl Fn(&KindImage, u32) -> bool, impl Fn(u32) -> bool),
    from: &mut BitReader<'_>,
) -> Result<(), DecodeError> {
    let any = from.flag()?;
    for slot in 0..now.capacity() as u32 {
        if !any || !is_mine(now, slot) || !from.flag()? {
            continue;
        }
        if is_new(slot) || earlier.depth(now, slot) == 0 {
            row::read_new(plan, &plan.owned, now, slot, from)?;
        } else {
            let mut pipe = Reader { book: None, prior, bits: &mut *from };
            row::read(&plan.owned_coder, earlier, (slot, 1), now, &mut 0, &mut pipe)?;
            row::read_wholes(&plan.owned, now, slot, from)?;
        }
    }
    Ok(())
}
