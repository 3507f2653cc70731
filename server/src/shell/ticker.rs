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

    /// The ticks of the worker's `nth` room, at a place of their own between those of its other rooms of this rate,
    /// whenever each of them was opened: rooms that begin their ticks at one instant are late for each other.
    ///
    /// The golden ratio puts each room into the largest gap that those before it leave.
    pub(crate) fn staggered(rate: TickRate, now: u64, nth: u32, catch_up: u32) -> Ticker {
        let mut ticker = Ticker::new(rate, now - now % (NANOS as u64), catch_up);
        let offset = ticker.period() * (u64::from(nth) * 618 % 1_000) / 1_000;
        ticker.start += offset;
        ticker.next = (now % (NANOS as u64)) * ticker.rate / (NANOS as u64) + 1;
        ticker
    }

    /// How much later its ticks begin than those of a room whose first one was at the clock's beginning.
    pub(crate) fn offset(&self) -> u64 {
        self.start % (NANOS as u64) % self.period()
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
    fn ten_rooms_begin_their_ticks_apart_whenever_they_were_opened() {
        for rate in [30, 60, 20].map(TickRate::hz) {
            let opened = (1..=10_u32).map(|nth| (nth, 7_000_000_000 + u64::from(nth * nth) * 123_456_789));
            let mut rooms: Vec<Ticker> = opened
                .map(|(nth, now)| {
                    let ticker = Ticker::staggered(rate, now, nth, 4);
                    let period = ticker.period();
                    assert!((now..=now + 2 * period).contains(&ticker.due()), "room {nth}");
                    ticker
                })
                .collect();
            // Every tick that begins from some moment on, in a second.
            let from = 30_000_000_000;
            let mut begin = Vec::new();
            for room in &mut rooms {
                while room.due() < from + 1_000_000_000 {
                    let due = room.due();
                    begin.extend((due >= from).then_some(due));
                    room.begin(due);
                }
            }
            begin.sort_unstable();
            assert_eq!(begin.len(), 10 * usize::from(rate.get()));
            let least = begin.windows(2).map(|two| two[1] - two[0]).min().unwrap();
            let period = rooms[0].period();
            assert!(least > period / 20, "{least} ns at a period of {period} ns");
        }
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
