//! How a thing of the scenes moves, whatever its fields look like on the wire.

use serde::{Deserialize, Serialize};
use tickwire_protocol::math;
use tickwire_protocol::prelude::*;

use crate::rng::Mulberry32;

/// The side of the world, in units.
pub(super) const SIDE: f32 = 1_000.0;

/// Ticks per second.
pub(super) const RATE: TickRate = TickRate::hz(30);

/// What only the server knows of a thing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Walker {
    /// Where to, in radians.
    pub(super) heading: f32,
    /// Units a second; never changes.
    pub(super) speed: f32,
    /// Whether a player has ever steered it: then it goes where that player last said.
    pub(super) steered: bool,
}

impl Walker {
    /// One with a heading and a speed by chance.
    pub(super) fn new(rng: &mut Mulberry32) -> Walker {
        let heading = rng.between(0.0, core::f32::consts::TAU);
        Walker { heading, speed: rng.between(30.0, 120.0), steered: false }
    }

    /// A player turns it.
    pub(super) fn steer(&mut self, heading: f32) {
        self.heading = heading;
        self.steered = true;
    }

    /// Turns by chance, unless a player steers.
    pub(super) fn stray(&mut self, rng: &mut Mulberry32) {
        if !self.steered {
            self.heading += rng.between(-0.2, 0.2);
        }
    }

    /// Units a second, by axis.
    pub(super) fn velocity(&self) -> Vec2 {
        let (sin, cos) = math::sin_cos(self.heading);
        vec2(cos, sin) * self.speed
    }
}

/// Where something at `pos` with `vel` is a tick later: it bounces off the border. Says the velocity afterwards.
pub(super) fn bounce(pos: Vec2, vel: Vec2, rate: TickRate) -> (Vec2, Vec2) {
    let to = pos + vel * rate.dt();
    let (x, vx) = bounce_axis(to.x, vel.x);
    let (y, vy) = bounce_axis(to.y, vel.y);
    (vec2(x, y), vec2(vx, vy))
}

fn bounce_axis(at: f32, speed: f32) -> (f32, f32) {
    if at < 0.0 {
        (-at, -speed)
    } else if at > SIDE {
        (2.0 * SIDE - at, -speed)
    } else {
        (at, speed)
    }
}

/// What becomes of health and score in a tick.
pub(super) fn fortune(rng: &mut Mulberry32, hp: &mut u8, score: &mut u16) {
    if rng.once_in(128) {
        *hp = if *hp < 10 { 100 } else { *hp - 10 };
    }
    if rng.once_in(128) {
        *score = score.wrapping_add(5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hits_the_border_comes_back() {
        let (pos, vel) = bounce(vec2(999.0, 500.0), vec2(90.0, 0.0), RATE);
        assert_eq!((pos, vel), (vec2(998.0, 500.0), vec2(-90.0, 0.0)));
    }

    #[test]
    fn health_goes_round_from_below_ten_to_a_hundred() {
        let mut rng = Mulberry32::new(1);
        let (mut hp, mut score) = (100, 0);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..10_000 {
            fortune(&mut rng, &mut hp, &mut score);
            seen.insert(hp);
        }
        assert_eq!(seen.into_iter().collect::<Vec<u8>>(), (0..=10).map(|n| n * 10).collect::<Vec<u8>>());
        assert_eq!(score % 5, 0);
    }
}
