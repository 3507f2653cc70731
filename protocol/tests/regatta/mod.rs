//! A game with a field of every sort, for tests of its schema.

use tickwire_protocol::prelude::*;
use tickwire_protocol::schema::{Field, Schema};

#[derive(Replicate, Clone, Copy, Default, PartialEq, Debug)]
pub(crate) enum Mood {
    #[default]
    Calm,
    Angry,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(predicted)]
pub(crate) struct Ship {
    #[rep(place, range = -100.0..=100.0, step = 0.001, lerp, snap = 5)]
    pub(crate) pos: Vec2,
    #[rep(range = -50.0..=50.0, step = per_tick(60), rate_of = pos, steady)]
    pub(crate) vel: Vec2,
    #[rep(angle, bits = 10, along = vel, lerp)]
    pub(crate) heading: f32,
    #[rep(range = 0..=100)]
    pub(crate) hp: u8,
    #[rep(owner)]
    pub(crate) ammo: u16,
    #[rep(whole, max = 24)]
    pub(crate) name: String,
    pub(crate) mood: Mood,
    pub(crate) rival: Option<Id<Ship>>,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub(crate) struct Wind {
    pub(crate) force: i16,
}

#[derive(World, Default)]
pub(crate) struct Sea {
    pub(crate) ships: Table<Ship>,
    pub(crate) wind: One<Wind>,
}

#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
pub(crate) struct Keys {
    #[rep(range = -1..=1)]
    pub(crate) x: i8,
    #[rep(once)]
    pub(crate) fire: bool,
}

#[derive(Serialize, Deserialize, Message)]
pub(crate) enum Order {
    Anchor,
    Hail { to: PlayerId, line: String },
}

#[derive(Serialize, Deserialize, Message)]
pub(crate) enum News {
    Started,
    Sunk(PlayerId, Vec2),
    Hailed { by: PlayerId, line: String },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Regatta;

impl Game for Regatta {
    const NAME: &'static str = "regatta";
    const TICK_RATE: TickRate = TickRate::hz(60);
    const SEND_EVERY: u32 = 2;
    type World = Sea;
    type Input = Keys;
    type Request = Order;
    type Event = News;
    fn open(_: &mut Sea, _: &mut Host<Self>) -> Self {
        Regatta
    }
    fn join(&mut self, _: &mut Sea, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The fields of the ship.
pub(crate) fn ship(schema: &mut Schema) -> &mut Vec<Field> {
    &mut schema.kinds[0].fields
}
