//! Events reach whom they are told, in order.

use tickwire_protocol::wire::codec;

use crate::common::*;
use tickwire_server::room::AnyRoom as _;

fn said(world: &World, seat: usize) -> Vec<String> {
    let events = world.peer(seat).events().iter();
    events
        .filter_map(|(_, _, news)| if let News::Said(_, text) = news { Some(text.clone()) } else { None })
        .collect()
}

#[test]
fn everyone_hears_what_is_told_to_everyone_in_order() {
    let mut world = sim(21, &[]);
    world.add(player("one"), near());
    world.add(watcher("two"), near().with_stalls(400, 1_000));
    run_checked(&mut world, 21, 60);
    for n in 0..10 {
        world.peer_mut(n % 2).request(&Ask::Say(format!("line {n}")));
        run_checked(&mut world, 21, 30);
    }
    run_checked(&mut world, 21, 60);
    assert_eq!(said(&world, 0).len(), 10);
    assert_eq!(said(&world, 0), said(&world, 1));
}

#[test]
fn what_is_told_to_those_who_see_a_row_reaches_nobody_else() {
    let mut world = sim(22, &[("view", "150")]);
    let mut near_it = player("corner");
    near_it.hello.options.insert("at".to_owned(), "corner".to_owned());
    near_it.plays = false;
    let corner = world.add(near_it, near());
    let middle = world.add(player("middle"), near());
    run_checked(&mut world, 22, 60);
    world.peer_mut(middle).request(&Ask::Whisper(5));
    run_checked(&mut world, 22, 60);
    let seen =
        |seat: usize| world.peer(seat).events().iter().filter(|(_, _, news)| *news == News::Seen(5)).count();
    assert_eq!((seen(corner), seen(middle)), (1, 0));
}

#[test]
fn an_answer_from_outside_comes_back_as_a_request() {
    let mut world = sim(23, &[]);
    world.add(player("one"), near());
    run_checked(&mut world, 23, 60);
    world.peer_mut(0).request(&Ask::Outside(77));
    let mut wanted = Vec::new();
    world.run_with(30, |world| {
        let out = world.outbox();
        wanted.extend(out.outside.iter().map(|range| out.bytes[range.clone()].to_vec()));
    });
    assert_eq!(wanted.len(), 1);
    assert_eq!(codec::from_bytes::<News>(&wanted[0], 1_024), Ok(News::Wanted(77)));
    let mut answer = Vec::new();
    codec::to_bytes(&Ask::Outside(78), &mut answer);
    world.room_mut().answer(&answer);
    world.room_mut().answer(&[0xff; 3]);
    run_checked(&mut world, 23, 30);
    assert!(world.peer(0).events().iter().any(|(_, _, news)| *news == News::Answered(78)));
    assert_eq!(world.room().stats().answers_refused, 1);
}

#[test]
fn a_client_for_which_too_many_events_wait_is_closed_by_name() {
    let mut world = sim(24, &[("beat", "1")]);
    let seat = world.add(player("deaf"), near());
    world.peer_mut(seat).acknowledges = false;
    world.peer_mut(seat).plays = false;
    world.peer_mut(seat).comes_back = false;
    // 16 KiB of events that cost 19 bytes each: some 860 ticks; the client is closed for not reading long before.
    world.run(1_200);
    let close = world.closes().first().expect("closed");
    assert_eq!(close.code, tickwire_protocol::wire::CloseCode::DoesNotRead);
}
