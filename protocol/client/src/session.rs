//! One player's stay in a room, which outlives a lost socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use tickwire_protocol::game::Role;
use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::wire::CloseCode;

use crate::{Correction, Drawn, Micros, Stats};

/// What a client wants to be let in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The room's name; empty for any with space.
    pub room: String,
    /// What the player is called.
    pub name: String,
    /// Plays or watches.
    pub role: Role,
    /// For the ticket check that the server was given.
    pub ticket: Vec<u8>,
    /// For the game.
    pub options: BTreeMap<String, String>,
}

impl Default for Join {
    fn default() -> Join {
        Join {
            room: String::new(),
            name: String::new(),
            role: Role::Plays,
            ticket: Vec::new(),
            options: BTreeMap::new(),
        }
    }
}

/// What whoever owns the socket is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket, then say [`Session::connected`].
    Connect,
    /// Send this binary frame.
    Send(Vec<u8>),
    /// Close the socket; [`Session::lost`] need not be said.
    Close(CloseCode, String),
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A socket is being opened.
    Connecting,
    /// The hello is sent.
    Joining,
    /// In the room.
    Joined,
    /// The connection was lost; another try at this time.
    Waiting {
        /// When.
        until: Micros,
        /// The close code, 1006 where there was none.
        code: u16,
        /// Why.
        reason: String,
    },
    /// It does not come back by itself.
    Closed {
        /// The close code.
        code: u16,
        /// Why: the thing, the value and the way out.
        reason: String,
    },
}

/// One player's stay in a room. Needs only the schema; knows no socket and no clock.
pub struct Session {
    state: State,
    schema: Arc<Schema>,
    drawn: Drawn,
    stats: Stats,
}

impl Session {
    pub(crate) fn new(schema: Option<Schema>, _join: Join) -> Session {
        let schema = schema.unwrap_or(Schema {
            game: String::new(),
            tick_rate: 1,
            send_every: 1,
            kinds: Vec::new(),
            input: Vec::new(),
            request: tickwire_protocol::schema::Shape::Never,
            event: tickwire_protocol::schema::Shape::Never,
        });
        Session {
            state: State::Connecting,
            schema: Arc::new(schema),
            drawn: Drawn::default(),
            stats: Stats::default(),
        }
    }

    /// The socket is open: the hello goes out.
    pub fn connected(&mut self, _at: Micros) {}

    /// A frame came. One that does not decode is counted and answered with the wish for a keyframe.
    pub fn receive(&mut self, _at: Micros, _frame: &[u8]) {}

    /// The socket is gone: with the close frame's code and reason, or 1006 and an empty one.
    pub fn lost(&mut self, _at: Micros, _code: u16, _reason: &str) {}

    /// Makes the inputs that are due by now.
    pub fn update(&mut self, _at: Micros) {}

    /// When [`Session::update`] has something to do.
    #[must_use]
    pub fn next_due(&self) -> Micros {
        0
    }

    /// The next thing to do; `None`: nothing until something is told again.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }

    /// The world as it is to be drawn now.
    pub fn draw(&mut self, _at: Micros) -> &Drawn {
        &self.drawn
    }

    /// What was drawn last.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.drawn
    }

    /// Nobody looks: snapshots and inputs stop.
    pub fn away(&mut self, _at: Micros) {}

    /// Somebody looks again.
    pub fn here(&mut self, _at: Micros) {}

    /// Leaves for good.
    pub fn bye(&mut self, _at: Micros) {}

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Who this client is; nobody before the welcome.
    #[must_use]
    pub fn player(&self) -> PlayerId {
        PlayerId::NOBODY
    }

    /// The room's name.
    #[must_use]
    pub fn room(&self) -> &str {
        ""
    }

    /// The schema in force.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The newest tick held.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick::NONE
    }

    /// The newest world that the server told.
    #[must_use]
    pub fn newest(&self) -> Option<&Image> {
        None
    }

    /// The world predicted for the newest input; `None` where nothing is predicted.
    #[must_use]
    pub fn predicted(&self) -> Option<&Image> {
        None
    }

    /// What a net graph needs.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The corrections since the last call, oldest first; at most some hundred are kept.
    pub fn take_corrections(&mut self) -> Vec<Correction> {
        Vec::new()
    }
}
