//! A room and its clients in memory, over simulated links, in virtual time: a file per behaviour.

mod common;
mod everyone_agrees;
