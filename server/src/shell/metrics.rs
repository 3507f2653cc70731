//! What is counted, and how it is told in Prometheus' text.
//!
//! Every counter of a worker has one writer; who reads them never makes it wait. All sets of labels are closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use tickwire_protocol::wire::CloseCode;

use super::clock;
use crate::room::Stats;

/// A number with one writer.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds, without the price of an atomic addition: there is one writer.
    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(more), Relaxed);
    }

    /// The same where other threads add too.
    fn add_among_others(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How often a duration fell where.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    buckets: [Count; BOUNDS_MICROS.len() + 1],
    sum: Count,
}

impl Durations {
    pub(crate) fn add(&self, nanos: u64) {
        let at = BOUNDS_MICROS.partition_point(|bound| bound * 1_000 < nanos);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.add(1);
        }
        self.sum.add(nanos);
    }
}

/// What one worker counted since it began.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) ticks: Count,
    pub(crate) overruns: Count,
    /// One for each client in each tick: what the CPU time is divided by.
    pub(crate) client_ticks: Count,
    pub(crate) duration: Durations,
    pub(crate) lateness: Durations,
    pub(crate) cpu_nanos: Count,
    /// Nanoseconds of the last second in which ticks were made.
    pub(crate) busy: Count,
    pub(crate) bytes_in: Count,
    pub(crate) frames_in: Count,
    pub(crate) bytes_out: Count,
    pub(crate) partial_writes: Count,
    pub(crate) panics: Count,
    /// 1 while its sockets go through io_uring.
    pub(crate) batching: Count,
    rooms: [Count; ROOM_COUNTERS],
    disconnects: [Count; CloseCode::ALL.len() + 1],
}

/// Which of a room's counters are told, and under which name and label.
const ROOM_COUNTERS: usize = 16;
type Told = (&'static str, &'static str, Option<&'static str>, fn(&Stats) -> u64);
const TOLD: [Told; ROOM_COUNTERS] = [
    ("inputs", "Inputs consumed, by how they came to be", Some("fresh"), |stats| stats.inputs_fresh),
    ("inputs", "", Some("repeated"), |stats| stats.inputs_repeated),
    ("inputs", "", Some("defaulted"), |stats| stats.inputs_defaulted),
    ("inputs", "", Some("late"), |stats| stats.inputs_late),
    ("frame_bytes", "Bytes of frames to clients, by kind", Some("snapshot"), |stats| stats.snapshot_bytes),
    ("frame_bytes", "", Some("private"), |stats| stats.private_bytes),
    ("snapshots", "Snapshots written", None, |stats| stats.snapshots),
    ("snapshots_skipped", "Snapshots not made for clients that had not taken an earlier one", None, |stats| {
        stats.snapshots_skipped
    }),
    ("snapshots_over_budget", "Snapshots not made for clients that had had all their bytes", None, |stats| {
        stats.snapshots_over_budget
    }),
    ("postponed", "What was due and came later, by kind", Some("rings"), |stats| stats.rings_postponed),
    ("postponed", "", Some("enters"), |stats| stats.enters_postponed),
    ("postponed", "", Some("wholes"), |stats| stats.wholes_postponed),
    ("postponed", "", Some("worlds"), |stats| stats.worlds_postponed),
    ("keyframes", "Clients that began again from nothing", None, |stats| stats.keyframes),
    ("resyncs", "Keyframes asked for because a hash differed", None, |stats| stats.resyncs),
    ("requests", "Requests received", None, |stats| stats.requests),
];

impl Counters {
    /// Adds what a room counted since `before`.
    pub(crate) fn add_stats(&self, before: &Stats, after: &Stats) {
        for (count, (_, _, _, of)) in self.rooms.iter().zip(TOLD) {
            count.add(of(after).saturating_sub(of(before)));
        }
    }

    /// Counts a connection that ended; without a code its socket was just gone.
    pub(crate) fn disconnected(&self, code: Option<CloseCode>) {
        if let Some(count) = self.disconnects_with(code) {
            count.add(1);
        }
    }

    fn disconnects_with(&self, code: Option<CloseCode>) -> Option<&Count> {
        let at = code.and_then(|code| CloseCode::ALL.iter().position(|other| *other == code));
        self.disconnects.get(at.unwrap_or(CloseCode::ALL.len()))
    }
}

/// Upgrades and hellos that were refused before they had a room; by any of the threads that take them.
#[derive(Debug, Default)]
pub(crate) struct Refused(Counters);

impl Refused {
    /// Counts one.
    pub(crate) fn with(&self, code: CloseCode) {
        if let Some(count) = self.0.disconnects_with(Some(code)) {
            count.add_among_others(1);
        }
    }
}

/// What a room holds now; written by its worker after every tick.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub(crate) players: Count,
    pub(crate) watchers: Count,
    pub(crate) bots: Count,
    pub(crate) rows: Count,
    pub(crate) tick: Count,
    pub(crate) pace: Count,
    pub(crate) joining: Count,
    pub(crate) open: Count,
    pub(crate) closing: Count,
}

/// What stands on `/metrics`: reads everybody's counters when asked.
pub(crate) struct Metrics {
    pub(crate) workers: Vec<Arc<Counters>>,
    pub(crate) rooms: Box<dyn Fn() -> Vec<Arc<Gauges>> + Send + Sync>,
    /// Connections that speak HTTP or have not said hello.
    pub(crate) places: Arc<AtomicU64>,
    pub(crate) refused: Arc<Refused>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Metrics of {} workers", self.workers.len())
    }
}

type Encoded = Result<(), std::fmt::Error>;

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Encoded {
        let encoder = &mut encoder;
        self.sum(encoder, "ticks", "Ticks made", |counters| &counters.ticks)?;
        self.sum(encoder, "overruns", "Ticks given up because a room was too far behind", |counters| {
            &counters.overruns
        })?;
        self.sum(encoder, "client_ticks", "One for each client in each tick", |counters| &counters.client_ticks)?;
        self.sum(encoder, "received_bytes", "Bytes read from clients, frame headers included", |counters| {
            &counters.bytes_in
        })?;
        self.sum(encoder, "received_frames", "WebSocket frames read from clients", |counters| {
            &counters.frames_in
        })?;
        self.sum(encoder, "sent_bytes", "Bytes written to clients, frame headers included", |counters| {
            &counters.bytes_out
        })?;
        self.sum(encoder, "partial_writes", "Writes of which the kernel took a part or nothing", |counters| {
            &counters.partial_writes
        })?;
        self.sum(encoder, "room_panics", "Rooms that were ended because their game panicked", |counters| {
            &counters.panics
        })?;
        self.durations(encoder, "tick_seconds", "How long a tick took", |counters| &counters.duration)?;
        self.durations(encoder, "tick_lateness_seconds", "How long after it was due a tick began", |counters| {
            &counters.lateness
        })?;
        self.seconds(
            encoder,
            "worker_cpu_seconds",
            "CPU time of the workers",
            self.workers.iter().map(|counters| counters.cpu_nanos.get()).sum(),
        )?;
        self.seconds(encoder, "process_cpu_seconds", "CPU time of the process", clock::process_cpu())?;
        self.of_rooms(encoder)?;
        self.disconnects(encoder)?;
        self.gauges(encoder)
    }
}

impl Metrics {
    fn sum(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        of: fn(&Counters) -> &Count,
    ) -> Encoded {
        let sum: u64 = self.workers.iter().map(|counters| of(counters).get()).sum();
        encoder
            .encode_descriptor(name, help, None, MetricType::Counter)?
            .encode_counter::<[(&str, &str); 0], u64, u64>(&sum, None)
    }

    fn seconds(&self, encoder: &mut DescriptorEncoder, name: &str, help: &str, nanos: u64) -> Encoded {
        let seconds = nanos as f64 / 1e9;
        encoder
            .encode_descriptor(name, help, None, MetricType::Counter)?
            .encode_counter::<[(&str, &str); 0], f64, u64>(&seconds, None)
    }

    fn durations(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        of: fn(&Counters) -> &Durations,
    ) -> Encoded {
        let sum: u64 = self.workers.iter().map(|counters| of(counters).sum.get()).sum();
        let bounds = BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds
            .enumerate()
            .map(|(at, bound)| {
                let in_bucket = |counters: &Arc<Counters>| of(counters).buckets.get(at).map_or(0, Count::get);
                (bound, self.workers.iter().map(in_bucket).sum())
            })
            .collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_descriptor(name, help, None, MetricType::Histogram)?.encode_histogram::<[(&str, &str); 0]>(
            sum as f64 / 1e9,
            count,
            &buckets,
            None,
        )
    }

    fn of_rooms(&self, encoder: &mut DescriptorEncoder) -> Encoded {
        let value = |at: usize| {
            self.workers.iter().filter_map(|counters| counters.rooms.get(at)).map(Count::get).sum::<u64>()
        };
        let mut at = 0;
        while let Some((name, help, _, _)) = TOLD.get(at) {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            while let Some((other, _, label, _)) = TOLD.get(at)
                && other == name
            {
                labelled(&mut metric, "kind", *label, MetricType::Counter, value(at))?;
                at += 1;
            }
        }
        Ok(())
    }

    fn disconnects(&self, encoder: &mut DescriptorEncoder) -> Encoded {
        let help = "Connections that ended, by close code; gone: without one";
        let mut metric = encoder.encode_descriptor("disconnects", help, None, MetricType::Counter)?;
        for at in 0..=CloseCode::ALL.len() {
            let all = self.workers.iter().map(|worker| &**worker).chain([&self.refused.0]);
            let count = all.filter_map(|counters| counters.disconnects.get(at)).map(Count::get).sum();
            let label = CloseCode::ALL.get(at).map_or("gone".to_owned(), |code| code.code().to_string());
            labelled(&mut metric, "code", Some(&label), MetricType::Counter, count)?;
        }
        Ok(())
    }

    fn gauges(&self, encoder: &mut DescriptorEncoder) -> Encoded {
        let rooms = (self.rooms)();
        let sum = |of: fn(&Gauges) -> &Count| rooms.iter().map(|room| of(room).get()).sum::<u64>();
        let one = |encoder: &mut DescriptorEncoder, name, help, value: u64| {
            labelled(
                &mut encoder.encode_descriptor(name, help, None, MetricType::Gauge)?,
                "",
                None,
                MetricType::Gauge,
                value,
            )
        };
        one(encoder, "rooms", "Rooms now", rooms.len() as u64)?;
        let batching = self.workers.iter().map(|counters| counters.batching.get()).sum();
        one(encoder, "io_uring_workers", "Workers whose sockets go through io_uring now", batching)?;
        one(encoder, "players", "Players now, bots and lost ones among them", sum(|room| &room.players))?;
        one(encoder, "watchers", "Watchers now", sum(|room| &room.watchers))?;
        one(encoder, "bots", "Bots now", sum(|room| &room.bots))?;
        one(encoder, "rows", "Rows of all tables now", sum(|room| &room.rows))?;
        let mut metric =
            encoder.encode_descriptor("connections", "Connections now, by state", None, MetricType::Gauge)?;
        let (joining, open, closing) =
            (sum(|room| &room.joining), sum(|room| &room.open), sum(|room| &room.closing));
        let http = self.places.load(Relaxed).saturating_sub(joining + open + closing);
        for (state, count) in [("http", http), ("joining", joining), ("open", open), ("closing", closing)] {
            labelled(&mut metric, "state", Some(state), MetricType::Gauge, count)?;
        }
        Ok(())
    }
}

fn labelled(
    metric: &mut MetricEncoder<'_>,
    key: &str,
    label: Option<&str>,
    kind: MetricType,
    value: u64,
) -> Encoded {
    match label {
        Some(label) => put(&mut metric.encode_family(&[(key, label)])?, kind, value),
        None => put(metric, kind, value),
    }
}

fn put(metric: &mut MetricEncoder<'_>, kind: MetricType, value: u64) -> Encoded {
    match kind {
        MetricType::Gauge => metric.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX)),
        _ => metric.encode_counter::<[(&str, &str); 0], u64, u64>(&value, None),
    }
}

/// Upper ends of the histograms' buckets, in microseconds; the last bucket has none.
const BOUNDS_MICROS: [u64; 16] =
    [25, 50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// The text of `/metrics`.
pub(crate) fn text(metrics: Arc<Metrics>) -> String {
    let mut registry = prometheus_client::registry::Registry::with_prefix("tickwire");
    registry.register_collector(Box::new(metrics));
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = prometheus_client::encoding::text::encode(&mut out, &registry);
    out
}
