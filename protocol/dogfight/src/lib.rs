//! Dogfight: ships with inertia among drifting asteroids. The demo game, and the worked example of the public API.
//!
//! Read it in this order, and the engine is told on the way:
//! 1. [`Space`] below: a world is a struct of tables.
//! 2. [`ship`]: a row, its fields and how precise they are; the input; what an input does (`drive`).
//! 3. [`asteroid`] and [`shot`]: what moves by itself (`advance`), and is therefore predicted to the bit.
//! 4. [`combat`]: what only the server decides (`step`): hits, kills, points, coming back; lag compensation.
//! 5. [`gift`]: a whole feature: what lies around, who takes it, what it does; and how to add one.
//! 6. [`pilot`] and [`radar`]: rows that everybody has, wherever they are.
//! 7. [`watch`]: who may see what. [`chat`]: requests and events. [`bot`]: players without hands.

pub mod arena;
pub mod asteroid;
pub mod bot;
pub mod chat;
pub mod combat;
pub mod gift;
pub mod pilot;
pub mod radar;
pub mod ship;
pub mod shot;
pub mod watch;

use std::collections::BTreeMap;

use tickwire_protocol::prelude::*;

pub use self::arena::Arena;
pub use self::asteroid::Asteroid;
pub use self::gift::{Gift, Perk};
pub use self::pilot::Pilot;
pub use self::radar::Blip;
pub use self::ship::{Controls, Ship};
pub use self::shot::Shot;
use self::watch::Gaze;

/// The world: what players see, each as far as their view lets them.
#[derive(World, Default)]
pub struct Space {
    /// What there is one of.
    pub arena: One<Arena>,
    /// A row for everybody who plays, wherever they are.
    pub pilots: Table<Pilot>,
    /// A ship for everybody who plays.
    pub ships: Table<Ship>,
    /// What the ships have fired.
    pub shots: Table<Shot>,
    /// Rocks that nothing moves out of their way.
    pub asteroids: Table<Asteroid>,
    /// What lies around to be taken.
    pub gifts: Table<Gift>,
    /// Where ships are, roughly: for the map.
    pub blips: Table<Blip>,
}

/// What a player or watcher may ask.
#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Request {
    /// Say something to everybody.
    Say(String),
    /// Watchers: look at the ship of this player; at the leader's if it is nobody's.
    Follow(PlayerId),
    /// Watchers: look at this place, in units.
    Look(f32, f32),
}

/// What the room tells.
#[derive(Message, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody said something.
    Said {
        /// Who; perhaps a watcher, or gone by now.
        from: PlayerId,
        /// What they were called.
        name: String,
        /// What they said, tidied.
        text: String,
    },
    /// A ship was shot down.
    Killed {
        /// Whose.
        victim: PlayerId,
        /// By whom.
        by: PlayerId,
        /// How many the killer has shot down since it last came back.
        streak: u16,
    },
    /// Another player has the crown now.
    Crowned(PlayerId),
}

/// A room of the game: what the server alone knows.
#[derive(Serialize, Deserialize, Debug, Default)]
pub struct Dogfight {
    /// When the next gift appears.
    next_gift: Tick,
    /// Where the watchers look.
    gazes: BTreeMap<PlayerId, Gaze>,
}

impl Game for Dogfight {
    const NAME: &'static str = "dogfight";
    const TICK_RATE: TickRate = arena::RATE;
    type World = Space;
    type Input = Controls;
    type Request = Request;
    type Event = Event;

    fn rules() -> Rules {
        Rules { bots: 30, ..Rules::default() }
    }

    /// Written by `cargo run --release -- train protocol/dogfight/dogfight.book`.
    fn codebook() -> &'static [u8] {
        include_bytes!("../dogfight.book")
    }

    fn open(space: &mut Space, host: &mut Host<Self>) -> Self {
        asteroid::fill(space, host);
        Dogfight::default()
    }

    fn join(&mut self, space: &mut Space, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        match player.role {
            Role::Plays => {
                pilot::join(space, player);
                ship::join(space, host, player.id);
                radar::join(space, player.id);
            }
            Role::Watches => {
                self.gazes.insert(player.id, Gaze::default());
            }
        }
        Ok(())
    }

    fn leave(&mut self, space: &mut Space, _: &mut Host<Self>, player: &Player) {
        space.remove_owned(player.id);
        pilot::leave(space, player.id);
        radar::leave(space, player.id);
        self.gazes.remove(&player.id);
    }

    fn request(&mut self, _: &mut Space, host: &mut Host<Self>, from: Caller, request: Request) {
        let Caller::Player(from) = from else { return };
        match request {
            Request::Say(text) => chat::say(host, from, &text),
            Request::Follow(whom) => self.look(from, Gaze::At(whom)),
            Request::Look(x, y) => self.look(from, Gaze::place(x, y)),
        }
    }

    fn drive(space: &mut Space, me: PlayerId, controls: &Controls, tick: Tick) {
        ship::drive(space, me, controls, tick);
    }

    fn advance(space: &mut Space, tick: Tick) {
        asteroid::advance(space);
        ship::advance(space);
        shot::advance(space, tick);
        gift::advance(space, tick);
    }

    fn step(&mut self, space: &mut Space, host: &mut Host<Self>) {
        combat::step(space, host);
        self.next_gift = gift::step(space, host, self.next_gift);
        pilot::crown(space, host);
        radar::step(space, host.tick());
    }

    fn view(&self, space: &Space, player: &Player) -> View {
        watch::view(space, player, self.gazes.get(&player.id))
    }

    fn bot(space: &Space, me: PlayerId, tick: Tick) -> Controls {
        bot::controls(space, me, tick)
    }
}

impl Dogfight {
    /// Turns a watcher's eyes; who plays looks at its own ship.
    fn look(&mut self, from: PlayerId, gaze: Gaze) {
        if let Some(now) = self.gazes.get_mut(&from) {
            *now = gaze;
        }
    }
}
