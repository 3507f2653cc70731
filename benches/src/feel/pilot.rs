//! The player: the real client core with hands and a display.

use std::collections::BTreeMap;

use tickwire_client::{Client, Correction, Drawn, DrawnKind, Join, Micros, Output, State, Stats};
use tickwire_dogfight::ship::{Controls, RADIUS};
use tickwire_dogfight::{Space, combat};
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::prelude::{Vec2, vec2};
use tickwire_server::sim::Peer;

use super::Plays;

/// Who flies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// The game's own bot.
    Bot,
    /// Somebody who fires a lance only at what is drawn right before its nose.
    Marksman,
}

/// What was seen of the flight since [`Pilot::begin`].
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) frames: u64,
    pub(super) extrapolated: u64,
    pub(super) replaced: u32,
    /// The furthest that another ship went between two drawn frames beyond what its velocity explains, in units.
    pub(super) jump_max: f64,
    margins: (i64, u32),
    delays: (f64, u32),
}

impl Seen {
    pub(super) fn margin_mean(&self) -> f64 {
        self.margins.0 as f64 / f64::from(self.margins.1.max(1))
    }

    pub(super) fn delay_mean(&self) -> f64 {
        self.delays.0 / f64::from(self.delays.1.max(1))
    }
}

pub(super) struct Pilot<G: Plays> {
    client: Client<G>,
    hands: Hands,
    draw_due: Micros,
    seen: Seen,
    begun: Stats,
    others: BTreeMap<u32, Vec2>,
}

/// Between drawn frames, in microseconds: a display of 60 Hz.
const FRAME: Micros = 16_667;

/// The first components of a ship: its position, then its velocity, then its heading.
const POS: usize = 0;
const VEL: usize = 2;

/// A jump over this distance, in units, is a ship that came back elsewhere; the game declares it.
const SNAP: f64 = 150.0;

impl<G: Plays> Pilot<G> {
    pub(super) fn new(hands: Hands) -> Pilot<G> {
        Pilot {
            client: Client::new(Join::player("pilot")),
            hands,
            draw_due: 0,
            seen: Seen::default(),
            begun: Stats::default(),
            others: BTreeMap::new(),
        }
    }

    pub(super) fn is_in(&self) -> bool {
        *self.client.state() == State::Joined
    }

    pub(super) fn player(&self) -> PlayerId {
        self.client.player()
    }

    /// Counts from here.
    pub(super) fn begin(&mut self) {
        self.begun = self.client.stats().clone();
        self.client.take_corrections();
        self.seen = Seen::default();
    }

    /// Notes what holds at the end of a tick.
    pub(super) fn look(&mut self) {
        let stats = self.client.stats();
        self.seen.margins.0 += i64::from(stats.margin);
        self.seen.margins.1 += 1;
        self.seen.delays.0 += stats.interp_delay_ms;
        self.seen.delays.1 += 1;
        self.seen.frames = stats.frames_drawn - self.begun.frames_drawn;
        self.seen.extrapolated = stats.frames_extrapolated - self.begun.frames_extrapolated;
        self.seen.replaced = stats.inputs_replaced - self.begun.inputs_replaced;
    }

    pub(super) fn corrections(&mut self) -> Vec<Correction> {
        self.client.take_corrections()
    }

    pub(super) fn end(&mut self) -> (Stats, Seen) {
        (self.client.stats().clone(), self.seen.clone())
    }

    fn draw(&mut self, at: Micros) {
        let ships = usize::from(Space::SHIPS.0);
        let drawn = self.client.draw(at);
        let Some(ships) = drawn.kinds.get(ships) else { return };
        let mut now = BTreeMap::new();
        for index in 0..ships.keys.len() {
            if ships.flags[index] & DrawnKind::MINE == 0 {
                now.insert(ships.keys[index], (vector(ships.row(index), POS), vector(ships.row(index), VEL)));
            }
        }
        for (key, (pos, vel)) in &now {
            if let Some(before) = self.others.get(key) {
                let moved = f64::from(pos.distance(*before));
                if moved < SNAP {
                    let explained = f64::from(vel.length()) * FRAME as f64 / 1e6;
                    self.seen.jump_max = self.seen.jump_max.max(moved - explained);
                }
            }
        }
        self.others = now.into_iter().map(|(key, (pos, _))| (key, pos)).collect();
    }

    fn controls(&mut self, at: Micros) -> Controls {
        match self.hands {
            Hands::Bot => self.client.bot_input(),
            Hands::Marksman => {
                self.client.draw(at);
                let me = self.client.player();
                let drawn = self.client.drawn().clone();
                aim(self.client.world(), me, &drawn)
            }
        }
    }
}

impl<G: Plays> Peer for Pilot<G> {
    fn connected(&mut self, at: Micros) {
        self.client.connected(at);
    }

    fn receive(&mut self, at: Micros, frame: &[u8]) {
        self.client.receive(at, frame);
    }

    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.client.lost(at, code, reason);
    }

    fn update(&mut self, at: Micros) {
        if self.draw_due <= at {
            self.draw(at);
            self.draw_due = at + FRAME;
        }
        if self.client.next_due() <= at {
            while self.client.next_event().is_some() {}
            let controls = self.controls(at);
            self.client.set_input(&controls);
            self.client.update(at);
        }
    }

    fn next_due(&self) -> Micros {
        self.client.next_due().min(self.draw_due)
    }

    fn poll(&mut self) -> Option<Output> {
        self.client.poll()
    }
}

/// Turns toward the nearest ship that is drawn, and fires when the next tick's nose points at it.
fn aim(space: &Space, me: PlayerId, drawn: &Drawn) -> Controls {
    let Some((_, own)) = space.ships.first_of(me).filter(|(_, own)| own.flies()) else {
        return Controls::default();
    };
    let Some(ships) = drawn.kinds.get(usize::from(Space::SHIPS.0)) else { return Controls::default() };
    let dt = 1.0 / 60.0;
    let from = own.pos + own.vel * dt;
    let targets = (0..ships.keys.len()).filter(|&index| ships.owners[index] != me.0).filter_map(|index| {
        let slot = tickwire_protocol::id::Id::new(ships.slots[index]);
        // Whoever has just come back is drawn with a shield: nobody wastes a lance on that.
        let shown = tickwire_protocol::id::Tick(drawn.tick as u32);
        let flies = space.ships.get(slot).is_some_and(|ship| ship.flies() && !ship.safe(shown));
        let at = vector(ships.row(index), POS);
        (flies && at.distance(from) < REACH).then_some(at)
    });
    let Some(target) = targets.min_by(|a, b| a.distance(from).total_cmp(&b.distance(from))) else {
        return Controls { turn: 1, thrust: 1, ..Controls::default() };
    };
    let way = target - from;
    let angle = way.y.atan2(way.x);
    let turn = (angle - own.heading + 3.0 * core::f32::consts::PI).rem_euclid(core::f32::consts::TAU);
    let on_target = (turn - core::f32::consts::PI).abs() < 0.07;
    let free = free_way(space, from, way);
    Controls { aims: true, aim: angle, thrust: 0, fire: on_target && free, ..Controls::default() }
}

/// Whether no rock is between.
fn free_way(space: &Space, from: Vec2, way: Vec2) -> bool {
    let rocks = space.asteroids.iter().map(|(_, rock)| (rock.pos, rock.radius));
    let star = &tickwire_dogfight::asteroid::STAR;
    rocks.chain([(star.pos, star.radius)]).all(|(pos, radius)| {
        let along = ((pos - from).dot(way) / way.length_squared().max(1.0)).clamp(0.0, 1.0);
        (from + way * along).distance(pos) > radius + 6.0
    })
}

/// How far the marksman tries: well within the lance's reach.
const REACH: f32 = combat::LANCE_REACH - 2.0 * RADIUS;

fn vector(row: &[f64], at: usize) -> Vec2 {
    let part = |at: usize| row.get(at).copied().unwrap_or(0.0) as f32;
    vec2(part(at), part(at + 1))
}
