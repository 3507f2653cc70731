//! The simulated network: delay, jitter, bandwidth, stalls and lost segments, in order as TCP delivers.
//!
//! Without input or output, and told the time: the same link stands between room and client in simulations, in the
//! bots, in the load tool and in the page. Seeded, so that a run can be repeated.

use std::collections::VecDeque;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

/// Microseconds of any clock that never goes back. Only differences count.
pub type Micros = u64;

/// What a link does to what passes through it. All zero: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// One way, in microseconds.
    pub delay: Micros,
    /// Up to this much more or less delay, uniform, in microseconds. Later frames never overtake.
    pub jitter: Micros,
    /// Bits a second; 0 is no limit.
    pub bandwidth: u64,
    /// Once in each `stall_every`, nothing arrives for this long, in microseconds; what piled up comes at once.
    pub stall: Micros,
    /// In microseconds; 0 is no stalls.
    pub stall_every: Micros,
    /// Lost segments in a million. TCP sends them again: they and all behind them come a round trip later.
    pub loss_ppm: u32,
}

/// Conditions with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// A cable to the same room.
    Lan,
    /// A shared radio in a flat.
    Wifi,
    /// A phone in a town.
    #[serde(rename = "4g")]
    Mobile,
    /// Europe to the east coast of North America by cable.
    Transatlantic,
    /// A phone on a train: slow, uneven, and a tunnel now and then.
    Train,
}

impl Preset {
    /// Every preset, best first.
    pub const ALL: [Preset; 5] = [Preset::Lan, Preset::Wifi, Preset::Mobile, Preset::Transatlantic, Preset::Train];

    /// The name that commands and pages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Lan => "lan",
            Preset::Wifi => "wifi",
            Preset::Mobile => "4g",
            Preset::Transatlantic => "transatlantic",
            Preset::Train => "train",
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// What it does, each way.
    #[must_use]
    pub const fn conditions(self) -> Conditions {
        let (delay, jitter, bandwidth, stall, stall_every, loss_ppm) = match self {
            Preset::Lan => (300, 200, 0, 0, 0, 0),
            Preset::Wifi => (4_000, 3_000, 40_000_000, 60_000, 8_000_000, 1_000),
            Preset::Mobile => (35_000, 12_000, 12_000_000, 120_000, 10_000_000, 1_000),
            Preset::Transatlantic => (45_000, 2_000, 50_000_000, 0, 0, 500),
            Preset::Train => (60_000, 30_000, 2_000_000, 700_000, 12_000_000, 3_000),
        };
        Conditions { delay, jitter, bandwidth, stall, stall_every, loss_ppm }
    }
}

impl Conditions {
    /// Half of a round trip of `rtt_ms` milliseconds, which varies by `jitter_ms` in all.
    #[must_use]
    pub const fn round_trip(rtt_ms: u64, jitter_ms: u64) -> Conditions {
        Conditions {
            delay: rtt_ms * 500,
            jitter: jitter_ms * 500,
            bandwidth: 0,
            stall: 0,
            stall_every: 0,
            loss_ppm: 0,
        }
    }

    /// The same with a stall of `stall_ms` once in each `every_ms`.
    #[must_use]
    pub const fn with_stalls(mut self, stall_ms: u64, every_ms: u64) -> Conditions {
        self.stall = stall_ms * 1_000;
        self.stall_every = every_ms * 1_000;
        self
    }

    /// The end of the stall that covers `at`, or `at`.
    fn after_stall(&self, at: Micros, seed: u64) -> Micros {
        if self.stall == 0 || self.stall_every == 0 {
            return at;
        }
        let stall = self.stall.min(self.stall_every);
        let period = at / self.stall_every;
        let spare = self.stall_every - stall;
        let shift = if spare == 0 { 0 } else { scramble(seed ^ period) % spare };
        let begins = period * self.stall_every + shift;
        if (begins..begins + stall).contains(&at) { begins + stall } else { at }
    }
}

/// One direction of a connection.
///
/// Holds what was sent and has not arrived, at most [`LINK_BYTES_MAX`] and one frame more: what a socket's send
/// buffer holds. The times it is told must not go back.
#[derive(Clone, Debug)]
pub struct Link {
    conditions: Conditions,
    rng: Pcg32,
    stall_seed: u64,
    flying: VecDeque<(Micros, Vec<u8>)>,
    /// When the sender hears that bytes have arrived, and how many: until then they fill its buffer.
    unheard: VecDeque<(Micros, usize)>,
    unheard_bytes: usize,
    /// When the last bit of the last frame leaves.
    busy_until: Micros,
    newest: Micros,
}

/// Bytes that a sender may have under way: the send buffer of a socket.
pub const LINK_BYTES_MAX: usize = 64 * 1_024;

/// Bytes of a segment: each may be lost.
const SEGMENT_BYTES: usize = 1_448;

/// The soonest that TCP notices a lost segment.
const RESEND_MIN: Micros = 10_000;

impl Link {
    /// A link that begins to work at time 0.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Link {
        Link {
            conditions,
            rng: Pcg32::seed_from_u64(seed),
            stall_seed: scramble(seed),
            flying: VecDeque::new(),
            unheard: VecDeque::new(),
            unheard_bytes: 0,
            busy_until: 0,
            newest: 0,
        }
    }

    /// Both directions of a connection, up and down: they stall at the same moments.
    #[must_use]
    pub fn pair(conditions: Conditions, seed: u64) -> (Link, Link) {
        let up = Link::new(conditions, seed);
        let mut down = Link::new(conditions, scramble(seed ^ 1));
        down.stall_seed = up.stall_seed;
        (up, down)
    }

    /// What it does from now on; what is under way arrives as it would have.
    pub fn set(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// What it does.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        self.conditions
    }

    /// Sends a frame. Says `false`, and takes nothing, where the sender's buffer is full, see [`Link::blocked`].
    pub fn send(&mut self, at: Micros, frame: Vec<u8>) -> bool {
        let takes = !self.blocked(at);
        if takes {
            self.push(at, frame);
        }
        takes
    }

    /// Sends a frame whose sender cannot be told to wait, however full the buffer is.
    pub fn push(&mut self, at: Micros, frame: Vec<u8>) {
        let Conditions { delay, jitter, bandwidth, .. } = self.conditions;
        let bits = frame.len() as u64 * 8;
        let on_the_wire = (bits * 1_000_000).checked_div(bandwidth).unwrap_or(0);
        self.busy_until = self.busy_until.max(at) + on_the_wire;
        let shift = if jitter == 0 { 0 } else { self.rng.random_range(0..=2 * jitter) };
        let arrives =
            (self.busy_until + delay + shift).saturating_sub(jitter).max(at) + self.lost_segments(frame.len());
        let arrives = self.conditions.after_stall(arrives, self.stall_seed).max(self.newest);
        self.newest = arrives;
        self.unheard.push_back((arrives + delay, frame.len()));
        self.unheard_bytes += frame.len();
        self.flying.push_back((arrives, frame));
    }

    /// Whether the sender still owes bytes of an earlier frame: a socket would take no byte of another one.
    #[must_use]
    pub fn blocked(&mut self, at: Micros) -> bool {
        while let Some((_, bytes)) = self.unheard.pop_front_if(|(heard, _)| *heard <= at) {
            self.unheard_bytes -= bytes;
        }
        self.unheard_bytes >= LINK_BYTES_MAX
    }

    /// The next frame that has arrived by now.
    pub fn receive(&mut self, at: Micros) -> Option<Vec<u8>> {
        self.flying.pop_front_if(|(arrives, _)| *arrives <= at).map(|(_, frame)| frame)
    }

    /// When the next frame arrives; `None` where nothing is under way.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Micros> {
        self.flying.front().map(|(arrives, _)| *arrives)
    }

    /// Bytes that are under way.
    #[must_use]
    pub fn flying_bytes(&self) -> usize {
        self.flying.iter().map(|(_, frame)| frame.len()).sum()
    }

    /// The connection is lost, and with it all that is under way.
    pub fn cut(&mut self) {
        self.flying.clear();
        self.unheard.clear();
        self.unheard_bytes = 0;
    }

    /// What sending lost segments again costs.
    fn lost_segments(&mut self, bytes: usize) -> Micros {
        let Conditions { delay, jitter, loss_ppm, .. } = self.conditions;
        if loss_ppm == 0 {
            return 0;
        }
        let segments = bytes.div_ceil(SEGMENT_BYTES).clamp(1, LINK_BYTES_MAX / SEGMENT_BYTES);
        let lost = (0..segments).any(|_| self.rng.random_range(0..1_000_000) < loss_ppm);
        if lost { (2 * (delay + jitter)).max(RESEND_MIN) } else { 0 }
    }
}

/// One round of splitmix64: neighbouring numbers become unrelated ones.
fn scramble(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrival time of each of `count` frames of `bytes` bytes, sent every `every` microseconds.
    fn arrivals(conditions: Conditions, seed: u64, count: u64, every: Micros, bytes: usize) -> Vec<Micros> {
        let mut link = Link::new(conditions, seed);
        let mut times = Vec::new();
        for n in 0..count {
            assert!(link.send(n * every, vec![0; bytes]));
            times.push(link.flying.back().unwrap().0);
        }
        times
    }

    #[test]
    fn frames_arrive_in_order_within_delay_and_jitter() {
        let conditions = Conditions::round_trip(150, 30);
        for seed in 0..20 {
            let times = arrivals(conditions, seed, 500, 16_667, 40);
            assert!(times.is_sorted(), "seed {seed}");
            let delays: Vec<_> = (0..).zip(&times).map(|(n, at)| at - n * 16_667).collect();
            assert!(delays.iter().all(|delay| (60_000..=90_000).contains(delay)), "seed {seed}");
            assert!(delays.iter().max() > Some(&85_000) && delays.iter().min() < Some(&65_000), "seed {seed}");
        }
    }

    #[test]
    fn the_same_seed_is_the_same_link() {
        let conditions = Preset::Train.conditions();
        assert_eq!(arrivals(conditions, 7, 200, 16_667, 900), arrivals(conditions, 7, 200, 16_667, 900));
        assert_ne!(arrivals(conditions, 7, 200, 16_667, 900), arrivals(conditions, 8, 200, 16_667, 900));
    }

    #[test]
    fn a_stall_holds_everything_and_lets_it_go_at_once() {
        let conditions = Conditions::round_trip(100, 0).with_stalls(300, 5_000);
        let times = arrivals(conditions, 3, 1_200, 16_667, 40);
        let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(longest > Some(280_000) && longest <= Some(317_000), "{longest:?}");
        let stalls = times.windows(2).filter(|pair| pair[1] - pair[0] > 200_000).count();
        assert_eq!(stalls, 4);
    }

    #[test]
    fn bandwidth_is_a_queue_that_blocks_when_it_is_full() {
        let conditions = Conditions { bandwidth: 64_000, ..Conditions::default() };
        let times = arrivals(conditions, 1, 20, 0, 800);
        assert_eq!(times.last(), Some(&2_000_000));
        let mut link = Link::new(conditions, 1);
        let sent = (0..1_000).take_while(|_| link.send(0, vec![0; 800])).count();
        assert_eq!(sent, LINK_BYTES_MAX.div_ceil(800));
        assert!(link.blocked(0) && !link.blocked(200_000));
    }

    #[test]
    fn a_lost_segment_costs_a_round_trip_for_all_behind_it() {
        let conditions = Conditions { loss_ppm: 20_000, ..Conditions::round_trip(100, 0) };
        let times = arrivals(conditions, 5, 1_000, 10_000, 40);
        let late = (0..).zip(&times).filter(|(n, at)| *at - n * 10_000 > 50_000).count();
        assert!((100..600).contains(&late), "{late}");
        assert!(times.is_sorted());
    }

    #[test]
    fn what_is_under_way_is_gone_when_the_connection_is() {
        let mut link = Link::new(Conditions::round_trip(100, 0), 1);
        assert!(link.send(0, vec![1]));
        link.cut();
        assert_eq!((link.receive(1_000_000), link.flying_bytes()), (None, 0));
    }
}
