//! Ships: a row, the controls, and what they do to it.
//!
//! Everything here runs on the server and, ahead of it, on the client of whoever flies: `drive` turns the controls
//! into velocity and shots, `advance` moves every ship. Neither asks for time or chance, so both ends get the same
//! bits, and a ship is never pulled back unless something touched it that its client could not know.

use tickwire_protocol::math;
use tickwire_protocol::prelude::*;

use crate::arena::{self, DT, RATE, SIZE};
use crate::asteroid::{self, STAR};
use crate::{Asteroid, Dogfight, Perk, Space, combat, shot};

/// Half the length of a ship, in units.
pub const RADIUS: f32 = 14.0;
/// What a ship withstands.
pub const HULL: u8 = 100;
/// Fastest turn, in radians a second.
const TURN: f32 = 4.6;
/// Acceleration forward, in units a second squared; backward it is half of that.
const THRUST: f32 = 560.0;
/// With an afterburner.
const THRUST_BURNER: f32 = 950.0;
/// What a dash adds to the velocity, in units a second.
const DASH: f32 = 420.0;
/// Ticks from a dash to the next.
const DASH_TICKS: u32 = 150;
/// Part of the speed that is lost in a second.
const DRAG: f32 = 1.1;
/// What is lost besides, in units a second squared: so that a ship that drifts comes to rest. More than half a step
/// of [`Ship::vel`] per tick, or it would be rounded away.
const FRICTION: f32 = 16.0;
/// Fastest, in units a second.
const SPEED_MAX: f32 = 760.0;
/// Part of the speed that a bounce leaves.
const BOUNCE: f32 = 0.8;

/// A ship. Its row lives as long as its player's stay; shot down, it waits with an empty hull.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Ship {
    /// Where its middle is, in units. Fine steps: what accumulates must not be rounded away, and a position that is
    /// predicted costs nothing however fine it is.
    #[rep(place, range = 0.0..=SIZE, step = 0.00390625, lerp, snap = 150.0)]
    pub pos: Vec2,
    /// In units a second, in steps that are whole position steps per tick.
    #[rep(rate_of = pos, range = -900.0..=900.0, step = per_tick(RATE))]
    pub vel: Vec2,
    /// Where its nose points, in radians; 0 is to the right, positive turns toward positive y.
    #[rep(angle, bits = 12, lerp)]
    pub heading: f32,
    /// Whether its engine burns: for the flame.
    pub burns: bool,
    /// What it still withstands; 0 is shot down.
    #[rep(range = 0..=100)]
    pub hull: u8,
    /// What it carries.
    pub perk: Perk,
    /// Until when.
    pub perk_ends: Tick,
    /// Until when nothing hurts it; firing ends it.
    pub safe_ends: Tick,
    /// When its lance fired last: for the beam.
    pub lanced: Tick,
    /// When its gun is ready again. Only its player needs to know.
    #[rep(owner)]
    pub gun_ready: Tick,
    /// When it can dash again.
    #[rep(owner)]
    pub dash_ready: Tick,
    /// When it comes back after it was shot down.
    #[rep(owner)]
    pub comes_back: Tick,
}

/// The controls in one tick.
#[derive(Input, Clone, Copy, Debug, Default, PartialEq)]
pub struct Controls {
    /// Turn: −1 left, 1 right (on a screen whose y points down).
    #[rep(range = -1..=1)]
    pub turn: i8,
    /// Engine: 1 forward, −1 backward.
    #[rep(range = -1..=1)]
    pub thrust: i8,
    /// Turn toward [`Controls::aim`] instead: mouse, stick, thumb.
    pub aims: bool,
    /// Where to.
    #[rep(angle, bits = 10)]
    pub aim: f32,
    /// Fire as long as it is held.
    pub fire: bool,
    /// A dash forward, once per press: not repeated where an input is missing.
    #[rep(once)]
    pub dash: bool,
}

impl Ship {
    /// Whether it is not shot down.
    #[must_use]
    pub fn flies(&self) -> bool {
        self.hull > 0
    }

    /// Whether nothing hurts it at `tick`.
    #[must_use]
    pub fn safe(&self, tick: Tick) -> bool {
        tick < self.safe_ends
    }

    /// Where its nose points, of length 1.
    #[must_use]
    pub fn ahead(&self) -> Vec2 {
        direction(self.heading)
    }

    fn steer(&mut self, controls: &Controls, tick: Tick) {
        let most = TURN * DT;
        self.heading += if controls.aims {
            turn_between(self.heading, controls.aim).clamp(-most, most)
        } else {
            f32::from(controls.turn) * most
        };
        let thrust = match controls.thrust {
            0 => 0.0,
            -1 => -0.5 * THRUST,
            _ if self.perk == Perk::Burner => THRUST_BURNER,
            _ => THRUST,
        };
        self.burns = controls.thrust > 0;
        self.vel += self.ahead() * thrust * DT;
        if controls.dash && tick >= self.dash_ready {
            self.dash_ready = tick.after(DASH_TICKS);
            self.vel += self.ahead() * DASH;
        }
    }

    fn coast(&mut self) {
        self.vel += asteroid::pull(self.pos) * DT;
        let speed = self.vel.length();
        if speed > 0.0 {
            let slower = (speed - (speed * DRAG + FRICTION) * DT).clamp(0.0, SPEED_MAX);
            self.vel *= slower / speed;
        }
        self.pos += self.vel * DT;
        arena::bounce_off_walls(&mut self.pos, &mut self.vel, RADIUS, BOUNCE);
    }

    /// Bounces off an asteroid, which does not notice.
    fn bounce_off(&mut self, rock: &Asteroid) {
        let apart = self.pos - rock.pos;
        let reach = RADIUS + rock.radius;
        if apart.length_squared() >= reach * reach {
            return;
        }
        let out = apart.try_normalize().unwrap_or(Vec2::X);
        self.pos = rock.pos + out * reach;
        let inward = (self.vel - rock.vel).dot(out);
        if inward < 0.0 {
            self.vel -= out * inward * (1.0 + BOUNCE);
        }
    }
}

/// A new player's ship.
pub(crate) fn join(space: &mut Space, host: &mut Host<Dogfight>, me: PlayerId) {
    let ship = combat::launch(space, host);
    space.ships.spawn_for(me, ship);
}

/// One player's controls for one tick.
pub(crate) fn drive(space: &mut Space, me: PlayerId, controls: &Controls, tick: Tick) {
    for (_, ship) in space.ships.of_mut(me) {
        if !ship.flies() {
            continue;
        }
        ship.steer(controls, tick);
        if controls.fire && tick >= ship.gun_ready {
            shot::fire(ship, tick, |shot| {
                space.shots.spawn_for(me, shot);
            });
        }
    }
}

/// Moves every ship, off walls, rocks and each other.
pub(crate) fn advance(space: &mut Space) {
    for (_, ship) in space.ships.iter_mut() {
        if ship.flies() {
            ship.coast();
            space.asteroids.iter().for_each(|(_, rock)| ship.bounce_off(rock));
            ship.bounce_off(&STAR);
        }
    }
    let flying: Vec<(Id<Ship>, Vec2)> =
        space.ships.iter().filter(|(_, ship)| ship.flies()).map(|(id, ship)| (id, ship.pos)).collect();
    for (at, &(one, here)) in flying.iter().enumerate() {
        for &(two, there) in flying.get(at + 1..).unwrap_or_default() {
            if here.distance_squared(there) < 4.0 * RADIUS * RADIUS
                && let Some((one, two)) = space.ships.get_two_mut(one, two)
            {
                collide(one, two);
            }
        }
    }
}

/// Two ships of the same mass push each other away.
fn collide(one: &mut Ship, two: &mut Ship) {
    let apart = one.pos - two.pos;
    let out = apart.try_normalize().unwrap_or(Vec2::X);
    let overlap = 2.0 * RADIUS - apart.length();
    if overlap <= 0.0 {
        return;
    }
    one.pos += out * (overlap / 2.0);
    two.pos -= out * (overlap / 2.0);
    let inward = (one.vel - two.vel).dot(out);
    if inward < 0.0 {
        let push = out * (inward * (1.0 + BOUNCE) / 2.0);
        one.vel -= push;
        two.vel += push;
    }
}

/// The vector of length 1 that points along an angle.
pub(crate) fn direction(angle: f32) -> Vec2 {
    let (sin, cos) = math::sin_cos(angle);
    vec2(cos, sin)
}

/// The short way from one angle to another, in −pi to pi.
pub(crate) fn turn_between(from: f32, to: f32) -> f32 {
    let turns = (to - from) / core::f32::consts::TAU;
    (turns - turns.round()) * core::f32::consts::TAU
}
