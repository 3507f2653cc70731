//! When the client ticks: just early enough that its inputs arrive before their turn.
//!
//! The server says by how many ticks inputs arrive before they are consumed. The client ticks a percent faster or
//! slower to keep that small and never negative; no clocks are compared.

use crate::Micros;

/// The mean margin that is enough on a quiet line, in ticks.
const WANTED_MIN: f64 = 1.0;
/// What is aimed at when inputs come late all the time: more would be felt.
const WANTED_MAX: f64 = 6.0;
/// How much more margin one late input asks for, in ticks.
const LATE_STEP: f64 = 0.25;
/// Seconds in which the part of the wanted margin above the least falls to 1/e.
const WANTED_FALLS: f64 = 20.0;
/// Seconds over which margins are averaged.
const MEAN_OVER: f64 = 0.6;
/// The most that the rate differs from the room's, as a factor.
const RATE_MAX: f64 = 0.012;
/// The most where the margin is more than a jump's worth too large: slowing down is all one can do.
const RATE_MAX_SLOW: f64 = 0.03;
/// A mean that is off by so many ticks, for so long, is made good by a jump.
const JUMP_TICKS: f64 = 4.0;
const JUMP_AFTER: Micros = 250_000;
/// A clock that went on by this much since the last look belongs to a page that slept.
pub(crate) const SLEPT: Micros = 250_000;

/// The clock of the client's ticks.
#[derive(Debug)]
pub struct Pacer {
    tick: f64,
    next_at: f64,
    rate: f64,
    pace: f64,
    mean: f64,
    wanted: f64,
    heard_at: Option<Micros>,
    last: i32,
    off_since: Option<Micros>,
}

/// Ticks that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// So many, to be made.
    Ticks(u32),
    /// So many passed while nobody looked: they are skipped, not made.
    Slept(u32),
}

impl Pacer {
    /// For a room whose ticks are so many microseconds apart.
    #[must_use]
    pub fn new(tick_us: f64) -> Pacer {
        Pacer {
            tick: tick_us.max(1.0),
            next_at: 0.0,
            rate: 1.0,
            pace: 1.0,
            mean: WANTED_MIN,
            wanted: WANTED_MIN,
            heard_at: None,
            last: 0,
            off_since: None,
        }
    }

    /// Begins to tick now.
    pub fn begin(&mut self, at: Micros) {
        self.next_at = at as f64;
        self.rate = 1.0;
        self.mean = self.wanted;
        self.heard_at = None;
        self.off_since = None;
    }

    /// When the next tick is due.
    #[must_use]
    pub fn next_at(&self) -> Micros {
        self.next_at.max(0.0) as Micros + 1
    }

    /// How far the time has come from the last tick to the next, 0 to 1.
    #[must_use]
    pub fn part(&self, at: Micros) -> f64 {
        (1.0 - (self.next_at - at as f64) / self.interval()).clamp(0.0, 1.0)
    }

    /// The ticks that are due by now.
    pub fn due(&mut self, at: Micros) -> Due {
        let late = at as f64 - self.next_at;
        if late < 0.0 {
            return Due::Ticks(0);
        }
        let ticks = (late / self.interval()) as u32 + 1;
        self.next_at += f64::from(ticks) * self.interval();
        if late > SLEPT as f64 { Due::Slept(ticks) } else { Due::Ticks(ticks) }
    }

    /// The room runs at so many percent of its rate.
    pub fn set_pace(&mut self, percent: u32) {
        self.pace = f64::from(percent.clamp(10, 200)) / 100.0;
    }

    /// An input arrived by so many ticks before its turn. Says how many ticks to jump ahead (or, negative, to wait).
    pub fn heard(&mut self, at: Micros, margin: i32) -> i32 {
        let since = self.heard_at.replace(at).map_or(0.05, |last| at.saturating_sub(last) as f64 / 1e6);
        self.last = margin;
        let share = since / (since + MEAN_OVER);
        self.mean += (f64::from(margin) - self.mean) * share;
        self.wanted -= (self.wanted - WANTED_MIN) * (since / WANTED_FALLS).min(1.0);
        let off = f64::from(margin) - self.wanted;
        if margin < 0 && off > -JUMP_TICKS {
            self.wanted = (self.wanted + LATE_STEP).min(WANTED_MAX);
        }
        let error = self.wanted - self.mean;
        let slowest = if error < -JUMP_TICKS { RATE_MAX_SLOW } else { RATE_MAX };
        self.rate = 1.0 + (error * 0.01).clamp(-slowest, RATE_MAX);
        self.jump(at, off)
    }

    /// Where margins are far too small for a while, the ticks to jump; inputs that a stall delayed do not count.
    fn jump(&mut self, at: Micros, off: f64) -> i32 {
        if off > -JUMP_TICKS {
            self.off_since = None;
            return 0;
        }
        let since = *self.off_since.get_or_insert(at);
        if at < since + JUMP_AFTER {
            return 0;
        }
        self.off_since = None;
        self.mean = self.wanted;
        self.rate = 1.0;
        -off as i32
    }

    /// The margin of the last input heard of, the mean, and the mean aimed at.
    #[must_use]
    pub fn margins(&self) -> (i32, f64, f64) {
        (self.last, self.mean, self.wanted)
    }

    /// How much faster than the room the client ticks, as a factor.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    fn interval(&self) -> f64 {
        self.tick / (self.rate * self.pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: f64 = 16_666.7;

    #[test]
    fn a_page_that_slept_skips_what_it_missed() {
        let mut pacer = Pacer::new(TICK);
        pacer.begin(1_000_000);
        assert_eq!(pacer.due(1_000_000), Due::Ticks(1));
        assert_eq!(pacer.due(1_040_000), Due::Ticks(2));
        assert_eq!(pacer.due(6_040_000), Due::Slept(300));
        assert_eq!(pacer.due(6_040_001), Due::Ticks(0));
    }

    #[test]
    fn the_rate_never_differs_by_more_than_a_few_percent() {
        let mut pacer = Pacer::new(TICK);
        pacer.begin(0);
        for n in 0..2_000_u64 {
            pacer.heard(n * 16_667, if n % 7 == 0 { -3 } else { 40 });
            assert!((-0.031..=0.013).contains(&(pacer.rate() - 1.0)));
        }
    }

    #[test]
    fn a_burst_of_late_inputs_is_no_reason_to_jump_but_lasting_lateness_is() {
        let mut pacer = Pacer::new(TICK);
        pacer.begin(0);
        let burst = (0..12_u64).map(|n| pacer.heard(n * 16_667, n as i32 - 18)).sum::<i32>();
        assert_eq!(burst, 0);
        assert_eq!(pacer.heard(220_000, 1), 0);
        let jumps: i32 =
            (20..60_u64).map(|n| pacer.heard(n * 16_667, -10)).filter(|jump| *jump != 0).take(1).sum();
        assert!((10..=13).contains(&jumps), "{jumps}");
    }
}
