//! What frames say of themselves, for whoever holds no world: load tools, proxies, counters.

use super::header::{Header, Newest};
use super::ledger::Told;
use super::private;
use crate::id::Tick;
use crate::wire::bits::BitReader;
use crate::wire::{DecodeError, Private};

/// Reads the private frames of one client, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Glance {
    newest: Tick,
    told: Option<Told>,
}

impl Glance {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Glance {
        Glance::default()
    }

    /// The tick of the newest snapshot.
    #[must_use]
    pub fn newest(&self) -> Tick {
        self.newest
    }

    /// Reads a private frame, but for the owner part. Where a snapshot follows, it counts as taken.
    ///
    /// # Errors
    /// Where the frame is not what a server could have written now. Nothing has changed then.
    pub fn private(&mut self, frame: &[u8]) -> Result<Private, DecodeError> {
        let private = private::read_header(self.newest, self.told, &mut BitReader::new(frame))?;
        self.told = Some(Told::of(&private));
        if private.snapshot_follows {
            self.newest = private.tick;
        }
        Ok(private)
    }

    /// Whether a snapshot is made from nothing.
    #[must_use]
    pub fn is_keyframe(frame: &[u8]) -> bool {
        Header::read(Newest::default(), &mut BitReader::new(frame)).is_ok_and(|header| header.base.is_none())
    }
}
