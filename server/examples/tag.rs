//! Tag: one is it, whoever it touches is it next. A whole game, and the example of the README.
//!
//! `cargo run --example tag` serves it; the page at `/` shows any game from its schema.

#![allow(missing_docs)] // Names say what rows and fields are.

use std::process::ExitCode;

use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
pub struct Runner {
    #[rep(place, range = 0.0..=100.0, step = 0.001, lerp)]
    pub pos: Vec2,
    pub it: bool,
    #[rep(whole, max = 24)]
    pub name: String,
}

#[derive(World, Default)]
pub struct Field {
    pub runners: Table<Runner>,
}

#[derive(Input, Clone, Copy, Default, PartialEq)]
pub struct Keys {
    #[rep(range = -1..=1)]
    pub x: i8,
    #[rep(range = -1..=1)]
    pub y: i8,
}

/// How close is caught, in units of the field.
const REACH: f32 = 2.0;

/// How long whoever was caught stands still before it may catch, in milliseconds.
const REST_MS: u32 = 1_000;

#[derive(Serialize, Deserialize)]
pub struct Tag {
    /// Ticks until the next may be caught.
    rest: u32,
}

impl Game for Tag {
    const NAME: &'static str = "tag";
    const TICK_RATE: TickRate = TickRate::hz(30);
    type World = Field;
    type Input = Keys;
    type Request = Never;
    type Event = Never;

    fn open(_: &mut Field, _: &mut Host<Self>) -> Self {
        Tag { rest: 0 }
    }

    fn join(&mut self, field: &mut Field, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        if player.role == Role::Plays {
            let pos = vec2(host.rng().random_range(0.0..100.0), host.rng().random_range(0.0..100.0));
            field.runners.spawn_for(player.id, Runner { pos, it: false, name: player.name.clone() });
        }
        Ok(())
    }

    fn drive(field: &mut Field, me: PlayerId, keys: &Keys, _: Tick) {
        for (_, runner) in field.runners.of_mut(me) {
            let speed: f32 = if runner.it { 22.0 } else { 20.0 };
            runner.pos += vec2(keys.x.into(), keys.y.into()).normalize_or_zero() * speed * Self::TICK_RATE.dt();
            runner.pos = runner.pos.clamp(Vec2::ZERO, Vec2::splat(100.0));
        }
    }

    fn step(&mut self, field: &mut Field, host: &mut Host<Self>) {
        self.rest = self.rest.saturating_sub(1);
        let it = field.runners.iter().find(|(_, runner)| runner.it).map(|(id, runner)| (id, runner.pos));
        let Some((it, at)) = it else {
            // Nobody yet, or it left: the first one is.
            if let Some((_, first)) = field.runners.iter_mut().next() {
                first.it = true;
            }
            return;
        };
        let near = |(id, runner): &(Id<Runner>, &Runner)| *id != it && runner.pos.distance(at) < REACH;
        let caught = field.runners.iter().find(near).map(|(id, _)| id);
        if self.rest == 0
            && let Some((was, is)) = caught.and_then(|caught| field.runners.get_two_mut(it, caught))
        {
            (was.it, is.it) = (false, true);
            self.rest = host.ticks_in_ms(REST_MS);
        }
    }

    fn bot(field: &Field, me: PlayerId, tick: Tick) -> Keys {
        let Some((_, own)) = field.runners.first_of(me) else { return Keys::default() };
        let others = field.runners.iter().filter(|(_, runner)| runner.pos != own.pos && runner.it != own.it);
        let distance = |runner: &Runner| runner.pos.distance_squared(own.pos);
        let Some((_, other)) = others.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b))) else {
            return Keys { x: (tick.0 / 40 % 3) as i8 - 1, y: (tick.0 / 60 % 3) as i8 - 1 };
        };
        let to = if own.it { other.pos - own.pos } else { own.pos - other.pos };
        let key = |way: f32| if way.abs() < 0.5 { 0 } else { way.signum() as i8 };
        Keys { x: key(to.x), y: key(to.y) }
    }
}

#[allow(dead_code)] // Unused where a test includes this file.
fn main() -> ExitCode {
    tickwire_server::run::<Tag>()
}
