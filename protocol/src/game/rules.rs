//! The bounds of a room that a game sets; a server's configuration may lower or raise them.

/// How many may play, how often they may ask, how long they may be gone.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rules {
    /// Players in one room; the next one opens another room.
    pub players_max: u32,
    /// Watchers in one room.
    pub watchers_max: u32,
    /// Bots that fill the room up to this many players; they leave as players come.
    pub bots: u32,
    /// Requests a second per player; a player who asks faster is closed with 4029.
    pub requests_per_second: u32,
    /// How long a missing input is taken as the last one again, in milliseconds; then it is the default.
    pub repeat_ms: u32,
    /// How long a lost session keeps its rows, in milliseconds.
    pub grace_ms: u32,
    /// How far back `seen_by` reaches, in milliseconds.
    pub seen_by_ms: u32,
    /// Rows of each table.
    pub rows_max: usize,
    /// Bytes a second that one client is sent, of snapshots and what comes with them; 0 is no limit. Where they do not
    /// suffice, what is far goes less often, and then the client gets fewer snapshots.
    pub client_bytes_per_second: u32,
    /// The same for all clients of a room together, in equal parts; 0 is no limit.
    pub room_bytes_per_second: u32,
    /// Whether a watcher may send requests.
    pub watchers_ask: bool,
    /// How much later than players watchers see the game, in milliseconds: so that nobody plays by what a friend sees
    /// from above. The room keeps history as long, and no watcher sees anything before it is that old. At most
    /// [`crate::limits::WATCH_DELAY_MS_MAX`].
    pub watch_delay_ms: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            players_max: 64,
            watchers_max: 256,
            bots: 0,
            requests_per_second: 10,
            repeat_ms: 250,
            grace_ms: 30_000,
            seen_by_ms: 350,
            rows_max: crate::limits::SLOTS_MAX,
            client_bytes_per_second: 0,
            room_bytes_per_second: 0,
            watchers_ask: true,
            watch_delay_ms: 0,
        }
    }
}
