//! The smallest round trip of the last seconds.

use tickwire_protocol::id::{Tick, TickRate};

/// Seconds that count: long enough to hold a quiet moment, short enough to follow a change of route.
const SECONDS: usize = 10;
/// Assumed before the first acknowledgement, in milliseconds.
const UNKNOWN_MS: u32 = 500;

/// Smallest round trips, a second each, in ticks.
#[derive(Debug)]
pub(super) struct RoundTrips {
    by_second: [u32; SECONDS],
    /// The smallest of them.
    smallest: u32,
    second: u32,
    rate: TickRate,
}

impl RoundTrips {
    pub(super) fn new(rate: TickRate) -> RoundTrips {
        RoundTrips { by_second: [u32::MAX; SECONDS], smallest: u32::MAX, second: 0, rate }
    }

    /// Notes a round trip that took so many ticks.
    pub(super) fn note(&mut self, now: Tick, ticks: u32) {
        self.advance(now);
        let at = self.second as usize % SECONDS;
        self.by_second[at] = self.by_second[at].min(ticks);
        self.smallest = self.smallest.min(ticks);
    }

    /// Forgets what was noted.
    pub(super) fn forget(&mut self) {
        self.by_second = [u32::MAX; SECONDS];
        self.smallest = u32::MAX;
    }

    /// The smallest one; where none was noted lately, a guess.
    pub(super) fn smallest(&mut self, now: Tick) -> u32 {
        self.advance(now);
        match self.smallest {
            u32::MAX => self.rate.ticks_in_ms(UNKNOWN_MS),
            ticks => ticks,
        }
    }

    fn advance(&mut self, now: Tick) {
        let rate = u32::from(self.rate.get());
        if now.0.wrapping_sub(self.second * rate) < rate {
            // Still the same second: mostly.
            return;
        }
        let second = now.0 / rate;
        for _ in 0..second.saturating_sub(self.second).min(SECONDS as u32) {
            self.second += 1;
            self.by_second[self.second as usize % SECONDS] = u32::MAX;
        }
        self.second = second;
        self.smallest = self.by_second.iter().copied().min().unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_counts_for_ten_seconds() {
        let mut trips = RoundTrips::new(TickRate::hz(60));
        assert_eq!(trips.smallest(Tick(1)), 30);
        trips.note(Tick(60), 6);
        trips.note(Tick(120), 9);
        assert_eq!(trips.smallest(Tick(60 * 10)), 6);
        assert_eq!(trips.smallest(Tick(60 * 11)), 9);
        assert_eq!(trips.smallest(Tick(60 * 100)), 30);
    }
}
