//! Reading sections: the other half of `assemble`.

use super::assemble::{RING_BITS, orders};
use super::block::BlockReader;
use super::coder::codebook::Codebook;
use super::coder::derived::{BLOCK, DENSE};
use super::coder::entity::Pipe;
use super::coder::pipes::{Prior, Reader};
use super::coder::plan::Plan as CoderPlan;
use super::lane::slots_in;
use super::ledger::{LANE_DEPTH, RingSet};
use super::models::place;
use super::plan::KindPlan;
use super::rings::{self, Spot};
use super::row::{self, Earlier, Expecting};
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::image::KindImage;
use crate::limits::SLOTS_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::BitReader;

/// What a frame did to the list of rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) entered: Vec<EntityId>,
    pub(super) left: Vec<EntityId>,
    /// Memory for the rows of a kind that stay.
    stays: Vec<Stay>,
    /// Bits that told of each kind.
    pub(super) bits: Vec<u64>,
    /// Rows that go into another ring, by kind and slot.
    pub(super) moves: Vec<(usize, u32, usize)>,
}

/// A row that stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) slot: u32,
    /// At how many snapshots it is held.
    pub(super) depth: usize,
    /// Whether it kept still at all of them; where it is held at one alone, whether its kind rests.
    pub(super) still: bool,
    /// Whether it kept still until the last of them but one.
    pub(super) woke: bool,
    /// Whether it did not, but is even.
    pub(super) even: bool,
}

/// What reading the rows of a kind takes.
pub(super) struct KindReader<'a> {
    pub(super) plan: &'a KindPlan,
    pub(super) coder: &'a CoderPlan,
    pub(super) kind: usize,
    /// What the delta looks back at; nothing for a keyframe.
    pub(super) earlier: Earlier<'a>,
    /// Whose rows they are, in its private frame; `None`: each enter names its owner.
    pub(super) owner: Option<PlayerId>,
    pub(super) prior: &'a Prior,
    pub(super) book: Option<&'a Codebook>,
    pub(super) ring: usize,
    /// Where rows are in rings: which of them the frame has, and its tick.
    pub(super) rings: Option<(RingSet, Tick)>,
    /// Where to note what is told of rows.
    #[cfg(feature = "symbols")]
    pub(super) symbols: Option<&'a super::symbols::Symbols>,
}

impl KindReader<'_> {
    /// Reads one kind's part into `now` and `models`, which hold what the base held.
    pub(super) fn read(
        &self,
        now: &mut KindImage,
        (models, spots): (&mut Vec<u32>, &mut Vec<Spot>),
        from: &mut BitReader<'_>,
        changes: &mut Changes,
    ) -> Result<(), DecodeError> {
        let mut stays = core::mem::take(&mut changes.stays);
        stays.clear();
        self.find_stays(now, spots, &mut stays);
        if stays.iter().any(|stay| stay.depth == 0) {
            return Err(DecodeError::Malformed("a row is held that the base does not have"));
        }
        let any = from.flag()?;
        let id = |slot| EntityId { kind: KindId(self.kind as u8), slot };
        let lists = any && from.flag()?;
        if lists {
            let left = &mut changes.left;
            read_positions(&stays, from, |slot, _| {
                now.remove(slot);
                left.push(id(slot));
                Ok(())
            })?;
            stays.retain(|stay| now.alive.contains(stay.slot));
        }
        if any && (!lists || from.flag()?) {
            self.read_changed(&stays, now, models, from)?;
        }
        // The others, coded or as expected.
        else {
            self.read_rows(stays.iter().filter(|stay| !stay.still), now, models, None)?;
        }
        if lists {
            if !self.plan.open.wholes.is_empty() {
                read_positions(&stays, from, |slot, from| row::read_wholes(&self.plan.open, now, slot, from))?;
            }
            self.read_moves(&stays, from, &mut changes.moves)?;
            let entered = &mut changes.entered;
            self.read_enters(now, (models, spots), from, |slot| entered.push(id(slot)))?;
        }
        changes.stays = stays;
        Ok(())
    }

    fn read_moves(
        &self,
        stays: &[Stay],
        from: &mut BitReader<'_>,
        moves: &mut Vec<(usize, u32, usize)>,
    ) -> Result<(), DecodeError> {
        let several = self.rings.filter(|(rings, _)| *rings != RingSet::FIRST);
        let Some((rings, _)) = several else { return Ok(()) };
        read_positions(stays, from, |slot, from| {
            let ring = from.read(RING_BITS)? as usize;
            if ring == self.ring || !rings.has(ring) {
                return Err(DecodeError::Malformed("a row goes into a ring that the frame does not have"));
            }
            moves.push((self.kind, slot, ring));
            Ok(())
        })
    }

    /// The rows of the ring that are held.
    fn find_stays(&self, now: &KindImage, spots: &[Spot], stays: &mut Vec<Stay>) {
        for word in 0..now.alive.words().len() {
            let held = self.earlier.held_word(now, word);
            let rest = self.earlier.rest(self.coder, word, [held[1], held[2]]);
            let evens = self.earlier.even(self.coder, word, held[2] & !rest.still[1]);
            for slot in slots_in(word, now.alive.word(word)) {
                let has = |rows: u64| rows >> (slot % 64) & 1 == 1;
                let mut depth = held.iter().take_while(|&&rows| has(rows)).count();
                if !spots.is_empty() {
                    let spot = rings::spot(spots, slot);
                    if spot.ring != self.ring {
                        continue;
                    }
                    // Of a row that came into its ring with a later snapshot, that one and those since count.
                    depth = self.earlier.ticks.iter().take(depth).take_while(|&&tick| tick >= spot.since).count();
                } else if self.ring != 0 {
                    continue;
                }
                let (still, woke) = match depth {
                    LANE_DEPTH => (has(rest.still[1]), has(rest.woke)),
                    2 => (has(rest.still[0]), false),
                    // Of those that are new nothing is known: they count as likely to wake.
                    1 => (self.coder.rests(), self.coder.rests()),
                    _ => (false, false),
                };
                let even = depth == LANE_DEPTH && has(evens);
                stays.push(Stay { slot, depth, still, woke, even });
            }
        }
    }

    /// Reads rows one after the other; without bits they are as expected.
    pub(super) fn read_rows<'s>(
        &self,
        rows: impl Iterator<Item = &'s Stay>,
        now: &mut KindImage,
        models: &mut Vec<u32>,
        from: Option<&mut BitReader<'_>>,
    ) -> Result<(), DecodeError> {
        let Some(bits) = from else { return self.read_from(rows, now, models, &mut Expecting) };
        let book = self.book.map(|book| (book, self.kind));
        let mut pipe = Reader { book, prior: self.prior, bits };
        #[cfg(feature = "symbols")]
        if let Some(symbols) = self.symbols {
            let mut pipe = super::symbols::Noted { pipe, kind: self.kind, symbols };
            return self.read_from(rows, now, models, &mut pipe);
        }
        self.read_from(rows, now, models, &mut pipe)
    }

    /// Reads neighbours together where their kind allows it.
    pub(super) fn read_from<'s, P: Pipe>(
        &self,
        rows: impl Iterator<Item = &'s Stay>,
        now: &mut KindImage,
        models: &mut Vec<u32>,
        pipe: &mut P,
    ) -> Result<(), DecodeError> {
        let blocks = BlockReader::new(self.coder, &self.earlier);
        let mut rows = rows.peekable();
        while let Some(stay) = rows.next() {
            let first = stay.slot - stay.slot % BLOCK as u32;
            let mut near = 1u32 << (stay.slot - first);
            if blocks.is_some() && stay.depth == LANE_DEPTH {
                let is_near = |next: &&Stay| next.slot - first < BLOCK as u32 && next.depth == LANE_DEPTH;
                while let Some(next) = rows.next_if(is_near) {
                    near |= 1 << (next.slot - first);
                }
            }
            if let Some(blocks) = blocks.as_ref().filter(|_| near.count_ones() >= DENSE) {
                blocks.read((first, near), now, models, pipe)?;
                continue;
            }
            for row in slots_in(0, near.into()) {
                let slot = first + row;
                let Some(word) = place(models, slot) else { continue };
                row::read(self.coder, &self.earlier, (slot, stay.depth), now, word, pipe)?;
            }
        }
        Ok(())
    }

    fn read_enters(
        &self,
        now: &mut KindImage,
        (models, spots): (&mut Vec<u32>, &mut Vec<Spot>),
        from: &mut BitReader<'_>,
        mut entered: impl FnMut(u32),
    ) -> Result<(), DecodeError> {
        let plan = self.plan;
        let count = from.golomb(orders::COUNT)?;
        let mut next = 0u32;
        for _ in 0..count {
            let slot = next.saturating_add(from.golomb(orders::ENTER)?);
            if slot as usize >= SLOTS_MAX {
                let max = SLOTS_MAX as i64 - 1;
                return Err(DecodeError::Range { what: "a slot", value: slot.into(), min: 0, max });
            }
            if now.alive.contains(slot) {
                return Err(DecodeError::Malformed("a row enters that is held already"));
            }
            let owner = match self.owner {
                Some(owner) => owner,
                None => PlayerId(from.golomb(orders::OWNER)?),
            };
            let generation = now.generation.get(slot as usize).copied().unwrap_or(0);
            now.insert(slot, owner, generation.wrapping_add(1));
            row::read_new(plan, &plan.open, now, slot, from)?;
            row::set_default(plan, &plan.owned, now, slot);
            if let Some(word) = place(models, slot) {
                *word = read_models(self.coder, from)?;
            }
            if let Some((_, since)) = self.rings {
                rings::put(spots, slot, Spot { ring: self.ring, since });
            }
            entered(slot);
            next = slot + 1;
        }
        Ok(())
    }
}

/// Reads a list of some among the rows that stay.
fn read_positions(
    among: &[Stay],
    from: &mut BitReader<'_>,
    mut each: impl FnMut(u32, &mut BitReader<'_>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let count = from.golomb(orders::COUNT)?;
    let mut at = 0usize;
    for _ in 0..count {
        at = at.saturating_add(from.golomb(orders::POSITION)? as usize);
        let stay = among.get(at).ok_or(DecodeError::Malformed("a row is listed that is not held"))?;
        each(stay.slot, from)?;
        at += 1;
    }
    Ok(())
}

/// The models of a new row: one bit whether it has any but the first of each group, then four bits for each group.
pub(super) fn write_models(coder: &CoderPlan, models: u32, to: &mut crate::wire::bits::BitWriter<'_>) {
    if coder.modelled > 0 {
        to.flag(models != 0);
        if models != 0 {
            to.write(models.into(), 4 * coder.modelled);
        }
    }
}

fn read_models(coder: &CoderPlan, from: &mut BitReader<'_>) -> Result<u32, DecodeError> {
    if coder.modelled > 0 && from.flag()? { Ok(from.read(4 * coder.modelled)? as u32) } else { Ok(0) }
}
