//! Asteroids drift, bounce off the walls and off each other, and give way to nobody.
//!
//! The kind is `predicted`: every client draws it where it will be when its own input takes effect, so that the rock
//! a pilot sees is the rock that pilot bounces off. That works because nothing a player does moves one.

use tickwire_protocol::prelude::*;

use crate::arena::{self, DT, RATE, SIZE};
use crate::{Dogfight, Space, ship};

/// How many there are.
pub const COUNT: usize = 36;
/// Radii, in units.
const RADII: core::ops::Range<f32> = 26.0..78.0;
/// Speeds, in units a second.
const SPEEDS: core::ops::Range<f32> = 15.0..70.0;

/// The star in the middle of the arena: a rock that never moves, and pulls ships toward it.
pub static STAR: Asteroid = Asteroid { pos: Vec2::splat(SIZE / 2.0), vel: Vec2::ZERO, radius: 58.0, look: 0 };
/// How far its pull reaches, in units.
const PULL_REACH: f32 = 470.0;
/// How strong it is at its middle, in units a second squared; it falls off evenly.
const PULL: f32 = 300.0;

/// A rock.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
#[rep(predicted)]
pub struct Asteroid {
    /// Where its middle is, in units.
    #[rep(place, range = 0.0..=SIZE, step = 0.00390625, lerp)]
    pub pos: Vec2,
    /// In units a second.
    #[rep(rate_of = pos, range = -200.0..=200.0, step = per_tick(RATE))]
    pub vel: Vec2,
    /// In units.
    #[rep(range = 0.0..=128.0, step = 0.5)]
    pub radius: f32,
    /// What it looks like: its outline and its spin are drawn from this number.
    pub look: u8,
}

/// The rocks of a new room.
pub(crate) fn fill(space: &mut Space, host: &mut Host<Dogfight>) {
    for _ in 0..COUNT {
        let radius = host.rng().random_range(RADII);
        let pos = arena::place(host, radius, |pos| {
            let gap = |rock: &Asteroid| rock.pos.distance(pos) - rock.radius - radius;
            all(space).map(gap).fold(SIZE, f32::min)
        });
        let speed = host.rng().random_range(SPEEDS);
        let way = ship::direction(host.rng().random_range(-3.1..3.1));
        let look = host.rng().random();
        space.asteroids.spawn(Asteroid { pos, vel: way * speed, radius, look });
    }
}

/// Every rock, the star among them.
pub(crate) fn all(space: &Space) -> impl Iterator<Item = &Asteroid> {
    space.asteroids.iter().map(|(_, rock)| rock).chain([&STAR])
}

/// What the star does to the velocity of a ship at `pos`, in units a second squared.
pub(crate) fn pull(pos: Vec2) -> Vec2 {
    let apart = STAR.pos - pos;
    let part = 1.0 - apart.length() / PULL_REACH;
    if part > 0.0 { apart.normalize_or_zero() * part * PULL } else { Vec2::ZERO }
}

/// Moves every rock.
pub(crate) fn advance(space: &mut Space) {
    for (_, rock) in space.asteroids.iter_mut() {
        rock.pos += rock.vel * DT;
        arena::bounce_off_walls(&mut rock.pos, &mut rock.vel, rock.radius, 1.0);
        let out = (rock.pos - STAR.pos).normalize_or_zero();
        let inward = rock.vel.dot(out);
        if inward < 0.0 && rock.pos.distance(STAR.pos) < rock.radius + STAR.radius {
            rock.vel -= 2.0 * inward * out;
        }
    }
    let rocks: Vec<(Id<Asteroid>, Vec2, f32)> =
        space.asteroids.iter().map(|(id, rock)| (id, rock.pos, rock.radius)).collect();
    for (at, &(one, here, radius)) in rocks.iter().enumerate() {
        for &(two, there, other) in rocks.get(at + 1..).unwrap_or_default() {
            let reach = radius + other;
            if here.distance_squared(there) < reach * reach
                && let Some((one, two)) = space.asteroids.get_two_mut(one, two)
            {
                collide(one, two);
            }
        }
    }
}

/// Two rocks exchange what they have along the line between them, each by its mass.
fn collide(one: &mut Asteroid, two: &mut Asteroid) {
    let out = (one.pos - two.pos).try_normalize().unwrap_or(Vec2::X);
    let inward = (one.vel - two.vel).dot(out);
    if inward < 0.0 {
        let (mass, other) = (one.radius * one.radius, two.radius * two.radius);
        let push = out * (2.0 * inward / (mass + other));
        one.vel -= push * other;
        two.vel += push * mass;
    }
}
