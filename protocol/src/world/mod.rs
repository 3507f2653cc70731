//! A world is a struct of tables; a table is rows of one kind, each with an id and perhaps an owner.
//!
//! ```
//! use tickwire_protocol::prelude::*;
//!
//! const RATE: TickRate = TickRate::hz(60);
//!
//! #[derive(Replicate, Clone, Copy, Default, PartialEq)]
//! enum Rig {
//!     #[default]
//!     Sloop,
//!     Brig,
//! }
//!
//! #[derive(Replicate, Clone, Default, PartialEq)]
//! struct Ship {
//!     /// Where it is, to a millimetre; a jump of more than 5 m is a teleport.
//!     #[rep(place, range = -500.0..=500.0, step = 0.001, lerp, snap = 5.0)]
//!     pos: Vec2,
//!     /// In metres a second. Its steps are whole steps of `pos` per tick, so that `pos + vel * dt` is exact.
//!     #[rep(range = -40.0..=40.0, step = per_tick(RATE), rate_of = pos)]
//!     vel: Vec2,
//!     #[rep(angle, bits = 12, along = vel, lerp)]
//!     heading: f32,
//!     #[rep(range = 0..=100)]
//!     hull: u8,
//!     rig: Rig,
//!     #[rep(whole, max = 24)]
//!     name: String,
//!     /// Only its own player knows.
//!     #[rep(owner)]
//!     powder: u16,
//!     /// Only the server knows.
//!     #[rep(skip)]
//!     course: Vec<Vec2>,
//! }
//!
//! #[derive(Replicate, Clone, Default, PartialEq)]
//! struct Wind {
//!     #[rep(angle, bits = 8)]
//!     from: f32,
//! }
//!
//! #[derive(World, Default)]
//! struct Sea {
//!     ships: Table<Ship>,
//!     wind: One<Wind>,
//! }
//!
//! let mut sea = Sea::default();
//! let id = sea.ships.spawn(Ship { hull: 100, ..Ship::default() });
//! sea.wind.from = 1.5;
//! if let Some(ship) = sea.ships.get_mut(id) {
//!     ship.vel.x = 3.0;
//! }
//! assert_eq!(sea.ships.iter().map(|(_, ship)| ship.hull).sum::<u8>(), 100);
//! // What an event or a view calls that ship.
//! let _same: EntityId = Sea::SHIPS.entity(id);
//! ```
//!
//! # Fields
//!
//! A field is a bool, an integer, `f32`, `Vec2`, `Vec3`, a unit enum that derives `Replicate`, `Tick`, `PlayerId`,
//! `Id<Row>`, an `Option` or a fixed array of those; or anything that is a [`Message`] and marked `whole`; or anything
//! at all that is marked `skip`.
//!
//! | attribute | on | means |
//! |---|---|---|
//! | `range = a..=b` | integers | its smallest and largest value; beyond, a row is put on the edge |
//! | `range = a..=b, step = s` | floats, vectors | bounds and resolution in the world's units |
//! | `exact` | floats, vectors | all 32 bits, without bounds: dear to send when it changes |
//! | `angle, bits = n` | `f32` | radians in `2^n` steps, where a turn is 0 again |
//! | `place` | one vector of a row | where it is: for views, maps, and who is near. Without one a row is everywhere |
//! | `lerp` | numbers | drawn in between two snapshots |
//! | `snap = d` | beside `lerp` | a jump of more than `d` is a teleport, and not drawn in between |
//! | `rate_of = pos` | velocities | moves `pos` by itself times `dt` per tick: the coder expects that, at no cost |
//! | `step = per_tick(rate)` | beside `rate_of` | steps that are whole steps of the position per tick |
//! | `steady` | velocities | turns, but keeps its length |
//! | `along = vel` | angles | points where that velocity points, unless told otherwise |
//! | `along = heading` | beside `rate_of`, on an `f32` | a speed instead of a velocity: moves along that angle |
//! | `whole, max = n` | text, lists, any [`Message`] | sent whole when it changed, in at most `n` bytes |
//! | `owner` | any field | sent to the row's owner only |
//! | `skip` | any field | never sent |
//!
//! Above the struct, `#[rep(owner)]` sends the rows to their owners only, and `#[rep(predicted)]` has every client draw
//! them from the predicted world, as is right for what a player bounces off: balls, asteroids.
//!
//! # Settling
//!
//! At the end of a tick, every field is put on its step: the simulated world is the world on the wire. That is what
//! makes prediction exact and differences small, and it has a price: **a change of less than half a step in a tick is
//! lost**. So give fine steps to what accumulates. A fine position costs nothing while it moves as expected, and a server
//! names at its start what would stand still.
//!
//! ```
//! # use tickwire_protocol::prelude::*;
//! # use tickwire_protocol::world::settled;
//! #[derive(Replicate, Clone, Default, PartialEq)]
//! struct Snail {
//!     #[rep(range = 0.0..=10.0, step = 0.1)]
//!     pos: f32,
//! }
//! let mut snail = Snail { pos: 5.0 };
//! for _ in 0..1_000 {
//!     snail.pos += 0.04; // less than half a step
//!     snail = settled(snail);
//! }
//! assert_eq!(snail.pos, 5.0);
//! ```
//!
//! # What is hidden
//!
//! `drive` and `advance` run on clients too, which do not know everything. So there, on the server as well, `skip`
//! fields hold their default, and so do the `owner` fields of other players' rows (in `advance`: of all rows); rows of an
//! `owner` kind are not there. What is written to them there is lost. `step` and the rest of the game see everything.
//!
//! The traits of this module are written by the derives; a game uses [`Table`] and [`One`].

mod message;
mod one;
mod table;

pub use self::message::{Message, deeper};
pub use self::one::One;
pub use self::table::{Rows, RowsMut, RowsOf, RowsOfMut, Table, settled};
use crate::id::{KindId, PlayerId};
use crate::image::{Image, KindImage};
use crate::schema::{Field, Kind};
use crate::wire::DecodeError;

/// A row: what `#[derive(Replicate)]` writes for a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row",
    note = "a row is a struct with `#[derive(Replicate, Clone, Default, PartialEq)]`"
)]
pub trait Replicate: Clone + Default + PartialEq + Send + 'static {
    /// The row type's name.
    const NAME: &'static str;
    /// Integers per row.
    const COMPONENTS: usize;
    /// `whole` fields per row.
    const WHOLES: usize;
    /// Whether any field is marked `skip`.
    const SKIPS: bool;
    /// Whether any field is marked `owner`.
    const OWNER_FIELDS: bool;
    /// Whether the whole kind is sent to the row's owner only.
    const OWNER_KIND: bool;
    /// Whether the kind is drawn from the predicted world for everyone.
    const PREDICTED: bool;

    /// The fields as the schema tells them, without those marked `skip`.
    fn fields() -> Vec<Field>;
    /// Writes all components into `out`, which has [`Replicate::COMPONENTS`] places.
    fn pack(&self, out: &mut [i32]);
    /// Takes all components from `from`; `skip` and `whole` fields stay as they are.
    fn unpack(&mut self, from: &[i32]);
    /// Cuts a `whole` field that has become `len` bytes down to its `max`, see [`Message::fit`]; says whether it had to.
    fn fit_whole(&mut self, field: usize, len: usize) -> bool;
    /// Appends the bytes of a `whole` field.
    fn pack_whole(&self, field: usize, out: &mut Vec<u8>);
    /// Takes a `whole` field from its bytes; no bytes are its default.
    ///
    /// # Errors
    /// Where the bytes are not a value of the field's type, or more than it.
    fn unpack_whole(&mut self, field: usize, from: &[u8]) -> Result<(), DecodeError>;
    /// Exchanges the fields marked `skip` with those of `other`.
    fn swap_skipped(&mut self, other: &mut Self);
    /// Exchanges the fields marked `owner` with those of `other`.
    fn swap_owned(&mut self, other: &mut Self);
}

/// The controls' state in one tick: what `#[derive(Input)]` writes for a struct. `()` is the input of a game
/// without controls.
pub trait Input: Clone + Default + PartialEq + Send + 'static {
    /// Integers per input.
    const COMPONENTS: usize;
    /// The fields as the schema tells them.
    fn fields() -> Vec<Field>;
    /// Writes all components into `out`, which has [`Input::COMPONENTS`] places; a value out of range becomes the
    /// nearest edge, so that what a client sends is never refused.
    fn pack(&self, out: &mut [i32]);
    /// The input of these components.
    fn unpack(from: &[i32]) -> Self;
    /// This input as it is repeated for one that did not arrive: `once` fields are back to default.
    #[must_use]
    fn repeated(&self) -> Self;
}

impl Input for () {
    const COMPONENTS: usize = 0;
    fn fields() -> Vec<Field> {
        Vec::new()
    }
    fn pack(&self, _: &mut [i32]) {}
    fn unpack(_: &[i32]) {}
    fn repeated(&self) {}
}

/// The struct of tables: what `#[derive(World)]` writes.
pub trait World: Default + Send + 'static {
    /// The kinds, in declaration order.
    fn kinds() -> Vec<Kind>;
    /// The table of a kind.
    fn table(&self, kind: KindId) -> Option<&dyn AnyTable>;
    /// The table of a kind.
    fn table_mut(&mut self, kind: KindId) -> Option<&mut dyn AnyTable>;

    /// Every table, in declaration order.
    fn each(&mut self, mut visit: impl FnMut(KindId, &mut dyn AnyTable))
    where
        Self: Sized,
    {
        let mut kind = KindId(0);
        while let Some(table) = self.table_mut(kind) {
            visit(kind, table);
            kind.0 += 1;
        }
    }

    /// Puts every row that may have changed on its steps and writes it into `image`, which must be a copy of the
    /// image of the tick before.
    fn settle(&mut self, image: &mut Image)
    where
        Self: Sized,
    {
        self.each(|kind, table| {
            if let Some(rows) = image.kinds.get_mut(usize::from(kind.0)) {
                table.settle(rows);
            }
        });
    }

    /// Removes every row that `player` owns: what a game does when a player leaves.
    fn remove_owned(&mut self, player: PlayerId)
    where
        Self: Sized,
    {
        self.each(|_, table| table.remove_owned(player));
    }

    /// Makes this the world of `image`; `skip` fields are default.
    fn restore(&mut self, image: &Image)
    where
        Self: Sized,
    {
        self.each(|kind, table| {
            if let Some(rows) = image.kind(kind) {
                table.restore(rows);
            }
        });
    }
}

/// A table without its row type: what rooms and predictors do with a world.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "a world is made of `Table<Row>` and `One<Row>`",
    note = "the room's own state stands in the type that implements `Game`, not in its world"
)]
pub trait AnyTable {
    /// The kind of this table under its name in the world.
    fn kind(name: &str) -> Kind
    where
        Self: Sized;
    /// Prepares an empty table of a room: the order of its slots comes from `seed`; `rows_max` rows at the most.
    fn open(&mut self, seed: u64, rows_max: usize);
    /// Puts the rows that may have changed on their steps and writes them into `image`.
    fn settle(&mut self, image: &mut KindImage);
    /// Makes these the table's rows.
    fn restore(&mut self, image: &KindImage);
    /// Takes the `skip` and `owner` fields, and the rows of an `owner` kind, out of sight: what `drive` and
    /// `advance` may not depend on. Until [`AnyTable::reveal`], they hold their default.
    fn conceal(&mut self);
    /// Gives `me` its own `owner` fields and rows back, for its `drive`, and starts to note what it spawns.
    fn lend(&mut self, me: PlayerId);
    /// Ends [`AnyTable::lend`]; the slots that `me` spawned in between, in order, are handed to `spawned`.
    fn take_back(&mut self, me: PlayerId, spawned: &mut dyn FnMut(u32));
    /// Ends [`AnyTable::conceal`].
    fn reveal(&mut self);
    /// Removes every row that `player` owns.
    fn remove_owned(&mut self, player: PlayerId);
    /// Rows of `player`, in slot order.
    fn owned_by(&self, player: PlayerId) -> &[u32];
    /// Rows in the table.
    fn row_count(&self) -> usize;
    /// Rows that were not spawned because the table was full, since the table was opened.
    fn refused(&self) -> u64;
}
