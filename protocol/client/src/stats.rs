//! What a net graph needs.

use serde::Serialize;

/// Counters since the first welcome, and what holds now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Round trip by the time from an input's sending to its consumption, without its waiting; milliseconds.
    pub rtt_ms: f64,
    /// How much that varies, in milliseconds.
    pub rtt_jitter_ms: f64,
    /// How much later than the fastest snapshots arrive, 99th percentile of the last ones, in milliseconds.
    pub arrival_jitter_p99_ms: f64,
    /// How far what is interpolated is drawn behind what the fastest snapshot could show, in milliseconds.
    pub interp_delay_ms: f64,
    /// Where that delay moves to.
    pub interp_delay_target_ms: f64,
    /// Frames drawn.
    pub frames_drawn: u64,
    /// Frames drawn for which the snapshot was missing.
    pub frames_extrapolated: u64,
    /// How far the last drawn frame was beyond the newest snapshot, in ticks; 0 where it was not.
    pub extrapolated_ticks: f64,
    /// How much later than the fastest the newest snapshot came, in milliseconds.
    pub snapshot_late_ms: f64,
    /// The tick on the screen for what is interpolated.
    pub drawn_tick: f64,
    /// Snapshots that came.
    pub snapshots: u64,
    /// Ticks for which no snapshot came though the world changed.
    pub snapshots_skipped: u64,
    /// Rows that are held.
    pub rows: u32,
    /// Those of them that are older than the newest snapshot: what is far comes less often, and on a link that is too
    /// narrow, or where a budget of bytes says so, less often still.
    pub rows_far: u32,
    /// By how many ticks the oldest of them is.
    pub rows_far_ticks: u32,
    /// Gaps between arrivals of over 100 ms more than their ticks explain.
    pub stalls: u64,
    /// The newest tick held.
    pub tick: u32,
    /// By how many ticks the last input arrived before its turn.
    pub margin: i32,
    /// The mean of that over the last second or so.
    pub margin_mean: f64,
    /// The mean that is aimed at.
    pub margin_wanted: f64,
    /// How much faster than the room's rate the client ticks, in percent.
    pub rate_percent: f64,
    /// Times its clock jumped, after a stall.
    pub jumps: u64,
    /// Inputs made and not yet consumed.
    pub inputs_in_flight: u32,
    /// Inputs for which the server took something else.
    pub inputs_replaced: u32,
    /// Ticks predicted for the first time.
    pub ticks_predicted: u64,
    /// Ticks predicted again on newer truth.
    pub ticks_replayed: u64,
    /// Times that prediction was given up because it was too far ahead.
    pub snaps: u64,
    /// Own rows that were not, bit for bit, what was predicted for a seq; without the next.
    pub corrections: u64,
    /// Those after an input that the server replaced.
    pub corrections_replaced: u64,
    /// The largest drawn error that is being smoothed away now, in the world's units.
    pub error: f64,
    /// Predicted spawns that the server did not make.
    pub spawns_refused: u64,
    /// Frames and bytes from the server.
    pub frames_in: u64,
    /// Payload bytes from the server.
    pub bytes_in: u64,
    /// Payload bytes of private frames.
    pub bytes_private: u64,
    /// Payload bytes of snapshots.
    pub bytes_snapshot: u64,
    /// Bits of snapshots that told of each kind, in the order of the server's schema.
    pub bits_by_kind: Vec<u64>,
    /// Payload bytes of all other frames from the server.
    pub bytes_other: u64,
    /// Frames to the server.
    pub frames_out: u64,
    /// Payload bytes to the server.
    pub bytes_out: u64,
    /// Events handed out.
    pub events: u64,
    /// Hashes that were compared.
    pub hashes: u64,
    /// Hashes that differed.
    pub hash_mismatches: u64,
    /// Frames that did not decode.
    pub decode_errors: u64,
    /// Connections after the first.
    pub reconnects: u64,
    /// How fast the room runs, in percent of its rate.
    pub pace: u32,
}

impl Stats {
    /// An input went round in so many milliseconds, without its waiting.
    pub(crate) fn heard_round_trip(&mut self, ms: f64) {
        if self.rtt_ms == 0.0 {
            self.rtt_ms = ms;
        }
        self.rtt_jitter_ms += ((ms - self.rtt_ms).abs() - self.rtt_jitter_ms) / 32.0;
        self.rtt_ms += (ms - self.rtt_ms) / 16.0;
    }
}
