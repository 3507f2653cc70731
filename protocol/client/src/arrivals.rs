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
const CATCH_UP: f64 = 200_000.0;
/// An error that is not worth catching up.
const JUMP: f64 = 1_500_000.0;
/// How fast the wanted delay moves, in microseconds per second.
const DELAY_MOVES: f64 = 40_000.0;
/// What ended a silence may be left out of the jitter once in so long: what happens more often is no exception.
const SILENCE_EVERY: Micros = 500_000;
/// A room whose pace was not its rate in two looks so far apart is slow, and not only late once.
const PACE_EVERY: Micros = 1_000_000;
/// Paces that differ by no more are the same, measured a second later.
const PACE_SAME: f64 = 0.05;

/// Arrivals of the last seconds, and the drawn time that follows from them.
#[derive(Debug)]
pub(crate) struct Arrivals {
    tick: f64,
    interval: f64,
    samples: VecDeque<(Micros, f64)>,
    /// The same, how late each was, in rising order.
    lates: Vec<f64>,
    /// The newest arrival, not yet a sample: another may come at once.
    pending: Option<Pending>,
    /// When a sample was last left out because it ended a silence.
    left_out: Option<Micros>,
    newest: Tick,
    /// When the newest was made by the room's ticks, in microseconds from some moment.
    clock: f64,
    /// Ticks that the room makes in the time of one.
    pace: f64,
    paced: (Micros, f64),
    newest_late: f64,
    base: f64,
    p99: f64,
    delay: f64,
    wanted: f64,
    drawn: f64,
    drawn_at: Option<Micros>,
    recent: VecDeque<Arrived>,
    stalls: u64,
    skipped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    at: Micros,
    late: f64,
    /// It ended a silence: something held it back, which says nothing about the way's jitter.
    silence: bool,
}

/// How a snapshot came.
#[derive(Clone, Copy, Debug)]
struct Arrived {
    tick: Tick,
    /// Nothing held it back.
    on_time: bool,
    /// Before it nothing was written, because nothing had changed.
    idle: bool,
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
            left_out: None,
            newest: Tick::NONE,
            clock: 0.0,
            pace: 1.0,
            paced: (0, 1.0),
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

    /// A snapshot of `tick` came. To whom the room writes `every_tick`, because it consumes an input each, a gap never
    /// means that nothing had changed.
    pub(crate) fn arrived(&mut self, at: Micros, tick: Tick, every_tick: bool) {
        if tick <= self.newest {
            return;
        }
        let made = self.made(f64::from(tick.0));
        let late = at as f64 - made;
        self.await_more(at, late);
        if self.samples.is_empty() {
            self.base = if self.newest == Tick::NONE { late } else { self.base.min(late) };
        }
        self.base = self.base.min(late);
        let on_time = late - self.base < self.p99 + STALLED;
        let was_on_time = self.recent.back().is_none_or(|last| last.on_time);
        if !on_time && was_on_time {
            self.stalls += 1;
        }
        // Nothing was written because nothing had changed: what comes now is news, and no reason to catch up.
        let silence = made - self.clock > self.interval + STALLED;
        let idle = !every_tick && silence && on_time && was_on_time && !self.recent.is_empty();
        if !idle && self.newest != Tick::NONE {
            let gap = f64::from(tick.since(self.newest)) * self.tick / self.interval;
            self.skipped += ((gap + 0.5) as u64).saturating_sub(1);
        }
        self.recent.push_back(Arrived { tick, on_time, idle });
        if self.recent.len() > SAMPLES_MAX {
            self.recent.pop_front();
        }
        (self.newest, self.newest_late, self.clock) = (tick, late, made);
        if idle || self.drawn_at.is_none() {
            self.drawn = self.target(at);
            self.drawn_at = Some(at);
        }
    }

    /// The room runs at so many percent of its rate, by what it counted in the last second.
    pub(crate) fn set_pace(&mut self, at: Micros, percent: u32) {
        let pace = f64::from(percent.clamp(10, 100)) / 100.0;
        let (then, before) = self.paced;
        if at < then + PACE_EVERY {
            return;
        }
        self.paced = (at, pace);
        // A hitch of the room is over when it is told: only what lasts is a pace.
        let pace = pace.max(before);
        if (pace - self.pace).abs() > PACE_SAME {
            // How late anything was at another pace says nothing any more.
            self.samples.clear();
            self.lates.clear();
            self.base = self.newest_late;
        }
        self.pace = pace;
    }

    /// The tick to draw now. Time must not go back.
    pub(crate) fn advance(&mut self, at: Micros) -> f64 {
        let Some(then) = self.drawn_at else { return 0.0 };
        let passed = at.saturating_sub(then) as f64;
        self.drawn_at = Some(at.max(then));
        self.delay += (self.wanted - self.delay).clamp(-DELAY_MOVES * passed / 1e6, DELAY_MOVES * passed / 1e6);
        let target = self.target(at);
        let error = (target - self.drawn) * self.interval_of_ticks() - passed;
        if error.abs() > JUMP {
            self.drawn = target;
        } else {
            let rate = 1.0 + (error / CATCH_UP).clamp(-SLOWER_MAX, FASTER_MAX);
            let furthest = f64::from(self.newest.0) + EXTRAPOLATE / self.interval_of_ticks();
            self.drawn = (self.drawn + passed * rate / self.interval_of_ticks()).min(furthest.max(self.drawn));
        }
        self.drawn
    }

    /// Whether before this snapshot nothing was written because nothing had changed.
    pub(crate) fn idle_before(&self, tick: Tick) -> bool {
        let at = self.recent.binary_search_by_key(&tick, |arrived| arrived.tick);
        at.ok().and_then(|at| self.recent.get(at)).is_some_and(|arrived| arrived.idle)
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
        let delay = now - self.base - self.made(self.drawn);
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
        let made = at as f64 - self.base - self.delay;
        (f64::from(self.newest.0) + (made - self.clock) / self.interval_of_ticks()).max(0.0)
    }

    /// When the room made a tick, in microseconds from some moment.
    fn made(&self, tick: f64) -> f64 {
        self.clock + (tick - f64::from(self.newest.0)) * self.interval_of_ticks()
    }

    /// Microseconds between two ticks at the pace that the room has.
    fn interval_of_ticks(&self) -> f64 {
        self.tick / self.pace
    }

    /// What comes at once counts as one sample, the last of it.
    fn await_more(&mut self, at: Micros, late: f64) {
        let Some(Pending { at: then, late: before, silence }) = self.pending else {
            self.pending = Some(Pending { at, late, silence: false });
            return;
        };
        if at <= then + AT_ONCE {
            self.pending = Some(Pending { at, late, silence });
            return;
        }
        let rare = self.left_out.is_none_or(|left_out| then > left_out + SILENCE_EVERY);
        if silence && rare {
            self.left_out = Some(then);
        } else {
            self.sample(then, before);
        }
        let silence = (at - then) as f64 > self.interval / self.pace + STALLED;
        self.pending = Some(Pending { at, late, silence });
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
        self.wanted = self.interval / self.pace + (most - least).min(self.p99 + self.tick * 0.75);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: f64 = 1e6 / 60.0;

    /// Draws at 60 Hz what arrives by `way` (when a tick is made, how long it takes); says after each frame.
    fn play(
        arrivals: &mut Arrivals,
        seconds: u64,
        pace: u32,
        way: impl Fn(u64) -> u64,
        mut see: impl FnMut(u64, &Arrivals),
    ) {
        let made = |tick: u64| tick * 100_000_000 / 60 / u64::from(pace);
        let mut next = 1;
        for at in (0..seconds * 1_000_000).step_by(1_000) {
            while made(next) + way(made(next)) <= at {
                arrivals.arrived(at, Tick(next as u32), true);
                arrivals.set_pace(at, pace);
                next += 1;
            }
            if at % 17_000 == 0 {
                arrivals.advance(at);
                see(at, arrivals);
            }
        }
    }

    /// A way of 60 ms to 90 ms.
    fn uneven(made: u64) -> u64 {
        60_000 + made * 7_919 % 30_000
    }

    #[test]
    fn a_slow_room_is_drawn_as_late_as_a_fast_one_and_an_interval() {
        let mut arrivals = Arrivals::new(TICK, 1);
        let mut beyond = 0;
        play(&mut arrivals, 20, 50, uneven, |at, arrivals| {
            if at > 10_000_000 {
                assert!(arrivals.delays_ms().0 < 90.0, "{at}: {:?}", arrivals.delays_ms());
                beyond += u32::from(arrivals.drawn() > f64::from(arrivals.newest().0));
            }
        });
        assert!(beyond < 6, "{beyond} frames were beyond the newest snapshot");
    }

    #[test]
    fn a_stall_now_and_then_is_no_jitter() {
        let mut arrivals = Arrivals::new(TICK, 1);
        // Until 300 ms of every third second nothing arrives.
        let stalled = |made: u64| {
            let arrives = made + uneven(made);
            let into = arrives % 3_000_000;
            uneven(made) + 300_000_u64.saturating_sub(into)
        };
        play(&mut arrivals, 20, 100, stalled, |at, arrivals| {
            if at > 3_000_000 {
                assert!(arrivals.jitter_ms() < 31.0, "{at}: {}", arrivals.jitter_ms());
                let since = at % 3_000_000;
                assert!(since < 1_500_000 || arrivals.delays_ms().0 < 64.0, "{at}: {:?}", arrivals.delays_ms());
            }
        });
    }
}
