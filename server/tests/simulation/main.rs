//! A room and its clients in memory, over simulated links, in virtual time: a file per behaviour.

mod common;

mod bots;
mod closed_for_a_reason;
mod comes_back;
mod crowds;
mod determinism;
mod enters;
mod events;
mod everyone_agrees;
mod full_board;
mod hidden_rows;
mod long_runs;
mod long_values;
mod masked;
mod real_clients;
mod requests;
mod seen_by;
mod shipped;
mod short_of_bytes;
mod slow_readers;
mod unwritten;
mod watchers;
