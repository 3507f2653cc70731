//! Who may see what: players around their own ship, watchers around what they look at.

use tickwire_protocol::prelude::*;

use crate::Space;
use crate::arena::SIZE;

/// How far one sees, in units. The page shows no more than this on any screen.
pub const SIGHT: f32 = 900.0;

/// Where a watcher looks.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub enum Gaze {
    /// At the ship of this player; at the leader's while that is nobody's.
    At(PlayerId),
    /// At a place, in units.
    Place(f32, f32),
}

impl Default for Gaze {
    fn default() -> Gaze {
        Gaze::At(PlayerId::NOBODY)
    }
}

impl Gaze {
    /// At a place, which is put inside the arena; one that is no number is its corner.
    pub(crate) fn place(x: f32, y: f32) -> Gaze {
        let inside = |at: f32| if at.is_nan() { 0.0 } else { at.clamp(0.0, SIZE) };
        Gaze::Place(inside(x), inside(y))
    }
}

/// What a player or watcher may see.
pub(crate) fn view(space: &Space, player: &Player, gaze: Option<&Gaze>) -> View {
    let centre = match (player.role, gaze) {
        (Role::Plays, _) => ship_of(space, player.id),
        (Role::Watches, Some(&Gaze::Place(x, y))) => Some(vec2(x, y)),
        (Role::Watches, Some(&Gaze::At(whom))) => {
            ship_of(space, whom).or_else(|| ship_of(space, space.arena.leader))
        }
        (Role::Watches, None) => None,
    };
    View::around(centre.unwrap_or(Vec2::splat(SIZE / 2.0)), SIGHT)
}

fn ship_of(space: &Space, whose: PlayerId) -> Option<Vec2> {
    space.ships.first_of(whose).map(|(_, ship)| ship.pos)
}
