//! What a room counts.

/// Counters of a room since it opened, and what it holds now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Players now, bots and lost sessions among them.
    pub players: u32,
    /// Watchers now.
    pub watchers: u32,
    /// Bots now.
    pub bots: u32,
    /// Rows now.
    pub rows: u64,
    /// Inputs that were there when their tick came.
    pub inputs_fresh: u64,
    /// Ticks for which the last input was repeated.
    pub inputs_repeated: u64,
    /// Ticks for which the default input stood in.
    pub inputs_defaulted: u64,
    /// Inputs that came after their tick and were not what had stood in for them.
    pub inputs_late: u64,
    /// Inputs that were further ahead of their tick than can wait.
    pub inputs_early: u64,
    /// Snapshots written.
    pub snapshots: u64,
    /// Snapshots that were not made because the client had not taken an earlier one.
    pub snapshots_skipped: u64,
    /// Snapshots that were not made because the client had had all its bytes.
    pub snapshots_over_budget: u64,
    /// Far rings that were due and came later, because their client was short of bytes.
    pub rings_postponed: u64,
    /// Rows that entered later, because a tick has room for so many bytes of them; counted in each tick that they wait.
    pub enters_postponed: u64,
    /// Changed `whole` values that came later, counted in the same way.
    pub wholes_postponed: u64,
    /// Snapshots for newcomers that the room's bytes for a tick put off.
    pub worlds_postponed: u64,
    /// Bytes of shared snapshot frames, counted per client.
    pub snapshot_bytes: u64,
    /// Bytes of private frames.
    pub private_bytes: u64,
    /// Clients that began again from nothing.
    pub keyframes: u64,
    /// Resyncs that clients asked for because their hash differed.
    pub resyncs: u64,
    /// Events told, counted per client.
    pub events: u64,
    /// Events that were longer than an event may be, and not told.
    pub events_refused: u64,
    /// Requests received.
    pub requests: u64,
    /// Answers from outside that were not requests of the game, or more than can wait.
    pub answers_refused: u64,
    /// Rows that were not spawned because a table was full.
    pub rows_refused: u64,
}
