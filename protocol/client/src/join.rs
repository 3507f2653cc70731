//! What a client wants, and what becomes of it.

use std::collections::BTreeMap;

use tickwire_protocol::game::Role;
use tickwire_protocol::limits::{NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX};
use tickwire_protocol::wire::CloseCode;

use crate::Micros;

/// What a client wants to be let in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The room's name; empty for any with space.
    pub room: String,
    /// What the player is called; cut at [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// Plays or watches.
    pub role: Role,
    /// For the ticket check that the server was given.
    pub ticket: Vec<u8>,
    /// For the game.
    pub options: BTreeMap<String, String>,
}

impl Join {
    /// A player of this name, in any room.
    #[must_use]
    pub fn player(name: &str) -> Join {
        Join { name: name.to_owned(), ..Join::default() }
    }

    /// A watcher of any room.
    #[must_use]
    pub fn watcher() -> Join {
        Join { role: Role::Watches, ..Join::default() }
    }

    /// The same in the room of this name.
    #[must_use]
    pub fn in_room(mut self, room: &str) -> Join {
        room.clone_into(&mut self.room);
        self
    }

    /// Names that are too long are cut at a character.
    pub(crate) fn fit(&mut self) {
        cut(&mut self.name, NAME_BYTES_MAX);
        cut(&mut self.room, ROOM_NAME_BYTES_MAX);
    }
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
    /// Open a socket, then say [`crate::Session::connected`].
    Connect,
    /// Send this binary frame.
    Send(Vec<u8>),
    /// Close the socket; [`crate::Session::lost`] need not be said.
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

fn cut(text: &mut String, bytes: usize) {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
