//! What watchers see where the rules say that they see it later: the world, the views and the events of some time ago.
//!
//! To a watcher the room is one whose clock is behind: its frames, acknowledgements and events carry the ticks that it
//! is shown. So it needs images, an encoder and an index of its own, and nothing else of a session changes.

use std::collections::VecDeque;
use std::sync::Arc;

use tickwire_protocol::game::To;
use tickwire_protocol::id::{Tick, TickRate};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::limits::WATCH_DELAY_MS_MAX;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::world::World;

use super::RoomSetup;
use super::broadcast::Broadcast;
use super::interest::Interest;

/// The room as it was.
pub(super) struct Delayed<W> {
    /// By so many ticks.
    ticks: usize,
    /// Images that are not shown yet, oldest first.
    kept: VecDeque<Image>,
    spare: Option<Image>,
    /// Images that were shown: the newest is what is shown now.
    pub(super) history: History,
    /// The world that is shown now.
    pub(super) world: W,
    pub(super) interest: Interest,
    pub(super) broadcast: Broadcast,
    /// What was told, until its tick is shown.
    told: VecDeque<(Tick, To, Arc<[u8]>)>,
}

impl<W: World> Delayed<W> {
    /// What a room needs for its watchers; `None` where they see what players see.
    pub(super) fn new(setup: &RoomSetup, schema: &Schema, codebook: &[u8], rate: TickRate) -> Option<Delayed<W>> {
        let ms = setup.rules.watch_delay_ms.min(WATCH_DELAY_MS_MAX);
        let ticks = rate.ticks_in_ms(ms) as usize;
        (ms > 0).then(|| Delayed {
            ticks,
            kept: VecDeque::with_capacity(ticks + 1),
            spare: None,
            history: History::new(),
            world: W::default(),
            interest: Interest::new(schema),
            broadcast: Broadcast::new(schema, setup.learns, codebook),
            told: VecDeque::new(),
        })
    }

    /// The tick that is shown; none before the room is old enough.
    pub(super) fn tick(&self) -> Tick {
        self.history.newest().map_or(Tick::NONE, |image| image.tick)
    }

    /// A tick of the room is settled: another one is old enough to be shown.
    pub(super) fn settle(&mut self, newest: &Image, schema: &Schema) {
        let mut image = self.spare.take().unwrap_or_else(|| Image::new(schema));
        image.copy_from(newest);
        self.kept.push_back(image);
        if self.kept.len() <= self.ticks {
            return;
        }
        let Some(shown) = self.kept.pop_front() else { return };
        self.world.restore(&shown);
        let mut draft = self.history.draft(schema);
        draft.copy_from(&shown);
        self.history.push(draft);
        self.spare = Some(shown);
    }

    /// The game told something in this tick.
    pub(super) fn tell(&mut self, tick: Tick, to: To, bytes: &Arc<[u8]>) {
        self.told.push_back((tick, to, Arc::clone(bytes)));
    }

    /// Whether something is to be told to those who see a row of what is shown now.
    pub(super) fn asks(&self) -> bool {
        let now = self.tick();
        self.told.iter().take_while(|(tick, ..)| *tick <= now).any(|(_, to, _)| matches!(to, To::Seeing(_)))
    }

    /// The next thing that was told in a tick that is shown by now.
    pub(super) fn next_told(&mut self) -> Option<(Tick, To, Arc<[u8]>)> {
        let now = self.tick();
        self.told.pop_front_if(|(tick, ..)| *tick <= now)
    }
}
