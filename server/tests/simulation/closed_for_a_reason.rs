//! Whoever breaks the rules is closed, alone, with the code that says why.

use tickwire_protocol::link::Conditions;
use tickwire_protocol::wire::{CloseCode, Request, client};

use crate::common::*;

/// What becomes of a client that does this after two seconds, beside one that does nothing wrong.
fn code_for(wrong: impl Fn(&mut World, usize)) -> Option<CloseCode> {
    let mut world = sim(11, &[("rocks", "20")]);
    let good = world.add(player("good"), near());
    let bad = world.add(player("bad"), near());
    world.peer_mut(bad).comes_back = false;
    run_checked(&mut world, 11, 120);
    wrong(&mut world, bad);
    run_checked(&mut world, 11, 120);
    assert!(world.closes().iter().all(|close| close.seat == bad), "{:?}", world.closes());
    assert_eq!(world.connections(good), 1);
    let close = world.closes().first()?;
    assert!(!close.reason.is_empty() && close.reason.len() <= 123, "{close:?}");
    assert_eq!(world.peer(bad).closed().first().map(|(code, _)| *code), Some(close.code.code()));
    Some(close.code)
}

fn sends(frame: Vec<u8>) -> impl Fn(&mut World, usize) {
    move |world, seat| world.peer_mut(seat).send(frame.clone())
}

fn request(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    client::encode_request(&Request { number, bytes: bytes.to_vec() }, &mut frame);
    frame
}

#[test]
fn bytes_that_are_no_frame_are_closed_with_1007() {
    for frame in [vec![], vec![0xff; 40], vec![0x02], vec![0x02, 0xff, 0xff, 0xff, 0xff], vec![0x04, 0x04]] {
        assert_eq!(code_for(sends(frame.clone())), Some(CloseCode::Undecodable), "{frame:?}");
    }
}

#[test]
fn random_bytes_never_do_more_than_close_their_own_connection() {
    use rand::{Rng as _, SeedableRng as _};
    let mut rng = rand_pcg::Pcg32::seed_from_u64(1);
    let mut setup = setup(12, &[("rocks", "20")]);
    setup.rules.grace_ms = 100;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 12);
    let good = world.add(player("good"), Conditions::default());
    let mut bad = world.add(player("bad"), Conditions::default());
    run_checked(&mut world, 12, 30);
    for _ in 0..3_000 {
        let mut frame = vec![0; rng.next_u32() as usize % 60];
        rng.fill_bytes(&mut frame);
        if let Some(kind) = frame.first_mut() {
            *kind %= 9;
        }
        world.peer_mut(bad).send(frame);
        run_checked(&mut world, 12, 1);
        if world.closes().last().is_some_and(|close| close.seat == bad) {
            bad = world.add(player("bad"), Conditions::default());
            run_checked(&mut world, 12, 3);
        }
    }
    assert!(world.closes().len() > 100, "{}", world.closes().len());
    assert!(world.closes().iter().all(|close| close.seat != good));
    assert_eq!(world.connections(good), 1);
}

#[test]
fn a_request_that_is_none_is_closed_with_1007() {
    assert_eq!(code_for(sends(request(1, &[9, 9, 9]))), Some(CloseCode::Undecodable));
}

#[test]
fn a_request_out_of_order_is_closed_with_1002() {
    assert_eq!(code_for(sends(request(7, &[4]))), Some(CloseCode::Protocol));
}

#[test]
fn a_second_hello_is_closed_with_1002() {
    let mut frame = Vec::new();
    client::encode_hello(&player("again").hello, &mut frame);
    assert_eq!(code_for(sends(frame)), Some(CloseCode::Protocol));
}

#[test]
fn too_many_requests_are_closed_with_4029() {
    let asks =
        |world: &mut World, seat: usize| (0..50).for_each(|n| world.peer_mut(seat).request(&Ask::Outside(n)));
    assert_eq!(code_for(asks), Some(CloseCode::TooMany));
}

#[test]
fn too_many_frames_are_closed_with_4029() {
    let floods = |world: &mut World, seat: usize| (0..5_000).for_each(|_| world.peer_mut(seat).send(vec![0x06]));
    assert_eq!(code_for(floods), Some(CloseCode::TooMany));
}

#[test]
fn bytes_between_hello_and_welcome_are_closed_with_1002() {
    let mut world = sim(13, &[]);
    let mut eager = player("eager");
    eager.comes_back = false;
    let seat = world.add(eager, Conditions::default());
    // The hello is sent as soon as the connection is open, and this with it.
    world.peer_mut(seat).after_hello = Some(vec![0x06]);
    world.run(10);
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::Protocol));
    assert_eq!(world.room().world().ships.len(), 0, "it was never in the room");
}

#[test]
fn silence_is_closed_with_4008_and_counted_in_ticks() {
    let mut world = sim(14, &[]);
    let seat = world.add(player("quiet"), near());
    run_checked(&mut world, 14, 60);
    let patience = setup(14, &[]).patience;
    world.go_silent(seat);
    run_checked(&mut world, 14, patience.unread_ms / 1_000 * 60 + 60);
    // It took nothing either, which is noticed first.
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::DoesNotRead));

    let mut world = sim(14, &[]);
    let mut quiet = watcher("quiet");
    quiet.comes_back = false;
    let seat = world.add(quiet, near());
    run_checked(&mut world, 14, 60);
    world.peer_mut(seat).send(vec![0x04]);
    run_checked(&mut world, 14, 60);
    world.go_silent(seat);
    run_checked(&mut world, 14, patience.away_ms / 1_000 * 60 - 700);
    assert!(world.closes().is_empty(), "a hidden tab may be silent for long: {:?}", world.closes());
    run_checked(&mut world, 14, 800);
    assert_eq!(world.closes().first().map(|close| close.code), Some(CloseCode::Silent));
}

#[test]
fn who_is_sent_away_is_closed_with_4503_and_leaves() {
    let away = |world: &mut World, seat: usize| {
        let player = world.peer(seat).player();
        world.peer_mut(0).request(&Ask::Away(player));
    };
    assert_eq!(code_for(away), Some(CloseCode::SentAway));
}

#[test]
fn a_game_that_refuses_a_player_says_why() {
    let mut world = sim(15, &[]);
    let seat = world.add(player("nobody"), near());
    world.run(30);
    let reject = world.peer(seat).rejected().expect("rejected");
    assert_eq!(reject.code, CloseCode::SentAway);
    assert!(reject.reason.contains("choose another name"));
    assert_eq!(world.connections(seat), 1);
}

#[test]
fn a_full_room_refuses_with_1013_and_a_lost_player_still_has_its_seat() {
    let mut setup = setup(16, &[]);
    setup.rules.players_max = 2;
    let mut world = World::new(tickwire_server::room::Room::open(setup), 16);
    for name in ["one", "two", "three"] {
        world.add(player(name), near());
        run_checked(&mut world, 16, 30);
    }
    assert_eq!(world.peer(2).rejected().map(|reject| reject.code), Some(CloseCode::Full));
    world.cut(0);
    run_checked(&mut world, 16, 90);
    assert!(world.peer(0).is_in());
    assert_eq!(world.room().world().ships.len(), 2);
}

#[test]
fn a_game_that_closes_the_room_closes_everybody() {
    let mut world = sim(17, &[]);
    world.add(player("one"), near());
    world.add(watcher("two"), near());
    run_checked(&mut world, 17, 60);
    world.peer_mut(0).request(&Ask::Close);
    run_checked(&mut world, 17, 30);
    assert_eq!(world.outbox().ended.as_deref(), Some("the match is over"));
    assert_eq!(world.closes().iter().filter(|close| close.code == CloseCode::Bye).count(), 2);
}
