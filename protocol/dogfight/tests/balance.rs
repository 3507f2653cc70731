//! Is it a game? Matches of bots, in virtual minutes.

#[allow(dead_code)]
mod common;

use std::collections::BTreeMap;

use common::Match;
use tickwire_dogfight::{Event, bot};
use tickwire_protocol::prelude::*;

const BOTS: u32 = 30;

fn kills(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Killed { .. })).count()
}

#[test]
fn thirty_bots_score_sixty_kills_in_five_minutes() {
    for seed in 1..=2 {
        let kills = kills(&Match::new(seed, BOTS).seconds(5 * 60));
        assert!(kills >= 60, "seed {seed}: {kills} kills");
    }
}

#[test]
fn no_bot_holds_the_lead_for_half_of_ten_minutes() {
    let mut game = Match::new(3, BOTS);
    let mut leads: BTreeMap<PlayerId, u32> = BTreeMap::new();
    for _ in 0..10 * 60 {
        game.seconds(1);
        *leads.entry(game.space.arena.leader).or_default() += 1;
    }
    let longest = leads.values().max().copied().unwrap_or(0);
    println!("{leads:?}");
    assert!(longest <= 5 * 60, "{leads:?}");
    assert!(leads.len() >= 4, "the crown goes round: {leads:?}");
}

#[test]
fn a_bot_of_middling_skill_lives_twenty_seconds_at_the_median() {
    let mut game = Match::new(4, BOTS);
    let mut born: BTreeMap<PlayerId, Tick> = BTreeMap::new();
    let mut lives: Vec<Vec<u32>> = vec![Vec::new(); bot::SKILLS as usize];
    for _ in 0..5 * 60 * 60 {
        let told = game.tick();
        for (id, ship) in game.space.ships.iter() {
            if ship.flies() {
                born.entry(game.space.ships.owner(id)).or_insert(game.tick);
            }
        }
        for told in told {
            if let Event::Killed { victim, .. } = told.event
                && let Some(born) = born.remove(&victim)
            {
                lives[bot::skill(victim) as usize].push(game.tick.since(born));
            }
        }
    }
    let medians: Vec<f32> = lives
        .iter_mut()
        .map(|lives| {
            lives.sort_unstable();
            lives[lives.len() / 2] as f32 / 60.0
        })
        .collect();
    println!("{medians:?}");
    let middling = medians[bot::SKILLS as usize / 2];
    assert!((20.0..60.0).contains(&middling), "medians by skill: {medians:?}");
}

#[test]
fn a_player_who_never_fires_dies() {
    let mut game = Match::new(5, BOTS);
    let me = game.join_by_hand(100);
    let events = game.seconds(2 * 60);
    let died = events.iter().any(|event| matches!(event, Event::Killed { victim, .. } if *victim == me));
    assert!(died);
}
