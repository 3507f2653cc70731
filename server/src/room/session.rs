//! One player's or watcher's stay in a room, which outlives a lost socket.

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_protocol::game::{Role, Rules};
use tickwire_protocol::id::{EntityId, InputSeq, PlayerId, Tick, TickRate};
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::snapshot::Visible;
use tickwire_protocol::wire::Token;

use super::ConnId;
use super::bucket::Bucket;
use super::client::Client;
use super::events::Events;
use super::inputs::Inputs;
use super::rising::Rising;

/// Spawns of one player that wait for its next frame; the oldest go first where a stalled client spawns more.
const SPAWNS_WAITING_MAX: usize = 256;

/// The sessions of a room: in boxes, because those behind one that goes are moved.
pub(super) type Sessions<I> = Rising<PlayerId, Box<Session<I>>>;

/// Whose connections they are.
pub(super) type Conns = Rising<ConnId, PlayerId>;

/// A stay.
pub(super) struct Session<I> {
    pub(super) id: PlayerId,
    pub(super) role: Role,
    /// What the next hello has to say to go on with this session.
    pub(super) token: Token,
    pub(super) presence: Presence,
    pub(super) inputs: Inputs<I>,
    pub(super) events: Events,
    pub(super) requests: Requests,
    pub(super) spawned: Spawned,
    pub(super) sight: Sight,
}

/// Where a session is. Between its hello and the next tick it is not here yet, but among the room's calls.
pub(super) enum Presence {
    /// The room plays it itself: no socket, the same queue, the same `drive`.
    Bot,
    /// Connected.
    Here(Client),
    /// Connected, but nobody looks: no snapshots, and silence is allowed for long.
    Away(Client),
    /// The connection is lost; the rows stay until the grace time is over.
    Lost { since: Tick },
    /// It leaves at the beginning of the next tick.
    Over,
}

/// The requests of one session: numbered, so that a resume neither loses nor repeats one.
#[derive(Debug)]
pub(super) struct Requests {
    /// The newest number received.
    pub(super) received: u32,
    bucket: Bucket,
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it to the game.
    Take,
    /// It was received before the connection was lost.
    Repeated,
    /// One before it is missing.
    Gap,
    /// Too many a second.
    TooMany,
}

/// Rows that this player's `drive` spawned, until their real ids are written.
#[derive(Debug, Default)]
pub(super) struct Spawned {
    waiting: VecDeque<(InputSeq, u32, EntityId)>,
    /// How many of them the last write had.
    written: usize,
}

/// What a session may see: now, and in the tick before.
#[derive(Debug, Default)]
pub(super) struct Sight {
    pub(super) now: Arc<Visible>,
    pub(super) before: Arc<Visible>,
    /// Where it looks from: the centre of its first area.
    pub(super) centre: Option<Vec3>,
}

impl<I: tickwire_protocol::world::Input> Session<I> {
    pub(super) fn new(
        id: PlayerId,
        role: Role,
        presence: Presence,
        clock: (Tick, TickRate),
        rules: &Rules,
    ) -> Self {
        let (now, rate) = clock;
        Session {
            id,
            role,
            token: Token::default(),
            presence,
            inputs: Inputs::new(),
            events: Events::default(),
            requests: Requests::new(rules.requests_per_second, rate, now),
            spawned: Spawned::default(),
            sight: Sight::default(),
        }
    }
}

impl<I> Session<I> {
    /// Since when its client has not had all that it may see; `None` where it has, or nobody looks.
    pub(super) fn fills_since(&self) -> Option<Tick> {
        match &self.presence {
            Presence::Here(client) => client.filling,
            Presence::Bot | Presence::Away(_) | Presence::Lost { .. } | Presence::Over => None,
        }
    }

    /// The client, if one is connected.
    pub(super) fn client(&self) -> Option<&Client> {
        match &self.presence {
            Presence::Here(client) | Presence::Away(client) => Some(client),
            Presence::Bot | Presence::Lost { .. } | Presence::Over => None,
        }
    }

    /// The client, if one is connected.
    pub(super) fn client_mut(&mut self) -> Option<&mut Client> {
        match &mut self.presence {
            Presence::Here(client) | Presence::Away(client) => Some(client),
            Presence::Bot | Presence::Lost { .. } | Presence::Over => None,
        }
    }

    /// Whether the room itself plays it.
    pub(super) fn is_bot(&self) -> bool {
        matches!(self.presence, Presence::Bot)
    }

    /// The last write did not happen: nothing of it was sent, and nothing of it is remembered as sent.
    pub(super) fn take_back(&mut self, now: Tick) -> bool {
        let Some(last) = self.client_mut().and_then(|client| client.take_back(now)) else { return false };
        self.events.take_back(last.events);
        self.spawned.take_back();
        true
    }
}

impl Presence {
    /// The same client, now somebody who looks or does not.
    pub(super) fn look(&mut self, here: bool) {
        *self = match core::mem::replace(self, Presence::Over) {
            Presence::Here(client) | Presence::Away(client) if here => Presence::Here(client),
            Presence::Here(client) | Presence::Away(client) => Presence::Away(client),
            other @ (Presence::Bot | Presence::Lost { .. } | Presence::Over) => other,
        };
    }
}

impl Requests {
    fn new(per_second: u32, rate: TickRate, now: Tick) -> Requests {
        // Twice a second's worth: what a stall piled up comes at once.
        Requests { received: 0, bucket: Bucket::new(per_second, per_second.saturating_mul(2).max(1), rate, now) }
    }

    /// Judges the request of this number.
    pub(super) fn judge(&mut self, number: u32, now: Tick) -> Verdict {
        if number <= self.received {
            Verdict::Repeated
        } else if number - self.received > 1 {
            Verdict::Gap
        } else if self.bucket.take(now) {
            self.received = number;
            Verdict::Take
        } else {
            Verdict::TooMany
        }
    }
}

impl Spawned {
    /// Notes that `drive` of this seq spawned a row, the `nth` of that seq.
    pub(super) fn note(&mut self, seq: InputSeq, entity: EntityId) {
        let nth = match self.waiting.back() {
            Some((last, nth, _)) if *last == seq => nth + 1,
            _ => 0,
        };
        if self.waiting.len() >= SPAWNS_WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back((seq, nth, entity));
    }

    /// Forgets what the write before this tick had.
    pub(super) fn settle(&mut self) {
        self.waiting.drain(..self.written.min(self.waiting.len()));
        self.written = 0;
    }

    /// What is to be written.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (InputSeq, u32, EntityId)> {
        self.waiting.iter().copied()
    }

    /// All that waits was written.
    pub(super) fn wrote(&mut self) {
        self.written = self.waiting.len();
    }

    fn take_back(&mut self) {
        self.written = 0;
    }
}

impl Sight {
    /// What was seen is what was seen before; what is seen now is to be found.
    pub(super) fn turn(&mut self) {
        core::mem::swap(&mut self.now, &mut self.before);
    }
}
