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
        Viewer { session: Session::new(None, None, join) }
    }
}

impl Session {
    /// The newest world that the server told: rows by kind name, null before there is one.
    #[must_use]
    pub fn world_json(&self) -> Value {
        self.newest().map_or(Value::Null, |image| crate::json::world(self.schema(), image))
    }

    /// Sets fields of the input by name; the others keep their value.
    ///
    /// # Errors
    /// In words, where there is no such field or its type is another one.
    pub fn set_input_json(&mut self, fields: &Value) -> Result<(), String> {
        let mut values = self.input().to_vec();
        crate::json::set_input(&self.schema().input, fields, &mut values)?;
        self.set_input(&values);
        Ok(())
    }

    /// Asks the room for something.
    ///
    /// # Errors
    /// In words, where the schema has no such request.
    pub fn request_json(&mut self, request: &Value) -> Result<(), String> {
        let mut bytes = Vec::new();
        let written = tickwire_protocol::wire::codec::from_value(&self.schema().request, request, &mut bytes);
        written.map_err(|error| error.to_string())?;
        self.ask(bytes);
        Ok(())
    }

    /// The next event whose tick is drawn. One that does not decode is passed over.
    pub fn next_event_json(&mut self) -> Option<(Tick, Value)> {
        while let Some(record) = self.next_record() {
            if let Ok(event) = tickwire_protocol::wire::codec::value(&self.schema().event, &record.bytes) {
                return Some((record.tick, event));
            }
        }
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
