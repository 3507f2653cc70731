//! What is on the screen: every row as floats.

/// The world at the instant of the last draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// The tick on the screen for what is interpolated, with its fraction.
    pub tick: f64,
    /// The tick on the screen for what is predicted, with its fraction.
    pub own_tick: f64,
    /// By kind, in the schema's order.
    pub kinds: Vec<DrawnKind>,
}

/// The rows of one kind, as columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrawnKind {
    /// Tells rows apart, and stays the same from a predicted spawn until the row is gone.
    pub keys: Vec<u32>,
    /// The slot of each row.
    pub slots: Vec<u32>,
    /// The owner of each row.
    pub owners: Vec<u32>,
    /// [`DrawnKind::PREDICTED`] and others, or-ed.
    pub flags: Vec<u8>,
    /// Numbers per row: the components of its fields in the world's units.
    pub stride: usize,
    /// All components of all rows, a row after the other.
    pub values: Vec<f64>,
}

impl DrawnKind {
    /// The row is drawn from the predicted world.
    pub const PREDICTED: u8 = 1;
    /// The server does not know the row yet.
    pub const PROVISIONAL: u8 = 2;
    /// The row belongs to this player.
    pub const MINE: u8 = 4;

    /// The components of the row at `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f64] {
        self.values.get(index * self.stride..(index + 1) * self.stride).unwrap_or(&[])
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.slots.clear();
        self.owners.clear();
        self.flags.clear();
        self.values.clear();
    }

    /// Adds a row without its values; says where they begin.
    pub(crate) fn push(&mut self, key: u32, slot: u32, owner: u32, flags: u8) -> usize {
        self.keys.push(key);
        self.slots.push(slot);
        self.owners.push(owner);
        self.flags.push(flags);
        self.values.len()
    }

    /// The components of the row in `slot`.
    #[must_use]
    pub fn slot(&self, slot: u32) -> Option<&[f64]> {
        self.slots.iter().position(|&other| other == slot).map(|index| self.row(index))
    }
}
