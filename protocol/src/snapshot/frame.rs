//! One client's snapshot: its sections, one after the other.

use super::assemble::{KindSection, Of, Word};
use super::coder::codebook::Codebook;
use super::coder::learn::Counts;
use super::coder::pipes::Prior;
use super::codes::Records;
use super::encoder::Asked;
use super::lane::{Coding, Lane, earlier_of};
use super::lanes::{Lanes, Sections};
use super::ledger::{Held, LANE_DEPTH, RingSet};
use super::models::Models;
use super::plan::Plan;
use super::wholes::Wholes;
use crate::id::Tick;
use crate::image::Image;
use crate::wire::bits::BitWriter;

/// Everything that the sections are made from.
pub(super) struct Frame<'a> {
    pub(super) plan: &'a Plan,
    pub(super) prior: &'a Prior,
    pub(super) book: Option<&'a Codebook>,
    pub(super) models: &'a Models,
    pub(super) now: &'a Image,
    pub(super) asked: &'a Asked<'a>,
    pub(super) rings: RingSet,
    pub(super) sections: Sections<'a>,
    /// Rows that enter, by ring, kind, slot; and their records, by kind.
    pub(super) enters: &'a [Entering],
    pub(super) records: &'a [Records],
}

/// Ring, kind and slot of a row that enters.
pub(super) type Entering = (usize, usize, u32);

impl Frame<'_> {
    /// Chooses the changed `whole` values that go with the frame; says how many are put off.
    pub(super) fn choose_wholes(&self, lanes: &mut Lanes, wholes: &mut Wholes, next: &mut Held) -> usize {
        wholes.begin();
        for ring in self.rings.iter() {
            let Some(lane) = lanes.of_mut(&self.sections, ring) else { continue };
            let owes = self.asked.from.held().is_some_and(|held| !held.is_whole());
            if owes || lane.kinds.iter().any(|lane| !lane.wholes.known.is_empty()) {
                self.each(ring, lane, |section, lane| wholes.add(section, lane));
            }
        }
        wholes.choose(self.asked.due.bulk_bytes, self.asked.from.held().map(|held| &**held), next)
    }

    /// Whether the rows of a ring can be learned from: only what most clients are sent is.
    pub(super) fn is_usual(&self, lanes: &Lanes, ring: usize, spacing: [u32; LANE_DEPTH]) -> bool {
        let based = self.sections.images.get(ring).is_some_and(|images| images[0].is_some());
        // A far ring goes every second, fourth, eighth time.
        let spacing = spacing.map(|ticks| ticks << ring);
        let lane = lanes.of(&self.sections, ring).filter(|_| based && !self.sections.alone);
        lane.is_some_and(|lane| lane.ticks.map(|tick| self.now.tick.since(tick)) == spacing)
    }

    /// Appends the section of a ring, and to `next` what the client holds of it then. Says whether anything differs
    /// from what it has.
    pub(super) fn write(
        &self,
        ring: usize,
        (lanes, wholes, words): (&mut Lanes, &Wholes, &mut Vec<Word>),
        mut counts: Option<&mut Counts>,
        next: &mut Held,
        to: &mut BitWriter<'_>,
    ) -> bool {
        let Some(lane) = lanes.of_mut(&self.sections, ring) else { return false };
        let enters = self.enters.iter().any(|enters| enters.0 == ring);
        let has_rows = enters || self.asked.from.held().is_some_and(|held| held.has_rows(ring));
        if ring > 0 {
            to.flag(has_rows);
        }
        let mut changed = false;
        if ring == 0 || has_rows {
            self.each(ring, lane, |section, lane| {
                changed |= section.write(lane, wholes, &mut counts, words, to);
                section.next(words, next);
            });
        }
        changed
    }

    /// The part of each kind in the section of a ring.
    fn each(
        &self,
        ring: usize,
        lane: &mut Lane,
        mut act: impl FnMut(&KindSection<'_>, &mut super::lane::LaneKind),
    ) {
        let images = self.sections.images.get(ring).copied().unwrap_or_default();
        let mut held = [None; LANE_DEPTH];
        held.iter_mut().zip(self.asked.from.lane(ring)).for_each(|(age, held)| *age = Some(&**held));
        let of = Of { held, visible: Some(self.asked.visible), ring, rings: self.rings };
        let base = images[0].map_or(Tick::NONE, |base| base.tick);
        let models = [self.models.at(base), self.models.at(self.now.tick)];
        let (prior, book) = (self.prior, self.book);
        for (((kind, plan, coder), lane), records) in self.plan.each().zip(&mut lane.kinds).zip(self.records) {
            let Some(now) = self.now.kinds.get(kind).filter(|_| !plan.owner) else { continue };
            let earlier = earlier_of(&images, self.now.tick, kind);
            let coding = Coding { kind, coder, earlier, now, models, prior, book };
            act(&KindSection { plan, coding, of, enters: self.entering(ring, kind), records }, lane);
        }
    }

    fn entering(&self, ring: usize, kind: usize) -> &[Entering] {
        let from = self.enters.partition_point(|enters| (enters.0, enters.1) < (ring, kind));
        let to = self.enters.partition_point(|enters| (enters.0, enters.1) <= (ring, kind));
        self.enters.get(from..to).unwrap_or_default()
    }
}
