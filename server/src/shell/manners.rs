//! How an address is let in again whose connections broke the rules: slowly, one connection after the other.
//!
//! To close a connection costs little; one that begins costs a handshake, a seat and a world. Nobody is locked out,
//! since others may come from the same address: they take their turns, in order.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tickwire_protocol::wire::CloseCode;

use super::clock::millis;
use crate::config::Config;

/// How much of it an address may do, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Faults that are too many; 0: none are.
    faults: u64,
    /// The time after which one is forgiven.
    each: u64,
    /// From one turn to the next.
    turn: u64,
    /// The longest that somebody waits for a turn.
    longest: u64,
}

impl Patience {
    pub(crate) fn of(config: &Config) -> Patience {
        let faults = u64::from(config.faults_per_minute);
        Patience {
            faults,
            each: millis(60_000) / faults.max(1),
            turn: millis(config.fault_wait_ms),
            longest: millis(config.handshake_ms),
        }
    }
}

/// What an address has done. Read and written without a lock.
#[derive(Debug)]
pub(crate) struct Manners {
    patience: Patience,
    /// When all faults are forgiven: each one puts it off.
    forgiven: AtomicU64,
    /// When the next turn begins.
    next: AtomicU64,
}

impl Manners {
    pub(crate) fn new(patience: Patience) -> Manners {
        Manners { patience, forgiven: AtomicU64::new(0), next: AtomicU64::new(0) }
    }

    /// A connection of it was closed with this code.
    pub(crate) fn closed(&self, code: CloseCode, now: u64) {
        if breaks_rules(code) {
            let Patience { faults, each, .. } = self.patience;
            let more = |forgiven: u64| Some((forgiven.max(now) + each).min(now + faults * each));
            // It always answers something, so that it never fails.
            let _ = self.forgiven.fetch_update(Relaxed, Relaxed, more);
        }
    }

    /// Whether nothing of it needs to be remembered.
    pub(crate) fn is_forgiven(&self, now: u64) -> bool {
        self.forgiven.load(Relaxed) <= now
    }

    /// How long a connection of it waits for its turn.
    ///
    /// # Errors
    /// Where it would wait too long: when to come back. Then it has no turn.
    pub(crate) fn turn(&self, now: u64) -> Result<Duration, Duration> {
        let Patience { faults, each, turn, longest } = self.patience;
        if faults == 0 || self.forgiven.load(Relaxed) <= now + (faults - 1) * each {
            return Ok(Duration::ZERO);
        }
        let take = |next: u64| (next <= now + longest).then(|| next.max(now) + turn);
        let taken = self.next.fetch_update(Relaxed, Relaxed, take);
        taken
            .map(|next| Duration::from_nanos(next.saturating_sub(now)))
            .map_err(|next| Duration::from_nanos(next.saturating_sub(now + longest)))
    }
}

/// Whether only who means harm, or is broken, is closed with it. The others happen to people on bad links or with old
/// pages.
fn breaks_rules(code: CloseCode) -> bool {
    match code {
        CloseCode::Protocol
        | CloseCode::Text
        | CloseCode::Undecodable
        | CloseCode::TooLarge
        | CloseCode::TooMany => true,
        CloseCode::Bye
        | CloseCode::ShuttingDown
        | CloseCode::Restart
        | CloseCode::Full
        | CloseCode::Silent
        | CloseCode::DoesNotRead
        | CloseCode::Ticket
        | CloseCode::Version
        | CloseCode::NoHello
        | CloseCode::SentAway
        | CloseCode::TakenOver => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = millis(1);

    fn manners() -> Manners {
        let config =
            Config { faults_per_minute: 6, fault_wait_ms: 1_000, handshake_ms: 5_000, ..Config::default() };
        Manners::new(Patience::of(&config))
    }

    #[test]
    fn who_keeps_the_rules_never_waits() {
        let manners = manners();
        for nth in 0..100 {
            manners.closed(CloseCode::DoesNotRead, nth);
            manners.closed(CloseCode::Bye, nth);
            assert_eq!(manners.turn(nth), Ok(Duration::ZERO));
        }
        assert!(manners.is_forgiven(0));
    }

    #[test]
    fn a_few_faults_are_nothing_and_more_make_an_address_take_turns() {
        let manners = manners();
        (0..5).for_each(|_| manners.closed(CloseCode::TooMany, MS));
        (0..9).for_each(|_| assert_eq!(manners.turn(MS), Ok(Duration::ZERO)));
        manners.closed(CloseCode::TooMany, MS);
        for second in 0..=5 {
            assert_eq!(manners.turn(2 * MS), Ok(Duration::from_secs(second)));
        }
        // The next turn is in six seconds: to wait for it is allowed in one.
        assert_eq!(manners.turn(2 * MS), Err(Duration::from_secs(1)));
        assert_eq!(manners.turn(1_002 * MS), Ok(Duration::from_secs(5)));
    }

    #[test]
    fn however_many_faults_there_were_they_are_forgotten_within_a_minute() {
        let manners = manners();
        (0..10_000).for_each(|_| manners.closed(CloseCode::Undecodable, MS));
        assert_ne!(manners.turn(MS), manners.turn(MS));
        // One of six is forgiven after ten seconds, and with it the turns are over.
        assert_eq!(manners.turn(10_001 * MS), Ok(Duration::ZERO));
        assert_eq!(manners.turn(10_001 * MS), Ok(Duration::ZERO));
        assert!(!manners.is_forgiven(60_000 * MS) && manners.is_forgiven(60_001 * MS));
    }
}
