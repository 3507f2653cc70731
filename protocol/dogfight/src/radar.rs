//! The map shows more than the view, and says no more than it may: a cell of the arena per ship, twice a second.
//!
//! What is not in a player's view is not on its wire; this cheap kind is the only thing that tells of it.

use tickwire_protocol::prelude::*;

use crate::Space;
use crate::arena::SIZE;

/// Cells along a side of the arena.
pub const CELLS: f32 = 64.0;
/// Ticks between two looks at a ship. Each ship has its own turn, so that no tick carries all of them.
const EVERY_TICKS: u32 = 30;

/// Where a player's ship is, roughly. Has no `place` of its own: everybody has it.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Blip {
    /// Column, 0 to 63.
    #[rep(range = 0..=63)]
    pub x: u8,
    /// Row, 0 to 63.
    #[rep(range = 0..=63)]
    pub y: u8,
    /// Whether the ship flies.
    pub flies: bool,
}

/// A new player's row.
pub(crate) fn join(space: &mut Space, me: PlayerId) {
    space.blips.spawn_for(me, Blip::default());
}

/// Looks at those ships whose turn it is.
pub(crate) fn step(space: &mut Space, tick: Tick) {
    for (id, ship) in space.ships.iter() {
        if !(tick.0 + id.slot).is_multiple_of(EVERY_TICKS) {
            continue;
        }
        let cell = (ship.pos * (CELLS / SIZE)).clamp(Vec2::ZERO, Vec2::splat(CELLS - 1.0));
        for (_, blip) in space.blips.of_mut(space.ships.owner(id)) {
            *blip = Blip { x: cell.x as u8, y: cell.y as u8, flies: ship.flies() };
        }
    }
}
