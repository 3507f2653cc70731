//! A session of any game: everything as JSON, by the schema from the welcome.

use core::ops::{Deref, DerefMut};

use serde_json::Value;
use tickwire_protocol::id::Tick;

use crate::{Join, Session};

/// A [`Session`] without a game's types: decodes every world, event and request of any game, and predicts nothing.
pub struct Viewer {
    session: Session,
}

impl Viewer {
    /// A viewer that wants in; [`Session::poll`] says to connect.
    #[must_use]
    pub fn new(join: Join) -> Viewer {
        Viewer { session: Session::new(None, join) }
    }

    /// The newest world that the server told: rows by kind name.
    #[must_use]
    pub fn world(&self) -> Value {
        Value::Null
    }

    /// Sets fields of the input by name; the others keep their value.
    ///
    /// # Errors
    /// In words, where there is no such field or its type is another one.
    pub fn set_input(&mut self, _fields: &Value) -> Result<(), String> {
        Ok(())
    }

    /// Asks the room for something.
    ///
    /// # Errors
    /// In words, where the schema has no such request.
    pub fn request(&mut self, _request: &Value) -> Result<(), String> {
        Ok(())
    }

    /// The next event whose tick is drawn.
    pub fn next_event(&mut self) -> Option<(Tick, Value)> {
        None
    }
}

impl Deref for Viewer {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Viewer {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}
