//! What a game is told that a player saw is what that player's screen showed.

use std::collections::BTreeMap;

use tickwire_client::{Join, Output};
use tickwire_protocol::id::InputSeq;
use tickwire_protocol::link::{Conditions, Micros};
use tickwire_protocol::prelude::*;
use tickwire_protocol::wire::{Hello, InputFrame, InputLayout, InputRun, VERSION, client};
use tickwire_server::room::{AnyRoom as _, ConnId, Outbox, Room, RoomSetup};
use tickwire_server::sim::{Bot, Peer, Sim};

/// Ticks until every client has found its delay.
const FOUND: f32 = 300.0;

/// Says what tick it is: drawn between two snapshots, it says what time is drawn.
#[derive(Replicate, Clone, Default, PartialEq, Debug)]
struct Clock {
    #[rep(range = 0.0..=16384.0, step = 0.015625, lerp)]
    at: f32,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
struct Gun {
    drawn: u32,
    fresh: bool,
}

#[derive(World, Default)]
struct Range {
    clock: One<Clock>,
    guns: Table<Gun>,
}

/// What was on the screen when it was made.
#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
struct Aim {
    /// In sixteenths of a tick.
    drawn: u32,
    /// It was made, and is not the last one repeated for one that did not come.
    #[rep(once)]
    fresh: bool,
}

/// Compares what players say that they see with what the room says that they saw.
#[derive(Serialize, Deserialize, Default, Debug)]
struct Gallery {
    shots: BTreeMap<PlayerId, Shots>,
}

/// What came of those of one player.
#[derive(Clone, Serialize, Deserialize, Default, Debug)]
struct Shots {
    compared: u32,
    /// Ticks between what it drew and what the room says it did, at the worst.
    off: f32,
    /// How long ago that was at the latest, in ticks.
    ago: f32,
    /// The room did not know.
    unknown: u32,
}

impl Game for Gallery {
    const NAME: &'static str = "gallery";
    const TICK_RATE: TickRate = TickRate::hz(60);
    type World = Range;
    type Input = Aim;
    type Request = Never;
    type Event = Never;

    fn open(_: &mut Range, _: &mut Host<Self>) -> Self {
        Gallery::default()
    }

    fn join(&mut self, range: &mut Range, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        range.guns.spawn_for(player.id, Gun::default());
        Ok(())
    }

    fn drive(range: &mut Range, me: PlayerId, aim: &Aim, _: Tick) {
        for (_, gun) in range.guns.of_mut(me) {
            (gun.drawn, gun.fresh) = (aim.drawn, aim.fresh);
        }
    }

    fn step(&mut self, range: &mut Range, host: &mut Host<Self>) {
        let now = host.tick().0 as f32;
        range.clock.at = now;
        // Until a client has found its delay it draws beyond the newest it holds, which nobody was ever sent.
        if now < FOUND {
            return;
        }
        for player in host.players().map(|player| player.id).collect::<Vec<_>>() {
            let Some((_, gun)) = range.guns.first_of(player).filter(|(_, gun)| gun.fresh && gun.drawn > 0) else {
                continue;
            };
            let shots = self.shots.entry(player).or_default();
            let Some(seen) = host.seen_by(player) else {
                shots.unknown += 1;
                continue;
            };
            let drawn = gun.drawn as f32 / 16.0;
            shots.compared += 1;
            shots.off = shots.off.max((seen.clock.at - drawn).abs());
            shots.ago = shots.ago.max(now - drawn);
        }
    }
}

/// A client whose input says what is on its screen.
struct Shooter(Bot<Gallery>);

impl Peer for Shooter {
    fn connected(&mut self, at: Micros) {
        self.0.connected(at);
    }
    fn receive(&mut self, at: Micros, frame: &[u8]) {
        self.0.receive(at, frame);
    }
    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.0.lost(at, code, reason);
    }
    fn update(&mut self, at: Micros) {
        let client = self.0.client_mut();
        let drawn = (client.drawn().tick * 16.0).max(0.0) as u32;
        client.set_input(&Aim { drawn, fresh: true });
        self.0.update(at);
    }
    fn next_due(&self) -> Micros {
        self.0.next_due()
    }
    fn poll(&mut self) -> Option<Output> {
        self.0.poll()
    }
}

/// What comes of the shots of one player on each of these links, in a minute.
fn play(links: &[Conditions]) -> Vec<Shots> {
    let mut sim = Sim::new(Room::<Gallery>::open(RoomSetup::of::<Gallery>("gallery", 4)), 4);
    for &link in links {
        let mut bot = Bot::new(Join::player("shooter"), 60);
        bot.plays = false;
        sim.add(Shooter(bot), link);
    }
    sim.run(3_600);
    sim.room().game().shots.values().cloned().collect()
}

#[test]
fn what_a_player_saw_is_what_its_screen_showed_under_delay_and_jitter() {
    let links = [(0, 0), (40, 10), (150, 30), (200, 60)].map(|(rtt, jitter)| Conditions::round_trip(rtt, jitter));
    for (link, shots) in links.iter().zip(play(&links)) {
        println!("{link:?}: {shots:?}");
        // Drawn in sixteenths of a tick, put on steps of a sixty-fourth.
        assert!(shots.off <= 1.0 / 16.0 + 1.0 / 64.0, "{link:?}: {shots:?}");
        assert!(shots.compared > 3_000, "{link:?}: {shots:?}");
        assert!(shots.ago >= link.delay as f32 / 16_667.0, "{link:?}: it was not that long ago: {shots:?}");
    }
}

#[test]
fn of_several_inputs_in_one_frame_each_saw_what_was_drawn_a_tick_before_the_next() {
    let mut room = Room::<Gallery>::open(RoomSetup::of::<Gallery>("gallery", 4));
    let schema = tickwire_protocol::game::schema::<Gallery>();
    let layout = InputLayout::new(&schema.input);
    let (conn, mut out) = (ConnId(1), Outbox::default());
    let hello = Hello {
        version: VERSION,
        schema_hash: schema.hash(),
        room: String::new(),
        name: "bundles".to_owned(),
        role: Role::Plays,
        ticket: Vec::new(),
        options: BTreeMap::new(),
        resume: None,
    };
    room.join(conn, hello, [7; 16]);
    for tick in 1..=600u32 {
        // What was on the screen when each of the last four was made, the oldest first.
        let drawn = [5, 4, 3, 2].map(|ago| tick.saturating_sub(ago) * 16);
        let runs = drawn.map(|drawn| InputRun { count: 1, values: vec![drawn as i32, 1] });
        let runs = if tick.is_multiple_of(4) { runs.to_vec() } else { Vec::new() };
        let (held, first) = (Tick(tick - 1), InputSeq(tick.saturating_sub(3)));
        let input = InputFrame { held, event: 0, drawn: drawn[3], first, runs };
        let mut frame = Vec::new();
        client::encode_input(&layout, &input, &mut frame);
        if tick > 2 {
            room.frame(conn, &frame);
        }
        room.tick(&mut out);
        assert!(out.closes.is_empty(), "{:?}", out.closes);
    }
    let shots = room.game().shots.values().next().cloned().unwrap_or_default();
    assert!(shots.compared > 250 && shots.unknown == 0 && shots.off <= 1.0 / 16.0, "{shots:?}");
}
