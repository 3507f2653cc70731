//! Shots take their time. They are spawned in `drive`: whoever fires sees the shot leave at once, on its own client,
//! and the server's shot takes its place when it comes.

use tickwire_protocol::prelude::*;

use crate::arena::{DT, RATE, SIZE};
use crate::asteroid::STAR;
use crate::ship::{self, RADIUS, Ship};
use crate::{Perk, Space};

/// How fast a shot leaves the muzzle, in units a second.
pub const SPEED: f32 = 820.0;
/// How many ticks it flies.
pub const TICKS: u32 = 54;
/// What it takes from a hull.
pub const DAMAGE: u8 = 15;
/// Ticks between two shots.
const RELOAD_TICKS: u32 = 11;
/// Ticks between two beams of a lance.
const RELOAD_LANCE_TICKS: u32 = 48;
/// Angles between the three shots of [`Perk::Triple`], in radians.
const SPREAD: f32 = 0.1;

/// A shot on its way. Its owner is who fired it.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Shot {
    /// Where it is, in units.
    #[rep(place, range = 0.0..=SIZE, step = 0.00390625, lerp)]
    pub pos: Vec2,
    /// In units a second; never changes, so that a flying shot costs no bits.
    #[rep(rate_of = pos, range = -2000.0..=2000.0, step = per_tick(RATE))]
    pub vel: Vec2,
    /// When it burns out. A moment, not a countdown: what does not change is not sent.
    pub ends: Tick,
}

/// Pulls the trigger of a ship whose gun is ready: shots are handed to `spawn`, a beam is hit in `combat`.
pub(crate) fn fire(ship: &mut Ship, tick: Tick, mut spawn: impl FnMut(Shot)) {
    ship.safe_ends = ship.safe_ends.min(tick);
    if ship.perk == Perk::Lance {
        ship.gun_ready = tick.after(RELOAD_LANCE_TICKS);
        ship.lanced = tick;
        return;
    }
    ship.gun_ready = tick.after(RELOAD_TICKS);
    let angles: &[f32] = if ship.perk == Perk::Triple { &[-SPREAD, 0.0, SPREAD] } else { &[0.0] };
    for angle in angles {
        let way = ship::direction(ship.heading + angle);
        spawn(Shot { pos: ship.pos + way * RADIUS, vel: ship.vel + way * SPEED, ends: tick.after(TICKS) });
    }
}

/// Moves every shot; it ends after its time, at a wall and at a rock. What it hits besides, the server alone says.
pub(crate) fn advance(space: &mut Space, tick: Tick) {
    let rocks = &space.asteroids;
    space.shots.retain(|_, shot| {
        shot.pos += shot.vel * DT;
        let inside = shot.pos.cmpge(Vec2::ZERO).all() && shot.pos.cmple(Vec2::splat(SIZE)).all();
        let free = |pos: Vec2| {
            rocks
                .iter()
                .map(|(_, rock)| rock)
                .chain([&STAR])
                .all(|rock| rock.pos.distance_squared(pos) > rock.radius * rock.radius)
        };
        tick < shot.ends && inside && free(shot.pos)
    });
}
