//! What a player may see.

use glam::Vec3;

use crate::id::EntityId;
use crate::limits::RINGS_MAX;

/// Which rows a player is sent. Rows of a kind without a `place` are everywhere and always seen, unless named in
/// [`View::without`].
///
/// ```
/// # use tickwire_protocol::prelude::*;
/// # #[derive(Replicate, Clone, Default, PartialEq)]
/// # struct Ship { #[rep(place, exact)] pos: Vec2 }
/// # #[derive(World, Default)]
/// # struct Sea { ships: Table<Ship> }
/// # let mut sea = Sea::default();
/// # let (mine, ally, hidden) = (sea.ships.spawn(Ship::default()), Id::<Ship>::NONE, Id::<Ship>::NONE);
/// # let Some(ship) = sea.ships.get(mine) else { return };
/// let view = View::around(ship.pos, 300.0)
///     .and(Sea::SHIPS.entity(ally)) // wherever it is
///     .but(Sea::SHIPS.entity(hidden)); // however near
/// # assert_eq!((view.areas.len(), view.with.len(), view.without.len()), (1, 1, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Every row, wherever it is.
    pub everything: bool,
    /// Rows in any of these.
    pub areas: Areas,
    /// These rows, wherever they are.
    pub with: Vec<EntityId>,
    /// Never these rows; goes before all else.
    pub without: Vec<EntityId>,
    /// What goes less often because it is far.
    pub rings: Option<Rings>,
}

/// Distances from a point beyond which rows go less often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rings {
    /// From where; z is 0 in the plane.
    pub centre: Vec3,
    /// What is further than the first goes every second time, than the next every fourth, than the last every eighth.
    /// In the world's units, rising.
    pub beyond: [f32; RINGS_MAX - 1],
}

/// A ball (a disc for games in the plane).
///
/// A row is sent from when it comes within `radius`, until it is further than 1.1 x `radius`; that wider set is what
/// a player may see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The centre; z is 0 in the plane.
    pub centre: Vec3,
    /// In the world's units, above 0.
    pub radius: f32,
}

/// Areas of a view. One takes no memory of its own, so that a room of thousands asks for none in a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Areas {
    /// Nowhere.
    #[default]
    None,
    /// Around one point.
    One(Area),
    /// Around several.
    Several(Vec<Area>),
}

impl Areas {
    /// One more.
    pub fn push(&mut self, area: Area) {
        match self {
            Areas::None => *self = Areas::One(area),
            Areas::One(first) => *self = Areas::Several(vec![*first, area]),
            Areas::Several(areas) => areas.push(area),
        }
    }
}

impl core::ops::Deref for Areas {
    type Target = [Area];
    fn deref(&self) -> &[Area] {
        match self {
            Areas::None => &[],
            Areas::One(area) => core::slice::from_ref(area),
            Areas::Several(areas) => areas,
        }
    }
}

/// How far outside an area a row that is held stays visible, as a factor of its radius.
pub const HYSTERESIS: f32 = 1.1;

impl View {
    /// All there is.
    #[must_use]
    pub fn everything() -> View {
        View { everything: true, ..View::default() }
    }

    /// Nothing, not even rows of kinds without a place.
    #[must_use]
    pub fn nothing() -> View {
        View::default()
    }

    /// What lies around a point.
    #[must_use]
    pub fn around(centre: impl Into<Point>, radius: f32) -> View {
        View::nothing().and_around(centre, radius)
    }

    /// Also what lies around this point.
    #[must_use]
    pub fn and_around(mut self, centre: impl Into<Point>, radius: f32) -> View {
        self.areas.push(Area { centre: centre.into().0, radius });
        self
    }

    /// Also this row.
    #[must_use]
    pub fn and(mut self, id: EntityId) -> View {
        self.with.push(id);
        self
    }

    /// What is further than so from a point goes less often: beyond the first distance with every second snapshot, beyond
    /// the next with every fourth, beyond a third one with every eighth. A player's own rows and those of `predicted` kinds always
    /// go.
    ///
    /// For worlds in which much is seen that is far: it costs less, and is drawn a little later.
    /// A row changes its ring when it is within a distance, or further than 1.1 times that.
    #[must_use]
    pub fn slower_beyond(mut self, centre: impl Into<Point>, distances: &[f32]) -> View {
        let mut beyond = [f32::INFINITY; RINGS_MAX - 1];
        beyond.iter_mut().zip(distances).for_each(|(place, distance)| *place = *distance);
        self.rings = Some(Rings { centre: centre.into().0, beyond });
        self
    }

    /// But not this row.
    #[must_use]
    pub fn but(mut self, id: EntityId) -> View {
        self.without.push(id);
        self
    }
}

/// A point of the plane or of space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point(pub Vec3);

impl From<glam::Vec2> for Point {
    fn from(point: glam::Vec2) -> Point {
        Point(point.extend(0.0))
    }
}

impl From<Vec3> for Point {
    fn from(point: Vec3) -> Point {
        Point(point)
    }
}
