//! What only the server decides: who is hit, who is shot down, who comes back where.

use tickwire_protocol::prelude::*;

use crate::arena::{self, DT, SIZE};
use crate::ship::{HULL, RADIUS, Ship};
use crate::shot::{self, Shot};
use crate::{Dogfight, Event, Perk, Space, asteroid, pilot};

/// Ticks from being shot down to coming back.
const GONE_TICKS: u32 = 120;
/// Ticks in which a ship that came back is safe, unless it fires.
const SAFE_TICKS: u32 = 180;
/// How far a lance reaches, in units.
pub const LANCE_REACH: f32 = 620.0;
/// What it takes from a hull.
const LANCE_DAMAGE: u8 = 55;

/// Somebody hit a ship.
struct Hit {
    ship: Id<Ship>,
    by: PlayerId,
    damage: u8,
}

/// Hits, kills, and who comes back.
pub(crate) fn step(space: &mut Space, host: &mut Host<Dogfight>) {
    let mut hits = shots_that_hit(space, host.tick());
    hits.extend(lances_that_hit(space, host));
    for hit in hits {
        strike(space, host, hit);
    }
    come_back(space, host);
}

/// Takes the shots that hit something away.
fn shots_that_hit(space: &mut Space, tick: Tick) -> Vec<Hit> {
    let mut hits = Vec::new();
    let spent: Vec<Id<Shot>> = space
        .shots
        .iter()
        .filter(|&(id, shot)| {
            let by = space.shots.owner(id);
            let from = shot.pos - shot.vel * DT;
            let met = space.ships.iter().find(|&(ship, row)| {
                row.flies()
                    && space.ships.owner(ship) != by
                    && distance_to_way(row.pos, from, shot.pos) < RADIUS + 2.0
            });
            if let Some((ship, row)) = met
                && !row.safe(tick)
            {
                hits.push(Hit { ship, by, damage: shot::DAMAGE });
            }
            met.is_some()
        })
        .map(|(id, _)| id)
        .collect();
    for shot in spent {
        space.shots.remove(shot);
    }
    hits
}

/// A lance hits at once, and it hits what its player *saw*: the others as they were drawn on that screen when the
/// trigger was pulled. Rocks are predicted, so they are where they are now.
fn lances_that_hit(space: &Space, host: &Host<Dogfight>) -> Vec<Hit> {
    let firing = space.ships.iter().filter(|(_, ship)| ship.flies() && ship.lanced == host.tick());
    firing
        .filter_map(|(id, ship)| {
            let by = space.ships.owner(id);
            let seen = host.seen_by(by);
            let drawn = seen.as_ref().unwrap_or(space);
            let end = ship.pos + ship.ahead() * free_way(space, ship);
            let (ship, _) = drawn
                .ships
                .iter()
                .filter(|&(other, row)| other != id && row.flies())
                .filter(|(_, row)| distance_to_way(row.pos, ship.pos, end) < RADIUS + 3.0)
                .min_by(|(_, a), (_, b)| a.pos.distance(ship.pos).total_cmp(&b.pos.distance(ship.pos)))?;
            let now = space.ships.get(ship)?;
            (now.flies() && !now.safe(host.tick())).then_some(Hit { ship, by, damage: LANCE_DAMAGE })
        })
        .collect()
}

/// How far a lance of this ship reaches before a rock is in the way.
fn free_way(space: &Space, ship: &Ship) -> f32 {
    let ahead = ship.ahead();
    let rocks = asteroid::all(space).filter_map(|rock| {
        let apart = rock.pos - ship.pos;
        let along = apart.dot(ahead);
        let half = rock.radius * rock.radius - (apart.length_squared() - along * along);
        (along > 0.0 && half > 0.0).then(|| along - half.sqrt())
    });
    rocks.fold(LANCE_REACH, f32::min)
}

fn strike(space: &mut Space, host: &mut Host<Dogfight>, hit: Hit) {
    let victim = space.ships.owner(hit.ship);
    let Some(ship) = space.ships.get_mut(hit.ship) else { return };
    if !ship.flies() {
        return;
    }
    ship.hull = ship.hull.saturating_sub(hit.damage);
    if !ship.flies() {
        ship.vel = Vec2::ZERO;
        ship.burns = false;
        ship.comes_back = host.tick().after(GONE_TICKS);
        let streak = pilot::score_kill(space, victim, hit.by);
        host.tell(To::Everyone, Event::Killed { victim, by: hit.by, streak });
    }
}

fn come_back(space: &mut Space, host: &mut Host<Dogfight>) {
    let due = |ship: &Ship| !ship.flies() && host.tick() >= ship.comes_back;
    let due: Vec<Id<Ship>> = space.ships.iter().filter(|(_, ship)| due(ship)).map(|(id, _)| id).collect();
    for id in due {
        let ship = launch(space, host);
        if let Some(row) = space.ships.get_mut(id) {
            *row = ship;
        }
    }
}

/// A whole ship where there is space around it, safe for some seconds.
pub(crate) fn launch(space: &Space, host: &mut Host<Dogfight>) -> Ship {
    let pos = arena::place(host, 6.0 * RADIUS, |pos| {
        let ships = space.ships.iter().filter(|(_, ship)| ship.flies()).map(|(_, ship)| ship.pos.distance(pos));
        let rocks = asteroid::all(space).map(|rock| 2.0 * (rock.pos.distance(pos) - rock.radius - RADIUS));
        ships.chain(rocks).fold(SIZE, f32::min)
    });
    let heading = host.rng().random_range(-3.1..3.1);
    let ship = Ship { pos, heading, hull: HULL, safe_ends: host.tick().after(SAFE_TICKS), ..Ship::default() };
    match host.option("perk") {
        // A room in which every ship has a lance for good: what lag compensation is measured in.
        Some("lance") => Ship { perk: Perk::Lance, perk_ends: Tick(u32::MAX), ..ship },
        _ => ship,
    }
}

/// How far `point` is from the way between two others.
fn distance_to_way(point: Vec2, from: Vec2, to: Vec2) -> f32 {
    let way = to - from;
    let along = ((point - from).dot(way) / way.length_squared().max(1e-6)).clamp(0.0, 1.0);
    (from + way * along).distance(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shot_that_passes_between_two_ticks_hits() {
        let (from, to) = (vec2(0.0, 0.0), vec2(100.0, 0.0));
        assert_eq!(distance_to_way(vec2(50.0, 10.0), from, to), 10.0);
        assert_eq!(distance_to_way(vec2(-30.0, 40.0), from, to), 50.0);
    }

    #[test]
    fn a_rock_stops_a_lance() {
        let mut space = Space::default();
        let ship = Ship { pos: vec2(100.0, 100.0), hull: HULL, ..Ship::default() };
        assert_eq!(free_way(&space, &ship), LANCE_REACH);
        let rock = crate::Asteroid { pos: vec2(300.0, 100.0), radius: 50.0, ..Default::default() };
        space.asteroids.spawn(rock);
        assert_eq!(free_way(&space, &ship), 150.0);
    }
}
