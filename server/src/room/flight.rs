//! How much may be on its way to one client at a time.
//!
//! TCP hides a slow link behind a queue: without a limit every snapshot arrives, each a little later than the one
//! before. The acknowledgements tell how long a snapshot was under way. Where that is more than the link itself needs,
//! there is a queue, and less may be under way; where it is not, more. So a slow client sees fewer snapshots, never old
//! ones.

use std::collections::VecDeque;

use tickwire_protocol::id::{Tick, TickRate};

use super::round_trips::RoundTrips;

/// A snapshot that is under way for this much longer than the smallest round trip stands still: nothing is sent.
const STALLED_MS: u32 = 200;
/// One that was under way for this much longer stood in a queue: less may be under way. More than what radio links
/// vary by themselves.
const QUEUED_MS: u32 = 100;
/// Bytes a tick from which on a link is as good as any.
const CAPACITY_MAX: usize = 4_096;
/// Snapshots under way before the first acknowledgement.
const FIRST_WINDOW: usize = 6;

/// Snapshots under way to one client.
#[derive(Debug)]
pub(super) struct Flight {
    trips: RoundTrips,
    rate: TickRate,
    /// Those under way, oldest first.
    sent: VecDeque<Sent>,
    /// How many have arrived.
    arrived: usize,
    /// How many may be under way.
    window: usize,
    /// What was sent until this tick says nothing about the present window.
    narrowed: Tick,
    /// The newest that arrived since the last tick.
    news: Option<News>,
    /// Bytes a tick that the link lets through, where snapshots have stood in its queue.
    capacity: Option<usize>,
    /// When the last one arrived.
    arrival: Tick,
    /// Bytes that have arrived in that tick.
    burst: usize,
    /// Bytes of the last one that was sent.
    last_bytes: usize,
}

/// A snapshot under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    tick: Tick,
    /// How many had arrived when it was sent.
    arrived: usize,
    bytes: usize,
    /// Whether nothing else was under way then: it met no queue of ours, so what it takes is what the link needs.
    alone: bool,
}

/// A snapshot that arrived.
#[derive(Clone, Copy, Debug)]
struct News {
    sent: Tick,
    took: u32,
    /// How many arrived while it was under way, itself among them.
    arrived: usize,
}

impl Flight {
    pub(super) fn new(rate: TickRate) -> Flight {
        Flight {
            trips: RoundTrips::new(rate),
            rate,
            sent: VecDeque::new(),
            arrived: 0,
            window: FIRST_WINDOW,
            narrowed: Tick::NONE,
            news: None,
            capacity: None,
            arrival: Tick::NONE,
            burst: 0,
            last_bytes: 0,
        }
    }

    /// A snapshot of so many bytes was written.
    pub(super) fn send(&mut self, now: Tick, bytes: usize) {
        let alone = self.sent.is_empty();
        self.last_bytes = bytes;
        self.sent.push_back(Sent { tick: now, arrived: self.arrived, bytes, alone });
    }

    /// The last one was not written after all.
    pub(super) fn take_back(&mut self) {
        self.sent.pop_back();
    }

    /// The client begins again: what is under way does not count.
    pub(super) fn forget(&mut self) {
        self.sent.clear();
    }

    /// The client says that it has a snapshot, and so all before it. Says `false` where that is none under way.
    pub(super) fn arrive(&mut self, tick: Tick, now: Tick) -> bool {
        // Mostly it is the oldest one.
        let oldest = self.sent.front().filter(|sent| sent.tick == tick);
        let found = oldest.map_or_else(|| self.sent.binary_search_by_key(&tick, |sent| sent.tick), |_| Ok(0));
        let Ok(at) = found else { return false };
        let (mut alone, mut bytes) = (false, 0);
        for sent in self.sent.drain(..=at) {
            self.arrived = self.arrived.wrapping_add(1);
            let arrived = self.arrived.wrapping_sub(sent.arrived);
            self.news = Some(News { sent: sent.tick, took: now.since(sent.tick), arrived });
            alone = sent.alone;
            bytes += sent.bytes;
        }
        let took = now.since(tick);
        if alone && took > self.trips.smallest(now) + self.rate.ticks_in_ms(QUEUED_MS) {
            // The way has become longer: what it took before is no measure any more.
            self.trips.forget();
        }
        self.trips.note(now, took);
        self.measure(took, bytes, tick, now);
        let quick = took <= self.trips.smallest(now) + self.rate.ticks_in_ms(QUEUED_MS) / 2;
        if quick && tick > self.narrowed {
            self.window = (self.window + at + 1).min(usize::from(self.rate.get()));
        }
        true
    }

    /// What an arrival tells of the link: it was busy with these bytes since the last one, or since they came to it.
    fn measure(&mut self, took: u32, bytes: usize, sent: Tick, now: Tick) {
        let trip = self.trips.smallest(now);
        let queued = took.saturating_sub(trip) > self.rate.ticks_in_ms(QUEUED_MS) / 2;
        let since = self.arrival.max(sent.after(trip.saturating_sub(1)));
        self.burst = if now == self.arrival { self.burst + bytes } else { bytes };
        self.capacity = if now == self.arrival {
            // Several at once: what let them through is no slower than that.
            self.capacity.map(|known| known.max(self.burst))
        } else if queued {
            let seen = bytes / now.since(since).max(1) as usize;
            Some(self.capacity.map_or(seen, |known| (3 * known + seen) / 4).max(1))
        } else {
            // Nothing stood in its way: it may let through more.
            self.capacity.map(|known| (known + known / 16 + 1).max(bytes / 4))
        };
        self.capacity = self.capacity.filter(|known| *known < CAPACITY_MAX);
        self.arrival = now;
    }

    /// Ticks that the link needs for the last snapshot, as far as is known.
    pub(super) fn last_takes(&self) -> u32 {
        let needs = |capacity: usize| (self.last_bytes / capacity.max(1)) as u32;
        self.capacity.map_or(0, needs)
    }

    /// Whether the link lets little through: what can wait should.
    pub(super) fn is_narrow(&self) -> bool {
        self.window < FIRST_WINDOW
    }

    /// Bytes of memory for what is under way.
    pub(super) fn memory_bytes(&self) -> usize {
        self.sent.len() * size_of::<Sent>()
    }

    /// The oldest snapshot under way.
    pub(super) fn oldest(&self) -> Option<Tick> {
        self.sent.front().map(|sent| sent.tick)
    }

    /// Whether nothing more may be sent now.
    pub(super) fn is_full(&mut self, now: Tick) -> bool {
        let trip = self.trips.smallest(now);
        let queued = self.rate.ticks_in_ms(QUEUED_MS);
        if let Some(News { sent, took, arrived }) = self.news.take()
            && took > trip + queued
            && sent > self.narrowed
        {
            // Less than what the link lets through in a round trip: the queue drains to its end, and the next round
            // trip is seen as it is without one.
            let fits = arrived * trip as usize * 2 / (3 * took as usize);
            self.window = fits.clamp(1, self.window);
            self.narrowed = now;
        }
        let patience = trip + self.rate.ticks_in_ms(STALLED_MS);
        // What is there already keeps the link busy until the next one would come to it.
        let bytes: usize = self.sent.iter().map(|sent| sent.bytes).sum();
        let busy = self.capacity.is_some_and(|capacity| bytes > capacity * (trip + queued / 2) as usize);
        busy || self.sent.len() >= self.window || self.oldest().is_some_and(|oldest| now.since(oldest) > patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: TickRate = TickRate::hz(60);

    /// A link that needs `trip` ticks there and back and lets one snapshot through in `each` ticks. Says how old the
    /// newest snapshot at the client was at the worst, after the first ten seconds, and how many arrived.
    fn play(trip: u32, each: u32, ticks: u32) -> (u32, usize) {
        play_over(|_| trip, each, ticks)
    }

    /// The same where the round trip depends on the tick.
    fn play_over(trip: impl Fn(u32) -> u32, each: u32, ticks: u32) -> (u32, usize) {
        let mut flight = Flight::new(RATE);
        let mut flying: Vec<(u32, u32)> = Vec::new();
        let (mut free, mut held, mut worst, mut arrived) = (0, 0, 0, 0);
        for now in 1..ticks {
            while flying.first().is_some_and(|(_, acknowledged)| *acknowledged <= now) {
                held = flying.remove(0).0;
                arrived += 1;
                // It comes before the tick is made.
                assert!(flight.arrive(Tick(held), Tick(now - 1)));
            }
            if !flight.is_full(Tick(now)) {
                flight.send(Tick(now), 100);
                free = free.max(now) + each;
                flying.push((now, free + trip(now).max(1)));
            }
            if now > 600 {
                worst = worst.max(now - held);
            }
        }
        (worst, arrived)
    }

    #[test]
    fn a_fast_link_gets_every_snapshot() {
        for trip in [0, 2, 6, 18, 40] {
            let (worst, arrived) = play(trip, 0, 3_000);
            assert!(worst <= trip + 1 && arrived as u32 + 4 * trip >= 2_997, "{trip}: {worst}, {arrived}");
        }
    }

    #[test]
    fn a_way_that_becomes_longer_is_found_out_within_a_second_or_two() {
        for later in [9, 18, 30] {
            let before = play_over(|_| 1, 0, 1_200).1;
            let (_, arrived) = play_over(|now| if now < 600 { 1 } else { later }, 0, 1_200);
            let missing = before - arrived;
            assert!(missing < 120, "{later}: {missing} snapshots fewer in ten seconds");
        }
    }

    #[test]
    fn a_slow_link_gets_fewer_and_none_is_old() {
        for (trip, each) in [(6, 2), (6, 5), (6, 12), (20, 4), (2, 15)] {
            let (worst, arrived) = play(trip, each, 6_000);
            assert!(worst < 64, "{trip}, {each}: {worst} ticks old");
            assert!(arrived as u32 > 6_000 / each / 2, "{trip}, {each}: {arrived} arrived");
        }
    }
}
