//! The example games, played over real sockets by the clients that the page has.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test of the shell has sockets and a clock"
)]
#![allow(unreachable_pub, reason = "the examples are programs, included here as they are")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tickwire_client::{Client, Join, Session, State, Viewer};
use tickwire_client_demo::net::{Address, Fleet, Seated};
use tickwire_protocol::game::Game;
use tickwire_server::config::Config;
use tickwire_server::{Running, Server};

#[path = "../examples/board.rs"]
mod board;
#[path = "../examples/checkers.rs"]
mod checkers;
#[path = "../examples/tag.rs"]
mod tag;
#[path = "../examples/ticker.rs"]
mod ticker;

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody at the table.
enum Guest<G: Game> {
    /// Knows the game.
    Player(Box<Client<G>>),
    /// Knows nothing but the schema that the server tells.
    Watcher(Box<Viewer>),
}

impl<G: Game> Seated for Guest<G> {
    fn session(&mut self) -> &mut Session {
        match self {
            Guest::Player(client) => client,
            Guest::Watcher(viewer) => viewer,
        }
    }
}

/// A server of a game, and guests.
struct Table<G: Game> {
    server: Running,
    fleet: Fleet<Guest<G>>,
}

impl<G: Game> Table<G> {
    fn of(server: Server<G>) -> Table<G> {
        let config = Config { port: 0, host: [127, 0, 0, 1].into(), seed: Some(7), ..Config::default() };
        Table { server: server.start(config).unwrap(), fleet: Fleet::new().unwrap() }
    }

    fn sit(&mut self, guest: Guest<G>) -> usize {
        let address = Address::of(&format!("ws://{}", self.server.addr)).unwrap();
        let number = self.fleet.add(guest, &address);
        self.until("is in", |table| table.session(number).newest().is_some());
        number
    }

    fn player(&mut self, name: &str) -> usize {
        self.sit(Guest::Player(Box::new(Client::new(Join::player(name)))))
    }

    fn watcher(&mut self) -> usize {
        self.sit(Guest::Watcher(Box::new(Viewer::new(Join::watcher()))))
    }

    fn session(&mut self, number: usize) -> &mut Session {
        self.fleet.player(number).unwrap().session()
    }

    fn client(&mut self, number: usize) -> &mut Client<G> {
        match self.fleet.player(number) {
            Some(Guest::Player(client)) => client,
            Some(Guest::Watcher(_)) | None => panic!("guest {number} is no player"),
        }
    }

    /// The rows of a kind, as a guest without the game's types reads them.
    fn rows(&mut self, number: usize, kind: &str) -> Vec<Value> {
        self.session(number).world_json()[kind].as_array().cloned().unwrap_or_default()
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Table<G>) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "after {PATIENCE:?} it is still not so that: {what}");
            self.fleet.turn(Duration::from_millis(5)).unwrap();
        }
    }

    /// The next event that a guest is told, as JSON.
    fn event(&mut self, number: usize) -> Value {
        let mut event = Value::Null;
        self.until("an event comes", |table| {
            event = table.session(number).next_event_json().map_or(Value::Null, |(_, event)| event);
            !event.is_null()
        });
        event
    }
}

#[test]
fn in_tag_whoever_is_caught_is_it() {
    let mut table = Table::of(Server::<tag::Tag>::new());
    let hunter = table.player("hunter");
    table.until("the first player is it", |table| {
        table.rows(hunter, "runners").iter().any(|row| row["it"] == true)
    });
    let runner = table.player("runner");
    let watcher = table.watcher();
    let me = table.session(runner).player();
    table.until("the second player is caught", |table| {
        let keys = table.client(hunter).bot_input();
        table.client(hunter).set_input(&keys);
        table.client(runner).world().runners.of(me).any(|(_, row)| row.it)
    });
    table.until("the watcher sees it, too", |table| {
        let rows = table.rows(watcher, "runners");
        rows.len() == 2 && rows.iter().any(|row| row["it"] == true && row["name"] == "runner")
    });
}

#[test]
fn checkers_is_played_by_two_and_seen_by_a_watcher() {
    let mut table = Table::of(Server::<checkers::Checkers>::new());
    let (white, black, watcher) = (table.player("white"), table.player("black"), table.watcher());
    table.until("the game runs", |table| table.client(white).world().game.running);
    let ask = |table: &mut Table<_>, who: usize, from: u8, to: u8| {
        table.client(who).request(&checkers::Ask::Move { from, to });
    };
    // Black is not on turn.
    ask(&mut table, black, 43, 34);
    assert_eq!(table.event(black), json!({ "No": "it is the other side's turn" }));
    ask(&mut table, white, 16, 25);
    table.until("black is on turn", |table| table.client(black).world().game.turn == checkers::Side::Black);
    ask(&mut table, black, 43, 34);
    table.until("white is on turn", |table| table.client(white).world().game.turn == checkers::Side::White);
    // What can be taken must be taken.
    ask(&mut table, white, 18, 27);
    assert_eq!(table.event(white), json!({ "No": "there is a piece to take, and it must be taken" }));
    ask(&mut table, white, 25, 43);
    table.until("the watcher sees a piece less", |table| table.rows(watcher, "pieces").len() == 23);
    table.session(watcher).request_json(&json!("Resign")).unwrap();
    assert_eq!(table.event(watcher), json!({ "No": "who watches cannot move" }));
    table.client(black).request(&checkers::Ask::Resign);
    assert_eq!(table.event(watcher), json!({ "Won": "White" }));
    assert_eq!(table.event(white), json!({ "Won": "White" }));
}

#[test]
fn a_late_joiner_of_the_board_has_every_stroke_and_line() {
    let mut table = Table::of(Server::<board::Whiteboard>::new());
    let early = table.player("early");
    let points = vec![(1, 2), (30_000, 40_000), (65_535, 0)];
    table.client(early).request(&board::Ask::Draw { colour: 0xff_8800, points: points.clone() });
    table.client(early).request(&board::Ask::Say("<b>hello</b>".to_owned()));
    table.until("the stroke is there", |table| !table.client(early).world().lines.is_empty());
    let late = table.watcher();
    let stroke = json!({ "number": 1, "colour": 0xff_8800, "points": points });
    table.until("the late one has them", |table| {
        let (strokes, lines) = (table.rows(late, "strokes"), table.rows(late, "lines"));
        has(&strokes, &stroke) && has(&lines, &json!({ "who": "early", "text": "<b>hello</b>" }))
    });
    table.client(early).request(&board::Ask::Wipe);
    table.until("the board is clean", |table| table.rows(late, "strokes").is_empty());
    assert_eq!(table.rows(late, "lines").len(), 1);
}

/// Whether one of the rows has all these fields.
fn has(rows: &[Value], fields: &Value) -> bool {
    let fields = fields.as_object().unwrap();
    rows.iter().any(|row| fields.iter().all(|(name, value)| row[name] == *value))
}

#[test]
fn an_idle_board_sends_a_hundred_clients_at_most_two_frames_each_in_a_second() {
    const WINDOW: Duration = Duration::from_millis(900);
    let mut table = Table::of(Server::<board::Whiteboard>::new());
    for number in 0..100 {
        table.player(&format!("guest {number}"));
    }
    // What the joins of the others were news for is over.
    let start = Instant::now();
    table.until("a second is over", |_| start.elapsed() > Duration::from_secs(1));
    let mut looks: Vec<(Instant, Vec<u64>)> = Vec::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        table.fleet.turn(Duration::from_millis(20)).unwrap();
        let frames: Vec<u64> = table.fleet.players().map(|guest| guest.session().stats().frames_in).collect();
        let now = Instant::now();
        looks.retain(|(at, _)| now.duration_since(*at) <= WINDOW);
        if let Some((_, before)) = looks.first() {
            let most = frames.iter().zip(before).map(|(now, before)| now - before).max();
            assert!(most <= Some(2), "{most:?} frames within {WINDOW:?}");
        }
        looks.push((now, frames));
    }
    assert!(table.fleet.players().all(|guest| *guest.session().state() == State::Joined));
}

#[test]
fn the_ticker_shows_prices_that_come_from_outside_and_takes_no_players() {
    let mut table = Table::of(Server::<ticker::Ticker>::new().outside(ticker::feed));
    let watcher = table.watcher();
    let opening = table.rows(watcher, "prices");
    assert_eq!(opening.len(), ticker::OPENING.len());
    table.until("every price has moved", |table| {
        let now = table.rows(watcher, "prices");
        now.iter().zip(&opening).all(|(now, opening)| now["since"] != opening["since"])
    });
    let address = Address::of(&format!("ws://{}", table.server.addr)).unwrap();
    let player = table.fleet.add(Guest::Player(Box::new(Client::new(Join::player("eager")))), &address);
    table.until("the player is refused", |table| match table.session(player).state() {
        State::Connecting | State::Joining | State::Joined => false,
        State::Waiting { .. } | State::Closed { .. } => true,
    });
}
