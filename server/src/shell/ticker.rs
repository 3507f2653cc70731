//! When a room's ticks are due. Told the time, as everything that can be tested.

use tickwire_protocol::id::TickRate;

/// The fixed ticks of one room, in nanoseconds of the monotonic clock.
///
/// Tick n is due at `start + n / rate`, so a late tick does not make the next one late, and nothing drifts.
#[derive(Clone, Debug)]
pub(crate) struct Ticker {
    rate: u64,
    start: u64,
    next: u64,
    catch_up: u64,
}

/// What is to be known of a tick that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    /// How long after it was due, in nanoseconds.
    pub(crate) late: u64,
    /// Ticks that are given up because the room is too far behind.
    pub(crate) overruns: u64,
}

impl Ticker {
    /// The first tick is due at `start`; `catch_up` ticks may be made up for.
    pub(crate) fn new(rate: TickRate, start: u64, catch_up: u32) -> Ticker {
        Ticker { rate: u64::from(rate.get()), start, next: 0, catch_up: u64::from(catch_up) }
    }

    /// When the next tick is due.
    pub(crate) fn due(&self) -> u64 {
        self.start + self.at(self.next)
    }

    /// Begins the tick that is due.
    pub(crate) fn begin(&mut self, now: u64) -> Begun {
        let late = now.saturating_sub(self.due());
        let behind = u64::try_from(u128::from(late) * u128::from(self.rate) / NANOS).unwrap_or(u64::MAX);
        let overruns = behind.saturating_sub(self.catch_up);
        self.next += 1 + overruns;
        if self.next >= self.rate {
            self.start += self.next / self.rate * (NANOS as u64);
            self.next %= self.rate;
        }
        Begun { late, overruns }
    }

    /// The length of a tick.
    pub(crate) fn period(&self) -> u64 {
        self.at(1)
    }

    fn at(&self, tick: u64) -> u64 {
        tick * (NANOS as u64) / self.rate
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: TickRate = TickRate::hz(60);
    const PERIOD: u64 = 16_666_666;

    #[test]
    fn sixty_ticks_take_exactly_a_second() {
        let mut ticker = Ticker::new(RATE, 5, 4);
        for _ in 0..600 {
            let due = ticker.due();
            assert_eq!(ticker.begin(due), Begun { late: 0, overruns: 0 });
        }
        assert_eq!(ticker.due(), 5 + 10_000_000_000);
    }

    #[test]
    fn a_late_tick_does_not_make_the_next_one_late() {
        let mut ticker = Ticker::new(RATE, 0, 4);
        assert_eq!(ticker.begin(9_000_000).late, 9_000_000);
        assert_eq!(ticker.due(), PERIOD);
    }

    #[test]
    fn a_room_that_is_behind_makes_up_for_some_ticks_and_gives_up_the_rest() {
        let mut ticker = Ticker::new(RATE, 0, 4);
        let now = PERIOD * 20 + 1_000;
        assert_eq!(ticker.begin(now).overruns, 16);
        let mut made = 0;
        while ticker.due() <= now {
            assert_eq!(ticker.begin(now).overruns, 0);
            made += 1;
        }
        assert_eq!(made, 4);
    }
}
