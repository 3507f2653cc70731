//! `w1-polar`: the same wanderers, declared as heading and speed.

use serde::{Deserialize, Serialize};
use tickwire_protocol::math;
use tickwire_protocol::prelude::*;
use tickwire_protocol::quantize::{Spec, Value as _};

use super::motion::{RATE, SIDE, Walker, bounce, fortune};
use super::{Scene, Sight, Stick, entities, rules, steered};
use crate::rng::Mulberry32;

/// A thing as players see it. Velocity and rotation are derived: `speed` along `heading`.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Compass {
    /// Where.
    #[rep(place, range = 0.0..=1000.0, step = 0.01 / 30.0, lerp)]
    pub pos: Vec2,
    /// Where to, in radians.
    #[rep(angle, bits = 16, lerp)]
    pub heading: f32,
    /// Units a second along `heading`.
    #[rep(range = 0.0..=120.0, step = 0.001, rate_of = pos, along = heading)]
    pub speed: f32,
    /// Health, 0 to 100.
    pub hp: u8,
    /// One of eight looks.
    pub kind: u8,
    /// Points.
    pub score: u16,
}

/// The world of the wanderers.
#[derive(World, Default)]
pub struct Chart {
    /// All of them.
    pub things: Table<Compass>,
}

/// A room of wanderers.
#[derive(Serialize, Deserialize)]
pub struct Polar {
    rng: Mulberry32,
    order: Vec<Id<Compass>>,
    walkers: Vec<Walker>,
}

impl Game for Polar {
    const NAME: &'static str = "w1-polar";
    const TICK_RATE: TickRate = RATE;
    type World = Chart;
    type Input = Stick;
    type Request = Never;
    type Event = Never;

    fn rules() -> Rules {
        rules()
    }

    fn open(chart: &mut Chart, host: &mut Host<Self>) -> Self {
        let mut rng = Mulberry32::new(host.seed() as u32);
        for _ in 0..entities(host) {
            let pos = vec2(rng.between(0.0, SIDE), rng.between(0.0, SIDE));
            let kind = (rng.bits() % 8) as u8;
            chart.things.spawn(Compass { pos, hp: 100, kind, ..Compass::default() });
        }
        let order: Vec<Id<Compass>> = chart.things.ids().collect();
        let walkers: Vec<Walker> = order.iter().map(|_| Walker::new(&mut rng)).map(settled).collect();
        for (&id, walker) in order.iter().zip(&walkers) {
            if let Some(thing) = chart.things.get_mut(id) {
                (thing.heading, thing.speed) = (walker.heading, walker.speed);
            }
        }
        Polar { rng, order, walkers }
    }

    fn join(&mut self, _: &mut Chart, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }

    fn drive(chart: &mut Chart, me: PlayerId, stick: &Stick, _: Tick) {
        let (Some(to), Some(id)) = (stick.direction(), steered(&chart.things, me)) else { return };
        if let Some(thing) = chart.things.get_mut(id) {
            thing.heading = math::atan2(to.y, to.x);
        }
    }

    fn step(&mut self, chart: &mut Chart, _: &mut Host<Self>) {
        for (&id, walker) in self.order.iter().zip(&mut self.walkers) {
            let Some(thing) = chart.things.get_mut(id) else { continue };
            if thing.heading != walker.heading {
                walker.steer(thing.heading);
            }
            walker.stray(&mut self.rng);
            go(thing, walker);
            fortune(&mut self.rng, &mut thing.hp, &mut thing.score);
        }
    }

    fn bot(_: &Chart, me: PlayerId, tick: Tick) -> Stick {
        Stick::of(super::seat(me), tick.0)
    }
}

impl Scene for Polar {
    const SIGHT: Sight = Sight::Everything;
}

/// Moves a thing by a tick. Its heading is put on its step first: what moves is what is sent.
fn go(thing: &mut Compass, walker: &mut Walker) {
    walker.heading = on_ring(walker.heading);
    let vel = walker.velocity();
    let (pos, after) = bounce(thing.pos, vel, RATE);
    if after != vel {
        walker.heading = on_ring(math::atan2(after.y, after.x));
    }
    thing.pos = pos;
    thing.heading = walker.heading;
}

/// A walker whose heading and speed are what receivers read.
fn settled(walker: Walker) -> Walker {
    const SPEED: Spec = Spec::steps(0.0, 120.0, 0.001);
    let mut step = [0];
    walker.speed.pack(SPEED, &mut step);
    Walker { heading: on_ring(walker.heading), speed: f32::unpack(SPEED, &step), ..walker }
}

/// The heading as receivers read it.
fn on_ring(heading: f32) -> f32 {
    const RING: Spec = Spec::Angle { bits: 16 };
    let mut step = [0];
    heading.pack(RING, &mut step);
    f32::unpack(RING, &step)
}
