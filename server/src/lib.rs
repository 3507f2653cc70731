//! A multiplayer game state synchronization server: fixed ticks in, delta-compressed snapshots out.

pub mod lobby;
pub mod room;
