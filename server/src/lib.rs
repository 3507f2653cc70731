//! A multiplayer game state synchronization server: fixed ticks in, delta-compressed snapshots out.

pub mod config;
pub mod lobby;
pub mod room;
pub mod sim;
