//! Bots: an input for a player without hands, from nothing but the world, the player and the tick.
//!
//! They hunt what is near, lead their shots, swerve before rocks, and can be beaten: their aim wavers, each as much as
//! its skill lets it, and less the better their target does. So the first minutes are easy, and a streak is not.

use tickwire_protocol::math;
use tickwire_protocol::prelude::*;

use crate::arena::SIZE;
use crate::ship::{self, Controls, RADIUS, Ship};
use crate::{Perk, Space, asteroid, combat, pilot, shot};

/// How far a bot looks for a target, in units.
const HUNTS: f32 = 760.0;
/// How near it goes, in units.
const NEAR: f32 = 210.0;
/// How far ahead it looks for rocks, in seconds.
const LOOKS_AHEAD: f32 = 0.7;
/// Levels of skill.
pub const SKILLS: u32 = 5;
/// How far the aim of a bot of each skill wavers, in radians.
const WAVERS: [f32; SKILLS as usize] = [0.74, 0.64, 0.54, 0.46, 0.38];

/// How skilled a bot is, 0 to 4.
#[must_use]
pub fn skill(me: PlayerId) -> u32 {
    me.0 % SKILLS
}

/// What a bot does in one tick.
pub(crate) fn controls(space: &Space, me: PlayerId, tick: Tick) -> Controls {
    let Some((_, ship)) = space.ships.first_of(me) else { return Controls::default() };
    if !ship.flies() {
        return Controls::default();
    }
    // Now and then it has something else in mind, and whoever it hunted gets away.
    let tired = mix(me.0, tick.0 / 300).is_multiple_of(2);
    // Who is good at it knows when to get away.
    let flees = ship.hull < 15 * skill(me) as u8;
    let mut controls = match target(space, me, ship, tick) {
        Some(target) if !tired && !flees => hunt(space, me, ship, target, tick),
        _ => wander(space, me, ship, tick),
    };
    swerve(space, ship, &mut controls);
    controls
}

/// The best ship to go after: near, and the leader rather than others.
fn target<'a>(space: &'a Space, me: PlayerId, ship: &Ship, tick: Tick) -> Option<(PlayerId, &'a Ship)> {
    let near = space.ships.iter().filter_map(|(id, other)| {
        let owner = space.ships.owner(id);
        let distance = other.pos.distance(ship.pos);
        let wanted = if owner == space.arena.leader { 0.7 } else { 1.0 };
        let fair = owner != me && other.flies() && !other.safe(tick) && distance < HUNTS;
        fair.then_some((distance * wanted, owner, other))
    });
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, owner, other)| (owner, other))
}

fn hunt(space: &Space, me: PlayerId, ship: &Ship, (whom, other): (PlayerId, &Ship), tick: Tick) -> Controls {
    let apart = other.pos - ship.pos;
    let distance = apart.length();
    let lead = if ship.perk == Perk::Lance { 0.0 } else { distance / shot::SPEED };
    let meet = apart + (other.vel - ship.vel) * lead;
    let streak = pilot::of(space, whom).map_or(0, |pilot| pilot.streak.min(8));
    let level = WAVERS.get(skill(me) as usize).copied().unwrap_or(0.3);
    let waver = level * (1.0 - 0.08 * f32::from(streak)) * sway(me, tick);
    let aim = math::atan2(meet.y, meet.x) + waver;
    let aligned = ship::turn_between(ship.heading, aim).abs() < 0.12;
    let reach = if ship.perk == Perk::Lance { combat::LANCE_REACH } else { shot::SPEED * 0.7 };
    // A trigger that is let go now and then: a burst, a pause.
    let burst = mix(me.0, tick.0 / 40).is_multiple_of(3);
    Controls {
        aims: true,
        aim,
        thrust: i8::from(distance > NEAR || ship.vel.length() < 80.0),
        fire: aligned && burst && distance < reach,
        dash: distance > 500.0 && aligned && mix(me.0, tick.0).is_multiple_of(90),
        ..Controls::default()
    }
}

/// Toward the nearest gift in sight, else to a place that changes every few seconds.
fn wander(space: &Space, me: PlayerId, ship: &Ship, tick: Tick) -> Controls {
    let gift = space
        .gifts
        .iter()
        .map(|(_, gift)| gift.pos)
        .filter(|pos| pos.distance(ship.pos) < HUNTS)
        .min_by(|a, b| a.distance(ship.pos).total_cmp(&b.distance(ship.pos)));
    let goal = gift.unwrap_or_else(|| {
        let chance = mix(me.0, tick.0 / 360);
        let part = |bits: u32| 0.15 + 0.7 * (bits & 0xFFFF) as f32 / 65_536.0;
        vec2(part(chance), part(chance >> 16)) * SIZE
    });
    let way = goal - ship.pos;
    Controls { aims: true, aim: math::atan2(way.y, way.x), thrust: 1, ..Controls::default() }
}

/// Turns away from a rock that is in the way.
fn swerve(space: &Space, ship: &Ship, controls: &mut Controls) {
    let ahead = ship.vel * LOOKS_AHEAD;
    let length = ahead.length();
    if length < 1.0 {
        return;
    }
    let way = ahead / length;
    let danger = asteroid::all(space).find(|rock| {
        let apart = rock.pos - ship.pos;
        let along = apart.dot(way).clamp(0.0, length);
        (way * along).distance(apart) < rock.radius + 2.0 * RADIUS
    });
    if let Some(rock) = danger {
        let apart = rock.pos - ship.pos;
        let side = if way.perp_dot(apart) > 0.0 { -way.perp() } else { way.perp() };
        let out = side - apart.normalize_or_zero() * 0.5;
        controls.aim = math::atan2(out.y, out.x);
        controls.thrust = 1;
    }
}

/// Where an unsteady hand points, −1 to 1: it swings, and each bot has its own time.
fn sway(me: PlayerId, tick: Tick) -> f32 {
    let part = |every: u32| {
        let (at, rest) = (tick.0 / every, tick.0 % every);
        let value = |n: u32| (mix(me.0, n) & 0xFFFF) as f32 / 32_768.0 - 1.0;
        let (from, to) = (value(at), value(at + 1));
        from + (to - from) * rest as f32 / every as f32
    };
    part(50)
}

/// A number that looks like chance, and is the same everywhere.
fn mix(a: u32, b: u32) -> u32 {
    let mut x = a.wrapping_mul(0x9E37_79B9) ^ b.wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}
