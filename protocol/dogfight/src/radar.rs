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
    /// Whose. Not its owner: see [`crate::pilot`].
    pub player: PlayerId,
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
    space.blips.spawn(Blip { player: me, ..Blip::default() });
}

/// A player is gone.
pub(crate) fn leave(space: &mut Space, player: PlayerId) {
    space.blips.retain(|_, blip| blip.player != player);
}

/// Looks at those ships whose turn it is.
pub(crate) fn step(space: &mut Space, tick: Tick) {
    let turn = |id: Id<Blip>| (tick.0 + id.slot).is_multiple_of(EVERY_TICKS);
    let due: Vec<Id<Blip>> = space.blips.ids().filter(|&id| turn(id)).collect();
    for id in due {
        let Some(blip) = space.blips.get_mut(id) else { continue };
        let Some((_, ship)) = space.ships.first_of(blip.player) else { continue };
        let cell = (ship.pos * (CELLS / SIZE)).clamp(Vec2::ZERO, Vec2::splat(CELLS - 1.0));
        (blip.x, blip.y, blip.flies) = (cell.x as u8, cell.y as u8, ship.flies());
    }
}
