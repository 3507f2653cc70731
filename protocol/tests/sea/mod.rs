//! A game with something of every sort to hide, for tests of tables.

#![allow(dead_code)] // Each of the tests uses its part.

use tickwire_protocol::game::drive_and_advance;
use tickwire_protocol::image::{History, Image, KindImage};
use tickwire_protocol::prelude::*;

pub(crate) const ME: PlayerId = PlayerId(1);
pub(crate) const OTHER: PlayerId = PlayerId(2);

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub(crate) struct Ship {
    #[rep(place, range = 0.0..=100.0, step = 0.5)]
    pub(crate) pos: Vec2,
    #[rep(owner)]
    pub(crate) ammo: u16,
    // Its default is not one of its values.
    #[rep(owner, range = 1..=6)]
    pub(crate) die: u8,
    #[rep(skip)]
    pub(crate) plan: Vec<u8>,
    #[rep(whole, max = 8)]
    pub(crate) name: String,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(owner)]
pub(crate) struct Card {
    pub(crate) face: u8,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub(crate) struct Wind {
    pub(crate) force: i16,
}

#[derive(World, Default, Debug, Clone)]
pub(crate) struct Sea {
    pub(crate) ships: Table<Ship>,
    pub(crate) cards: Table<Card>,
    pub(crate) wind: One<Wind>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Regatta;

/// What `drive` does here: 1 spends ammo and writes a plan, 2 spawns a ship and a card, 3 looks at what it may see.
#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
pub(crate) struct Act {
    #[rep(range = 0..=3)]
    pub(crate) what: u8,
}

impl Game for Regatta {
    const NAME: &'static str = "regatta";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Sea;
    type Input = Act;
    type Request = Never;
    type Event = Never;
    fn open(_: &mut Sea, _: &mut Host<Self>) -> Self {
        Regatta
    }
    fn join(&mut self, _: &mut Sea, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }
    fn drive(sea: &mut Sea, me: PlayerId, act: &Act, _: Tick) {
        match act.what {
            1 => {
                for (_, ship) in sea.ships.iter_mut() {
                    ship.ammo += 1;
                    ship.plan.push(1);
                }
            }
            2 => {
                sea.ships.spawn_for(me, Ship { ammo: 5, plan: vec![1], ..Ship::default() });
                sea.cards.spawn_for(me, Card { face: 3 });
            }
            3 => {
                let ammo: u16 = sea.ships.iter().map(|(_, ship)| ship.ammo).sum();
                let plans = sea.ships.iter().filter(|(_, ship)| !ship.plan.is_empty()).count();
                assert!(sea.ships.iter().all(|(_, ship)| ship.die >= 1), "a hidden field is on its steps");
                sea.wind.force = ammo as i16 + 100 * sea.cards.len() as i16 + 1_000 * plans as i16;
            }
            _ => {}
        }
    }
    fn advance(sea: &mut Sea, _: Tick) {
        for (_, ship) in sea.ships.iter_mut() {
            ship.pos.x += 1.0 + f32::from(ship.ammo) + ship.plan.len() as f32 + sea.cards.len() as f32;
        }
    }
}

pub(crate) fn sea(seed: u64, rows_max: usize) -> Sea {
    let mut sea = Sea::default();
    sea.each(|_, table| table.open(seed, rows_max));
    sea
}

pub(crate) fn image_of(sea: &mut Sea) -> Image {
    let mut image = History::new().draft(&tickwire_protocol::game::schema::<Regatta>());
    sea.settle(&mut image);
    image
}

pub(crate) fn ships(image: &Image) -> &KindImage {
    image.kind(Sea::SHIPS).expect("the schema has ships")
}

pub(crate) fn tick(sea: &mut Sea, inputs: &[(PlayerId, u8)]) -> Vec<(PlayerId, EntityId)> {
    let inputs: Vec<_> = inputs.iter().map(|&(player, what)| (player, Act { what })).collect();
    let mut spawned = Vec::new();
    let each = inputs.iter().map(|(player, act)| (*player, act));
    drive_and_advance::<Regatta>(sea, each, Tick(1), |player, id| spawned.push((player, id)));
    spawned
}
