//! The scenes that are measured: games written against nothing but the public API.
//!
//! A scene is named on the command line; [`visit`] turns the name into a game type.

mod games;
mod motion;
mod polar;
mod wander;

use std::collections::BTreeMap;

use tickwire_dogfight::Dogfight;
use tickwire_protocol::prelude::*;

pub use self::polar::{Compass, Polar};
pub use self::wander::{Ground, Thing, W1, W1At60, W2, W3, Wander};

/// Every scene there is.
pub const NAMES: [&str; 10] =
    ["w1", "w1-60hz", "w1-polar", "w2", "w3", "roam", "tag", "checkers", "board", "ticker"];

/// The seed of a scene that is not given another.
pub const SEED: u64 = 12_345;

/// A game that is measured.
pub trait Scene: Game {
    /// What its players may see.
    const SIGHT: Sight;
    /// Whether its bot looks at the world.
    const BOT_LOOKS: bool = false;
    /// As what its clients come.
    const ROLE: Role = Role::Plays;
    /// How many of them the game takes; whoever comes after those watches.
    const SEATS: u32 = u32::MAX;

    /// The row around which the sight of `player` lies, where it is limited.
    fn eye(_world: &Self::World, _player: PlayerId) -> Option<EntityId> {
        None
    }

    /// What a player asks for at this tick, where it asks.
    fn ask(_world: &Self::World, _player: PlayerId, _tick: Tick) -> Option<Self::Request> {
        None
    }

    /// The answer of the process around the room to what it was told.
    fn answer(_told: Self::Event) -> Option<Self::Request> {
        None
    }
}

/// What the players of a scene may see, for checking that they see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sight {
    /// Every row.
    Everything,
    /// What lies within so many units of its eye, and nothing beyond a tenth more.
    Within(f64),
    /// What the game says; only the values are checked.
    Unknown,
}

/// Something that works with any scene, given its game as a type.
pub trait Visit {
    /// What comes of it.
    type Out;
    /// Does it.
    fn visit<G: Scene>(self) -> Self::Out;
}

/// Does `visit` with the game of the scene called `name`.
///
/// # Errors
/// Where there is no such scene; the message names those there are.
pub fn visit<V: Visit>(name: &str, visit: V) -> anyhow::Result<V::Out> {
    Ok(match name {
        "w1" => visit.visit::<W1>(),
        "w1-60hz" => visit.visit::<W1At60>(),
        "w1-polar" => visit.visit::<Polar>(),
        "w2" => visit.visit::<W2>(),
        "w3" => visit.visit::<W3>(),
        "roam" => visit.visit::<Dogfight>(),
        "tag" => visit.visit::<games::Tag>(),
        "checkers" => visit.visit::<games::Checkers>(),
        "board" => visit.visit::<games::Whiteboard>(),
        "ticker" => visit.visit::<games::Ticker>(),
        _ => anyhow::bail!("there is no scene `{name}`: choose one of {}", NAMES.join(", ")),
    })
}

/// Whether all players of the scene called `name` see everything, and so are sent the same.
#[must_use]
pub fn all_see_the_same(name: &str) -> bool {
    struct Looking;
    impl Visit for Looking {
        type Out = bool;
        fn visit<G: Scene>(self) -> bool {
            G::SIGHT == Sight::Everything
        }
    }
    visit(name, Looking).unwrap_or(false)
}

/// The name of a scene at so many ticks a second, where it is measured at other rates than its own.
///
/// # Errors
/// Where it is not measured at this rate.
pub fn at_rate(name: &str, hz: u32) -> anyhow::Result<String> {
    let other = format!("{name}-{hz}hz");
    if tick_rate(name)? == hz {
        return Ok(name.to_owned());
    }
    anyhow::ensure!(
        NAMES.contains(&other.as_str()),
        "the scene `{name}` does not come at {hz} Hz: leave --hz out, or choose one of {}",
        NAMES.join(", ")
    );
    Ok(other)
}

/// Ticks a second of the scene called `name`.
///
/// # Errors
/// As [`visit`].
pub fn tick_rate(name: &str) -> anyhow::Result<u32> {
    struct Asking;
    impl Visit for Asking {
        type Out = u32;
        fn visit<G: Scene>(self) -> u32 {
            G::TICK_RATE.get().into()
        }
    }
    visit(name, Asking)
}

/// The room options that make a scene of `entities` rows; games without that option ignore it.
#[must_use]
pub fn options(entities: u32) -> BTreeMap<String, String> {
    BTreeMap::from([("entities".to_owned(), entities.to_string())])
}

impl Scene for Dogfight {
    const SIGHT: Sight = Sight::Unknown;
    const BOT_LOOKS: bool = true;
}

/// The controls of a wanderer.
#[derive(Input, Clone, Copy, Debug, Default, PartialEq)]
pub struct Stick {
    /// Where to, eastwards.
    #[rep(range = -127..=127)]
    pub dx: i8,
    /// Where to, northwards.
    #[rep(range = -127..=127)]
    pub dy: i8,
    /// Carried, not used.
    pub buttons: u8,
}

impl Stick {
    /// The `k`-th input of the player in seat `i`: the direction turns by 0.05 radians each time.
    #[must_use]
    pub fn of(i: u32, k: u32) -> Stick {
        let angle = f64::from(i) + 0.05 * f64::from(k);
        Stick { dx: (127.0 * angle.cos()) as i8, dy: (127.0 * angle.sin()) as i8, buttons: 0 }
    }

    /// The direction, `None` where the stick is at rest.
    fn direction(self) -> Option<Vec2> {
        vec2(self.dx.into(), self.dy.into()).try_normalize()
    }
}

/// A player's seat, from 0, in the order of arrival.
fn seat(player: PlayerId) -> u32 {
    player.0.saturating_sub(1)
}

/// The row that the player in `seat` steers: that many rows on, around and around.
fn steered<T: tickwire_protocol::world::Replicate>(table: &Table<T>, player: PlayerId) -> Option<Id<T>> {
    table.ids().nth(seat(player) as usize % table.len().max(1))
}

/// The bounds of a scene's room: as many players as are to be measured.
fn rules() -> Rules {
    Rules { players_max: 100_000, watchers_max: 100_000, ..Rules::default() }
}

/// The number of entities that the room was opened with.
fn entities<G: Game>(host: &Host<G>) -> u32 {
    host.option("entities").and_then(|text| text.parse().ok()).unwrap_or(1_000)
}
