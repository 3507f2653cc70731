//! A session of a game whose types are known: it predicts.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use tickwire_protocol::game::{self, Game};
use tickwire_protocol::id::Tick;
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::wire::codec;
use tickwire_protocol::world::{Input, World};

use crate::predict::{Simulate, Simulation};
use crate::{Join, Session};

/// A [`Session`] with a game's types: inputs, requests and events as values, own rows predicted.
pub struct Client<G: Game> {
    session: Session,
    /// The world that was last asked for.
    world: G::World,
    game: PhantomData<fn() -> G>,
}

impl<G: Game> Client<G> {
    /// A client that wants in; [`Session::poll`] says to connect.
    #[must_use]
    pub fn new(join: Join) -> Client<G> {
        let session = Session::new(Some(game::schema::<G>()), Some(simulation::<G>), join);
        Client { session, world: G::World::default(), game: PhantomData }
    }

    /// The controls from now on. A `once` field that is set stays set until a tick has taken it.
    pub fn set_input(&mut self, input: &G::Input) {
        let mut values = vec![0; G::Input::COMPONENTS];
        input.pack(&mut values);
        self.session.set_input(&values);
    }

    /// Asks the room for something: reliable, in order.
    pub fn request(&mut self, request: &G::Request) {
        let mut bytes = Vec::new();
        codec::to_bytes(request, &mut bytes);
        self.session.ask(bytes);
    }

    /// The next event whose tick is drawn. One that does not decode is passed over.
    pub fn next_event(&mut self) -> Option<(Tick, G::Event)> {
        while let Some(record) = self.session.next_record() {
            if let Ok(event) = codec::from_bytes(&record.bytes, MESSAGE_BYTES_MAX) {
                return Some((record.tick, event));
            }
        }
        None
    }

    /// The world as far as it is known: predicted for the newest input where anything is, else what the server told.
    pub fn world(&mut self) -> &G::World {
        if let Some(image) = self.session.predicted().or_else(|| self.session.newest()) {
            self.world.restore(image);
        }
        &self.world
    }

    /// What the game's own bot would do now.
    pub fn bot_input(&mut self) -> G::Input {
        let me = self.session.player();
        let known = self.session.predicted().or_else(|| self.session.newest());
        let tick = known.map_or(Tick::NONE, |image| image.tick);
        G::bot(self.world(), me, tick)
    }
}

/// A world of the game to predict in.
pub(crate) fn simulation<G: Game>() -> Box<dyn Simulate> {
    Box::new(Simulation::<G> { world: G::World::default() })
}

impl<G: Game> Deref for Client<G> {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl<G: Game> DerefMut for Client<G> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
