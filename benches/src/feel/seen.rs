//! What is seen on the player's display, frame by frame.

use std::collections::BTreeMap;

use tickwire_client::{Micros, Stats};
use tickwire_dogfight::Dogfight;
use tickwire_protocol::game::Game as _;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::Vec2;

use super::pilot::FRAME;

/// What was seen of a flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) frames: u64,
    pub(super) extrapolated: u64,
    pub(super) replaced: u32,
    /// The furthest that another ship went between two drawn frames beyond what its velocity explains, in units. A ship
    /// that was shot down and comes back elsewhere is not drawn in between, and declared by `snap`.
    pub(super) jump_max: f64,
    /// The most drawn frames from a key to the first in which the own ship turns.
    pub(super) key_to_frame_max: u32,
    /// Presses that were answered.
    pub(super) keys: u32,
    /// After each stall, how long what is drawn was later than a normal delay, in microseconds.
    pub(super) recoveries: Vec<Micros>,
    margins: (i64, u32),
    delays: (f64, u32),
    link: Conditions,
    stall: Stall,
    others: BTreeMap<u32, Shown>,
    now: BTreeMap<u32, Shown>,
    heading: f64,
    /// Frames drawn since a key that has not been answered.
    waits: Option<u32>,
}

/// Another ship on the display.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) pos: Vec2,
    pub(super) vel: Vec2,
    pub(super) flies: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stall {
    received: Micros,
    /// When the first frame after a stall came.
    ended: Option<Micros>,
    /// When a frame last came while what was drawn was too late.
    late: Micros,
}

/// Milliseconds of a tick of the game.
const TICK_MS: f64 = 1e3 / 60.0;

impl Seen {
    pub(super) fn new(link: Conditions) -> Seen {
        Seen { link, ..Seen::default() }
    }

    /// Nothing seen yet, over the same link.
    pub(super) fn anew(&self) -> Seen {
        Seen { others: self.others.clone(), heading: self.heading, ..Seen::new(self.link) }
    }

    pub(super) fn margin_mean(&self) -> f64 {
        self.margins.0 as f64 / f64::from(self.margins.1.max(1))
    }

    pub(super) fn delay_mean(&self) -> f64 {
        self.delays.0 / f64::from(self.delays.1.max(1))
    }

    /// Notes what holds at the end of a tick.
    pub(super) fn look(&mut self, stats: &Stats, begun: &Stats) {
        self.margins.0 += i64::from(stats.margin);
        self.margins.1 += 1;
        self.delays.0 += stats.interp_delay_ms;
        self.delays.1 += 1;
        self.frames = stats.frames_drawn - begun.frames_drawn;
        self.extrapolated = stats.frames_extrapolated - begun.frames_extrapolated;
        self.replaced = stats.inputs_replaced - begun.inputs_replaced;
    }

    /// Another ship is drawn.
    pub(super) fn other(&mut self, key: u32, shown: Shown) {
        if let Some(before) = self.others.get(&key).filter(|before| before.flies && shown.flies) {
            let fastest = shown.vel.length().max(before.vel.length());
            let explained = f64::from(fastest) * FRAME as f64 / 1e6;
            self.jump_max = self.jump_max.max(f64::from(shown.pos.distance(before.pos)) - explained);
        }
        self.now.insert(key, shown);
    }

    /// The own ship is drawn.
    pub(super) fn own(&mut self, heading: f64) {
        let turned = (heading - self.heading).abs() > 1e-6;
        self.heading = heading;
        let Some(waits) = &mut self.waits else { return };
        *waits += 1;
        if turned {
            self.key_to_frame_max = self.key_to_frame_max.max(*waits);
            self.keys += 1;
            self.waits = None;
        }
    }

    /// All of a frame is drawn.
    pub(super) fn drawn(&mut self) {
        core::mem::swap(&mut self.others, &mut self.now);
        self.now.clear();
    }

    /// A key was pressed; whether it is one that turns the ship.
    pub(super) fn pressed(&mut self, turns: bool) {
        if let Some(waits) = self.waits {
            // Never answered: it took longer than until the next key.
            self.key_to_frame_max = self.key_to_frame_max.max(waits + 1);
        }
        self.waits = turns.then_some(0);
    }

    /// A frame came.
    pub(super) fn received(&mut self, at: Micros, stats: &Stats) {
        if self.link.stall == 0 {
            return;
        }
        let silence = at.saturating_sub(self.stall.received);
        if self.stall.received > 0 && silence > self.link.stall * 7 / 10 {
            self.recovered();
            self.stall.ended = Some(at);
            self.stall.late = at;
        }
        self.stall.received = at;
        // One interval, what jitter needs, and a tick: no more is a normal delay.
        if stats.interp_delay_ms
            > TICK_MS * f64::from(Dogfight::SEND_EVERY) + stats.arrival_jitter_p99_ms + TICK_MS
        {
            self.stall.late = at;
        }
    }

    /// The time after a stall is over.
    pub(super) fn recovered(&mut self) {
        if let Some(ended) = self.stall.ended.take() {
            self.recoveries.push(self.stall.late.saturating_sub(ended));
        }
    }
}
