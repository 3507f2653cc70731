//! The cells of a grid: each a chain of blocks of rows, so that a few rows are read from one place and one more costs no
//! memory of its own.

use core::ops::Range;

use tickwire_protocol::id::EntityId;

use super::Row;

/// Rows that lie side by side.
const BLOCK_ROWS: usize = 8;
/// No block.
const NONE: u32 = u32::MAX;

/// Rows by cell, and where each of them is.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The first block of each cell: the only one that is not full.
    heads: Vec<u32>,
    blocks: Vec<Block>,
    /// The first of those that no cell has.
    free: Option<u32>,
    /// By kind, then slot. That of a row which is not here says nothing.
    spots: Vec<Vec<Spot>>,
}

/// Some rows of a cell, and the block that has more of them.
#[derive(Clone, Copy, Debug)]
struct Block {
    rows: [Row; BLOCK_ROWS],
    len: u32,
    next: u32,
}

/// Where a row is.
#[derive(Clone, Copy, Debug, Default)]
struct Spot {
    cell: u32,
    block: u32,
    at: u32,
}

impl Cells {
    /// Begins anew with so many empty cells, and memory for so many rows.
    pub(super) fn clear(&mut self, cells: usize, rows: usize, kinds: usize) {
        self.heads.clear();
        self.heads.resize(cells, NONE);
        self.blocks.clear();
        // Each cell has one block that is not full.
        self.blocks.reserve(cells + rows / BLOCK_ROWS);
        self.free = None;
        self.spots.resize_with(kinds, Vec::new);
    }

    /// Adds a row that is not here.
    pub(super) fn insert(&mut self, cell: usize, row: Row) {
        let head = self.heads.get(cell).copied().unwrap_or(NONE);
        let has_room = self.blocks.get(head as usize).is_some_and(|block| (block.len as usize) < BLOCK_ROWS);
        let block = if has_room { head } else { self.begin_block(cell, head) };
        let Some(rows) = self.blocks.get_mut(block as usize) else { return };
        let at = rows.len;
        rows.len += 1;
        if let Some(place) = rows.rows.get_mut(at as usize) {
            *place = row;
        }
        *self.spot(row.id) = Spot { cell: cell as u32, block, at };
    }

    /// Puts a row that is here to where it is now.
    pub(super) fn put(&mut self, cell: usize, row: Row) {
        let spot = *self.spot(row.id);
        if spot.cell as usize != cell {
            self.remove(row.id);
            self.insert(cell, row);
        } else if let Some(place) = self.row(spot) {
            *place = row;
        }
    }

    /// Removes a row that is here; the last one of its cell goes into its place.
    pub(super) fn remove(&mut self, id: EntityId) {
        let spot = *self.spot(id);
        let Some(head) = self.heads.get_mut(spot.cell as usize) else { return };
        let at = *head;
        let Some(block) = self.blocks.get_mut(at as usize) else { return };
        block.len = block.len.saturating_sub(1);
        let last = block.rows.get(block.len as usize).copied().unwrap_or_default();
        if block.len == 0 {
            *head = block.next;
            block.next = self.free.replace(at).unwrap_or(NONE);
        }
        if last.id != id {
            *self.spot(last.id) = spot;
            if let Some(place) = self.row(spot) {
                *place = last;
            }
        }
    }

    /// Every row of some cells.
    #[inline]
    pub(super) fn each(&self, cells: Range<usize>, each: &mut impl FnMut(&Row)) {
        for &head in self.heads.get(cells).unwrap_or_default() {
            let mut next = head;
            while let Some(block) = self.blocks.get(next as usize) {
                block.rows.iter().take(block.len as usize).for_each(&mut *each);
                next = block.next;
            }
        }
    }

    /// A block for a cell whose first one, `head`, is full.
    fn begin_block(&mut self, cell: usize, head: u32) -> u32 {
        let block = Block { rows: [Row::default(); BLOCK_ROWS], len: 0, next: head };
        let at = match self.free.take() {
            Some(free) => {
                if let Some(place) = self.blocks.get_mut(free as usize) {
                    self.free = Some(place.next).filter(|&next| next != NONE);
                    *place = block;
                }
                free
            }
            None => {
                self.blocks.push(block);
                (self.blocks.len() - 1) as u32
            }
        };
        if let Some(head) = self.heads.get_mut(cell) {
            *head = at;
        }
        at
    }

    fn row(&mut self, spot: Spot) -> Option<&mut Row> {
        self.blocks.get_mut(spot.block as usize)?.rows.get_mut(spot.at as usize)
    }

    fn spot(&mut self, id: EntityId) -> &mut Spot {
        let kind = usize::from(id.kind.0);
        if self.spots.len() <= kind {
            self.spots.resize_with(kind + 1, Vec::new);
        }
        let spots = &mut self.spots[kind];
        let slot = id.slot as usize;
        if spots.len() <= slot {
            spots.resize((slot + 1).next_power_of_two(), Spot::default());
        }
        &mut spots[slot]
    }
}
