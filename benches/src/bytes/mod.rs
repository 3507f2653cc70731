//! Bytes: what players are sent, exactly, without sockets and without a clock.

mod client;
mod dump;
mod recording;
mod scene;
pub mod truth;

use std::borrow::Cow;

pub use self::dump::Dump;
pub use self::recording::recording;
pub use self::scene::{Plan, scene};

/// How a run is made.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Writes every frame into this folder.
    pub dump: Option<std::path::PathBuf>,
    /// Also counts what other formats need for the same.
    pub beside: bool,
    /// Also counts what the reference coder needs for the same.
    pub reference: bool,
    /// Makes one bit wrong, to see that it is noticed.
    pub sabotage: bool,
}

/// What a receiver gets of a frame: the frame, or under sabotage one with a bit wrong in its middle.
fn received(frame: &[u8], sabotage: bool) -> Cow<'_, [u8]> {
    let mut received = Cow::Borrowed(frame);
    if sabotage && let Some(byte) = received.to_mut().get_mut(frame.len() / 2) {
        *byte ^= 1;
    }
    received
}

/// What is wrong, in words, on standard error: the first few times, the rest is only counted.
#[derive(Debug, Default)]
struct Complaints(usize);

impl Complaints {
    fn add(&mut self, what: impl FnOnce() -> String) {
        self.0 += 1;
        if self.0 <= COMPLAINTS_MAX {
            eprintln!("{}", what());
        }
    }
}

const COMPLAINTS_MAX: usize = 12;
