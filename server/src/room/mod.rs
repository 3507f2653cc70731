//! A room: one game in progress. Pure: it is told what happened and when a tick is due, and says what is to be
//! written; it knows no clock and no socket.
//!
//! # The order of a tick
//!
//! 1. the tick is one more;
//! 2. who is gone leaves; then joins, requests and answers from outside, in the order in which they came; then bots
//!    come or go;
//! 3. one input of each player is consumed and driven, in `PlayerId` order ([`Game::drive`]);
//! 4. what moves by itself moves ([`Game::advance`]);
//! 5. the server decides ([`Game::step`]);
//! 6. every replicated field is put on its step, and the image of the tick goes into the history;
//! 7. what each client may see is found ([`Game::view`]), and events are given to whom they are told;
//! 8. each client's frames are made, unless it is behind;
//! 9. who was silent or did not read for too long is closed, who was sent away leaves with the next tick, and the
//!    counters are brought up to date.
//!
//! Two rooms with the same [`RoomSetup`] that are told the same between the same ticks are the same, byte for byte.

mod any;
mod broadcast;
mod bucket;
mod calls;
mod client;
mod delayed;
mod ends;
mod events;
mod flight;
mod grid;
mod inputs;
mod interest;
mod outbox;
mod pace;
mod record;
mod rings;
mod rising;
mod round;
mod round_trips;
mod seats;
mod session;
mod setup;
mod sight;
mod stats;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tickwire_protocol::game::{self, Game, Host, Role, To};
use tickwire_protocol::id::{EntityId, PlayerId, Tick};
use tickwire_protocol::image::History;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Training;
use tickwire_protocol::wire::{InputFrame, InputLayout, Token, Welcome};
use tickwire_protocol::world::World as _;

pub use self::any::{AnyRoom, ConnId};
use self::broadcast::{Broadcast, Moment};
use self::calls::Call;
use self::delayed::Delayed;
use self::interest::Interest;
pub use self::outbox::{Close, Joined, Outbox, Write};
pub use self::record::{Recorder, Recording, ReplayError, Told};
use self::round::Round;
use self::session::{Conns, Session, Sessions};
pub use self::setup::{Caps, Patience, RoomSetup};
pub use self::stats::Stats;

/// One game in progress.
pub struct Room<G: Game> {
    setup: RoomSetup,
    schema: Schema,
    schema_hash: u64,
    schema_json: String,
    layout: InputLayout,
    welcome: Welcome,

    tick: Tick,
    game: G,
    world: G::World,
    host: Host<G>,

    sessions: Sessions<G::Input>,
    conns: Conns,
    tokens: BTreeMap<Token, PlayerId>,
    next_player: u32,

    calls: VecDeque<Call<G>>,
    closing: Vec<Close>,
    pace: u32,
    round: Round,

    interest: Interest,
    broadcast: Broadcast,
    /// What watchers see, where they see it later.
    delayed: Option<Delayed<G::World>>,
    /// Events of this tick that wait until it is known who sees what.
    told: Vec<(To, Arc<[u8]>)>,
    /// Rows that players' `drive` spawned in this tick.
    spawns: Vec<(PlayerId, EntityId)>,
    scratch: Vec<u8>,
    /// The last input frame, for its memory.
    input: InputFrame,
    stats: Stats,
}

impl<G: Game> Room<G> {
    /// Opens a room: its world is what [`Game::open`] makes, its tick is [`Tick::NONE`].
    #[must_use]
    pub fn open(setup: RoomSetup) -> Room<G> {
        let schema = game::schema::<G>();
        let mut world = G::World::default();
        let mut kinds = 0;
        world.each(|kind, table| {
            // Any odd number: each table's slots come in an order of their own.
            table.open(
                setup.seed.wrapping_add(u64::from(kind.0 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                setup.rules.rows_max,
            );
            kinds += 1;
        });
        let mut host = Host::new(setup.seed, setup.name.clone(), setup.options.clone());
        let game = G::open(&mut world, &mut host);
        Room {
            schema_hash: schema.hash(),
            schema_json: schema.to_json(),
            layout: InputLayout::new(&schema.input),
            welcome: blank_welcome(&setup, &schema),
            interest: Interest::new(&schema),
            broadcast: Broadcast::new(&schema, setup.learns, G::codebook()),
            delayed: Delayed::new(&setup, &schema, G::codebook(), G::TICK_RATE),
            setup,
            schema,
            tick: Tick::NONE,
            game,
            world,
            host,
            sessions: Sessions::new(),
            conns: Conns::new(),
            tokens: BTreeMap::new(),
            next_player: 1,
            calls: VecDeque::new(),
            closing: Vec::new(),
            pace: 100,
            round: Round::default(),
            told: Vec::new(),
            spawns: Vec::new(),
            scratch: Vec::new(),
            input: InputFrame::default(),
            stats: Stats::default(),
        }
    }

    /// The world as it is now.
    #[must_use]
    pub fn world(&self) -> &G::World {
        &self.world
    }

    /// The images of the last second.
    #[must_use]
    pub fn history(&self) -> &History {
        self.host.history()
    }

    /// The images of the last second that watchers were shown: those of [`Room::history`], or older ones where
    /// [`tickwire_protocol::game::Rules::watch_delay_ms`] says so.
    #[must_use]
    pub fn watched(&self) -> &History {
        self.delayed.as_ref().map_or_else(|| self.host.history(), |delayed| &delayed.history)
    }

    /// The tick at which whoever has this role sees the room.
    fn clock_of(&self, role: Role) -> Tick {
        match (role, &self.delayed) {
            (Role::Watches, Some(delayed)) => delayed.tick(),
            (Role::Watches, None) | (Role::Plays, _) => self.tick,
        }
    }

    /// Adds what the room has learned of how it is written shortest to a codebook that the game is to ship.
    pub fn teach(&self, training: &mut Training) {
        self.broadcast.teach(training);
    }

    /// The game's own state.
    #[must_use]
    pub fn game(&self) -> &G {
        &self.game
    }

    /// Bytes of memory that the room keeps for one client besides what its player owns: what it was sent, what it may
    /// see, and what waits for it. `None` where nobody is connected there.
    #[must_use]
    pub fn memory_for(&self, conn: ConnId) -> Option<usize> {
        let session = self.sessions.get(self.conns.get(&conn)?)?;
        let sight = [&session.sight.now, &session.sight.before].map(|visible| {
            let sets = visible.kinds.iter().chain(visible.far.iter().flatten());
            sets.map(tickwire_protocol::image::Slots::memory_bytes).sum::<usize>()
        });
        Some(session.client()?.memory_bytes() + session.events.bytes() + sight.iter().sum::<usize>())
    }

    fn make_tick(&mut self, out: &mut Outbox) {
        out.clear();
        if self.end(out) {
            return;
        }
        // 1
        self.tick = self.tick.next();
        self.host.begin(self.tick);
        // 2
        self.arrivals(out);
        // 3, 4
        self.drive();
        // 5
        self.game.step(&mut self.world, &mut self.host);
        // 6
        self.settle();
        // 7
        self.look();
        self.tell(out);
        // 8
        self.write(Whom::Whole, out);
    }

    fn finish_tick(&mut self, out: &mut Outbox) {
        if self.round.waiting() > 0 {
            self.write(Whom::Newcomers, out);
        }
        // 9
        self.close_those_who_do_not_listen();
        self.send_away();
        out.closes.append(&mut self.closing);
        self.count();
        self.end(out);
    }

    fn drive(&mut self) {
        let (rules, rate) = (&self.setup.rules, G::TICK_RATE);
        let repeat = rate.ticks_in_ms(rules.repeat_ms);
        let oldest = self.tick.before(rate.ticks_in_ms(rules.seen_by_ms));
        for session in self.sessions.values_mut() {
            if session.role == Role::Watches {
                continue;
            }
            if session.is_bot() {
                let seq = session.inputs.consumed().next();
                session.inputs.arrive(seq, seq);
                session.inputs.put(seq, &G::bot(&self.world, session.id, self.tick), 0, &mut self.stats);
            }
            session.spawned.settle();
            session.inputs.consume(repeat, &mut self.stats);
            let drawn = session.inputs.drawn();
            let seen = session.client().and_then(|client| client.seen(drawn, oldest));
            self.host.note_seen(session.id, seen);
        }
        let inputs = self.sessions.values().filter(|session| session.inputs.started());
        let inputs = inputs.map(|session| (session.id, session.inputs.current()));
        let mut spawned = core::mem::take(&mut self.spawns);
        game::drive_and_advance::<G>(&mut self.world, inputs, self.tick, |player, entity| {
            spawned.push((player, entity));
        });
        for (player, entity) in spawned.drain(..) {
            if let Some(session) = self.sessions.get_mut(&player).filter(|session| session.client().is_some()) {
                session.spawned.note(session.inputs.consumed(), entity);
            }
        }
        self.spawns = spawned;
    }

    fn settle(&mut self) {
        let mut image = self.host.history_mut().draft(&self.schema);
        image.tick = self.tick;
        self.world.settle(&mut image);
        if let Some(delayed) = &mut self.delayed {
            delayed.settle(&image, &self.schema);
        }
        self.host.history_mut().push(image);
    }

    fn sends(&self) -> bool {
        self.tick.0.is_multiple_of(G::SEND_EVERY.max(1))
    }

    fn write(&mut self, whom: Whom, out: &mut Outbox) {
        let send = self.sends();
        let limit = self.client_limit();
        if whom == Whom::Whole {
            self.round.begin(self.setup.caps, &self.sessions);
        }
        let (now, apart) = ((self.host.history(), self.tick), self.delayed.is_some());
        let sights = match &mut self.delayed {
            None => [Some((now, &mut self.broadcast, &mut self.interest)), None],
            Some(delayed) => {
                let then = (&delayed.history, delayed.tick());
                let shown = then.1 != Tick::NONE;
                [
                    Some((now, &mut self.broadcast, &mut self.interest)),
                    shown.then_some((then, &mut delayed.broadcast, &mut delayed.interest)),
                ]
            }
        };
        for (late, sight) in [false, true].into_iter().zip(sights) {
            let Some(((history, tick), broadcast, interest)) = sight else { continue };
            let refresh = match whom {
                Whom::Whole => broadcast.begin(tick, G::TICK_RATE, send),
                Whom::Newcomers => broadcast.refreshes(tick),
            };
            self.welcome.tick = tick;
            let moment = Moment {
                history,
                tick,
                rate: G::TICK_RATE,
                send,
                refresh,
                pace: self.pace,
                limit,
                spacing: G::SEND_EVERY.max(1),
                welcome: &self.welcome,
                schema_json: &self.schema_json,
            };
            let here = |session: &Session<G::Input>| (apart && session.role == Role::Watches) == late;
            let Room { sessions, round, stats, .. } = self;
            if whom == Whom::Whole {
                for session in sessions.values_mut().filter(|session| here(session)) {
                    if session.fills_since().is_none() {
                        broadcast.write(&moment, interest, session, round, out, stats);
                    }
                }
                continue;
            }
            for nth in 0..round.waiting() {
                let session = round.nth(nth).and_then(|id| sessions.get_mut(&id));
                if let Some(session) = session.filter(|session| here(session)) {
                    broadcast.write(&moment, interest, session, round, out, stats);
                }
            }
        }
    }

    /// Bytes a second for each client: its own, or its part of the room's.
    fn client_limit(&self) -> Option<u32> {
        let rules = &self.setup.rules;
        if rules.client_bytes_per_second == 0 && rules.room_bytes_per_second == 0 {
            return None;
        }
        let clients = self.sessions.values().filter(|session| session.client().is_some()).count();
        let share = rules.room_bytes_per_second / (clients as u32).max(1);
        let limits =
            [(rules.client_bytes_per_second, rules.client_bytes_per_second), (rules.room_bytes_per_second, share)];
        limits.into_iter().filter(|(rule, _)| *rule > 0).map(|(_, limit)| limit).min()
    }

    fn count(&mut self) {
        let stats = &mut self.stats;
        (stats.players, stats.watchers, stats.bots) = (0, 0, 0);
        for session in self.sessions.values() {
            match session.role {
                Role::Plays => stats.players += 1,
                Role::Watches => stats.watchers += 1,
            }
            stats.bots += u32::from(session.is_bot());
        }
        let (mut rows, mut refused) = (0, 0);
        self.world.each(|_, table| {
            rows += table.row_count() as u64;
            refused += table.refused();
        });
        (stats.rows, stats.rows_refused) = (rows, refused);
    }
}

/// Whose frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// Those whose world is whole.
    Whole,
    /// The others, after all of them.
    Newcomers,
}

/// What a welcome says to everybody alike.
fn blank_welcome(setup: &RoomSetup, schema: &Schema) -> Welcome {
    Welcome {
        player: PlayerId::NOBODY,
        room: setup.name.clone(),
        options: setup.options.clone(),
        token: Token::default(),
        grace_ms: setup.rules.grace_ms,
        tick_rate: schema.tick_rate,
        send_every: schema.send_every,
        tick: Tick::NONE,
        seq: tickwire_protocol::id::InputSeq::NONE,
        resumed: false,
        schema_hash: schema.hash(),
        schema: None,
        codebook: Vec::new(),
    }
}
