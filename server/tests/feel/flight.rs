//! A small game with all that prediction has to get right: inertia, walls, balls that bounce, shots, owner fields.

use tickwire_protocol::prelude::*;

pub(crate) const RATE: TickRate = TickRate::hz(60);
const WALL: f32 = 200.0;
const BALL: f32 = 5.0;
const RELOAD: u8 = 20;

#[derive(Replicate, Clone, Default, PartialEq)]
pub(crate) struct Ship {
    #[rep(place, range = 0.0..=200.0, step = 0.001, lerp, snap = 20.0)]
    pub(crate) pos: Vec2,
    #[rep(range = -60.0..=60.0, step = per_tick(RATE), rate_of = pos)]
    pub(crate) vel: Vec2,
    #[rep(range = 0..=20)]
    pub(crate) reload: u8,
    #[rep(owner, range = 0..=1000)]
    pub(crate) fuel: u16,
}

#[derive(Replicate, Clone, Default, PartialEq)]
#[rep(predicted)]
pub(crate) struct Ball {
    #[rep(place, range = 0.0..=200.0, step = 0.001, lerp)]
    pub(crate) pos: Vec2,
    #[rep(range = -60.0..=60.0, step = per_tick(RATE), rate_of = pos)]
    pub(crate) vel: Vec2,
}

#[derive(Replicate, Clone, Default, PartialEq)]
pub(crate) struct Shot {
    #[rep(place, range = 0.0..=200.0, step = 0.001, lerp)]
    pub(crate) pos: Vec2,
    #[rep(range = -120.0..=120.0, step = per_tick(RATE), rate_of = pos)]
    pub(crate) vel: Vec2,
    pub(crate) dies: Tick,
}

#[derive(World, Default)]
pub(crate) struct Sky {
    pub(crate) ships: Table<Ship>,
    pub(crate) balls: Table<Ball>,
    pub(crate) shots: Table<Shot>,
}

#[derive(Input, Clone, Copy, Default, PartialEq)]
pub(crate) struct Keys {
    #[rep(range = -1..=1)]
    pub(crate) x: i8,
    #[rep(range = -1..=1)]
    pub(crate) y: i8,
    #[rep(once)]
    pub(crate) fire: bool,
}

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Fired { by: PlayerId },
}

#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Push { x: f32, y: f32 },
}

#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Flight;

impl Game for Flight {
    const NAME: &'static str = "flight";
    const TICK_RATE: TickRate = RATE;
    type World = Sky;
    type Input = Keys;
    type Request = Request;
    type Event = Event;

    fn open(sky: &mut Sky, host: &mut Host<Self>) -> Self {
        for _ in 0..12 {
            let mut random = |to: f32| host.rng().random_range(-1.0..1.0_f32) * to;
            let pos = vec2(100.0, 100.0) + vec2(random(90.0), random(90.0));
            sky.balls.spawn(Ball { pos, vel: vec2(random(20.0), random(20.0)) });
        }
        Flight
    }

    fn join(&mut self, sky: &mut Sky, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        if player.role == Role::Plays {
            let at = host.rng().random_range(40.0..160.0);
            sky.ships.spawn_for(player.id, Ship { pos: vec2(at, at), fuel: 1000, ..Ship::default() });
        }
        Ok(())
    }

    fn request(&mut self, sky: &mut Sky, _: &mut Host<Self>, from: Caller, request: Request) {
        let (Caller::Player(from), Request::Push { x, y }) = (from, request) else { return };
        for (_, ship) in sky.ships.of_mut(from) {
            ship.vel += vec2(x, y);
        }
    }

    fn drive(sky: &mut Sky, me: PlayerId, keys: &Keys, tick: Tick) {
        let mut fired = Vec::new();
        for (_, ship) in sky.ships.of_mut(me) {
            let thrust = if ship.fuel > 0 { 40.0 } else { 10.0 };
            ship.vel += vec2(keys.x.into(), keys.y.into()) * thrust * RATE.dt();
            ship.fuel = ship.fuel.saturating_sub(u16::from(keys.x != 0));
            ship.reload = ship.reload.saturating_sub(1);
            if keys.fire && ship.reload == 0 {
                ship.reload = RELOAD;
                fired.push(Shot { pos: ship.pos, vel: vec2(90.0, 0.0), dies: tick.after(40) });
            }
        }
        for shot in fired {
            sky.shots.spawn_for(me, shot);
        }
    }

    fn advance(sky: &mut Sky, tick: Tick) {
        for (_, ball) in sky.balls.iter_mut() {
            fly(&mut ball.pos, &mut ball.vel);
        }
        for (_, ship) in sky.ships.iter_mut() {
            fly(&mut ship.pos, &mut ship.vel);
            for (_, ball) in sky.balls.iter() {
                let apart = ship.pos - ball.pos;
                if apart.length() < BALL && apart.length() > 0.1 {
                    ship.vel = ball.vel + apart.normalize_or_zero() * 25.0;
                }
            }
        }
        sky.shots.retain(|_, shot| {
            shot.pos += shot.vel * RATE.dt();
            tick < shot.dies && shot.pos.x < WALL
        });
    }

    fn step(&mut self, sky: &mut Sky, host: &mut Host<Self>) {
        let tick = host.tick();
        let fresh: Vec<_> =
            sky.shots.iter().filter(|(_, shot)| shot.dies == tick.after(40)).map(|(id, _)| id).collect();
        for id in fresh {
            host.tell(To::Everyone, Event::Fired { by: sky.shots.owner(id) });
        }
    }

    fn bot(_: &Sky, me: PlayerId, tick: Tick) -> Keys {
        let turn = (tick.0 / 17).wrapping_mul(2_654_435_761).wrapping_add(me.0) >> 8;
        Keys { x: (turn % 3) as i8 - 1, y: (turn / 3 % 3) as i8 - 1, fire: tick.0.is_multiple_of(31) }
    }
}

fn fly(pos: &mut Vec2, vel: &mut Vec2) {
    *pos += *vel * RATE.dt();
    for (at, speed) in [(&mut pos.x, &mut vel.x), (&mut pos.y, &mut vel.y)] {
        if *at < 0.0 || *at > WALL {
            *at = at.clamp(0.0, WALL);
            *speed = -*speed;
        }
    }
}
