//! The lanes of one tick, and which of them a client's frame is made from.

use super::lane::{Images, Lane};
use super::ledger::{LANE_DEPTH, Ledger, RingSet};
use super::plan::Plan;
use crate::id::Tick;
use crate::image::{History, Image};
use crate::limits::{HISTORY_TICKS, RINGS_MAX};

/// Lanes in one tick that look back at more than their base. Clients that each stalled at another time would
/// otherwise have everything coded for each of them.
const DEEP_LANES_MAX: usize = 8;

/// The lanes in use, and the memory of others.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    used: usize,
}

/// What the sections of one client's frame are made from, by ring.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sections<'a> {
    /// Whether rows are coded from their base alone.
    pub(super) alone: bool,
    lanes: [usize; RINGS_MAX],
    pub(super) images: [Images<'a>; RINGS_MAX],
}

impl Lanes {
    /// Forgets the last tick. Says how far apart the snapshots of most of its clients lay, where they had three.
    pub(super) fn begin(&mut self) -> Option<[u32; LANE_DEPTH]> {
        let used = self.all.get(..self.used).unwrap_or_default();
        let main = used.iter().max_by_key(|lane| lane.uses);
        let main = main.filter(|lane| lane.ticks.iter().all(|&tick| tick != Tick::NONE));
        let spacing = main.map(|main| main.ticks.map(|tick| main.tick.since(tick)));
        self.used = 0;
        spacing
    }

    /// The lanes for some rings of a client; new ones where nobody has asked for them in this tick.
    pub(super) fn find<'a>(
        &mut self,
        plan: &Plan,
        (history, now): (&'a History, &Image),
        ledger: &Ledger,
        (rings, book): (RingSet, u32),
    ) -> Sections<'a> {
        let mut sections = Sections::default();
        for (ring, images) in sections.images.iter_mut().enumerate().filter(|(ring, _)| rings.has(*ring)) {
            *images = images_of(history, now, ledger, ring);
        }
        let of_rings = (0..).zip(&sections.images).filter(|(ring, _)| rings.has(*ring));
        let missing = of_rings.filter(|(_, images)| self.position(images, book).is_none()).count();
        sections.alone = missing > 0 && self.used + missing > DEEP_LANES_MAX;
        let of_rings = (0..).zip(sections.images.iter_mut().zip(&mut sections.lanes));
        for (_, (images, lane)) in of_rings.filter(|(ring, _)| rings.has(*ring)) {
            if sections.alone {
                *images = [images[0], None, None];
            }
            *lane = self.take(plan, now, images, book);
        }
        sections
    }

    /// The lane of a ring.
    pub(super) fn of(&self, sections: &Sections<'_>, ring: usize) -> Option<&Lane> {
        self.all.get(*sections.lanes.get(ring)?)
    }

    /// The lane of a ring.
    pub(super) fn of_mut(&mut self, sections: &Sections<'_>, ring: usize) -> Option<&mut Lane> {
        self.all.get_mut(*sections.lanes.get(ring)?)
    }

    fn position(&self, images: &Images<'_>, book: u32) -> Option<usize> {
        let ticks = images.map(|image| image.map_or(Tick::NONE, |image| image.tick));
        let used = self.all.get(..self.used).unwrap_or_default();
        used.iter().position(|lane| lane.ticks == ticks && lane.book == book)
    }

    fn take(&mut self, plan: &Plan, now: &Image, images: &Images<'_>, book: u32) -> usize {
        let known = self.position(images, book);
        let at = known.unwrap_or(self.used);
        if at == self.all.len() {
            self.all.push(Lane::default());
        }
        if let Some(lane) = self.all.get_mut(at) {
            match known {
                Some(_) => lane.uses += 1,
                None => {
                    lane.reset(plan, now, images, book);
                    self.used += 1;
                }
            }
        }
        at
    }
}

/// The image that a client's next delta is made from; `None` where it is gone, or there was none: a keyframe.
pub(super) fn base_of<'a>(history: &'a History, now: &Image, ledger: &Ledger) -> Option<&'a Image> {
    let held = ledger.held()?;
    let kept = |ring: usize| ledger.ring_tick(ring).filter(|&tick| is_kept(tick, now.tick));
    // A far ring that cannot be gone on with can only begin again, and all with it.
    if (1..RINGS_MAX).any(|ring| held.has_rows(ring) && kept(ring).is_none()) {
        return None;
    }
    history.at(kept(0).filter(|&tick| tick != now.tick)?)
}

/// The snapshots of a ring, newest first.
fn images_of<'a>(history: &'a History, now: &Image, ledger: &Ledger, ring: usize) -> Images<'a> {
    let mut images: Images<'a> = [None; LANE_DEPTH];
    for (place, held) in images.iter_mut().zip(ledger.lane(ring)) {
        // What is this old is gone, here or at the client: neither looks at it.
        *place = if is_kept(held.tick, now.tick) { history.at(held.tick) } else { None };
        if place.is_none() {
            break;
        }
    }
    images
}

fn is_kept(tick: Tick, now: Tick) -> bool {
    now.since(tick) < HISTORY_TICKS as u32
}
