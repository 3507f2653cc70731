//! `w1`, `w2` and `w3`: things that wander, declared the plain way, as position and velocity.

use serde::{Deserialize, Serialize};
use tickwire_protocol::math;
use tickwire_protocol::prelude::*;
use tickwire_protocol::quantize::{Spec, Value as _};

use super::motion::{SIDE, Walker, bounce, fortune};
use super::{Scene, Sight, Stick, entities, rules, steered};
use crate::rng::Mulberry32;

/// Everyone sees everything.
pub type W1 = Wander<1>;
/// The same at 60 Hz.
pub type W1At60 = Wander<1, 60>;
/// A player sees what lies within 150 units of its thing.
pub type W2 = Wander<2>;
/// As `w1`, but a thing moves in one second of twenty.
pub type W3 = Wander<3>;

/// How far a player of `w2` sees, in units.
const SIGHT: f32 = 150.0;

/// A thing as players see it.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Thing {
    /// Where. The step is a thirtieth of the velocity's, so that a tick at any velocity is a whole number of steps.
    #[rep(place, range = 0.0..=1000.0, step = 0.01 / 30.0, lerp)]
    pub pos: Vec2,
    /// Units a second.
    #[rep(range = -120.0..=120.0, step = 0.01, rate_of = pos, steady)]
    pub vel: Vec2,
    /// Where it points, in radians.
    #[rep(angle, bits = 8, lerp, along = vel)]
    pub rot: f32,
    /// Health, 0 to 100.
    pub hp: u8,
    /// One of eight looks.
    pub kind: u8,
    /// Points.
    pub score: u16,
}

/// The world of the wanderers.
#[derive(World, Default)]
pub struct Ground {
    /// All of them.
    pub things: Table<Thing>,
}

/// A room of wanderers; `SCENE` is 1, 2 or 3, `HZ` its ticks a second: 30, or a multiple.
#[derive(Serialize, Deserialize)]
pub struct Wander<const SCENE: u8, const HZ: u16 = 30> {
    rng: Mulberry32,
    order: Vec<Id<Thing>>,
    walkers: Vec<Walker>,
    /// The velocity each thing had at the end of the last tick, to see what players did to it.
    left: Vec<Vec2>,
}

impl<const SCENE: u8, const HZ: u16> Game for Wander<SCENE, HZ> {
    const NAME: &'static str = match SCENE {
        1 if HZ == 60 => "w1-60hz",
        1 => "w1",
        2 => "w2",
        _ => "w3",
    };
    const TICK_RATE: TickRate = TickRate::hz(HZ);
    type World = Ground;
    type Input = Stick;
    type Request = Never;
    type Event = Never;

    fn rules() -> Rules {
        rules()
    }

    fn open(ground: &mut Ground, host: &mut Host<Self>) -> Self {
        let mut rng = Mulberry32::new(host.seed() as u32);
        for _ in 0..entities(host) {
            let pos = vec2(rng.between(0.0, SIDE), rng.between(0.0, SIDE));
            let (kind, score) = ((rng.bits() % 8) as u8, 0);
            ground.things.spawn(Thing { pos, hp: 100, kind, score, ..Thing::default() });
        }
        let order: Vec<Id<Thing>> = ground.things.ids().collect();
        let walkers: Vec<Walker> = order.iter().map(|_| Walker::new(&mut rng)).collect();
        for (&id, walker) in order.iter().zip(&walkers) {
            if let Some(thing) = ground.things.get_mut(id) {
                thing.rot = walker.heading;
            }
        }
        Wander { rng, left: vec![Vec2::ZERO; order.len()], order, walkers }
    }

    fn join(&mut self, _: &mut Ground, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }

    fn drive(ground: &mut Ground, me: PlayerId, stick: &Stick, _: Tick) {
        let (Some(direction), Some(id)) = (stick.direction(), steered(&ground.things, me)) else { return };
        if let Some(thing) = ground.things.get_mut(id) {
            thing.vel = direction * thing.vel.length().max(1.0);
        }
    }

    fn step(&mut self, ground: &mut Ground, host: &mut Host<Self>) {
        let second = host.tick().0 / u32::from(HZ);
        for (i, (&id, walker)) in (0u32..).zip(self.order.iter().zip(&mut self.walkers)) {
            let Some(left) = self.left.get_mut(i as usize) else { continue };
            let Some(vel) = ground.things.get(id).map(|thing| thing.vel) else { continue };
            if vel != *left {
                walker.steer(math::atan2(vel.y, vel.x));
            }
            if SCENE == 3 && !(i + second).is_multiple_of(20) {
                if vel != Vec2::ZERO
                    && let Some(thing) = ground.things.get_mut(id)
                {
                    thing.vel = Vec2::ZERO;
                }
                *left = Vec2::ZERO;
            } else if let Some(thing) = ground.things.get_mut(id) {
                walker.stray(&mut self.rng);
                go::<HZ>(thing, walker);
                fortune(&mut self.rng, &mut thing.hp, &mut thing.score);
                *left = thing.vel;
            }
        }
    }

    fn view(&self, ground: &Ground, player: &Player) -> View {
        if SCENE != 2 {
            return View::everything();
        }
        let own = steered(&ground.things, player.id).and_then(|id| ground.things.get(id));
        own.map_or_else(View::nothing, |thing| View::around(thing.pos, SIGHT))
    }

    fn bot(_: &Ground, me: PlayerId, tick: Tick) -> Stick {
        Stick::of(super::seat(me), tick.0)
    }
}

impl<const SCENE: u8, const HZ: u16> Scene for Wander<SCENE, HZ> {
    const SIGHT: Sight = if SCENE == 2 { Sight::Within(SIGHT as f64) } else { Sight::Everything };

    fn eye(ground: &Ground, player: PlayerId) -> Option<EntityId> {
        steered(&ground.things, player).map(|id| EntityId { kind: Ground::THINGS, slot: id.slot })
    }
}

/// Moves a thing by a tick. Its velocity is put on its step first: what moves is what is sent.
fn go<const HZ: u16>(thing: &mut Thing, walker: &mut Walker) {
    let vel = on_step::<HZ>(walker.velocity());
    let (pos, after) = bounce(thing.pos, vel, TickRate::hz(HZ));
    if after != vel {
        walker.heading = math::atan2(after.y, after.x);
    }
    thing.pos = pos;
    thing.vel = on_step::<HZ>(after);
    thing.rot = walker.heading;
}

/// The velocity as receivers read it. Where ticks are shorter its steps are longer by as much, so that a tick at any
/// velocity stays a whole number of the position's steps.
fn on_step<const HZ: u16>(vel: Vec2) -> Vec2 {
    let spec = const { Spec::steps(-120.0, 120.0, 0.01 * (HZ / 30) as f64) };
    let mut steps = [0; 2];
    vel.pack(spec, &mut steps);
    Vec2::unpack(spec, &steps)
}
