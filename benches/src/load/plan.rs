//! Who is to play where.

use tickwire_client_demo::net::Address;
use tickwire_protocol::game::Role;
use tickwire_protocol::link::Conditions;

/// Who is to play where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub to: Address,
    /// The scene it runs, where that is known.
    pub scene: Option<String>,
    /// The room; any with space where it is empty.
    pub room: String,
    /// Over how many rooms of that name and a number they are spread, where it is more than one.
    pub rooms: usize,
    /// As what they come.
    pub role: Role,
    /// How many.
    pub players: usize,
    /// How many begin to connect in a second.
    pub joins_per_second: f64,
    /// One player in so many decodes everything; all do where it is 1.
    pub decode_every: usize,
    /// Whether all see the same, so that those on one lane must be sent the same bytes.
    pub shared: bool,
    /// What lies between each player and its socket.
    pub link: Option<Conditions>,
    /// Whether every control is held at its upper end.
    pub one_spot: bool,
}

impl Plan {
    /// The room of the player in this seat.
    pub(super) fn room_of(&self, seat: usize) -> String {
        if self.rooms > 1 { format!("{}room-{}", self.room, seat % self.rooms + 1) } else { self.room.clone() }
    }
}
