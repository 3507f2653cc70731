//! How often something may happen, counted in ticks.

use tickwire_protocol::id::{Tick, TickRate};

/// A token bucket: fills by a rate per second, holds a burst.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// In parts of a token: a token is as many parts as there are ticks in a second.
    level: u64,
    full: u64,
    per_tick: u64,
    token: u64,
    at: Tick,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(per_second: u32, burst: u32, rate: TickRate, now: Tick) -> Bucket {
        let token = u64::from(rate.get());
        let full = u64::from(burst) * token;
        Bucket { level: full, full, per_tick: u64::from(per_second), token, at: now }
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Tick) -> bool {
        let filled = self.level + u64::from(now.since(self.at)) * self.per_tick;
        self.level = filled.min(self.full);
        self.at = now;
        match self.level.checked_sub(self.token) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut bucket = Bucket::new(10, 3, TickRate::hz(60), Tick(1));
        let passed = |bucket: &mut Bucket, now: u32| (0..10).filter(|_| bucket.take(Tick(now))).count();
        assert_eq!(passed(&mut bucket, 1), 3);
        assert_eq!(passed(&mut bucket, 7), 1, "six ticks of 60 Hz are a tenth of a second");
        assert_eq!(passed(&mut bucket, 100_000), 3, "no more than the burst is saved up");
    }
}
