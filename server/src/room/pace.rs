//! How much one client is sent, and how often what is far from it.
//!
//! A client has so many bytes a second, by what the room allows and by what its link lets through. Where they do not
//! suffice, the far rings come less often; where that does not help, the client is left out of a tick. What is put
//! off is counted.

use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::limits::{BULK_BYTES_PER_TICK, HISTORY_TICKS, RINGS_MAX};
use tickwire_protocol::snapshot::{Ledger, RingSet};

/// The far rings are at most so many times slower than they are by themselves: 2 to the power of this.
const SLOW_MAX: u32 = 4;
/// Bytes that may be saved up, as a part of a second's.
const BURST_MS: u32 = 250;
/// A snapshot that takes the link longer than this is too much for it.
const TAKES_MS: u32 = 150;
/// How long until the rings slow down once more, and how long it must have enough before they go faster again.
const PRESSED_MS: u32 = 250;
const RELIEVED_MS: u32 = 3_000;
/// Bytes of new rows and of long values in a frame for a client that is short of bytes.
const BULK_BYTES_SHORT: usize = 256;
/// The same before it is known what a new client's link lets through.
pub(super) const BULK_BYTES_FIRST: usize = 4 * 1_024;

/// The pace of one client.
#[derive(Debug)]
pub(super) struct Pace {
    rate: TickRate,
    /// Bytes a second; `None`: without a limit.
    limit: Option<u32>,
    /// What it may still be sent, in bytes times ticks a second. Below 0: it was sent more.
    level: i64,
    filled: Tick,
    /// How much slower the far rings are: 2 to the power of this.
    slow: u32,
    slowed: Tick,
    /// Whether it is short of bytes, and the last tick in which it was.
    short: bool,
    pressed: Tick,
}

/// What a client is sent in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) rings: RingSet,
    pub(super) bulk_bytes: usize,
    /// Rings that would have gone, had it not been short of bytes.
    pub(super) put_off: u32,
}

impl Pace {
    pub(super) fn new(rate: TickRate, now: Tick) -> Pace {
        Pace { rate, limit: None, level: 0, filled: now, slow: 0, slowed: now, short: false, pressed: Tick::NONE }
    }

    /// Begins a tick with so many bytes a second. `takes`: ticks that the link needs for the last
    /// snapshot.
    pub(super) fn begin(&mut self, now: Tick, limit: Option<u32>, takes: u32) {
        if self.limit != limit {
            (self.limit, self.level) = (limit, 0);
        }
        let full = self.full();
        self.level += i64::from(now.since(self.filled)) * i64::from(limit.unwrap_or(0));
        self.level = self.level.min(full);
        self.filled = now;
        let ticks = |ms| self.rate.ticks_in_ms(ms);
        let short = takes > ticks(TAKES_MS) || limit.is_some() && self.level < full / 2;
        if short && now.since(self.slowed) > ticks(PRESSED_MS) {
            (self.slow, self.slowed) = ((self.slow + 1).min(SLOW_MAX), now);
        }
        if short {
            self.pressed = now;
        } else if self.slow > 0 && now.since(self.pressed.max(self.slowed)) > ticks(RELIEVED_MS) {
            (self.slow, self.slowed) = (self.slow - 1, now);
        }
        self.short = short;
    }

    /// Whether its far rings are slowed down.
    pub(super) fn is_slowed(&self) -> bool {
        self.slow > 0
    }

    /// Whether it has had all its bytes.
    pub(super) fn is_spent(&self) -> bool {
        self.limit.is_some() && self.level < 0
    }

    /// So many bytes were written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        if self.limit.is_some() {
            self.level -= bytes as i64 * i64::from(self.rate.get());
        }
    }

    /// What goes in this tick; `spacing`: ticks between snapshots. With `all`, every ring.
    pub(super) fn share(&self, now: Tick, ledger: &Ledger, spacing: u32, all: bool) -> Share {
        let bulk_bytes = self.bulk_bytes(ledger);
        if all && !self.is_slowed() {
            return Share { rings: RingSet::ALL, bulk_bytes, put_off: 0 };
        }
        // Where snapshots are far apart, the next chance may be too late.
        let gap = ledger.ring_tick(0).map_or(0, |newest| now.since(newest));
        let oldest = self.oldest().saturating_sub(gap);
        let (mut share, mut latest) = (Share { rings: RingSet::FIRST, bulk_bytes, put_off: 0 }, None);
        for ring in 1..RINGS_MAX {
            let Some(last) = ledger.ring_tick(ring) else {
                share.rings = share.rings.and(ring);
                continue;
            };
            let own = spacing << ring;
            let period = (own << self.slow).min(self.oldest());
            if now.since(last) >= oldest || all && now.since(last) >= period {
                share.rings = share.rings.and(ring);
            } else if crosses(last, now, period) {
                // Those that are due share the time of one who is short of bytes: the one that is latest goes.
                let late = now.since(last) * 64 / period;
                if self.slow == 0 {
                    share.rings = share.rings.and(ring);
                } else if latest.is_none_or(|(most, _)| late > most) {
                    share.put_off += u32::from(latest.is_some());
                    latest = Some((late, ring));
                } else {
                    share.put_off += 1;
                }
            } else if crosses(last, now, own) {
                share.put_off += 1;
            }
        }
        share.rings = latest.map_or(share.rings, |(_, ring)| share.rings.and(ring));
        share
    }

    /// Ticks after which a ring goes whatever it costs: a second, and before its base leaves the history.
    fn oldest(&self) -> u32 {
        u32::from(self.rate.get()).clamp(1, HISTORY_TICKS as u32 - 8)
    }

    fn bulk_bytes(&self, ledger: &Ledger) -> usize {
        let most = if ledger.has_acknowledged() { BULK_BYTES_PER_TICK } else { BULK_BYTES_FIRST };
        let saved = self.level / i64::from(self.rate.get().max(1));
        let most = if self.limit.is_some() { most.min(saved.max(0) as usize) } else { most };
        if self.slow > 0 || self.short { BULK_BYTES_SHORT } else { most.max(BULK_BYTES_SHORT) }
    }

    fn full(&self) -> i64 {
        i64::from(self.rate.ticks_in_ms(BURST_MS)) * i64::from(self.limit.unwrap_or(0))
    }
}

/// Whether a ring's turn has come since it was sent: each has ticks of its own, so that not all go at once.
fn crosses(last: Tick, now: Tick, period: u32) -> bool {
    let turn = |tick: Tick| (tick.0 + period / 2) / period.max(1);
    turn(now) > turn(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: TickRate = TickRate::hz(60);

    /// Bytes a second that a client is sent, whose frames would have so many each, and in how many ticks it is left out.
    fn play(limit: Option<u32>, bytes: usize) -> (usize, u32) {
        let mut pace = Pace::new(RATE, Tick(0));
        let (mut sent, mut left_out) = (0, 0);
        for now in 1..=600 {
            pace.begin(Tick(now), limit, 0);
            if pace.is_spent() {
                left_out += 1;
            } else {
                pace.wrote(bytes);
                sent += bytes;
            }
        }
        (sent / 10, left_out)
    }

    #[test]
    fn a_client_gets_its_bytes_and_no_more() {
        assert_eq!(play(None, 1_000), (60_000, 0));
        assert_eq!(play(Some(10_000), 100), (6_000, 0));
        for bytes in [200, 1_000, 3_000] {
            let (sent, left_out) = play(Some(10_000), bytes);
            assert!((9_000..=10_000 + bytes / 10 + 500).contains(&sent), "{bytes}: {sent}");
            assert!(left_out > 0);
        }
    }

    #[test]
    fn each_ring_has_ticks_of_its_own() {
        let turns = |ring: u32| (1..=64).filter(|&now| crosses(Tick(now - 1), Tick(now), 1 << ring)).collect();
        let turns: [Vec<u32>; 3] = [turns(1), turns(2), turns(3)];
        assert_eq!(turns.each_ref().map(Vec::len), [32, 16, 8]);
        assert!(turns[0].iter().all(|tick| !turns[1].contains(tick) && !turns[2].contains(tick)));
        assert!(turns[1].iter().all(|tick| !turns[2].contains(tick)));
    }

    #[test]
    fn who_is_short_of_bytes_has_its_far_rings_slowed_and_then_back() {
        let mut pace = Pace::new(RATE, Tick(0));
        for now in 1..=200 {
            pace.begin(Tick(now), None, 30);
        }
        assert!(pace.is_slowed());
        for now in 201..=2_000 {
            pace.begin(Tick(now), None, 0);
        }
        assert!(!pace.is_slowed());
    }
}
