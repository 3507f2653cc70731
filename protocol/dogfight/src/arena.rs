//! The arena: a square with walls, and what there is one of.

use tickwire_protocol::prelude::*;

use crate::Dogfight;

/// Ticks per second.
pub const RATE: TickRate = TickRate::hz(60);

/// Seconds per tick.
pub const DT: f32 = 1.0 / RATE.get() as f32;

/// The side of the arena, in units; a ship is 28 long.
pub const SIZE: f32 = 3_000.0;

/// What there is one of.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Arena {
    /// Who has the most points and wears the crown; nobody as long as nobody has any.
    pub leader: PlayerId,
}

/// Puts something round back between the walls and turns its velocity around; whether it touched one.
pub(crate) fn bounce_off_walls(pos: &mut Vec2, vel: &mut Vec2, radius: f32, keep: f32) -> bool {
    let inside = pos.clamp(Vec2::splat(radius), Vec2::splat(SIZE - radius));
    let out = *pos - inside;
    if out == Vec2::ZERO {
        return false;
    }
    if out.x * vel.x > 0.0 {
        vel.x *= -keep;
    }
    if out.y * vel.y > 0.0 {
        vel.y *= -keep;
    }
    *pos = inside;
    true
}

/// A place with space around it: the best of a few by chance. `space` says how much there is at a place.
pub(crate) fn place(host: &mut Host<Dogfight>, margin: f32, space: impl Fn(Vec2) -> f32) -> Vec2 {
    let mut best = (f32::MIN, Vec2::splat(SIZE / 2.0));
    for _ in 0..8 {
        let between = margin..SIZE - margin;
        let pos = vec2(host.rng().random_range(between.clone()), host.rng().random_range(between));
        let space = space(pos);
        if space > best.0 {
            best = (space, pos);
        }
    }
    best.1
}
