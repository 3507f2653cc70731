//! A type for everything counted: ticks, inputs, players, entities, rooms.
//!
//! ```
//! use tickwire_protocol::prelude::*;
//!
//! const RATE: TickRate = TickRate::hz(60);
//! // A timer is a tick in a row or in the game: this one ends a second and a half after tick 100.
//! let ends = Tick(100).after(RATE.ticks_in_ms(1_500));
//! assert_eq!(ends, Tick(190));
//! assert!(Tick(189) < ends && ends.since(Tick(100)) == 90);
//! ```

use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

/// One step of the simulation. The first is 1, 0 means "none yet"; it never wraps (2.2 years at 60 Hz).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tick(pub u32);

impl Tick {
    /// No tick yet: what a client holds before its first snapshot.
    pub const NONE: Tick = Tick(0);

    /// The tick after this one; the last tick has no successor and stays.
    #[must_use]
    pub const fn next(self) -> Tick {
        Tick(self.0.saturating_add(1))
    }

    /// Ticks from `earlier` to this one, 0 where `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Tick) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// This tick and `ticks` more.
    #[must_use]
    pub const fn after(self, ticks: u32) -> Tick {
        Tick(self.0.saturating_add(ticks))
    }

    /// The tick `ticks` before this one, at least [`Tick::NONE`].
    #[must_use]
    pub const fn before(self, ticks: u32) -> Tick {
        Tick(self.0.saturating_sub(ticks))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}", self.0)
    }
}

/// How often a room steps, in ticks per second, 1 to 240.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TickRate(u16);

impl TickRate {
    /// A rate of `hz` ticks per second.
    ///
    /// # Panics
    /// Where `hz` is 0 or above 240: as a game's constant that is a compile error.
    #[must_use]
    pub const fn hz(hz: u16) -> TickRate {
        assert!(hz >= 1 && hz <= 240, "a tick rate is 1 to 240 Hz");
        TickRate(hz)
    }

    /// The rate `hz`, or `None` outside 1 to 240: for rates that come from bytes.
    #[must_use]
    pub const fn checked(hz: u16) -> Option<TickRate> {
        if hz >= 1 && hz <= 240 { Some(TickRate(hz)) } else { None }
    }

    /// Ticks per second.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Seconds per tick.
    #[must_use]
    pub const fn dt(self) -> f32 {
        1.0 / self.0 as f32
    }

    /// Ticks in `ms` milliseconds, rounded up, at least 1.
    #[must_use]
    pub const fn ticks_in_ms(self, ms: u32) -> u32 {
        let ticks = (ms as u64 * self.0 as u64).div_ceil(1_000);
        if ticks == 0 { 1 } else { ticks as u32 }
    }

    /// Microseconds in `ticks` ticks.
    #[must_use]
    pub const fn micros(self, ticks: u32) -> u64 {
        ticks as u64 * 1_000_000 / self.0 as u64
    }
}

/// The number of a player's input, from 1; 0 means "none yet". One is consumed per tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputSeq(pub u32);

impl InputSeq {
    /// No input yet.
    pub const NONE: InputSeq = InputSeq(0);

    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> InputSeq {
        InputSeq(self.0.saturating_add(1))
    }

    /// This number and `count` more.
    #[must_use]
    pub const fn after(self, count: u32) -> InputSeq {
        InputSeq(self.0.saturating_add(count))
    }

    /// Inputs from `earlier` to this one, 0 where `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: InputSeq) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A player (or watcher) of a room, numbered from 1 in the order of arrival and never reused; 0 is nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlayerId(pub u32);

impl PlayerId {
    /// Nobody: the owner of what belongs to the room.
    pub const NOBODY: PlayerId = PlayerId(0);
}

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "player {}", self.0)
    }
}

/// The position of a table in its world, in declaration order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KindId(pub u8);

impl KindId {
    /// The row `id` of this kind's table as the wire knows it.
    ///
    /// `#[derive(World)]` gives a world a constant per table: `Field::RUNNERS.entity(id)`.
    #[must_use]
    pub const fn entity<T>(self, id: Id<T>) -> EntityId {
        EntityId { kind: self, slot: id.slot }
    }
}

/// A row as the wire knows it: which table, which slot of it.
///
/// The slot of a removed row may later hold another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId {
    /// Which table.
    pub kind: KindId,
    /// Which slot of it.
    pub slot: u32,
}

/// A row of `Table<T>`. As a replicated field it may dangle: `Table::get` then says `None`, or hands out the row that has
/// taken the slot since. Where that matters, clear the field when the row is removed.
pub struct Id<T> {
    /// Which slot of the table.
    pub slot: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// An id that no row ever has; the default.
    pub const NONE: Id<T> = Id::new(u32::MAX);

    /// The id of the row in `slot`.
    #[must_use]
    pub const fn new(slot: u32) -> Id<T> {
        Id { slot, kind: PhantomData }
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Id<T> {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> Default for Id<T> {
    fn default() -> Id<T> {
        Id::NONE
    }
}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Id<T>) -> bool {
        self.slot == other.slot
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Id<T>) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Id<T>) -> core::cmp::Ordering {
        self.slot.cmp(&other.slot)
    }
}
impl<T> core::hash::Hash for Id<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.slot.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.slot)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.slot)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Id<T>, D::Error> {
        u32::deserialize(deserializer).map(Id::new)
    }
}

/// A room of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoomId(pub u32);
