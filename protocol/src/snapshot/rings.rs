//! Which distance ring a client has each row in, and which rings came with which snapshot.

use std::collections::VecDeque;

use super::lane::Images;
use super::ledger::{LANE_DEPTH, RingSet};
use crate::id::{EntityId, KindId, Tick};
use crate::image::{History, Image};
use crate::limits::HISTORY_TICKS;

/// The ring of a row, and the snapshot with which it came into it; the first one for a row that was never in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) ring: usize,
    pub(super) since: Tick,
}

/// By kind, then slot. A row beyond the end is in the first ring.
pub(super) type Spots = Vec<Vec<Spot>>;

/// The rings as they are after the newest snapshot.
#[derive(Clone, Debug, Default)]
pub(super) struct Rings {
    pub(super) on: bool,
    spots: Spots,
    /// Memory for those of the next snapshot.
    spare: Spots,
    /// The last snapshots with rings, and which of them each had.
    frames: VecDeque<(Tick, RingSet)>,
}

impl Rings {
    /// The spots as they are, to be changed into those of the next snapshot; all in the first ring where `anew`.
    pub(super) fn draft(&mut self, anew: bool, kinds: usize) -> Spots {
        let mut spots = core::mem::take(&mut self.spare);
        spots.resize_with(kinds, Vec::new);
        spots.iter_mut().for_each(Vec::clear);
        for (spots, from) in spots.iter_mut().zip(&self.spots).filter(|_| !anew) {
            spots.clone_from(from);
        }
        spots
    }

    /// Keeps the spots after a snapshot; `rings` is `None` where rows are in no rings.
    pub(super) fn commit(&mut self, tick: Tick, rings: Option<RingSet>, spots: Spots) {
        self.spare = core::mem::replace(&mut self.spots, spots);
        self.on = rings.is_some();
        if self.frames.len() >= HISTORY_TICKS {
            self.frames.pop_front();
        }
        self.frames.extend(rings.map(|rings| (tick, rings)));
    }

    /// Forgets the snapshots: after a keyframe.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    /// The spot of a row after the newest snapshot.
    pub(super) fn spot(&self, id: EntityId) -> Spot {
        spot(self.spots.get(usize::from(id.kind.0)).map_or(&[], |spots| spots), id.slot)
    }

    /// The last snapshot that a ring was in.
    pub(super) fn newest(&self, ring: usize) -> Option<Tick> {
        self.frames.iter().rev().find(|(_, rings)| rings.has(ring)).map(|(tick, _)| *tick)
    }

    fn has(&self, tick: Tick, ring: usize) -> bool {
        ring == 0 || self.frames.iter().rev().any(|&(at, rings)| at == tick && rings.has(ring))
    }

    /// The snapshots that the rows of a ring may be coded against, newest first: `base` and before. One where `alone`.
    pub(super) fn images<'a>(
        &self,
        history: &'a History,
        tick: Tick,
        base: &Image,
        (ring, alone): (usize, bool),
    ) -> Images<'a> {
        let mut images = [None; LANE_DEPTH];
        let kept = |image: &&Image| image.tick <= base.tick && tick.since(image.tick) < HISTORY_TICKS as u32;
        let of_ring = history.iter().rev().filter(kept).filter(|image| self.has(image.tick, ring));
        let depth = if alone { 1 } else { LANE_DEPTH };
        images.iter_mut().zip(of_ring.take(depth)).for_each(|(place, image)| *place = Some(image));
        images
    }
}

/// The spot of a row.
pub(super) fn spot(spots: &[Spot], slot: u32) -> Spot {
    spots.get(slot as usize).copied().unwrap_or_default()
}

/// Puts a row into a ring.
pub(super) fn put(spots: &mut Vec<Spot>, slot: u32, spot: Spot) {
    if spots.len() <= slot as usize {
        spots.resize(slot as usize + 1, Spot::default());
    }
    if let Some(place) = spots.get_mut(slot as usize) {
        *place = spot;
    }
}

/// Every kind and slot of a far ring in an image.
pub(super) fn far(image: &Image, rings: &Rings) -> Vec<crate::image::Slots> {
    let kinds = (0..).map(KindId).zip(&image.kinds);
    let far = kinds.map(|(kind, rows)| {
        rows.alive.iter().filter(|&slot| rings.spot(EntityId { kind, slot }).ring > 0).collect()
    });
    far.collect()
}
