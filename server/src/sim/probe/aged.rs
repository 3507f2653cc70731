//! The truth about a world whose far rows are as they were some time ago.

use tickwire_protocol::game::Game;
use tickwire_protocol::id::{EntityId, KindId, Tick};
use tickwire_protocol::image::{History, Image, KindImage};
use tickwire_protocol::limits::HISTORY_TICKS;
use tickwire_protocol::schema::Schema;

use super::Probe;
use crate::check::holds;

/// What `held` should be: the room's world, but each row of which `as_of` says an earlier tick as it was then, and
/// without what only owners have of such rows. `None` where the room has forgotten that.
pub fn aged(schema: &Schema, held: &Image, as_of: impl Fn(EntityId) -> Tick, truth: &History) -> Option<Image> {
    let mut image = truth.at(held.tick)?.clone();
    for id in held.entities() {
        let tick = as_of(id);
        if tick != held.tick {
            put_back(schema, truth.at(tick)?.kind(id.kind)?, &mut image, id);
        }
    }
    Some(image)
}

fn put_back(schema: &Schema, then: &KindImage, image: &mut Image, id: EntityId) {
    let KindId(kind) = id.kind;
    let Some(rows) = image.kinds.get_mut(usize::from(kind)).filter(|_| then.alive.contains(id.slot)) else {
        return;
    };
    rows.insert(id.slot, then.owner_of(id.slot), 0);
    (0..then.columns.len()).for_each(|at| rows.set_value(at, id.slot, then.value(at, id.slot)));
    (0..then.wholes.len()).for_each(|at| rows.set_whole(at, id.slot, then.whole(at, id.slot)));
    // Of a row in a far ring its owner has no more than others.
    let Some(kind) = schema.kinds.get(usize::from(kind)) else { return };
    let mut wholes = 0;
    for (field, first) in kind.fields.iter().zip(kind.offsets()) {
        if field.owner {
            (first..).zip(&field.default).for_each(|(at, default)| rows.set_value(at, id.slot, *default));
        }
        if field.is_whole() {
            if field.owner {
                rows.set_whole(wholes, id.slot, &[]);
            }
            wholes += 1;
        }
    }
}

impl<G: Game> Probe<G> {
    /// Where rows are in rings, only of the newest world it is known how old which row is.
    pub(super) fn check_newest(&mut self, truth: &History) -> Result<usize, String> {
        if self.tick() == self.checked || truth.at(self.tick()).is_none() {
            return Ok(0);
        }
        self.checked = self.tick();
        let oldest = self.rows().map(|(_, as_of)| self.tick().since(as_of)).max().unwrap_or(0);
        if oldest >= HISTORY_TICKS as u32 {
            return Err(format!("{}: a row is {oldest} ticks old", self.tick()));
        }
        let Some(held) = self.replica.newest() else { return Ok(0) };
        let whole = aged(&self.schema, held, |id| self.as_of(id), truth);
        let Some(whole) = whole else { return Ok(0) };
        holds(&self.schema, held, &whole, self.player()).map_err(|difference| difference.to_string())?;
        Ok(1)
    }

    /// Every row it holds, and the tick at which it was that.
    pub fn rows(&self) -> impl Iterator<Item = (EntityId, Tick)> + '_ {
        let rows = self.world().into_iter().flat_map(Image::entities);
        rows.map(|id| (id, self.as_of(id)))
    }

    fn as_of(&self, id: EntityId) -> Tick {
        self.replica.as_of(self.replica.ring_of(id))
    }
}
