//! When snapshots arrive, and from that: which tick to draw.
//!
//! The delay is one snapshot interval plus what arrival jitter needs. It moves slowly; after a stall what is drawn
//! runs a little faster until it has caught up, so that nothing jumps.

use std::collections::VecDeque;

use tickwire_protocol::id::Tick;

use crate::Micros;

/// How long an arrival counts for the jitter.
const WINDOW: Micros = 5_000_000;
const SAMPLES_MAX: usize = 512;
/// Frames that arrive within this time came at once: only the newest says how long the way takes.
const AT_ONCE: Micros = 2_000;
/// Beyond the newest snapshot what is drawn moves on for so long, then holds.
const EXTRAPOLATE: f64 = 100_000.0;
/// An arrival that is later than this was held back by something.
const STALLED: f64 = 100_000.0;
/// The most that the drawn time runs faster or slower than the room's.
const FASTER_MAX: f64 = 0.35;
const SLOWER_MAX: f64 = 0.1;
/// In which an error of the drawn time falls to 1/e, in microseconds.
const CATCH_UP: f64 = 300_000.0;
/// An error that is not worth catching up.
const JUMP: f64 = 1_500_000.0;
/// How fast the wanted delay moves, in microseconds per second.
const DELAY_MOVES: f64 = 15_000.0;

/// Arrivals of the last seconds, and the drawn time that follows from them.
#[derive(Debug)]
pub(crate) struct Arrivals {
    tick: f64,
    interval: f64,
    samples: VecDeque<(Micros, f64)>,
    /// The same, how late each was, in rising order.
    lates: Vec<f64>,
    /// The newest arrival, not yet a sample: another may come at once.
    pending: Option<(Micros, f64)>,
    newest: Tick,
    newest_at: Micros,
    newest_late: f64,
    base: f64,
    p99: f64,
    delay: f64,
    wanted: f64,
    drawn: f64,
    drawn_at: Option<Micros>,
    recent: VecDeque<(Tick, bool)>,
    stalls: u64,
    skipped: u64,
}

impl Arrivals {
    pub(crate) fn new(tick_us: f64, send_every: u32) -> Arrivals {
        let interval = tick_us * f64::from(send_every.max(1));
        Arrivals {
            tick: tick_us,
            interval,
            samples: VecDeque::new(),
            lates: Vec::new(),
            pending: None,
            newest: Tick::NONE,
            newest_at: 0,
            newest_late: 0.0,
            base: 0.0,
            p99: 0.0,
            delay: interval * 1.5,
            wanted: interval * 1.5,
            drawn: 0.0,
            drawn_at: None,
            recent: VecDeque::new(),
            stalls: 0,
            skipped: 0,
        }
    }

    /// A snapshot of `tick` came.
    pub(crate) fn arrived(&mut self, at: Micros, tick: Tick) {
        if tick <= self.newest {
            return;
        }
        let late = at as f64 - f64::from(tick.0) * self.tick;
        if let Some((then, late)) = self.pending
            && at > then + AT_ONCE
        {
            self.sample(then, late);
        }
        self.pending = Some((at, late));
        if self.samples.is_empty() {
            self.base = if self.newest == Tick::NONE { late } else { self.base.min(late) };
        }
        self.base = self.base.min(late);
        let on_time = late - self.base < self.p99 + STALLED;
        if !on_time && self.recent.back().is_none_or(|(_, on_time)| *on_time) {
            self.stalls += 1;
        }
        // Nothing was written because nothing had changed: what comes now is news, and no reason to catch up.
        let silence = f64::from(tick.since(self.newest)) * self.tick > self.interval + STALLED;
        let idle = silence && on_time && self.recent.back().is_some_and(|(_, on_time)| *on_time);
        if !idle && self.newest != Tick::NONE {
            let gap = f64::from(tick.since(self.newest)) * self.tick / self.interval;
            self.skipped += ((gap + 0.5) as u64).saturating_sub(1);
        }
        self.recent.push_back((tick, on_time));
        if self.recent.len() > SAMPLES_MAX {
            self.recent.pop_front();
        }
        (self.newest, self.newest_at, self.newest_late) = (tick, at, late);
        if idle || self.drawn_at.is_none() {
            self.drawn = self.target(at);
            self.drawn_at = Some(at);
        }
    }

    /// The tick to draw now. Time must not go back.
    pub(crate) fn advance(&mut self, at: Micros) -> f64 {
        let Some(then) = self.drawn_at else { return 0.0 };
        let passed = at.saturating_sub(then) as f64;
        self.drawn_at = Some(at.max(then));
        self.delay += (self.wanted - self.delay).clamp(-DELAY_MOVES * passed / 1e6, DELAY_MOVES * passed / 1e6);
        let target = self.target(at);
        let error = (target - self.drawn) * self.tick - passed;
        if error.abs() > JUMP {
            self.drawn = target;
        } else {
            let rate = 1.0 + (error / CATCH_UP).clamp(-SLOWER_MAX, FASTER_MAX);
            let furthest = f64::from(self.newest.0) + EXTRAPOLATE / self.tick;
            self.drawn = (self.drawn + passed * rate / self.tick).min(furthest.max(self.drawn));
        }
        self.drawn
    }

    /// Whether between this snapshot and the next nothing was written because nothing had changed.
    pub(crate) fn idle_after(&self, from: Tick, to: Tick) -> bool {
        let silence = f64::from(to.since(from)) * self.tick > self.interval + STALLED;
        silence && [from, to].iter().all(|tick| self.was_on_time(*tick))
    }

    /// Ticks of one snapshot interval.
    pub(crate) fn interval_ticks(&self) -> f64 {
        self.interval / self.tick
    }

    /// The newest tick that came.
    pub(crate) fn newest(&self) -> Tick {
        self.newest
    }

    /// The 99th percentile of the jitter, in milliseconds.
    pub(crate) fn jitter_ms(&self) -> f64 {
        self.p99 / 1e3
    }

    /// How far the drawn time is behind what the fastest snapshot could show, and where that moves to; milliseconds.
    pub(crate) fn delays_ms(&self) -> (f64, f64) {
        let now = self.drawn_at.unwrap_or(0) as f64;
        let delay = now - self.base - self.drawn * self.tick;
        (delay / 1e3, self.wanted / 1e3)
    }

    /// How much later than the fastest the newest snapshot came, in milliseconds.
    pub(crate) fn newest_late_ms(&self) -> f64 {
        (self.newest_late - self.base).max(0.0) / 1e3
    }

    /// The tick that is drawn.
    pub(crate) fn drawn(&self) -> f64 {
        self.drawn
    }

    /// Snapshots that were due and were not written, though the world changed.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Times that snapshots were held back.
    pub(crate) fn stalls(&self) -> u64 {
        self.stalls
    }

    fn target(&self, at: Micros) -> f64 {
        ((at as f64 - self.base - self.delay) / self.tick).max(0.0)
    }

    fn was_on_time(&self, tick: Tick) -> bool {
        let at = self.recent.binary_search_by_key(&tick, |(tick, _)| *tick);
        at.ok().and_then(|at| self.recent.get(at)).is_some_and(|(_, on_time)| *on_time)
    }

    fn sample(&mut self, at: Micros, late: f64) {
        self.samples.push_back((at, late));
        let place = self.lates.partition_point(|other| *other < late);
        self.lates.insert(place, late);
        while self.samples.len() > SAMPLES_MAX
            || self.samples.front().is_some_and(|(then, _)| at.saturating_sub(*then) > WINDOW)
        {
            let Some((_, gone)) = self.samples.pop_front() else { break };
            let place = self.lates.partition_point(|other| *other < gone);
            self.lates.remove(place);
        }
        let lates = &self.lates;
        let (Some(least), Some(most)) = (lates.first(), lates.last()) else { return };
        let rank = (lates.len() * 99).div_ceil(100).saturating_sub(1);
        self.base = *least;
        self.p99 = lates.get(rank).map_or(0.0, |late| late - least);
        // The worst of the window, but no more than a tick over the 99th percentile.
        self.wanted = self.interval + (most - least).min(self.p99 + self.tick * 0.75);
    }
}
