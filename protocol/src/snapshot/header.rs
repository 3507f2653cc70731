//! The first bits of a snapshot: which tick, made from which.

use super::plan::Plan;
use crate::id::Tick;
use crate::limits::{HISTORY_TICKS, SECTIONS_MAX};
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};
use crate::wire::server::SNAPSHOT;

/// What stands before the sections of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tick: Tick,
    /// The snapshot that this one is made from; `None` for a keyframe, which is made from nothing.
    pub(super) base: Option<Tick>,
    /// Whether rows are coded from the base alone, without what was before it.
    pub(super) alone: bool,
    /// Which codebook: 0 for the built-in one, else its version, less one, modulo 3, and 1.
    pub(super) book: u32,
}

/// Bits of a lag that is not the usual one.
const LAG_BITS: u32 = HISTORY_TICKS.ilog2();

/// Bits that name a codebook: of the two that are alive one is told from the other, and from none.
const BOOK_BITS: u32 = 2;

/// How a frame names a codebook.
pub(super) fn book_name(version: u32) -> u32 {
    version.checked_sub(1).map_or(0, |version| version % 3 + 1)
}

impl Header {
    pub(super) fn write(&self, plan: &Plan, to: &mut BitWriter<'_>) {
        to.write(SNAPSHOT.into(), 8);
        to.write(u64::from(self.tick.0 & 0xff), 8);
        to.flag(self.base.is_none());
        match self.base {
            None => to.varint(self.tick.0.into()),
            Some(base) => {
                let lag = self.tick.since(base);
                to.flag(lag != plan.send_every);
                if lag != plan.send_every {
                    to.write(u64::from(lag) % HISTORY_TICKS as u64, LAG_BITS);
                }
                to.flag(self.alone);
                to.write(self.book.into(), BOOK_BITS);
            }
        }
        // One section: the first form has one ring.
        to.write(0, SECTION_BITS);
    }

    /// Reads a header; `newest` is the newest snapshot that the client holds.
    pub(super) fn read(plan: &Plan, newest: Tick, from: &mut BitReader<'_>) -> Result<Header, DecodeError> {
        let kind = from.read(8)? as u8;
        if kind != SNAPSHOT {
            return Err(DecodeError::FrameKind(kind));
        }
        let low = from.read(8)? as u32;
        let header = if from.flag()? {
            let tick = Tick(from.varint32("the tick of a keyframe")?);
            if tick.0 & 0xff != low || tick <= newest {
                return Err(DecodeError::OldTick(tick));
            }
            Header { tick, base: None, alone: false, book: 0 }
        } else {
            let tick = resolve(low, newest);
            if tick <= newest {
                return Err(DecodeError::OldTick(tick));
            }
            let unusual = from.flag()?;
            let lag = if unusual { from.read(LAG_BITS)? as u32 } else { plan.send_every };
            let base = tick.before(lag);
            if lag == 0 || base == Tick::NONE {
                return Err(DecodeError::UnknownBase(base));
            }
            let alone = from.flag()?;
            Header { tick, base: Some(base), alone, book: from.read(BOOK_BITS)? as u32 }
        };
        match from.read(SECTION_BITS)? {
            0 => Ok(header),
            more => {
                Err(DecodeError::Range { what: "the number of sections", value: more as i64 + 1, min: 1, max: 1 })
            }
        }
    }
}

/// Bits of the number of sections, less one.
const SECTION_BITS: u32 = SECTIONS_MAX.ilog2();

/// The tick from `newest` on whose low eight bits these are. A server writes a keyframe long before a client could
/// mistake one.
pub(super) fn resolve(low: u32, newest: Tick) -> Tick {
    newest.after(low.wrapping_sub(newest.0) & 0xff)
}
