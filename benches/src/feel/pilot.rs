//! The player: the real client core with hands and a display.

use tickwire_client::{Client, Correction, Drawn, DrawnKind, Join, Micros, Output, State, Stats};
use tickwire_dogfight::ship::{Controls, RADIUS};
use tickwire_dogfight::{Space, combat};
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::{Vec2, vec2};
use tickwire_server::sim::Peer;

use super::Plays;
use super::seen::{Seen, Shown};

/// Who flies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// The game's own bot.
    Bot,
    /// Somebody who fires a lance only at what is drawn right before its nose.
    Marksman,
    /// Somebody who turns, rests and turns, at moments that have nothing to do with ticks or frames.
    Keys,
}

pub(super) struct Pilot<G: Plays> {
    client: Client<G>,
    hands: Hands,
    draw_due: Micros,
    seen: Seen,
    begun: Stats,
    press_due: Micros,
    turn: i8,
}

/// Between drawn frames, in microseconds: a display of 60 Hz.
pub(super) const FRAME: Micros = 16_667;

/// Between two presses, in microseconds: no multiple of a tick or a frame.
const PRESS_EVERY: Micros = 411_311;

/// Components of a ship: its position, its velocity, its heading, whether it burns, its hull.
const POS: usize = 0;
const VEL: usize = 2;
const HEADING: usize = 4;
const HULL: usize = 6;

impl<G: Plays> Pilot<G> {
    pub(super) fn new(hands: Hands, link: Conditions) -> Pilot<G> {
        Pilot {
            client: Client::new(Join::player("pilot")),
            hands,
            draw_due: 0,
            seen: Seen::new(link),
            begun: Stats::default(),
            press_due: 0,
            turn: 0,
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
        self.seen = self.seen.anew();
    }

    /// Notes what holds at the end of a tick.
    pub(super) fn look(&mut self) {
        self.seen.look(self.client.stats(), &self.begun);
    }

    pub(super) fn corrections(&mut self) -> Vec<Correction> {
        self.client.take_corrections()
    }

    pub(super) fn end(&mut self) -> (Stats, Seen) {
        (self.client.stats().clone(), self.seen.clone())
    }

    fn draw(&mut self, at: Micros) {
        let drawn = self.client.draw(at);
        let Some(ships) = drawn.kinds.get(usize::from(Space::SHIPS.0)) else { return };
        for index in 0..ships.keys.len() {
            let row = ships.row(index);
            let shown = Shown { pos: vector(row, POS), vel: vector(row, VEL), flies: number(row, HULL) > 0.0 };
            if ships.flags[index] & DrawnKind::MINE == 0 {
                self.seen.other(ships.keys[index], shown);
            } else if shown.flies {
                self.seen.own(number(row, HEADING));
            }
        }
        self.seen.drawn();
    }

    /// Now and then, at any moment between two drawn frames, a key goes down: the ship turns the other way or rests.
    fn press(&mut self, at: Micros) {
        if self.hands == Hands::Keys && self.press_due <= at {
            self.press_due = at + PRESS_EVERY;
            self.turn = if self.turn == 0 { 1 } else { 0 };
            self.client.set_input(&Controls { turn: self.turn, ..Controls::default() });
            self.seen.pressed(self.turn != 0);
        }
    }

    fn controls(&mut self, at: Micros) -> Controls {
        match self.hands {
            Hands::Bot => self.client.bot_input(),
            Hands::Keys => Controls { turn: self.turn, ..Controls::default() },
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
        self.seen.received(at, self.client.stats());
    }

    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.client.lost(at, code, reason);
    }

    fn update(&mut self, at: Micros) {
        self.press(at);
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
        let press = if self.hands == Hands::Keys { self.press_due } else { Micros::MAX };
        self.client.next_due().min(self.draw_due).min(press)
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
    vec2(number(row, at) as f32, number(row, at + 1) as f32)
}

fn number(row: &[f64], at: usize) -> f64 {
    row.get(at).copied().unwrap_or(0.0)
}
