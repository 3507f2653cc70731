//! Who knows only the schema from the welcome reads every world, event and request of every game: row by row the same
//! as the room's own types say.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(unreachable_pub, dead_code, reason = "the examples are programs, included here as they are")]

use serde_json::{Value, json};
use tickwire_client::{Join, Viewer};
use tickwire_protocol::game::Game;
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::link::Conditions;
use tickwire_protocol::wire::codec;
use tickwire_protocol::world::{Replicate, Table, World as _};
use tickwire_server::room::{AnyRoom as _, Room, RoomSetup};
use tickwire_server::sim::Sim;

#[path = "../examples/board.rs"]
mod board;
#[path = "../examples/checkers.rs"]
mod checkers;
#[path = "../examples/tag.rs"]
mod tag;
#[path = "../examples/ticker.rs"]
mod ticker;

/// A room and its viewers, and how its rows are told by those who know its types.
struct Watched<G: Game> {
    sim: Sim<Room<G>, Viewer>,
    rows: fn(&G::World) -> Value,
    compared: usize,
    events: Vec<Vec<Value>>,
}

impl<G: Game> Watched<G> {
    /// Everybody in `joins` sits behind the same good link.
    fn new(joins: Vec<Join>, rows: fn(&G::World) -> Value) -> Watched<G> {
        let mut sim = Sim::new(Room::<G>::open(RoomSetup::of::<G>("watched", 3)), 3);
        let events = joins.iter().map(|_| Vec::new()).collect();
        for join in joins {
            sim.add(Viewer::new(join), Conditions::round_trip(10, 0));
        }
        let mut watched = Watched { sim, rows, compared: 0, events };
        watched.run(20);
        watched
    }

    fn eyes(&mut self, seat: usize) -> &mut Viewer {
        self.sim.peer_mut(seat)
    }

    /// Plays on; whatever anybody holds is compared with what the room had at that tick.
    fn run(&mut self, ticks: u32) {
        let (rows, compared, events) = (self.rows, &mut self.compared, &mut self.events);
        let mut world = G::World::default();
        self.sim.run_with(ticks, |sim| {
            for (seat, heard) in events.iter_mut().enumerate() {
                let (room, eyes) = sim.room_and_peer(seat);
                heard.extend(std::iter::from_fn(|| eyes.next_event_json()).map(|(_, event)| event));
                let Some(image) = eyes.newest().and_then(|image| room.history().at(image.tick)) else { continue };
                world.restore(image);
                *compared += agree(&rows(&world), &eyes.world_json());
            }
        });
    }

    /// Asks through JSON, after the bytes were seen to be those of the typed request and to be read as the same JSON.
    fn ask(&mut self, seat: usize, request: &G::Request) {
        let told = serde_json::to_value(request).unwrap();
        let mut typed = Vec::new();
        codec::to_bytes(request, &mut typed);
        let shape = self.eyes(seat).schema().request.clone();
        let mut blind = Vec::new();
        codec::from_value(&shape, &told, &mut blind).unwrap();
        assert_eq!(blind, typed, "{told}");
        assert_eq!(codec::value(&shape, &typed).unwrap(), told);
        self.eyes(seat).request_json(&told).unwrap();
    }

    /// Whether an event that the types write so was heard.
    fn heard(&self, seat: usize, event: &G::Event) -> bool {
        self.events[seat].contains(&serde_json::to_value(event).unwrap())
    }

    /// Nothing failed to decode, and much was compared.
    fn end(mut self) {
        assert!(self.compared > 500, "{}: only {} rows were compared", G::NAME, self.compared);
        for seat in 0..self.events.len() {
            let stats = self.eyes(seat).stats();
            assert_eq!((stats.decode_errors, stats.hash_mismatches), (0, 0), "{}: seat {seat}", G::NAME);
            assert!(stats.hashes > 0, "{}: no hash was compared", G::NAME);
        }
    }
}

/// Every row that is seen has the fields that the types say. How many rows.
fn agree(typed: &Value, seen: &Value) -> usize {
    let mut rows = 0;
    for (kind, typed) in typed.as_object().unwrap() {
        if typed.is_object() {
            assert!(has(&seen[kind], typed), "{kind}: {} is seen, {typed} is there", seen[kind]);
            rows += 1;
            continue;
        }
        for seen in seen[kind].as_array().unwrap() {
            let there = typed.as_array().unwrap().iter().find(|row| row["id"] == seen["id"]);
            assert!(there.is_some_and(|there| has(seen, there)), "{kind}: {seen} is seen, {there:?} is there");
            rows += 1;
        }
    }
    rows
}

fn has(seen: &Value, fields: &Value) -> bool {
    fields.as_object().unwrap().iter().all(|(name, value)| seen[name] == *value)
}

/// Rows as JSON with their ids.
fn table<R: Replicate>(rows: &Table<R>, fields: impl Fn(&R) -> Value) -> Value {
    let row = |(id, row): (tickwire_protocol::id::Id<R>, &R)| {
        let mut value = fields(row);
        value["id"] = json!(id.slot);
        value
    };
    rows.iter().map(row).collect()
}

fn at(of: tickwire_protocol::prelude::Vec2) -> Value {
    json!({ "x": f64::from(of.x), "y": f64::from(of.y) })
}

#[cfg(feature = "demo")]
#[test]
fn of_dogfight() {
    use tickwire_dogfight::{Dogfight, Request};

    let mut game = Watched::<Dogfight>::new(vec![Join::player("Ada"), Join::watcher()], |sky| {
        json!({
            "ships": table(&sky.ships, |ship| json!({
                "pos": at(ship.pos), "hull": ship.hull, "burns": ship.burns, "perk_ends": ship.perk_ends.0,
                "safe_ends": ship.safe_ends.0,
            })),
            "pilots": table(&sky.pilots, |pilot| json!({
                "player": pilot.player.0, "name": pilot.name, "score": pilot.score, "bot": pilot.bot,
            })),
            "shots": table(&sky.shots, |shot| json!({ "pos": at(shot.pos) })),
        })
    });
    game.eyes(0).set_input_json(&json!({ "turn": 1, "thrust": true, "fire": true })).unwrap();
    game.run(200);
    game.ask(0, &Request::Say("hello".to_owned()));
    let ada = game.eyes(0).player();
    game.ask(1, &Request::Follow(ada));
    game.ask(1, &Request::Look(12.5, 40.0));
    game.run(400);
    let said = tickwire_dogfight::Event::Said { from: ada, name: "Ada".to_owned(), text: "hello".to_owned() };
    assert!(game.heard(0, &said) && game.heard(1, &said), "{:?}", game.events);
    assert!(game.events[1].iter().any(|event| event["Killed"]["victim"].is_u64()), "{:?}", game.events[1]);
    game.end();
}

#[test]
fn of_tag() {
    let joins = vec![Join::player("Ada"), Join::player("Grace"), Join::watcher()];
    let mut game = Watched::<tag::Tag>::new(
        joins,
        |field| json!({ "runners": table(&field.runners, |runner| json!({ "it": runner.it, "name": runner.name })) }),
    );
    for seat in 0..2 {
        game.eyes(seat).set_input_json(&json!({ "x": 1, "y": 1 })).unwrap();
    }
    // Both run into the same corner.
    game.run(300);
    assert!(game.eyes(2).world_json()["runners"].as_array().unwrap().iter().any(|runner| runner["it"] == true));
    game.end();
}

#[test]
fn of_checkers() {
    let joins = vec![Join::player("white"), Join::player("black"), Join::watcher()];
    let mut game = Watched::<checkers::Checkers>::new(joins, |board| {
        let game = &*board.game;
        json!({
            "pieces": table(&board.pieces, |piece| json!({ "at": at(piece.at), "side": piece.side, "king": piece.king })),
            "game": {
                "turn": game.turn, "running": game.running, "players": game.players.map(|PlayerId(player)| player),
                "left": game.left, "since": game.since.0, "winner": game.winner,
            },
        })
    });
    for (seat, from, to) in [(0, 16, 25), (1, 43, 34), (0, 25, 43), (1, 50, 36), (1, 52, 34)] {
        game.ask(seat, &checkers::Ask::Move { from, to });
        game.run(20);
    }
    assert_eq!(game.eyes(2).world_json()["pieces"].as_array().unwrap().len(), 22, "two were taken");
    game.ask(1, &checkers::Ask::Resign);
    game.run(20);
    for seat in 0..3 {
        assert!(game.heard(seat, &checkers::Told::Won(checkers::Side::White)), "{:?}", game.events);
    }
    game.end();
}

#[test]
fn of_the_board() {
    let joins = vec![Join::player("Ada"), Join::player("Grace"), Join::watcher()];
    let mut game = Watched::<board::Whiteboard>::new(joins, |wall| {
        json!({
            "strokes": table(&wall.strokes, |stroke| json!({
                "number": stroke.number, "colour": stroke.colour, "points": stroke.points,
            })),
            "lines": table(&wall.lines, |line| json!({ "number": line.number, "who": line.who, "text": line.text })),
            "guests": table(&wall.guests, |guest| json!({ "name": guest.name })),
        })
    });
    for n in 0..12_u16 {
        game.ask(
            0,
            &board::Ask::Draw { colour: 0xff_8800 + u32::from(n), points: vec![(n, 2), (30_000, 65_535)] },
        );
        game.ask(1, &board::Ask::Say(format!("<b>{n}</b> \u{1f980}")));
        game.run(12);
    }
    assert_eq!(game.eyes(2).world_json()["strokes"].as_array().unwrap().len(), 12);
    game.ask(1, &board::Ask::Wipe);
    game.run(30);
    assert_eq!(game.eyes(2).world_json()["strokes"], json!([]));
    game.end();
}

#[test]
fn of_the_ticker() {
    let mut game = Watched::<ticker::Ticker>::new(vec![Join::watcher(), Join::watcher()], |exchange| {
        json!({ "prices": table(&exchange.prices, |price| json!({
            "symbol": price.symbol, "cents": price.cents, "change": price.change, "since": price.since.0,
        })) })
    });
    for cents in 0..40 {
        let mut quote = Vec::new();
        codec::to_bytes(&ticker::Quote { symbol: "BIRD".to_owned(), cents: 800 + cents }, &mut quote);
        game.sim.room_mut().answer(&quote);
        game.run(5);
    }
    let world = game.eyes(1).world_json();
    let bird = world["prices"].as_array().unwrap().iter().find(|price| price["symbol"] == "BIRD").unwrap();
    assert!(has(bird, &json!({ "cents": 839, "change": -31 })), "{bird}");
    game.end();
}
