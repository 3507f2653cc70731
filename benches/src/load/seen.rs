//! What many players are sent at one tick: whether it is the same, and how much later than the first it comes.

use std::collections::{BTreeMap, VecDeque};

use tickwire_client::Micros;
use tickwire_protocol::id::Tick;

use super::player::Lane;

/// What frames have in common that must be the same: tick, lane, and the head of the frame, which says from what and
/// by which codebook it is made. Clients behind narrow links are sent a codebook later.
type Alike = (Tick, Lane, [u8; 3]);

/// The shared frames of the last ticks, to be compared with what others on the same lane are sent.
#[derive(Default)]
pub(super) struct Seen {
    frames: BTreeMap<Alike, Vec<u8>>,
    order: VecDeque<Alike>,
}

impl Seen {
    /// Whether this is what others on the lane were sent at this tick.
    pub(super) fn compare(&mut self, tick: Tick, lane: Lane, bytes: &[u8]) -> bool {
        let alike = (tick, lane, bytes.first_chunk().copied().unwrap_or_default());
        if let Some(known) = self.frames.get(&alike) {
            return known == bytes;
        }
        let mut frame = Vec::new();
        if self.order.len() >= SEEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            frame = self.frames.remove(&oldest).unwrap_or_default();
        }
        frame.clear();
        frame.extend_from_slice(bytes);
        self.frames.insert(alike, frame);
        self.order.push_back(alike);
        true
    }
}

/// How early a snapshot can come: the least time from the instant that its tick's number stands for.
///
/// No clock is shared with the server. So the age of a world on arrival is how much later than the fastest of the last
/// seconds it came; a server that gives up ticks begins anew after that time.
#[derive(Debug, Default)]
pub(super) struct Fastest {
    /// The least of this period and of the one before.
    least: [Option<f64>; 2],
    ends: Micros,
}

impl Fastest {
    /// The age of the world of this tick, arriving now, in microseconds.
    pub(super) fn age(&mut self, at: Micros, tick: Tick, tick_us: f64) -> u64 {
        let took = at as f64 - f64::from(tick.0) * tick_us;
        if at >= self.ends {
            self.least = [None, self.least[0]];
            self.ends = at + PERIOD;
        }
        self.least[0] = Some(self.least[0].map_or(took, |least| least.min(took)));
        let least = self.least.into_iter().flatten().fold(took, f64::min);
        (took - least) as u64
    }
}

/// Frames that are remembered: some ticks on some lanes.
const SEEN_MAX: usize = 256;
/// Microseconds after which the fastest is looked for anew.
const PERIOD: Micros = 5_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_as_old_as_it_came_later_than_the_fastest() {
        let mut fastest = Fastest::default();
        assert_eq!(fastest.age(1_000_000, Tick(10), 50_000.0), 0);
        assert_eq!(fastest.age(1_057_000, Tick(11), 50_000.0), 7_000);
        assert_eq!(fastest.age(1_099_000, Tick(12), 50_000.0), 0);
        assert_eq!(fastest.age(1_150_000, Tick(13), 50_000.0), 1_000);
    }

    #[test]
    fn a_server_that_gave_up_ticks_is_not_old_for_ever() {
        let mut fastest = Fastest::default();
        fastest.age(0, Tick(1), 1_000.0);
        assert_eq!(fastest.age(500_000, Tick(2), 1_000.0), 499_000);
        fastest.age(6_000_000, Tick(5_502), 1_000.0);
        assert_eq!(fastest.age(12_000_000, Tick(11_502), 1_000.0), 0);
    }
}
