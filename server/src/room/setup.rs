//! What a room is opened with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickwire_protocol::game::{Game, Rules};

/// Everything a room is a function of, besides the calls it receives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomSetup {
    /// The room's name.
    pub name: String,
    /// The seed of its chance.
    pub seed: u64,
    /// For the game; told to clients.
    pub options: BTreeMap<String, String>,
    /// The game's bounds, or what the server's configuration made of them.
    pub rules: Rules,
    /// How long the room waits for its clients.
    pub patience: Patience,
    /// What a crowd that joins may cost a tick.
    pub caps: Caps,
    /// Whether the room learns codebooks from what it writes. Where it does not, frames are longer, and what one client
    /// is written depends on nothing but what that client may see.
    pub learns: bool,
}

/// How long a room waits for its clients, in milliseconds, counted in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Without any frame or pong: then closed with 4008. Shorter than two ping intervals closes the healthy.
    pub silent_ms: u32,
    /// The same for a client that said `away`.
    pub away_ms: u32,
    /// Without taking or acknowledging what it was sent: then closed with 4030.
    pub unread_ms: u32,
}

/// What a crowd that joins may cost one tick of a room. Who does not fit in waits in order; nobody is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Joins that a tick takes. Few make a crowd wait, many make the tick late in which a crowd arrives.
    pub joins_per_tick: u32,
    /// Bytes of rows that enter clients' worlds in a tick, over all clients. Few make newcomers wait for their world,
    /// many make the tick late for everybody when a crowd comes.
    pub enter_bytes_per_tick: u32,
}

impl Caps {
    /// A thousand are seated within a second at 30 Hz; half of the bytes are for newcomers, 64 of which are written
    /// their first 4 KiB in one tick, which takes a millisecond.
    pub const DEFAULT: Caps = Caps { joins_per_tick: 34, enter_bytes_per_tick: 512 * 1_024 };
}

impl Default for Caps {
    fn default() -> Caps {
        Caps::DEFAULT
    }
}

impl RoomSetup {
    /// A room of the game `G` with the rules that the game wants.
    #[must_use]
    pub fn of<G: Game>(name: impl Into<String>, seed: u64) -> RoomSetup {
        RoomSetup {
            name: name.into(),
            seed,
            options: BTreeMap::new(),
            rules: G::rules(),
            patience: Patience::default(),
            caps: Caps::DEFAULT,
            learns: true,
        }
    }
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { silent_ms: 15_000, away_ms: 300_000, unread_ms: 5_000 }
    }
}
