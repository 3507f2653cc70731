//! Which distance ring each visible row belongs into.

use tickwire_protocol::game::{HYSTERESIS, Rings, View};
use tickwire_protocol::id::{EntityId, KindId, PlayerId};
use tickwire_protocol::image::{Image, Slots};
use tickwire_protocol::limits::RINGS_MAX;
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::snapshot::Visible;

use super::interest::Interest;

/// Where the rings of a view that names none begin, as parts of its radius: each has about a third more rows than the
/// one before it.
const PARTS: [f32; RINGS_MAX - 1] = [0.35, 0.6, 0.8];

impl Interest {
    /// The rings of a view that names none, for a client that is short of bytes. None where it looks from nowhere.
    pub(super) fn rings_of(&self, image: &Image, view: &View, me: PlayerId) -> Option<Rings> {
        let (centre, radius) = match view.areas.first() {
            Some(area) => (area.centre, area.radius),
            None => {
                let mut mine = image.entities().filter(|id| self.owner(image, *id) == me);
                let centre = mine.find_map(|id| self.position(image, id))?;
                let distances = image.entities().filter_map(|id| self.position(image, id));
                let farthest = distances.map(|at| at.distance_squared(centre)).fold(0.0, f32::max);
                (centre, farthest.sqrt())
            }
        };
        Some(Rings { centre, beyond: PARTS.map(|part| part * radius) })
    }

    /// Whether rows of this kind may go less often. What everybody predicts may not: a prediction goes on from the newest
    /// tick, and costs next to nothing where it is right.
    fn may_be_far(&self, kind: KindId) -> bool {
        self.has_place(kind) && !self.predicted.get(usize::from(kind.0)).copied().unwrap_or(false)
    }

    /// Puts the rows of `visible` into rings; `before` is what was seen in the last tick.
    pub(super) fn put_into_rings(
        &self,
        image: &Image,
        rings: &Rings,
        me: PlayerId,
        before: &Visible,
        visible: &mut Visible,
    ) {
        visible.ringed = true;
        for far in &mut visible.far {
            far.resize_with(image.kinds.len(), Slots::default);
            far.iter_mut().for_each(Slots::clear);
        }
        let Visible { kinds, far, .. } = visible;
        for (kind, slots) in (0..).map(KindId).zip(&*kinds).filter(|(kind, _)| self.may_be_far(*kind)) {
            for id in slots.iter().map(|slot| EntityId { kind, slot }) {
                let Some(at) = self.position(image, id).filter(|_| self.owner(image, id) != me) else { continue };
                let ring = ring_at(at, rings, before.ring_of(id));
                let slots = ring.checked_sub(1).and_then(|far_ring| far.get_mut(far_ring));
                if let Some(slots) = slots.and_then(|kinds| kinds.get_mut(usize::from(kind.0))) {
                    slots.insert(id.slot);
                }
            }
        }
    }
}

/// The ring of a row that was in ring `before`: it stays there until it is well outside.
fn ring_at(at: Vec3, rings: &Rings, before: usize) -> usize {
    let distance = at.distance(rings.centre);
    let is_beyond = |(ring, &from): (usize, &f32)| {
        let from = if ring < before { from } else { from * HYSTERESIS };
        distance > from
    };
    rings.beyond.iter().enumerate().take_while(|ring| is_beyond(*ring)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_in_its_ring_until_it_is_well_outside() {
        let rings = Rings { centre: Vec3::ZERO, beyond: [10.0, 20.0, f32::INFINITY] };
        let ring = |x: f32, before| ring_at(Vec3::new(x, 0.0, 0.0), &rings, before);
        assert_eq!([ring(9.0, 0), ring(10.5, 0), ring(11.5, 0), ring(21.0, 0), ring(23.0, 0)], [0, 0, 1, 1, 2]);
        assert_eq!([ring(23.0, 2), ring(20.5, 2), ring(19.5, 2), ring(10.5, 2), ring(9.5, 2)], [2, 2, 1, 1, 0]);
        assert_eq!(ring(f32::MAX, 3), 2, "there is no third one");
    }
}
