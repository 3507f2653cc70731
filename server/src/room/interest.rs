//! What each client may see, and in which order it is told of what is new to it.

use std::sync::Arc;

use tickwire_protocol::game::{Area, HYSTERESIS, View};
use tickwire_protocol::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_protocol::image::{Image, Slots};
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Held, Visible};

use super::grid::{Grid, TOGETHER};

/// Finds the rows of views. Everything that depends on the tick alone is made once a tick, when first asked for.
#[derive(Debug)]
pub(super) struct Interest {
    grid: Grid,
    built: Tick,
    /// Kinds of a single row, which enter first.
    ones: Vec<bool>,
    /// Kinds that only owners have, which are never in a shared frame.
    secret: Vec<bool>,
    /// Kinds that every client predicts.
    pub(super) predicted: Vec<bool>,
    /// The newest first; the older ones are still somebody's view of the tick before.
    everything: [Arc<Visible>; 3],
    everything_at: Tick,
    order: Vec<(u8, u32, EntityId)>,
    marks: Marks,
}

/// The rows with a place that one client saw, and those that it sees: a bit each, in the grid's words.
#[derive(Debug, Default)]
struct Marks {
    saw: Vec<u64>,
    sees: Vec<u64>,
}

impl Interest {
    pub(super) fn new(schema: &Schema) -> Interest {
        Interest {
            grid: Grid::new(schema),
            built: Tick::NONE,
            ones: schema.kinds.iter().map(|kind| kind.one).collect(),
            predicted: schema.kinds.iter().map(|kind| kind.predicted).collect(),
            secret: schema.kinds.iter().map(|kind| kind.owner).collect(),
            everything: Default::default(),
            everything_at: Tick::NONE,
            order: Vec::new(),
            marks: Marks::default(),
        }
    }

    /// All rows but the owners' secrets: one value for all who see everything in this tick.
    pub(super) fn everything(&mut self, image: &Image) -> Arc<Visible> {
        if self.everything_at != image.tick {
            self.everything_at = image.tick;
            self.everything.rotate_right(1);
            let visible = unshared(&mut self.everything[0]);
            visible.everything = true;
            visible.kinds.resize_with(image.kinds.len(), Slots::default);
            for ((slots, rows), secret) in visible.kinds.iter_mut().zip(&image.kinds).zip(&self.secret) {
                if *secret {
                    slots.clear();
                } else {
                    slots.copy_from(&rows.alive);
                }
            }
        }
        Arc::clone(&self.everything[0])
    }

    /// The rows of a view that does not see everything, into `visible`; `before` is what it saw in the last tick.
    pub(super) fn see(&mut self, image: &Image, view: &View, before: &Visible, visible: &mut Visible) {
        if !view.areas.is_empty() && self.built != image.tick {
            self.built = image.tick;
            self.grid.update(image);
        }
        (visible.everything, visible.ringed) = (false, false);
        visible.kinds.resize_with(image.kinds.len(), Slots::default);
        for ((kind, slots), rows) in (0..).map(KindId).zip(&mut visible.kinds).zip(&image.kinds) {
            // A view without any area is a list of rows.
            if view.everything && !self.is_secret(kind) {
                slots.copy_from(&rows.alive);
            } else if view.areas.is_empty() || self.grid.has_place(kind) || self.is_secret(kind) {
                slots.clear();
                slots.reserve(rows.capacity());
            } else {
                slots.copy_from(&rows.alive);
            }
        }
        if !view.areas.is_empty() && !view.everything {
            self.marks.find(&self.grid, &view.areas, &before.kinds);
            for (words, slots) in self.grid.words().iter().zip(&mut visible.kinds) {
                if let Some(words) = self.marks.sees.get(words.clone()).filter(|words| !words.is_empty()) {
                    slots.copy_from_words(words.iter().copied());
                }
            }
        }
        for id in view.with.iter().filter(|id| image.contains(**id) && !self.is_secret(id.kind)) {
            insert(&mut visible.kinds, *id);
        }
        for id in &view.without {
            if let Some(slots) = visible.kinds.get_mut(usize::from(id.kind.0)) {
                slots.remove(id.slot);
            }
        }
    }

    /// What is visible but not held, by priority: single rows, the player's own, then by distance from `centre`.
    /// Slots that are held and hold another row now are not among them: the encoder finds those.
    pub(super) fn enters(
        &mut self,
        image: &Image,
        visible: &Visible,
        held: Option<&Held>,
        me: PlayerId,
        centre: Option<Vec3>,
        enters: &mut Vec<EntityId>,
    ) {
        enters.clear();
        let nothing = Slots::default();
        for (kind, seen) in (0..).map(KindId).zip(&visible.kinds) {
            let has = held.and_then(|held| held.kinds.get(usize::from(kind.0))).unwrap_or(&nothing);
            seen.difference(has).for_each(|slot| enters.push(EntityId { kind, slot }));
        }
        if enters.len() > 1 {
            self.sort(image, me, centre, enters);
        }
    }

    fn sort(&mut self, image: &Image, me: PlayerId, centre: Option<Vec3>, enters: &mut Vec<EntityId>) {
        let mut order = core::mem::take(&mut self.order);
        order.clear();
        // Who sees everything looks from where its own row is.
        let centre = centre.or_else(|| {
            let mut mine = image.entities().filter(|id| self.owner(image, *id) == me);
            mine.find_map(|id| self.grid.position(image, id))
        });
        order.extend(enters.iter().map(|id| {
            let kind = usize::from(id.kind.0);
            if self.ones.get(kind) == Some(&true) {
                return (0, 0, *id);
            }
            let rank = if self.owner(image, *id) == me { 1 } else { 2 };
            let distance = centre.zip(self.grid.position(image, *id)).map(|(a, b)| a.distance_squared(b));
            // The bits of a positive float rise with it.
            (rank, distance.map_or(0, |distance| distance.max(0.0).to_bits()), *id)
        }));
        order.sort_unstable();
        enters.clear();
        enters.extend(order.iter().map(|(_, _, id)| *id));
        self.order = order;
    }

    /// Where a row is; `None` for kinds without a place.
    pub(super) fn position(&self, image: &Image, id: EntityId) -> Option<Vec3> {
        self.grid.position(image, id)
    }

    /// Whether rows of this kind are somewhere.
    pub(super) fn has_place(&self, kind: KindId) -> bool {
        self.grid.has_place(kind)
    }

    /// Whose row it is.
    pub(super) fn owner(&self, image: &Image, id: EntityId) -> PlayerId {
        let owner = image.kind(id.kind).and_then(|rows| rows.owner.get(id.slot as usize));
        owner.copied().unwrap_or_default()
    }

    fn is_secret(&self, kind: KindId) -> bool {
        self.secret.get(usize::from(kind.0)) == Some(&true)
    }
}

impl Marks {
    /// Finds the rows in these areas; `before` is what was seen in the last tick.
    fn find(&mut self, grid: &Grid, areas: &[Area], before: &[Slots]) {
        self.saw.clear();
        for (words, slots) in grid.words().iter().zip(before) {
            let words_of_kind = slots.words().get(..words.len()).unwrap_or(slots.words());
            self.saw.extend_from_slice(words_of_kind);
            self.saw.resize(words.end, 0);
        }
        self.sees.clear();
        self.sees.resize(grid.words().last().map_or(0, |words| words.end), 0);
        for area in areas {
            let wide = area.radius * HYSTERESIS;
            let reaches = [area.radius * area.radius, wide * wide];
            grid.near(area.centre, [area.radius, wide], |rows| {
                if rows.inside {
                    self.add_all(rows.bits);
                    return;
                }
                for (at, bits) in rows.parts() {
                    self.add(bits, measure(at, area.centre, reaches));
                }
            });
        }
    }

    /// Adds rows that are near.
    fn add_all(&mut self, bits: &[u32]) {
        for bit in bits {
            if let Some(sees) = self.sees.get_mut(*bit as usize / 64) {
                *sees |= 1 << (bit % 64);
            }
        }
    }

    /// Adds rows that are near, and of those that are near enough those that were seen: a bit for each says which are.
    #[inline]
    fn add(&mut self, bits: &[u32], [near, near_enough]: [u32; 2]) {
        // There may be fewer of them than were measured.
        let rows = (1u32 << bits.len().min(TOGETHER)) - 1;
        for bit in ones(near & rows).filter_map(|row| bits.get(row)) {
            if let Some(sees) = self.sees.get_mut(*bit as usize / 64) {
                *sees |= 1 << (bit % 64);
            }
        }
        for bit in ones(near_enough & rows).filter_map(|row| bits.get(row)) {
            let at = *bit as usize / 64;
            if let (Some(saw), Some(sees)) = (self.saw.get(at), self.sees.get_mut(at)) {
                *sees |= saw & 1 << (bit % 64);
            }
        }
    }
}

/// The numbers of the bits that are set.
#[inline]
fn ones(mut bits: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let one = bits.trailing_zeros();
        bits &= bits.checked_sub(1)?;
        Some(one as usize)
    })
}

/// The rows within the first distance, and those that are not but within the second one, of which the squares are given: a
/// bit for each.
#[inline]
fn measure(at: [&[f32; TOGETHER]; 3], from: Vec3, [near, far]: [f32; 2]) -> [u32; 2] {
    let [xs, ys, zs] = at;
    let mut within = [[0; TOGETHER]; 2];
    for row in 0..TOGETHER {
        let (x, y, z) = (xs[row] - from.x, ys[row] - from.y, zs[row] - from.z);
        let distance = x * x + y * y + z * z;
        within[0][row] = if distance <= near { u32::MAX } else { 0 };
        within[1][row] = if distance <= far { u32::MAX } else { 0 };
    }
    let [near, far] =
        within.map(|rows| rows.iter().enumerate().fold(0, |bits, (row, mask)| bits | mask & 1 << row));
    [near, far & !near]
}

/// Whether a row is in sets of slots by kind.
pub(super) fn has(kinds: &[Slots], id: EntityId) -> bool {
    kinds.get(usize::from(id.kind.0)).is_some_and(|slots| slots.contains(id.slot))
}

fn insert(kinds: &mut [Slots], id: EntityId) {
    if let Some(slots) = kinds.get_mut(usize::from(id.kind.0)) {
        slots.insert(id.slot);
    }
}

/// The value of an `Arc` to write: the same one where nobody else has it, else a new one in its place.
pub(super) fn unshared<T: Default>(arc: &mut Arc<T>) -> &mut T {
    if Arc::get_mut(arc).is_none() {
        *arc = Arc::default();
    }
    Arc::get_mut(arc).expect("an Arc that was just made is shared with nobody")
}
