//! What a room knows of a client on its present connection: what was written to it, and whether it still listens.

use std::collections::VecDeque;

use tickwire_protocol::game::Seen;
use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::limits::HISTORY_TICKS;
use tickwire_protocol::snapshot::Ledger;
use tickwire_protocol::wire::Token;

use super::ConnId;
use super::bucket::Bucket;
use super::flight::Flight;
use super::pace::Pace;

/// Frames a second that a client has a reason to send: an input and an acknowledgement per tick at 240 Hz.
const FRAMES_PER_SECOND_MAX: u32 = 500;
/// What a stall of some seconds piles up, to come at once.
const FRAMES_BURST_MAX: u32 = 4_000;

/// The client on one connection.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) conn: ConnId,
    pub(super) ledger: Ledger,
    pub(super) greeting: Greeting,
    /// It was built with another schema than the room has.
    pub(super) other_schema: bool,
    /// The newest tick at which a frame or a pong had come.
    pub(super) heard: Tick,
    /// The socket owes the rest of an earlier frame: said before this tick.
    pub(super) blocked: bool,
    /// Bytes of the frame that this tick was to bring it: more than any client reads.
    pub(super) too_large: Option<usize>,
    /// Since when nothing went through.
    stuck: Option<Tick>,
    frames: Bucket,
    flight: Flight,
    pub(super) pace: Pace,
    /// Ticks of the snapshots written, newest last: what a claim to have drawn something is checked against.
    written: VecDeque<Tick>,
    /// The last tick at which anything was written.
    pub(super) wrote: Tick,
    pub(super) hash_due: Tick,
    /// A keyframe was asked for.
    pub(super) resync: bool,
    /// The last tick at which this client began again from nothing.
    pub(super) keyframe: Tick,
    /// Since when its world has not been whole: it began with nothing, and has not had everything that it may see.
    pub(super) filling: Option<Tick>,
    /// What was written in the last tick, where it can still be taken back.
    pub(super) last: Option<LastWrite>,
}

/// The welcome, and whether it is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// To be written first; the server's schema goes with it where the client has another one.
    Owed { token: Token, resumed: bool, with_schema: bool },
    /// Written.
    Done,
}

/// What is needed to take a write back.
#[derive(Clone, Debug)]
pub(super) struct LastWrite {
    pub(super) greeting: Greeting,
    pub(super) snapshot: bool,
    /// As [`Client::filling`], before.
    pub(super) filling: Option<Tick>,
    pub(super) wrote: Tick,
    /// The newest event that was written before.
    pub(super) events: u32,
}

impl Client {
    pub(super) fn new(conn: ConnId, greeting: Greeting, rate: TickRate, now: Tick) -> Client {
        Client {
            conn,
            ledger: Ledger::new(),
            greeting,
            other_schema: false,
            heard: now,
            blocked: false,
            too_large: None,
            stuck: None,
            frames: Bucket::new(FRAMES_PER_SECOND_MAX, FRAMES_BURST_MAX, rate, now),
            flight: Flight::new(rate),
            pace: Pace::new(rate, now),
            written: VecDeque::with_capacity(HISTORY_TICKS),
            wrote: Tick::NONE,
            // Spread over a second, so that a rush of joiners does not ask for all hashes in one tick.
            hash_due: now.after(conn.0 % u32::from(rate.get())),
            resync: false,
            keyframe: now,
            filling: Some(now),
            last: None,
        }
    }

    /// A frame came. Says `false` where too many do.
    #[must_use]
    pub(super) fn takes_frame(&mut self, now: Tick) -> bool {
        self.heard = now;
        self.frames.take(now)
    }

    /// The client says that it holds `tick`, a snapshot that was written to it; anything else is not believed.
    pub(super) fn acknowledged(&mut self, tick: Tick, now: Tick) {
        if self.flight.arrive(tick, now) {
            self.ledger.acknowledged(tick);
            self.stuck = None;
        }
    }

    /// Whether the client gets nothing in this tick, because something earlier is still on its way to it, or `blocked`.
    pub(super) fn is_behind(&mut self, now: Tick, blocked: bool) -> bool {
        let full = self.flight.is_full(now);
        if blocked || full {
            self.stuck.get_or_insert(now);
        } else {
            self.stuck = None;
        }
        self.stuck.is_some()
    }

    /// Whether its far rings are slowed down.
    pub(super) fn is_slowed(&self) -> bool {
        self.pace.is_slowed()
    }

    /// Ticks that its link needs for the last snapshot.
    pub(super) fn last_takes(&self) -> u32 {
        self.flight.last_takes()
    }

    /// Whether a part of a codebook may go with this tick's frames; on a narrow link once a second.
    pub(super) fn takes_book(&self, now: Tick, rate: TickRate) -> bool {
        !self.flight.is_narrow() || now.0.is_multiple_of(u32::from(rate.get()))
    }

    /// For how many ticks nothing has gone through.
    pub(super) fn stuck_for(&self, now: Tick) -> u32 {
        self.stuck.map_or(0, |since| now.since(since))
    }

    /// Bytes of memory for what is remembered of it.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Client>() + self.ledger.memory_bytes() + self.flight.memory_bytes() + self.written.len() * 4
    }

    /// A snapshot of this tick was written.
    pub(super) fn wrote_snapshot(&mut self, now: Tick, bytes: usize) {
        self.flight.send(now, bytes);
        if self.written.len() >= HISTORY_TICKS {
            self.written.pop_front();
        }
        self.written.push_back(now);
    }

    /// The last write did not happen. Hands back what the session has to take back.
    pub(super) fn take_back(&mut self, now: Tick) -> Option<LastWrite> {
        let last = self.last.take()?;
        if last.snapshot {
            self.ledger.take_back();
            self.flight.take_back();
            self.written.pop_back();
        } else {
            self.ledger.untell();
        }
        self.greeting = last.greeting.clone();
        self.filling = last.filling;
        self.wrote = last.wrote;
        self.hash_due = now;
        self.stuck.get_or_insert(now);
        Some(last)
    }

    /// Nobody looks any more: what is held and what is under way does not count.
    pub(super) fn leave_off(&mut self) {
        self.filling.get_or_insert(self.wrote);
        self.ledger.forget();
        self.flight.forget();
        self.stuck = None;
    }

    /// Begins again from nothing: the next snapshot is a keyframe.
    pub(super) fn forget(&mut self, now: Tick) {
        self.ledger.forget();
        self.flight.forget();
        self.resync = false;
        self.keyframe = now;
        self.filling = Some(now);
    }

    /// What the client was looking at when it drew `drawn` sixteenths of a tick: between two snapshots that were
    /// written to it, not before `oldest`.
    pub(super) fn seen(&self, drawn: u32, oldest: Tick) -> Option<Seen> {
        let newest = *self.written.back()?;
        if drawn == 0 || newest < oldest {
            return None;
        }
        let drawn = drawn.max(oldest.0.saturating_mul(16));
        let (tick, sixteenths) = (Tick(drawn / 16), drawn % 16);
        if tick >= newest {
            return Some(Seen { from: newest, to: newest, part: 0.0 });
        }
        let after = self.written.partition_point(|written| *written <= tick);
        let to = *self.written.get(after)?;
        // Before all that is remembered: the first of it.
        let Some(&from) = after.checked_sub(1).and_then(|before| self.written.get(before)) else {
            return Some(Seen { from: to, to, part: 0.0 });
        };
        let part = (tick.since(from) as f32 + sixteenths as f32 / 16.0) / to.since(from) as f32;
        Some(Seen { from, to, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(written: impl IntoIterator<Item = u32>) -> Client {
        let mut client = Client::new(ConnId(0), Greeting::Done, TickRate::hz(60), Tick(1));
        for tick in written {
            client.wrote_snapshot(Tick(tick), 100);
        }
        client
    }

    fn seen(from: u32, to: u32, part: f32) -> Option<Seen> {
        Some(Seen { from: Tick(from), to: Tick(to), part })
    }

    #[test]
    fn what_was_seen_lies_between_two_snapshots_that_were_written() {
        let client = client([10, 12, 20]);
        assert_eq!(client.seen(11 * 16, Tick(1)), seen(10, 12, 0.5));
        assert_eq!(client.seen(12 * 16, Tick(1)), seen(12, 20, 0.0));
        assert_eq!(client.seen(14 * 16, Tick(1)), seen(12, 20, 0.25));
    }

    #[test]
    fn nobody_can_claim_a_moment_that_it_was_not_sent() {
        let client = client([10, 12, 20]);
        assert_eq!(client.seen(21 * 16, Tick(1)), seen(20, 20, 0.0), "later than the newest");
        assert_eq!(client.seen(3 * 16, Tick(1)), seen(10, 10, 0.0), "before the first");
        assert_eq!(client.seen(1, Tick(16)), seen(12, 20, 0.5), "longer ago than the rules allow");
        assert_eq!(client.seen(11 * 16, Tick(21)), None, "nothing that recent");
        assert_eq!(client.seen(0, Tick(1)), None, "has not drawn anything");
    }

    #[test]
    fn a_client_that_takes_longer_than_its_own_round_trip_is_behind() {
        let mut client = client([]);
        client.wrote_snapshot(Tick(1), 100);
        client.acknowledged(Tick(1), Tick(7));
        client.wrote_snapshot(Tick(10), 100);
        assert!(!client.is_behind(Tick(10 + 6 + 12), false));
        assert!(client.is_behind(Tick(10 + 6 + 12 + 1), false));
        assert_eq!(client.stuck_for(Tick(50)), 50 - 29);
        client.acknowledged(Tick(10), Tick(51));
        assert!(!client.is_behind(Tick(51), false));
    }
}
