//! A session of a game whose types are known: it predicts.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use tickwire_protocol::game::{self, Game};
use tickwire_protocol::id::Tick;

use crate::{Join, Session};

/// A [`Session`] with a game's types: inputs, requests and events as values, own rows predicted.
pub struct Client<G: Game> {
    session: Session,
    game: PhantomData<fn() -> G>,
}

impl<G: Game> Client<G> {
    /// A client that wants in; [`Session::poll`] says to connect.
    #[must_use]
    pub fn new(join: Join) -> Client<G> {
        Client { session: Session::new(Some(game::schema::<G>()), join), game: PhantomData }
    }

    /// The controls from now on. A `once` field that is set stays set until a tick has taken it.
    pub fn set_input(&mut self, _input: &G::Input) {}

    /// Asks the room for something: reliable, in order.
    pub fn request(&mut self, _request: &G::Request) {}

    /// The next event whose tick is drawn.
    pub fn next_event(&mut self) -> Option<(Tick, G::Event)> {
        None
    }

    /// What the game's own bot would do now, in the predicted world.
    pub fn bot_input(&mut self) -> G::Input {
        G::Input::default()
    }
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
