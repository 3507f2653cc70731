//! A room without sockets: the order of a tick, and nothing else.

use std::collections::BTreeMap;

use tickwire_dogfight::{Controls, Dogfight, Event, Request, Space};
use tickwire_protocol::game::{Told, drive_and_advance, schema};
use tickwire_protocol::prelude::*;
use tickwire_protocol::schema::Schema;

/// A game in progress, with as many bots as it was given.
pub(crate) struct Match {
    pub(crate) space: Space,
    pub(crate) game: Dogfight,
    pub(crate) host: Host<Dogfight>,
    pub(crate) tick: Tick,
    schema: Schema,
    /// Who flies by hand: all others fly as bots.
    pub(crate) hands: BTreeMap<PlayerId, Controls>,
}

impl Match {
    /// A match of so many bots.
    pub(crate) fn new(seed: u64, bots: u32) -> Match {
        let mut host = Host::new(seed, "test".to_owned(), BTreeMap::new());
        let mut space = Space::default();
        space.each(|_, table| table.open(seed, 4_096));
        let game = Dogfight::open(&mut space, &mut host);
        let mut this =
            Match { space, game, host, tick: Tick::NONE, schema: schema::<Dogfight>(), hands: BTreeMap::new() };
        for id in 1..=bots {
            this.join(PlayerId(id), true, Role::Plays);
        }
        this
    }

    /// Somebody arrives.
    pub(crate) fn join(&mut self, id: PlayerId, bot: bool, role: Role) {
        let player =
            Player { id, name: format!("player {}", id.0), role, options: BTreeMap::new(), bot, connected: true };
        self.host.players_mut().insert(id, player.clone());
        self.game.join(&mut self.space, &mut self.host, &player).expect("lets in");
    }

    /// Somebody who flies by hand arrives.
    pub(crate) fn join_by_hand(&mut self, id: u32) -> PlayerId {
        self.join(PlayerId(id), false, Role::Plays);
        self.hands.insert(PlayerId(id), Controls::default());
        PlayerId(id)
    }

    /// Somebody asks for something.
    pub(crate) fn request(&mut self, from: PlayerId, request: Request) {
        self.game.request(&mut self.space, &mut self.host, Caller::Player(from), request);
    }

    /// One tick; what was told in it.
    pub(crate) fn tick(&mut self) -> Vec<Told<Event>> {
        self.tick = self.tick.next();
        self.host.begin(self.tick);
        let plays = |player: &&Player| player.role == Role::Plays;
        let inputs: Vec<(PlayerId, Controls)> = self
            .host
            .players()
            .filter(plays)
            .map(|player| {
                let by_hand = self.hands.get(&player.id).copied();
                (player.id, by_hand.unwrap_or_else(|| Dogfight::bot(&self.space, player.id, self.tick)))
            })
            .collect();
        let inputs = inputs.iter().map(|(id, controls)| (*id, controls));
        drive_and_advance::<Dogfight>(&mut self.space, inputs, self.tick, |_, _| {});
        self.game.step(&mut self.space, &mut self.host);
        let mut image = self.host.history_mut().draft(&self.schema);
        image.tick = self.tick;
        self.space.settle(&mut image);
        self.host.history_mut().push(image);
        self.host.take_told()
    }

    /// So many seconds; what was told in them.
    pub(crate) fn seconds(&mut self, seconds: u32) -> Vec<Event> {
        let ticks = seconds * u32::from(Dogfight::TICK_RATE.get());
        (0..ticks).flat_map(|_| self.tick()).map(|told| told.event).collect()
    }
}
