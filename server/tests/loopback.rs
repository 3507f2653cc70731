//! The whole server through real sockets: connect, play, drop, resume, leave, shut down. Plain and over TLS.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test of the shell has sockets and a clock"
)]

mod peer;

use std::time::{Duration, Instant};

use peer::{Ask, Keys, Peer, SOON, Way, certificate, folder, serve, start};
use tickwire_client::{Join, State};
use tickwire_server::Server;

#[test]
fn a_session_from_connect_to_shut_down() {
    a_session(serve(|_| {}), &Way::default());
}

#[test]
fn a_session_without_io_uring() {
    a_session(serve(|config| config.io_uring = false), &Way::default());
}

#[test]
fn a_session_over_tls() {
    let (cert, key, way) = certificate(&folder("session-tls"));
    let server = serve(|config| (config.tls_cert, config.tls_key) = (Some(cert), Some(key)));
    a_session(server, &way);
}

fn a_session(server: tickwire_server::Running, way: &Way) {
    let mut first = Peer::joined(server.addr, way, Join::player("first"));
    let mut second = Peer::joined(server.addr, way, Join::player("second"));

    // Play: what the first one presses moves its runner, and the second one sees it.
    first.client.set_input(&Keys { x: 1 });
    let me = first.client.player();
    let mut far = false;
    while !far {
        first.run_for(Duration::from_millis(30));
        second.run_for(Duration::from_millis(30));
        far = second.client.world().runners.of(me).any(|(_, runner)| runner.pos.x > 55.0);
    }

    // A request is answered by an event.
    second.client.request(&Ask::Echo("hear me".to_owned()));
    second.run_until("the echo", |client| client.next_event().is_some_and(|(_, event)| event.0 == "hear me"));

    // Drop and resume: the same player, the same runner.
    let before = first.pos().unwrap();
    first.drop_link();
    first.run_until("back", |client| client.resumed() && *client.state() == State::Joined && client.tick().0 > 0);
    assert_eq!(first.client.player(), me);
    assert!(first.pos().unwrap().x >= before.x - 0.01);

    // Leave: the runner is gone.
    first.say_bye();
    second.run_until("the first one left", |client| client.world().runners.of(me).next().is_none());

    // Shut down: everybody is told, within a second.
    let began = Instant::now();
    let ended = std::thread::spawn(move || second.ended_with());
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(1), "stopping took {:?}", began.elapsed());
    assert_eq!(ended.join().unwrap(), 1001);
}

#[test]
fn who_talks_in_every_tick_and_falls_silent_is_heard_again() {
    let (cert, key, tls) = certificate(&folder("silent-tls"));
    let server = serve(|config| (config.tls_cert, config.tls_key) = (Some(cert), Some(key)));
    falls_silent(&server, &tls);
    falls_silent(&serve(|_| {}), &Way::default());
    falls_silent(&serve(|config| config.io_uring = false), &Way::default());
}

fn falls_silent(server: &tickwire_server::Running, way: &Way) {
    let mut peer = Peer::joined(server.addr, way, Join::player("now and then"));
    for x in [1, -1, 1] {
        peer.client.set_input(&Keys { x });
        peer.run_for(Duration::from_millis(600));
        std::thread::sleep(Duration::from_millis(250));
        peer.client.request(&Ask::Echo(format!("now {x}")));
        let said = |(_, event): (_, peer::Said)| event.0 == format!("now {x}");
        peer.run_until("the echo", |client| client.next_event().is_some_and(said));
    }
}

#[test]
fn a_client_that_does_not_answer_the_goodbye_does_not_hold_up_the_end() {
    let server = serve(|_| {});
    let (mut silent, _tcp) = peer::socket(server.addr, &Way::default(), SOON);
    silent.send(peer::hello_frame(&peer::hello())).unwrap();
    assert!(silent.read().is_ok());
    let (mut no_hello, _tcp) = peer::socket(server.addr, &Way::default(), SOON);
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_secs(1), "stopping took {:?}", began.elapsed());
    assert_eq!(peer::close_code(&mut silent, SOON).0, 1001);
    assert_eq!(peer::close_code(&mut no_hello, SOON).0, 1001);
}

#[test]
fn the_process_around_a_room_answers() {
    let server = Server::new()
        .outside(|room, said: peer::Said| async move { Some(Ask::Told(format!("{room}: {}", said.0))) });
    let server = start(server, |_| {});
    let mut player = Peer::joined(server.addr, &Way::default(), Join::player("asks"));
    player.client.request(&Ask::Outside("who".to_owned()));
    player.run_until("the answer", |client| client.next_event().is_some_and(|(_, event)| event.0 == "main: who"));
}

#[test]
fn a_ticket_that_is_not_good_keeps_its_bearer_out() {
    let server = Server::new().tickets(|ticket: tickwire_server::Ticket| async move {
        if ticket.bytes == b"good" { Ok(()) } else { Err("buy a ticket at the counter".to_owned()) }
    });
    let server = start(server, |_| {});
    let mut bad = Peer::new(server.addr, &Way::default(), Join { ticket: b"bad".to_vec(), ..Join::player("bad") });
    assert_eq!(bad.ended_with(), 4500);
    Peer::joined(server.addr, &Way::default(), Join { ticket: b"good".to_vec(), ..Join::player("good") });
}

#[test]
fn rooms_open_by_name_on_several_workers() {
    let server = serve(|config| config.workers = 3);
    let way = Way::default();
    let mut players: Vec<Peer> = ["red", "green", "blue", "red"]
        .map(|room| Peer::joined(server.addr, &way, Join::player("p").in_room(room)))
        .into();
    let counts: Vec<usize> = players
        .iter_mut()
        .map(|player| {
            player.run_for(Duration::from_millis(200));
            player.client.world().runners.iter().count()
        })
        .collect();
    assert_eq!(counts, [2, 1, 1, 2]);
}

#[test]
fn a_room_whose_game_panics_is_closed_and_another_one_opens() {
    let server = serve(|_| {});
    let way = Way::default();
    let mut other = Peer::joined(server.addr, &way, Join::player("other").in_room("elsewhere"));
    let mut player = Peer::joined(server.addr, &way, Join::player("clumsy").in_room("main"));
    player.client.request(&Ask::Panic);
    assert_eq!(player.ended_with(), 1012);
    player.run_until("in a new room", |client| *client.state() == State::Joined && client.tick().0 > 0);
    other.run_for(Duration::from_millis(100));
    assert_eq!(*other.client.state(), State::Joined);
}

#[test]
fn a_room_that_the_game_closes_tells_its_players() {
    let server = serve(|_| {});
    let mut player = Peer::joined(server.addr, &Way::default(), Join::player("last"));
    player.client.request(&Ask::Close);
    assert!(player.ended_with() >= 1000);
}

#[test]
fn a_room_in_which_nobody_is_ends_and_the_first_one_stays() {
    let server = serve(|config| config.room_idle_ms = 100);
    let names = || {
        let rooms: serde_json::Value = serde_json::from_str(&peer::get(server.addr, "/api/rooms", &[]).1).unwrap();
        rooms.as_array().unwrap().iter().map(|room| room["name"].to_string()).collect::<Vec<_>>()
    };
    let mut player = Peer::joined(server.addr, &Way::default(), Join::player("alone").in_room("red"));
    assert_eq!(names(), ["\"main\"", "\"red\""]);
    player.say_bye();
    let until = Instant::now() + Duration::from_secs(8);
    while names().len() > 1 {
        assert!(Instant::now() < until, "still there: {:?}", names());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(names(), ["\"main\""]);
    Peer::joined(server.addr, &Way::default(), Join::player("again").in_room("red"));
}

#[test]
fn a_crowd_that_joins_at_once_is_let_in_a_few_per_tick() {
    a_crowd(true);
    a_crowd(false);
}

fn a_crowd(io_uring: bool) {
    let server = serve(|config| {
        (config.joins_per_tick, config.players_max, config.io_uring) = (2, Some(100), io_uring);
    });
    let hello = peer::hello();
    let mut crowd: Vec<peer::Socket> = (0..40)
        .map(|_| {
            let (mut socket, _tcp) = peer::socket(server.addr, &Way::default(), SOON);
            socket.send(peer::hello_frame(&hello)).unwrap();
            socket
        })
        .collect();
    for socket in &mut crowd {
        assert!(matches!(socket.read(), Ok(tungstenite::Message::Binary(_))), "no welcome");
    }
}
