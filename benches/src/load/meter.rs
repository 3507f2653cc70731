//! What a run measures.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::report::Figures;

/// Histograms and counters of all players of a run, microseconds throughout.
pub struct Meter {
    /// From the begin of the connection to the welcome.
    pub connect: Histogram<u64>,
    /// The same for those who come back.
    pub back: Histogram<u64>,
    /// From when an input was due to the frame that says it was consumed.
    pub seen: Histogram<u64>,
    /// The same, less the ticks that the input waited for its turn by design.
    pub seen_beyond: Histogram<u64>,
    /// Between the snapshots of a player.
    pub interval: Histogram<u64>,
    /// How far an interval was from what its ticks explain.
    pub jitter: Histogram<u64>,
    /// How much later than the fastest a snapshot came, by its tick.
    pub age: Histogram<u64>,
    /// How late the generator itself sent what was due.
    pub lateness: Histogram<u64>,
    /// Gaps between snapshots of over 100 ms.
    pub stalls: u64,
    /// Gaps between snapshots, and those longer than three of them should be.
    pub gaps: u64,
    /// See [`Meter::gaps`].
    pub long_gaps: u64,
    /// Snapshots that came.
    pub snapshots: u64,
    /// Ticks that those snapshots cover, skipped ones included.
    pub ticks: u64,
    /// Keyframes after the first of each player.
    pub keyframes: u64,
    /// Payload bytes of frames from the server.
    pub bytes_in: u64,
    /// Payload bytes of frames to the server.
    pub bytes_out: u64,
    /// Ends of connections by close code, 1006 without one.
    pub disconnects: BTreeMap<u16, u64>,
    /// Players that were let in.
    pub joined: u64,
    /// Hashes, rows or bytes that were not the server's.
    pub mismatches: u64,
    /// Hashes that were compared.
    pub hashes: u64,
    /// Shared frames that were compared byte by byte.
    pub compared: u64,
    /// By how many ticks inputs were early, added up.
    pub margin: i64,
    /// Private frames, for means.
    pub privates: u64,
    /// The last second.
    pub beat: Beat,
}

/// What is measured in one second.
pub struct Beat {
    /// As [`Meter::interval`].
    pub interval: Histogram<u64>,
    /// As [`Meter::seen`].
    pub seen: Histogram<u64>,
    /// As [`Meter::snapshots`].
    pub snapshots: u64,
}

impl Beat {
    fn new() -> anyhow::Result<Beat> {
        let micros = || Histogram::<u64>::new_with_bounds(1, 600_000_000, 2);
        Ok(Beat { interval: micros()?, seen: micros()?, snapshots: 0 })
    }

    /// Begins another second.
    pub fn clear(&mut self) {
        self.interval.clear();
        self.seen.clear();
        self.snapshots = 0;
    }
}

impl Meter {
    /// Nothing measured.
    ///
    /// # Errors
    /// Never with these bounds.
    pub fn new() -> anyhow::Result<Meter> {
        let micros = || Histogram::<u64>::new_with_bounds(1, 600_000_000, 3);
        Ok(Meter {
            connect: micros()?,
            back: micros()?,
            seen: micros()?,
            seen_beyond: micros()?,
            interval: micros()?,
            jitter: micros()?,
            age: micros()?,
            lateness: micros()?,
            stalls: 0,
            gaps: 0,
            long_gaps: 0,
            snapshots: 0,
            ticks: 0,
            keyframes: 0,
            bytes_in: 0,
            bytes_out: 0,
            disconnects: BTreeMap::new(),
            joined: 0,
            mismatches: 0,
            hashes: 0,
            compared: 0,
            margin: 0,
            privates: 0,
            beat: Beat::new()?,
        })
    }

    /// Connections that ended by themselves.
    #[must_use]
    pub fn disconnected(&self) -> u64 {
        self.disconnects.values().sum()
    }

    /// Writes what was measured in `seconds` by `players` into the figures; the server made `rate` ticks a second, where
    /// that is known.
    pub fn tell(&self, players: usize, seconds: f64, rate: Option<f64>, figures: &mut Figures) {
        let players = players.max(1) as f64;
        figures.set("players", players);
        figures.set("joined", self.joined);
        figures.round("seconds", seconds, 2);
        figures.round(
            "bytes_per_client_tick",
            self.bytes_in as f64 / (players * seconds * rate.unwrap_or(f64::NAN)),
            2,
        );
        figures.round("bytes_in_per_second_per_player", self.bytes_in as f64 / players / seconds, 1);
        figures.round("bytes_out_per_second_per_player", self.bytes_out as f64 / players / seconds, 1);
        percentiles("connect", &self.connect, figures);
        if !self.back.is_empty() {
            percentiles("reconnect", &self.back, figures);
            figures.set("reconnects", self.back.len());
        }
        percentiles("input_to_seen", &self.seen, figures);
        percentiles("input_to_seen_beyond_margin", &self.seen_beyond, figures);
        figures.round("margin_mean_ticks", self.margin as f64 / self.privates.max(1) as f64, 3);
        percentiles("snapshot_interval", &self.interval, figures);
        percentiles("snapshot_jitter", &self.jitter, figures);
        percentiles("world_age", &self.age, figures);
        figures.set("stalls_over_100_ms", self.stalls);
        figures.round("snapshots_share", self.snapshots as f64 / self.ticks.max(1) as f64, 5);
        figures.round("long_gaps_share", self.long_gaps as f64 / self.gaps.max(1) as f64, 5);
        figures.set("keyframes", self.keyframes);
        figures.set("frames_compared", self.compared);
        figures.set("hashes_compared", self.hashes);
        figures.set("hash_mismatches", self.mismatches);
        figures.set("disconnects", self.disconnected());
        for (code, count) in &self.disconnects {
            figures.set(&format!("disconnects_{code}"), *count);
        }
        percentiles("generator_lateness", &self.lateness, figures);
        figures.set("trustworthy", self.lateness.value_at_quantile(0.99) <= LATENESS_MAX_US);
    }
}

/// A generator that is later than this measures itself.
const LATENESS_MAX_US: u64 = 3_000;

fn percentiles(name: &str, histogram: &Histogram<u64>, figures: &mut Figures) {
    let ms = |micros: u64| micros as f64 / 1_000.0;
    for (suffix, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
        figures.round(&format!("{name}_{suffix}_ms"), ms(histogram.value_at_quantile(quantile)), 3);
    }
    figures.round(&format!("{name}_max_ms"), ms(histogram.max()), 3);
}
