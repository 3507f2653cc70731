//! What really happened to the player's ship, from the room's side: what a correction is to be blamed on.

use std::collections::VecDeque;

use tickwire_client::Correction;
use tickwire_dogfight::ship::{RADIUS, Ship};
use tickwire_dogfight::{Dogfight, Space};
use tickwire_protocol::game::Game as _;
use tickwire_protocol::id::{Id, PlayerId, Tick};
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::Vec2;
use tickwire_server::room::{AnyRoom as _, Room};

/// Follows one ship.
pub(super) struct Truth {
    me: PlayerId,
    /// The first tick that was looked at.
    since: Option<Tick>,
    /// Ticks for which what touched the ship explains a correction: until the client has heard of it.
    window: u32,
    /// Nothing before this is judged.
    begun: Tick,
    touched: VecDeque<Tick>,
    decided: VecDeque<Tick>,
    /// Where other ships were in each of the ticks that a client may be behind, and how they moved; newest first.
    lately: VecDeque<Vec<(Vec2, Vec2)>>,
    before: Option<Ship>,
    hulls: Vec<(Id<Ship>, u8, bool)>,
    shots: u32,
    hits: u32,
    verdict: Verdict,
}

/// Corrections of the player's own ship, by what they are to be blamed on.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// Nothing touched the ship and no input was replaced.
    pub(super) free: u64,
    /// After an input that the server replaced.
    pub(super) replaced: u64,
    /// The server alone decides: hit, shot down, come back, a gift.
    pub(super) decided: u64,
    /// Distances, in units, in contact with another ship.
    pub(super) contact: Vec<f64>,
}

impl Verdict {
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        let mut sorted = self.contact.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() as f64 * quantile).ceil() as usize;
        sorted.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
    }
}

/// Ships this near touch, or may have: they push each other apart within the tick.
const NEAR: f32 = 2.0 * RADIUS + 4.0;

/// How long ago what is aimed at was there, at the most, in seconds.
const SEEN_AGO: f32 = 0.35;

/// Events that are remembered.
const KEPT: usize = 4_096;

/// Half of what a lance takes from a hull: more than any other weapon does in a tick.
const LANCED: u8 = 50;

impl Truth {
    pub(super) fn new(me: PlayerId, begun: Tick, rate: u32, link: Conditions) -> Truth {
        let around = 2 * (link.delay + link.jitter) + link.stall;
        let window = (around * u64::from(rate)).div_ceil(1_000_000) as u32 + 12;
        Truth {
            me,
            since: None,
            window,
            begun,
            touched: VecDeque::new(),
            decided: VecDeque::new(),
            lately: VecDeque::new(),
            before: None,
            hulls: Vec::new(),
            shots: 0,
            hits: 0,
            verdict: Verdict::default(),
        }
    }

    /// Looks at the room at the end of a tick.
    pub(super) fn look(&mut self, room: &Room<Dogfight>) {
        let (space, tick) = (room.world(), room.newest());
        self.since.get_or_insert(tick);
        let Some((id, own)) = space.ships.first_of(self.me) else { return };
        let others = space.ships.iter().filter(|(other, ship)| *other != id && ship.flies());
        self.lately.push_front(others.map(|(_, ship)| (ship.pos, ship.vel)).collect());
        self.lately.truncate(self.window as usize);
        if own.flies() && self.is_touched(own) {
            keep(&mut self.touched, tick);
        }
        if let Some(before) = &self.before {
            let decided = before.hull != own.hull || before.perk != own.perk || before.perk_ends != own.perk_ends;
            if decided {
                keep(&mut self.decided, tick);
            }
            if own.lanced == tick {
                self.fired(space, id, own, tick);
            }
        }
        self.before = Some(own.clone());
        self.hulls = space.ships.iter().map(|(id, ship)| (id, ship.hull, ship.safe(tick))).collect();
    }

    /// Whether another ship touches this one, or would where it is if it had gone on as it was seen: a client that
    /// knows it from some ticks ago predicts that contact.
    fn is_touched(&self, own: &Ship) -> bool {
        (0u8..).zip(&self.lately).any(|(ago, ships)| {
            ships.iter().any(|(pos, vel)| {
                let relative = (*vel - own.vel) * Dogfight::TICK_RATE.dt();
                // Coasting, it is somewhere between there and as far as its speed could take it.
                let way = *vel * Dogfight::TICK_RATE.dt() * f32::from(ago);
                let part = if way == Vec2::ZERO { 0.0 } else { (own.pos - *pos).dot(way) / way.length_squared() };
                (*pos + way * part.clamp(0.0, 1.0)).distance(own.pos) < NEAR + 2.0 * relative.length()
            })
        })
    }

    /// A lance was fired in this tick: whether anything was hit by it.
    fn fired(&mut self, space: &Space, own: Id<Ship>, ship: &Ship, tick: Tick) {
        let ahead = ship.ahead();
        let mut safe_in_the_way = false;
        let mut hit = false;
        for (id, hull, safe) in &self.hulls {
            let Some(now) = space.ships.get(*id).filter(|_| *id != own) else { continue };
            hit |= hull.saturating_sub(now.hull) >= LANCED.min(*hull).max(1);
            let along = (now.pos - ship.pos).dot(ahead);
            let aside = (now.pos - ship.pos - ahead * along).length();
            // It was aimed at where it was seen, up to a third of a second ago.
            let in_the_way =
                along > -SEEN_AGO * now.vel.length() && aside < 3.0 * RADIUS + SEEN_AGO * now.vel.length();
            safe_in_the_way |= in_the_way && (*safe || *hull == 0 || now.safe(tick));
        }
        // What came back a moment ago cannot be hurt, and what was shot down is gone: neither was missed.
        if hit || !safe_in_the_way {
            self.shots += 1;
            self.hits += u32::from(hit);
        }
    }

    /// Lances fired at what could be hurt, and those that hit.
    pub(super) fn aim(&self) -> (u32, u32) {
        (self.shots, self.hits)
    }

    pub(super) fn judge(&mut self, corrections: Vec<Correction>) {
        for correction in corrections {
            if correction.entity.kind != Space::SHIPS || correction.tick <= self.begun {
                continue;
            }
            let lately = |events: &VecDeque<Tick>| {
                events.iter().any(|tick| *tick <= correction.tick && correction.tick.since(*tick) <= self.window)
            };
            if correction.replaced {
                self.verdict.replaced += 1;
            } else if lately(&self.decided) {
                self.verdict.decided += 1;
            } else if lately(&self.touched) {
                self.verdict.contact.push(correction.distance);
            } else {
                self.verdict.free += 1;
            }
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        self.verdict
    }
}

fn keep(events: &mut VecDeque<Tick>, tick: Tick) {
    if events.len() >= KEPT {
        events.pop_front();
    }
    events.push_back(tick);
}
