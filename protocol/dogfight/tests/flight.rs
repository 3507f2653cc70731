//! What a ship can count on: rocks, prediction, gifts, the lance, who sees what.

#[allow(dead_code)]
mod common;

use common::Match;
use tickwire_dogfight::{Asteroid, Controls, Dogfight, Event, Gift, Perk, Request, Ship, Space};
use tickwire_protocol::game::{Seen, drive_and_advance};
use tickwire_protocol::prelude::*;

const AHEAD: Controls = Controls { turn: 0, thrust: 1, aims: false, aim: 0.0, fire: false, dash: false };

fn ship(game: &Match, whose: PlayerId) -> Ship {
    game.space.ships.first_of(whose).map(|(_, ship)| ship.clone()).expect("has a ship")
}

fn change(game: &mut Match, whose: PlayerId, change: impl FnOnce(&mut Ship)) {
    let (_, ship) = game.space.ships.of_mut(whose).next().expect("has a ship");
    change(ship);
}

/// An arena with nothing in it.
fn empty() -> Match {
    let mut game = Match::new(1, 0);
    game.space.asteroids.retain(|_, _| false);
    game
}

#[test]
fn a_ship_bounces_off_a_moving_rock() {
    let mut game = empty();
    let me = game.join_by_hand(1);
    let rock = Asteroid { pos: vec2(1_500.0, 1_000.0), vel: vec2(-40.0, 0.0), radius: 60.0, look: 0 };
    game.space.asteroids.spawn(rock);
    change(&mut game, me, |ship| (ship.pos, ship.heading) = (vec2(1_200.0, 1_000.0), 0.0));
    game.hands.insert(me, AHEAD);
    let mut back = false;
    for _ in 0..120 {
        game.tick();
        let ship = ship(&game, me);
        let (_, rock) = game.space.asteroids.iter().next().expect("the rock");
        assert!(ship.pos.distance(rock.pos) > 60.0 + 14.0 - 0.01, "never inside");
        back |= ship.vel.x < -60.0;
    }
    assert!(back, "thrown back, faster than the rock");
}

#[test]
fn a_ship_stays_between_the_walls_and_comes_to_rest() {
    let mut game = empty();
    let me = game.join_by_hand(1);
    change(&mut game, me, |ship| (ship.pos, ship.heading) = (vec2(2_900.0, 100.0), -0.4));
    game.hands.insert(me, AHEAD);
    game.seconds(3);
    let at = ship(&game, me).pos;
    assert!(at.cmpge(Vec2::splat(13.9)).all() && at.cmple(Vec2::splat(2_986.1)).all(), "{at}");
    game.hands.insert(me, Controls::default());
    game.seconds(8);
    assert_eq!(ship(&game, me).vel, Vec2::ZERO);
}

/// Sixty seconds of flying by a script, among rocks.
fn script(n: u32) -> Controls {
    Controls {
        turn: [0, 1, 0, -1, 1][(n / 37 % 5) as usize],
        thrust: [1, 1, 0, 1, -1][(n / 53 % 5) as usize],
        aims: n / 200 % 3 == 1,
        aim: n as f32 * 0.01,
        fire: (n / 90).is_multiple_of(2),
        dash: n.is_multiple_of(400),
    }
}

/// What a client does: takes the newest rows that it has, and runs its own inputs on them.
fn predict(game: &Match, me: PlayerId, from: u32, ticks: u32) -> Vec<Ship> {
    let mut client = Space::default();
    let newest = game.host.history().newest().expect("a tick was made");
    client.restore(newest);
    let mut image = newest.clone();
    (from..from + ticks)
        .map(|n| {
            let tick = game.tick.after(n - from + 1);
            drive_and_advance::<Dogfight>(&mut client, [(me, &script(n))].into_iter(), tick, |_, _| {});
            client.settle(&mut image);
            client.ships.first_of(me).map(|(_, ship)| ship.clone()).expect("its ship")
        })
        .collect()
}

#[test]
fn what_a_client_predicts_is_what_the_server_says_to_the_bit() {
    let mut game = Match::new(7, 0);
    let me = game.join_by_hand(1);
    game.tick();
    let mut bounces = 0;
    for from in (0..60 * 60).step_by(10) {
        for (n, predicted) in (from..).zip(predict(&game, me, from, 10)) {
            let before = ship(&game, me).vel;
            game.hands.insert(me, script(n));
            game.tick();
            let now = ship(&game, me);
            bounces += u32::from((now.vel - before).length() > 60.0 && !script(n).dash);
            assert_eq!(predicted, now, "{}", game.tick);
        }
    }
    assert!(bounces > 0, "it touched rocks or walls on the way");
}

#[test]
fn a_gift_is_taken_works_and_runs_out() {
    let mut game = empty();
    let me = game.join_by_hand(1);
    change(&mut game, me, |ship| ship.hull = 10);
    let pos = ship(&game, me).pos;
    game.space.gifts.spawn(Gift { pos, perk: Perk::Repair });
    game.space.gifts.spawn(Gift { pos, perk: Perk::Triple });
    game.hands.insert(me, Controls { fire: true, ..Controls::default() });
    game.seconds(1);
    assert_eq!((ship(&game, me).hull, ship(&game, me).perk), (100, Perk::Triple));
    assert_eq!(game.space.shots.len() % 3, 0, "three at a time");
    game.hands.insert(me, Controls::default());
    game.seconds(16);
    assert_eq!(ship(&game, me).perk, Perk::None);
}

/// Two ships that face each other: the first may be hit, the second carries a perk.
fn duel(perk: Perk) -> (Match, PlayerId, PlayerId) {
    let mut game = empty();
    let (one, two) = (game.join_by_hand(1), game.join_by_hand(2));
    change(&mut game, one, |ship| (ship.pos, ship.safe_ends) = (vec2(1_000.0, 1_000.0), Tick::NONE));
    change(&mut game, two, |ship| {
        (ship.pos, ship.heading) = (vec2(700.0, 1_000.0), 0.0);
        (ship.perk, ship.perk_ends) = (perk, Tick(10_000));
    });
    game.tick();
    (game, one, two)
}

#[test]
fn shots_take_a_ship_down_and_it_comes_back_safe() {
    let (mut game, one, two) = duel(Perk::None);
    game.hands.insert(two, Controls { fire: true, ..Controls::default() });
    let events = game.seconds(2);
    assert!(events.contains(&Event::Killed { victim: one, by: two, streak: 1 }), "{events:?}");
    assert!(events.contains(&Event::Crowned(two)));
    assert!(!ship(&game, one).flies());
    game.hands.insert(two, Controls::default());
    game.seconds(2);
    let back = ship(&game, one);
    assert!(back.flies() && back.safe(game.tick));
    let pilot = tickwire_dogfight::pilot::of(&game.space, two).expect("a pilot");
    assert_eq!((pilot.kills, pilot.score), (1, 10));
}

#[test]
fn a_safe_ship_is_not_hurt_until_it_fires() {
    let (mut game, one, two) = duel(Perk::None);
    change(&mut game, one, |ship| ship.safe_ends = Tick(10_000));
    game.hands.insert(two, Controls { fire: true, ..Controls::default() });
    game.seconds(2);
    assert_eq!(ship(&game, one).hull, 100);
    game.hands.insert(one, Controls { fire: true, ..Controls::default() });
    game.seconds(1);
    assert!(ship(&game, one).hull < 100);
}

#[test]
fn a_lance_hits_what_its_player_saw_and_not_what_is_there() {
    for saw_it_there in [true, false] {
        let (mut game, one, two) = duel(Perk::Lance);
        let seen = game.tick;
        change(&mut game, one, |ship| ship.pos.y += 120.0);
        game.tick();
        let seen = if saw_it_there { seen } else { game.tick };
        game.host.note_seen(two, Some(Seen { from: seen, to: seen, part: 0.0 }));
        game.hands.insert(two, Controls { fire: true, ..Controls::default() });
        game.tick();
        assert_eq!(ship(&game, one).hull < 100, saw_it_there);
    }
}

#[test]
fn a_watcher_sees_what_it_looks_at_and_a_player_its_own_ship() {
    let (mut game, one, two) = duel(Perk::None);
    let watcher = PlayerId(3);
    game.join(watcher, false, Role::Watches);
    let centre = |game: &Match, who: PlayerId| {
        let player = game.host.player(who).expect("is here");
        let view = game.game.view(&game.space, player);
        view.areas.first().map(|area| area.centre.truncate()).expect("an area")
    };
    assert_eq!(centre(&game, one), ship(&game, one).pos);
    game.request(watcher, Request::Follow(two));
    assert_eq!(centre(&game, watcher), ship(&game, two).pos);
    game.request(watcher, Request::Look(f32::NAN, 9e9));
    assert_eq!(centre(&game, watcher), vec2(0.0, 3_000.0));
    game.request(one, Request::Look(5.0, 5.0));
    assert_eq!(centre(&game, one), ship(&game, one).pos, "who plays cannot look elsewhere");
}

#[test]
fn what_is_said_is_told_tidied_to_everybody() {
    let (mut game, one, _) = duel(Perk::None);
    game.request(one, Request::Say("\u{202e}<b>hi</b>\u{0}".to_owned()));
    game.request(one, Request::Say("\u{200b} \u{3164}".to_owned()));
    let told = game.tick();
    let said: Vec<_> = told.iter().filter(|told| matches!(told.event, Event::Said { .. })).collect();
    let expected = Event::Said { from: one, name: "player 1".to_owned(), text: "<b>hi</b>".to_owned() };
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].to, &said[0].event), (To::Everyone, &expected));
}

#[test]
fn the_map_knows_where_everybody_is_and_no_better_than_a_cell() {
    let (mut game, one, _) = duel(Perk::None);
    game.seconds(1);
    let (_, blip) = game.space.blips.iter().find(|(_, blip)| blip.player == one).expect("a blip");
    assert_eq!((blip.x, blip.y, blip.flies), (21, 21, true));
}
