//! How much one client may send.

use tickwire_protocol::wire::CloseCode;

use crate::config::Config;
use crate::shell::clock::millis;
use crate::shell::reader::Fault;

/// What of the configuration a connection is held to, in nanoseconds and per second.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    frames_per_second: u64,
    frames_burst: u64,
    bytes_per_second: u64,
    bytes_burst: u64,
    pub(super) unread: u64,
    pub(crate) closing: u64,
}

impl Limits {
    pub(crate) fn of(config: &Config) -> Limits {
        Limits {
            frames_per_second: config.frames_per_second.into(),
            frames_burst: config.frames_burst.into(),
            bytes_per_second: config.bytes_per_second.into(),
            bytes_burst: config.bytes_burst.into(),
            unread: millis(config.unread_ms),
            closing: millis(config.closing_ms),
        }
    }
}

/// What a client may still send: two leaky buckets, in billionths of a frame and of a byte.
pub(super) struct Budget {
    frames: u64,
    bytes: u64,
    at: u64,
}

impl Budget {
    pub(super) fn full(limits: &Limits, now: u64) -> Budget {
        let frames = (limits.frames_burst + limits.frames_per_second) * NANO;
        Budget { frames, bytes: (limits.bytes_burst + limits.bytes_per_second) * NANO, at: now }
    }

    /// Takes `count` bytes; answers how many frames they may be.
    pub(super) fn take(&mut self, count: usize, now: u64, limits: &Limits) -> Result<u32, Fault> {
        let full = Budget::full(limits, now);
        // An hour is enough to fill any bucket, and cannot overflow.
        let elapsed = now.saturating_sub(self.at).min(3_600 * NANO);
        self.at = now;
        self.frames =
            self.frames.saturating_add(elapsed.saturating_mul(limits.frames_per_second)).min(full.frames);
        self.bytes = self.bytes.saturating_add(elapsed.saturating_mul(limits.bytes_per_second)).min(full.bytes);
        self.bytes = self.bytes.checked_sub(count as u64 * NANO).ok_or(TOO_MANY_BYTES)?;
        Ok(u32::try_from(self.frames / NANO).unwrap_or(u32::MAX))
    }

    pub(super) fn used(&mut self, frames: u32) {
        self.frames = self.frames.saturating_sub(u64::from(frames) * NANO);
    }
}

const NANO: u64 = 1_000_000_000;
const TOO_MANY_BYTES: Fault = (CloseCode::TooMany, "too many bytes: send one input frame per tick");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_send_a_burst_and_then_so_much_a_second() {
        let config = Config { frames_per_second: 10, frames_burst: 20, ..Config::default() };
        let limits = Limits::of(&config);
        let mut budget = Budget::full(&limits, 0);
        assert_eq!(budget.take(0, 0, &limits), Ok(30));
        budget.used(30);
        assert_eq!(budget.take(0, NANO / 20, &limits), Ok(0));
        // Half a frame's time was not lost: the other half makes it whole.
        assert_eq!(budget.take(0, NANO / 10, &limits), Ok(1));
        assert_eq!(budget.take(0, u64::MAX, &limits), Ok(30));
    }

    #[test]
    fn too_many_bytes_are_refused() {
        let config = Config { bytes_per_second: 100, bytes_burst: 50, ..Config::default() };
        let limits = Limits::of(&config);
        let mut budget = Budget::full(&limits, 0);
        assert!(budget.take(150, 0, &limits).is_ok());
        assert_eq!(budget.take(1, 0, &limits), Err(TOO_MANY_BYTES));
        assert!(budget.take(100, NANO, &limits).is_ok());
    }
}
