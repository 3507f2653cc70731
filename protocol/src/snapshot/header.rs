//! The first bits of a snapshot: which tick, made from which, by which codebook.

use super::RingSet;
use crate::id::Tick;
use crate::limits::{HISTORY_TICKS, RINGS_MAX};
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};
use crate::wire::server::SNAPSHOT;

/// What stands before the section of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tick: Tick,
    /// The snapshot that this one is made from; `None` for a keyframe, which is made from nothing.
    pub(super) base: Option<Tick>,
    /// Whether rows are coded from the base alone, without what was before it.
    pub(super) alone: bool,
    /// Which codebook: 0 for the built-in one, else its version, less one, modulo 3, and 1.
    pub(super) book: u32,
    /// Where rows are in rings: which of them the snapshot has.
    pub(super) rings: Option<RingSet>,
}

/// What a client held last, as both ends know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Newest {
    pub(super) tick: Tick,
    /// Ticks from the snapshot before to that one; where there is none, those that snapshots usually lie apart.
    pub(super) lag: u32,
    /// Whether rows are in rings since then or before.
    pub(super) ringed: bool,
}

/// Bits of the tick, and of a lag that is not as the last one: a delta never reaches beyond the history.
const LAG_BITS: u32 = HISTORY_TICKS.ilog2();

/// Bits that name a codebook: of the two that are alive one is told from the other, and from none.
const BOOK_BITS: u32 = 2;

/// A bit for each ring but the first, which every frame has.
const RINGS_BITS: u32 = RINGS_MAX as u32 - 1;

/// How a frame names a codebook.
pub(super) fn book_name(version: u32) -> u32 {
    version.checked_sub(1).map_or(0, |version| version % 3 + 1)
}

impl Header {
    pub(super) fn write(&self, newest: Newest, to: &mut BitWriter<'_>) {
        to.write(SNAPSHOT.into(), 8);
        to.write(u64::from(self.tick.0) % HISTORY_TICKS as u64, LAG_BITS);
        let lag = self.base.map(|base| self.tick.since(base));
        // A keyframe forgets the rings as it does all else.
        let begins = self.rings.is_some() && !(newest.ringed && lag.is_some());
        let usual = lag == Some(newest.lag) && !self.alone && !begins;
        to.flag(!usual);
        to.write(self.book.into(), BOOK_BITS);
        if !usual {
            to.flag(lag.is_none());
            match lag {
                None => to.varint(self.tick.0.into()),
                Some(lag) => {
                    to.write(u64::from(lag) % HISTORY_TICKS as u64, LAG_BITS);
                    to.flag(self.alone);
                }
            }
            to.flag(begins);
        }
        if let Some(rings) = self.rings {
            to.write(rings.far_bits(), RINGS_BITS);
        }
    }

    /// Reads a header; `newest` is the newest snapshot that the client holds.
    pub(super) fn read(newest: Newest, from: &mut BitReader<'_>) -> Result<Header, DecodeError> {
        let kind = from.read(8)? as u8;
        if kind != SNAPSHOT {
            return Err(DecodeError::FrameKind(kind));
        }
        let low = from.read(LAG_BITS)? as u32;
        let unusual = from.flag()?;
        let book = from.read(BOOK_BITS)? as u32;
        if unusual && from.flag()? {
            let tick = Tick(from.varint32("the tick of a keyframe")?);
            if tick.0 % HISTORY_TICKS as u32 != low || tick <= newest.tick {
                return Err(DecodeError::OldTick(tick));
            }
            let rings = read_rings(from.flag()?, from)?;
            return Ok(Header { tick, base: None, alone: false, book, rings });
        }
        let tick = resolve(low, HISTORY_TICKS as u32, newest.tick);
        if tick <= newest.tick {
            return Err(DecodeError::OldTick(tick));
        }
        let (mut lag, mut alone, mut ringed) = (newest.lag, false, newest.ringed);
        if unusual {
            lag = from.read(LAG_BITS)? as u32;
            alone = from.flag()?;
            ringed |= from.flag()?;
        }
        let base = tick.before(lag);
        if lag == 0 || base == Tick::NONE {
            return Err(DecodeError::UnknownBase(base));
        }
        Ok(Header { tick, base: Some(base), alone, book, rings: read_rings(ringed, from)? })
    }
}

fn read_rings(ringed: bool, from: &mut BitReader<'_>) -> Result<Option<RingSet>, DecodeError> {
    if ringed { Ok(Some(RingSet::of_far_bits(from.read(RINGS_BITS)?))) } else { Ok(None) }
}

/// The tick from `newest` on that is `low` modulo `period`, a power of two. A server writes a keyframe before a client
/// could mistake one.
pub(super) fn resolve(low: u32, period: u32, newest: Tick) -> Tick {
    newest.after(low.wrapping_sub(newest.0) & (period - 1))
}
