//! A small game with one of everything, for simulations.
#![allow(unreachable_pub, reason = "a module of one test")]

use tickwire_protocol::id::KindId;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::prelude::*;
use tickwire_server::room::{AnyRoom, Room, RoomSetup};
use tickwire_server::sim::{Probe, Sim};

pub const RATE: TickRate = TickRate::hz(60);
pub const SIZE: f32 = 1_000.0;
/// The place of the ships among the tables.
const SHIPS: KindId = KindId(0);

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub struct Ship {
    #[rep(place, range = 0.0..=SIZE, step = 0.01, lerp)]
    pub pos: Vec2,
    #[rep(range = -200.0..=200.0, step = per_tick(RATE), rate_of = pos)]
    pub vel: Vec2,
    #[rep(range = 0..=100)]
    pub hp: u8,
    #[rep(owner)]
    pub ammo: u16,
    #[rep(skip)]
    pub cooldown: u32,
    #[rep(whole, max = 32)]
    pub name: String,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(predicted)]
pub struct Rock {
    #[rep(place, range = 0.0..=SIZE, step = 0.01, lerp)]
    pub pos: Vec2,
    #[rep(range = -200.0..=200.0, step = per_tick(RATE), rate_of = pos)]
    pub vel: Vec2,
    pub size: u8,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub struct Shot {
    #[rep(place, range = 0.0..=SIZE, step = 0.01, lerp)]
    pub pos: Vec2,
    #[rep(range = -200.0..=200.0, step = per_tick(RATE), rate_of = pos)]
    pub vel: Vec2,
    pub born: Tick,
}

/// Only its owner has it.
#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(owner)]
pub struct Order {
    pub code: u32,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub struct Score {
    pub total: u32,
}

/// Nobody predicts it, and it goes wherever the wind blows.
#[derive(Replicate, Clone, Default, PartialEq, Debug)]
pub struct Leaf {
    #[rep(place, range = 0.0..=SIZE, step = 0.01, lerp)]
    pub pos: Vec2,
}

#[derive(World, Default)]
pub struct Space {
    pub ships: Table<Ship>,
    pub rocks: Table<Rock>,
    pub shots: Table<Shot>,
    pub orders: Table<Order>,
    pub score: One<Score>,
    pub leaves: Table<Leaf>,
}

#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
pub struct Keys {
    #[rep(range = -1..=1)]
    pub x: i8,
    #[rep(range = -1..=1)]
    pub y: i8,
    #[rep(once)]
    pub fire: bool,
}

#[derive(Serialize, Deserialize, Message, Clone, PartialEq, Debug)]
pub enum Ask {
    /// Tell everybody.
    Say(String),
    /// Send somebody away.
    Away(PlayerId),
    /// Ask the process around the room.
    Outside(u32),
    /// Close the room.
    Close,
    /// Change what only those see who are near the corner.
    Whisper(u32),
}

#[derive(Serialize, Deserialize, Message, Clone, PartialEq, Debug)]
pub enum News {
    Said(PlayerId, String),
    Answered(u32),
    Wanted(u32),
    Seen(u32),
    Beat(u32),
}

/// Options of the room: `view` a radius, `rocks` a number, `beat` an event every so many ticks, `hidden` changes
/// that happen far from everybody.
#[derive(Serialize, Deserialize)]
pub struct Arena {
    view: Option<f32>,
    beat: u32,
    hidden: u32,
    rings: bool,
    wander: bool,
    tick: Tick,
    asked: Vec<String>,
}

impl Arena {
    /// How far somebody sees at a tick; `None`: everything.
    pub fn radius(&self, me: PlayerId, tick: Tick) -> Option<f32> {
        let part = if self.wander { [1.0, 0.3, 2.0, 0.7][(tick.0 / 97 + me.0) as usize % 4] } else { 1.0 };
        self.view.map(|radius| radius * part)
    }

    pub fn asked(&self) -> &[String] {
        &self.asked
    }
}

fn option(host: &Host<Arena>, name: &str) -> Option<u32> {
    host.option(name).and_then(|value| value.parse().ok())
}

impl Game for Arena {
    const NAME: &'static str = "arena";
    const TICK_RATE: TickRate = RATE;
    type World = Space;
    type Input = Keys;
    type Request = Ask;
    type Event = News;

    fn open(world: &mut Space, host: &mut Host<Arena>) -> Arena {
        for _ in 0..option(host, "rocks").unwrap_or(0) {
            let pos = vec2(host.rng().random_range(0.0..SIZE), host.rng().random_range(0.0..SIZE));
            let vel = vec2(host.rng().random_range(-60.0..60.0), host.rng().random_range(-60.0..60.0));
            world.rocks.spawn(Rock { pos, vel, size: 1 });
        }
        for _ in 0..option(host, "leaves").unwrap_or(0) {
            let pos = vec2(host.rng().random_range(0.0..SIZE), host.rng().random_range(0.0..SIZE));
            world.leaves.spawn(Leaf { pos });
        }
        Arena {
            view: option(host, "view").map(|radius| radius as f32),
            beat: option(host, "beat").unwrap_or(0),
            hidden: option(host, "hidden").unwrap_or(0),
            rings: option(host, "rings").is_some(),
            wander: option(host, "wander").is_some(),
            tick: Tick::NONE,
            asked: Vec::new(),
        }
    }

    fn join(&mut self, world: &mut Space, host: &mut Host<Arena>, player: &Player) -> Result<(), Refusal> {
        if player.name == "nobody" {
            return Err(Refusal::new("nobody may not play: choose another name"));
        }
        if player.role == Role::Plays {
            let corner = player.options.get("at").map(String::as_str) == Some("corner");
            let spread = host.rng().random_range(0.0..200.0);
            let pos = if corner { vec2(20.0, 20.0) } else { vec2(400.0 + spread, 500.0) };
            world.ships.spawn_for(
                player.id,
                Ship { pos, hp: 100, ammo: 9, name: player.name.clone(), ..Ship::default() },
            );
            world.orders.spawn_for(player.id, Order { code: player.id.0 });
        }
        Ok(())
    }

    fn request(&mut self, world: &mut Space, host: &mut Host<Arena>, from: Caller, request: Ask) {
        match (from, request) {
            (Caller::Player(who), Ask::Say(text)) => {
                self.asked.push(text.clone());
                host.tell(To::Everyone, News::Said(who, text));
            }
            (Caller::Player(_), Ask::Away(player)) => host.send_away(player, "asked to go: be kind"),
            (Caller::Player(_), Ask::Outside(n)) => host.tell(To::Outside, News::Wanted(n)),
            (Caller::Outside, Ask::Outside(n)) => host.tell(To::Everyone, News::Answered(n)),
            (_, Ask::Close) => host.close("the match is over"),
            (_, Ask::Whisper(n)) => {
                let seen = world.ships.iter().find(|(_, ship)| ship.pos.x < 100.0).map(|(id, _)| id);
                if let Some(id) = seen {
                    host.tell(To::Seeing(EntityId { kind: SHIPS, slot: id.slot }), News::Seen(n));
                }
            }
            (Caller::Outside, Ask::Say(_) | Ask::Away(_)) => {}
        }
    }

    fn step(&mut self, world: &mut Space, host: &mut Host<Arena>) {
        let now = host.tick();
        self.tick = now;
        world.shots.retain(|_, shot| now.since(shot.born) < 60);
        for (_, ship) in world.ships.iter_mut() {
            ship.cooldown = ship.cooldown.saturating_sub(1);
        }
        for (_, leaf) in world.leaves.iter_mut() {
            leaf.pos += vec2(host.rng().random_range(-3.0..3.0), host.rng().random_range(-3.0..3.0));
        }
        if now.0.is_multiple_of(30) {
            world.score.total += 1;
        }
        if self.beat > 0 && now.0.is_multiple_of(self.beat) {
            host.tell(To::Everyone, News::Beat(now.0));
        }
        if now.0.is_multiple_of(7) && self.hidden > 0 {
            self.stir(world, host);
        }
    }

    fn view(&self, world: &Space, player: &Player) -> View {
        let Some(radius) = self.radius(player.id, self.tick) else { return View::everything() };
        let rings = [radius * 0.4, radius * 0.7];
        if let Some((_, ship)) = world.ships.first_of(player.id).filter(|_| self.rings) {
            return View::around(ship.pos, radius).slower_beyond(ship.pos, &rings);
        }
        match world.ships.first_of(player.id) {
            Some((_, ship)) => View::around(ship.pos, radius),
            None => View::around(vec2(500.0, 500.0), radius),
        }
    }

    fn drive(world: &mut Space, me: PlayerId, keys: &Keys, tick: Tick) {
        let mut fired = None;
        for (_, ship) in world.ships.of_mut(me) {
            ship.vel = vec2(f32::from(keys.x), f32::from(keys.y)) * 90.0;
            ship.pos += ship.vel * RATE.dt();
            if keys.fire && ship.ammo > 0 {
                ship.ammo -= 1;
                fired = Some(ship.pos);
            }
        }
        if let Some(pos) = fired {
            world.shots.spawn_for(me, Shot { pos, vel: vec2(180.0, 0.0), born: tick });
        }
    }

    fn advance(world: &mut Space, _: Tick) {
        for (_, rock) in world.rocks.iter_mut() {
            rock.pos += rock.vel * RATE.dt();
            bounce(rock.pos.x, &mut rock.vel.x);
            bounce(rock.pos.y, &mut rock.vel.y);
        }
        for (_, shot) in world.shots.iter_mut() {
            shot.pos += shot.vel * RATE.dt();
        }
    }

    fn bot(_: &Space, me: PlayerId, tick: Tick) -> Keys {
        let turn = (tick.0 / 20 + me.0) % 4;
        let (x, y) = [(1, 0), (0, 1), (-1, 0), (0, -1)][turn as usize];
        Keys { x, y, fire: (tick.0 + me.0 * 7).is_multiple_of(50) }
    }
}

impl Arena {
    /// Things come, go and change in the corner, where only who is there may know of it.
    fn stir(&mut self, world: &mut Space, host: &mut Host<Arena>) {
        let what = self.hidden.wrapping_mul(host.tick().0);
        let near = vec2(10.0 + (what % 50) as f32, 30.0);
        if what.is_multiple_of(3) {
            world.rocks.spawn(Rock { pos: near, vel: Vec2::ZERO, size: (what % 200) as u8 });
        }
        world.rocks.retain(|_, rock| rock.size < 2 || rock.pos.x > 100.0 || !what.is_multiple_of(5));
        for (_, rock) in world.rocks.iter_mut().filter(|(_, rock)| rock.size > 1) {
            rock.pos.x = 10.0 + (what % 70) as f32;
        }
    }
}

fn bounce(at: f32, speed: &mut f32) {
    if (at <= 0.0 && *speed < 0.0) || (at >= SIZE && *speed > 0.0) {
        *speed = -*speed;
    }
}

pub type World = Sim<Room<Arena>, Probe<Arena>>;

pub fn setup(seed: u64, options: &[(&str, &str)]) -> RoomSetup {
    let mut setup = RoomSetup::of::<Arena>("main", seed);
    setup.options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    setup
}

pub fn sim(seed: u64, options: &[(&str, &str)]) -> World {
    Sim::new(Room::open(setup(seed, options)), seed)
}

pub fn player(name: &str) -> Probe<Arena> {
    Probe::new(name, Role::Plays)
}

pub fn watcher(name: &str) -> Probe<Arena> {
    Probe::new(name, Role::Watches)
}

/// 100 ms there and back, and 20 ms of jitter.
pub fn near() -> Conditions {
    Conditions::round_trip(100, 20)
}

/// Keys that change a few times a second, by player and tick.
pub fn keys(seed: u64, seat: usize, tick: u32) -> Keys {
    let mixed = (seed ^ (seat as u64) << 32 ^ u64::from(tick / 11)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Keys { x: (mixed % 3) as i8 - 1, y: (mixed / 3 % 3) as i8 - 1, fire: mixed.is_multiple_of(40) }
}

/// Runs, with everybody playing, and compares what everybody holds with the room, every tick.
///
/// Says how many worlds were compared.
pub fn run_checked(world: &mut World, seed: u64, ticks: u32) -> usize {
    let mut compared = 0;
    world.run_with(ticks, |world| {
        let tick = world.room().newest().0;
        for seat in 0..world.peers().count() {
            world.peer_mut(seat).input = keys(seed, seat, tick);
            let (room, probe) = world.room_and_peer(seat);
            compared +=
                probe.check(room.history()).unwrap_or_else(|fault| panic!("seed {seed}, client {seat}: {fault}"));
            assert_eq!(probe.faults(), &[] as &[String], "seed {seed}, client {seat}");
        }
    });
    compared
}
