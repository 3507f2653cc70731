//! What each client is written in a tick, and when it is better written nothing.

use std::ops::Range;
use std::sync::Arc;

use tickwire_protocol::id::{EntityId, PlayerId, Tick, TickRate};
use tickwire_protocol::image::History;
use tickwire_protocol::limits::{HISTORY_TICKS, SERVER_FRAME_BYTES_MAX};
use tickwire_protocol::prelude::Vec3;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Due, Encoded, Encoder, Held, Training, Visible};
use tickwire_protocol::wire::frames::EventRecord;
use tickwire_protocol::wire::{Private, Welcome, server};

use super::client::{Client, Greeting, LastWrite};
use super::interest::Interest;
use super::round::Round;
use super::session::{Presence, Session};
use super::{Outbox, Stats, Write};

/// The frames of a room's clients.
#[derive(Debug)]
pub(super) struct Broadcast {
    encoder: Encoder,
    enters: Vec<EntityId>,
    /// For whom `enters` was found: all who see everything and hold the same share it.
    enters_of: Option<(Arc<Visible>, Option<Arc<Held>>)>,
    private: Private,
    nothing: Held,
    /// Whether clients that hold the same know the same: nothing is for an owner alone.
    alike: bool,
    /// The last hash of this tick that was computed, and of what.
    hashed: Option<(Arc<Held>, u64)>,
    /// The last tick in which every client was sent a snapshot, changed or not.
    refreshed: Tick,
}

/// What all frames of one tick have in common.
pub(super) struct Moment<'a> {
    pub(super) history: &'a History,
    pub(super) tick: Tick,
    pub(super) rate: TickRate,
    /// A tick in which snapshots are sent.
    pub(super) send: bool,
    /// A tick in which every client is sent one, changed or not: baselines must not grow older than the history.
    pub(super) refresh: bool,
    pub(super) pace: u32,
    /// Bytes a second for each client.
    pub(super) limit: Option<u32>,
    /// Ticks between snapshots.
    pub(super) spacing: u32,
    /// A welcome, but for what differs between clients.
    pub(super) welcome: &'a Welcome,
    pub(super) schema_json: &'a str,
}

impl Broadcast {
    /// `codebook` is what the game ships: left out where it cannot be used, which is told where the server starts.
    pub(super) fn new(schema: &Schema, learns: bool, codebook: &[u8]) -> Broadcast {
        let mut encoder = Encoder::with_codebook(schema, codebook).unwrap_or_else(|_| Encoder::new(schema));
        if !learns {
            encoder.freeze();
        }
        Broadcast {
            encoder,
            enters: Vec::new(),
            enters_of: None,
            private: Private::default(),
            nothing: Held::nothing(schema.kinds.len()),
            alike: !schema.kinds.iter().any(|kind| kind.owner || kind.fields.iter().any(|field| field.owner)),
            hashed: None,
            refreshed: Tick::NONE,
        }
    }

    /// Adds what was learned to a codebook that is to be shipped.
    pub(super) fn teach(&self, training: &mut Training) {
        self.encoder.teach(training);
    }

    /// Begins a tick. Says whether all clients are to be refreshed: at least once a second, and before their
    /// baselines leave the history; all in the same tick, so that they go on sharing a lane.
    pub(super) fn begin(&mut self, tick: Tick, rate: TickRate, send: bool) -> bool {
        self.encoder.begin();
        self.enters_of = None;
        self.hashed = None;
        let period = u32::from(rate.get()).min(HISTORY_TICKS as u32 - 8);
        let refresh = send && tick.since(self.refreshed) >= period;
        if refresh {
            self.refreshed = tick;
        }
        refresh
    }

    /// Whether all clients are refreshed in a tick that has begun.
    pub(super) fn refreshes(&self, tick: Tick) -> bool {
        self.refreshed == tick
    }

    /// Writes what a session is to be sent at the end of this tick; says whether anything was.
    pub(super) fn write<I: tickwire_protocol::world::Input>(
        &mut self,
        moment: &Moment<'_>,
        interest: &mut Interest,
        session: &mut Session<I>,
        round: &mut Round,
        out: &mut Outbox,
        stats: &mut Stats,
    ) -> bool {
        let away = matches!(session.presence, Presence::Away(_));
        let me = session.id;
        let waits = session.events.are_waiting() || session.spawned.waiting().next().is_some();
        let fresh = session.inputs.is_fresh();
        let (visible, centre) = (Arc::clone(&session.sight.now), session.sight.centre);
        let Some(client) = session.client_mut() else { return false };
        client.last = None;
        let blocked = core::mem::take(&mut client.blocked);
        let greeting = client.greeting != Greeting::Done;
        if !moment.send && !greeting {
            return false;
        }
        if client.is_behind(moment.tick, blocked) {
            stats.snapshots_skipped += 1;
            return false;
        }
        client.pace.begin(moment.tick, moment.limit, client.last_takes());
        if client.pace.is_spent() && !greeting {
            stats.snapshots_over_budget += 1;
            return false;
        }
        let begins = !away && client.begins_again(moment, stats);
        let filling = client.filling;
        let bytes = if begins { round.part(client, moment.refresh, stats) } else { None };
        let snapshot = bytes.and_then(|bytes| {
            self.find_enters(moment, interest, client, &visible, me, centre);
            let encoded = self.snapshot(moment, client, (&visible, me, bytes), out, stats);
            round.took(client, &encoded);
            encoded.changed.then_some(encoded)
        });
        let says = greeting || snapshot.is_some() || waits || moment.refresh || (fresh && !away);
        if !says {
            return false;
        }
        self.frames(moment, session, snapshot, out, stats);
        if let Some(last) = session.client_mut().and_then(|client| client.last.as_mut()) {
            last.filling = filling;
        }
        true
    }

    fn find_enters(
        &mut self,
        moment: &Moment<'_>,
        interest: &mut Interest,
        client: &Client,
        visible: &Arc<Visible>,
        me: PlayerId,
        centre: Option<Vec3>,
    ) {
        let held = client.ledger.held();
        let same = self.enters_of.as_ref().is_some_and(|(others, base)| {
            Arc::ptr_eq(others, visible)
                && match (base, held) {
                    (Some(base), Some(held)) => Arc::ptr_eq(base, held),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        });
        if same {
            return;
        }
        match moment.history.newest() {
            Some(image) => interest.enters(image, visible, held.map(Arc::as_ref), me, centre, &mut self.enters),
            None => self.enters.clear(),
        }
        self.enters_of = visible.everything.then(|| (Arc::clone(visible), held.cloned()));
    }

    fn snapshot(
        &mut self,
        moment: &Moment<'_>,
        client: &Client,
        (visible, me, bytes): (&Arc<Visible>, PlayerId, usize),
        out: &mut Outbox,
        stats: &mut Stats,
    ) -> Encoded {
        let history = moment.history;
        let share = client.pace.share(moment.tick, &client.ledger, moment.spacing, moment.refresh);
        if visible.ringed {
            stats.rings_postponed += u64::from(share.put_off);
        }
        let must = moment.refresh || self.encoder.owner_changed(history, &client.ledger, me);
        let due = Due { must, rings: share.rings, bulk_bytes: share.bulk_bytes.min(bytes) };
        let encoded = self.encoder.shared(history, &client.ledger, visible, &self.enters, due, &mut out.bytes);
        stats.enters_postponed += encoded.postponed as u64;
        stats.wholes_postponed += encoded.wholes_postponed as u64;
        encoded
    }

    /// Appends the frames, in the order in which they leave: welcome, codebook, private frame, snapshot.
    fn frames<I: tickwire_protocol::world::Input>(
        &mut self,
        moment: &Moment<'_>,
        session: &mut Session<I>,
        snapshot: Option<Encoded>,
        out: &mut Outbox,
        stats: &mut Stats,
    ) {
        self.fill_private(moment, session, snapshot.is_some());
        let me = session.id;
        let Some(client) = session.client_mut() else { return };
        let Broadcast { encoder, private, nothing, alike, hashed, .. } = self;
        let greeting = core::mem::replace(&mut client.greeting, Greeting::Done);
        let welcome = match &greeting {
            Greeting::Owed { token, resumed, with_schema } => {
                let welcome = Welcome {
                    player: me,
                    token: *token,
                    seq: private.seq,
                    resumed: *resumed,
                    schema: with_schema.then(|| moment.schema_json.to_owned()),
                    codebook: encoder.welcome(&mut client.ledger),
                    ..moment.welcome.clone()
                };
                appended(&mut out.bytes, |bytes| server::encode_welcome(&welcome, bytes))
            }
            Greeting::Done => Range::default(),
        };
        let codebook = match client.takes_book(moment.tick, moment.rate) {
            true => encoder.codebook(&mut client.ledger, &mut out.bytes),
            false => Range::default(),
        };
        let before = client.ledger.held().cloned();
        let held = snapshot.as_ref().map(|encoded| &*encoded.held).or(before.as_deref()).unwrap_or(nothing);
        let second = u32::from(moment.rate.get());
        let known = hashed.as_ref().filter(|(of, _)| *alike && core::ptr::eq(&**of, held)).map(|(_, hash)| *hash);
        // A hash that is there already may go early: those who hold the same come to need it in the same tick.
        let due = client.hash_due <= moment.tick.after(if known.is_some() { second / 2 } else { 0 });
        // Where a long value is owed, what is held is nowhere whole.
        if let Some(encoded) = snapshot.as_ref().filter(|_| due && held.is_whole()) {
            client.hash_due = moment.tick.after(second);
            let hash = known.unwrap_or_else(|| encoder.hash(moment.history, held, me));
            *hashed = Some((Arc::clone(&encoded.held), hash));
            private.hash = Some(hash);
        }
        let private = encoder.private(moment.history, &mut client.ledger, held, me, private, &mut out.bytes);
        stats.private_bytes += private.len() as u64;
        let wrote = client.wrote;
        let last = LastWrite { greeting, snapshot: snapshot.is_some(), filling: client.filling, wrote, events: 0 };
        client.wrote = moment.tick;
        let mut frames = [welcome, codebook, private, Range::default()];
        if let Some(encoded) = snapshot {
            stats.snapshots += 1;
            stats.snapshot_bytes += encoded.frame.len() as u64;
            client.ledger.written(encoded.held);
            frames[3] = encoded.frame;
            client.wrote_snapshot(moment.tick, frames.iter().map(Range::len).sum());
        }
        client.too_large = frames.iter().map(Range::len).find(|&bytes| bytes > SERVER_FRAME_BYTES_MAX);
        if client.too_large.is_some() {
            return;
        }
        client.pace.wrote(frames.iter().map(Range::len).sum());
        out.writes.push(Write { conn: client.conn, frames });
        session.spawned.wrote();
        let events = session.events.wrote();
        if let Some(client) = session.client_mut() {
            client.last = Some(LastWrite { events, ..last });
        }
    }

    fn fill_private<I: tickwire_protocol::world::Input>(
        &mut self,
        moment: &Moment<'_>,
        session: &Session<I>,
        snapshot_follows: bool,
    ) {
        let private = &mut self.private;
        private.tick = moment.tick;
        private.snapshot_follows = snapshot_follows;
        private.seq = session.inputs.consumed();
        private.margin = session.inputs.margin();
        private.replaced = session.inputs.replaced();
        private.request = session.requests.received;
        private.pace = moment.pace;
        private.hash = None;
        private.spawned.clear();
        private.spawned.extend(session.spawned.waiting());
        private.events.clear();
        private.events.extend(session.events.waiting().map(|event| EventRecord {
            number: event.number,
            tick: event.tick,
            bytes: event.bytes.to_vec(),
        }));
    }
}

impl Client {
    /// Whether a snapshot may be made now. A client that asked for a keyframe gets one, once a second at the most.
    fn begins_again(&mut self, moment: &Moment<'_>, stats: &mut Stats) -> bool {
        if !self.resync {
            return true;
        }
        let due = moment.tick.since(self.keyframe) >= u32::from(moment.rate.get());
        if due {
            self.forget(moment.tick);
            stats.keyframes += 1;
        }
        // Until then a client that still holds something goes on with that.
        due || self.ledger.held().is_some()
    }
}

fn appended(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
    let from = bytes.len();
    write(bytes);
    from..bytes.len()
}
