//! Gifts lie around, and change how whoever takes one flies or shoots, for a while; or mend its hull, at once.
//!
//! A whole feature in one file: a row, `step` that places it by chance, `advance` that lets ships take it. Taking is in
//! `advance` and not in `step`, so that the pilot feels it at once and is not corrected afterwards.
//!
//! # Another gift, in some 15 lines
//!
//! 1. Here: a variant of [`Perk`]; its place among `GIFTS` (and one more in that array's length), without which it never
//!    lies around; and in `take` what it does at once, or, where it is carried, its name beside the others there. The
//!    compiler names that `match` until it has it.
//! 2. What it does while it is carried: wherever a ship's `perk` is asked, which is in [`ship`] for how it flies, in
//!    [`crate::shot`] for how it shoots, and in `strike` of [`crate::combat`] for what a hit takes from it. The last is
//!    the server's alone and needs no prediction. Only ticks count time: [`Ship::perk_ends`] is there already.
//! 3. On the page: words, sign and corners in `assets/demo/gifts.js`, a colour for each ground in
//!    `assets/demo/theme.js`; what is left out there is drawn with six corners in the colour of ink.
//! 4. `.ci/wasm/build`, which names the compiler that it needs, since the page predicts gifts as well; until then the
//!    page says in words that the server has another schema. `cargo test -p tickwire-dogfight` plays whole matches with
//!    it; `a_gift_is_taken_works_and_runs_out` in `tests/flight.rs` looks at one alone.

use tickwire_protocol::prelude::*;

use crate::arena::{self, SIZE};
use crate::ship::{self, HULL, Ship};
use crate::{Dogfight, Space};

/// How many lie around at the most.
pub const COUNT: usize = 16;
/// How near a ship must come, in units.
const REACH: f32 = 30.0;
/// How long a perk stays, in ticks.
const TICKS: u32 = 15 * 60;
/// Ticks from one gift to the next.
const EVERY_TICKS: u32 = 75;

/// What lies around, each as often as the others.
const GIFTS: [Perk; 4] = [Perk::Triple, Perk::Lance, Perk::Burner, Perk::Repair];

/// What a ship carries.
#[derive(Replicate, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Perk {
    /// Nothing but its gun.
    #[default]
    None,
    /// Three shots at once.
    Triple,
    /// A beam that is there at once, and hits what its player saw.
    Lance,
    /// More thrust.
    Burner,
    /// A whole hull, at once.
    Repair,
}

/// A gift that waits.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
#[rep(predicted)]
pub struct Gift {
    /// Where it lies, in units.
    #[rep(place, range = 0.0..=SIZE, step = 1.0)]
    pub pos: Vec2,
    /// What is in it.
    pub perk: Perk,
}

/// Ships take what they touch, and lose what has run out.
pub(crate) fn advance(space: &mut Space, tick: Tick) {
    for (_, ship) in space.ships.iter_mut() {
        if ship.perk != Perk::None && tick >= ship.perk_ends {
            ship.perk = Perk::None;
        }
        // Looking is cheap; `retain` counts every row as changed.
        if ship.flies() && space.gifts.iter().any(|(_, gift)| gift.touches(ship)) {
            space.gifts.retain(|_, gift| {
                let takes = gift.touches(ship);
                if takes {
                    take(ship, gift.perk, tick);
                }
                !takes
            });
        }
    }
}

impl Gift {
    fn touches(&self, ship: &Ship) -> bool {
        self.pos.distance_squared(ship.pos) < REACH * REACH
    }
}

fn take(ship: &mut Ship, perk: Perk, tick: Tick) {
    match perk {
        Perk::Repair => ship.hull = HULL,
        Perk::None | Perk::Triple | Perk::Lance | Perk::Burner => {
            ship.perk = perk;
            ship.perk_ends = tick.after(TICKS);
        }
    }
}

/// Places a gift every so often; says when the next one is due.
pub(crate) fn step(space: &mut Space, host: &mut Host<Dogfight>, due: Tick) -> Tick {
    if host.tick() < due {
        return due;
    }
    if space.gifts.len() < COUNT {
        let pos = arena::place(host, 4.0 * ship::RADIUS, |pos| {
            space.gifts.iter().map(|(_, gift)| gift.pos.distance(pos)).fold(SIZE, f32::min)
        });
        let perk = GIFTS[host.rng().random_range(0..GIFTS.len())];
        space.gifts.spawn(Gift { pos, perk });
    }
    host.tick().after(EVERY_TICKS)
}
