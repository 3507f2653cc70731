//! Pilots: a row for everybody who plays, without a place, so that everybody has all of them: the leaderboard, and the
//! names that stand under the ships.
//!
//! The rows belong to the room, and name their player in a field: what a player owns is predicted on its client, and
//! points are not for a client to guess.

use tickwire_protocol::prelude::*;

use crate::{Dogfight, Event, Space, chat};

/// Points for a kill.
const POINTS: u16 = 10;
/// Points more for each that the victim had shot down in a row, up to six.
const POINTS_PER_STREAK: u16 = 5;
/// Points more for taking the crown's wearer down.
const POINTS_CROWN: u16 = 20;
/// Who is shot down keeps two thirds of its points: a lead has to be defended.
const LOSS: u16 = 3;

/// Somebody who plays.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Pilot {
    /// Who.
    pub player: PlayerId,
    /// What it is called, tidied.
    #[rep(whole, max = 64)]
    pub name: String,
    /// Points.
    pub score: u16,
    /// How many it shot down.
    pub kills: u16,
    /// How often it was shot down.
    pub deaths: u16,
    /// How many it shot down since it last came back.
    pub streak: u16,
    /// Whether it is one of the room's own.
    pub bot: bool,
}

/// Names of the room's own pilots.
const BOTS: [&str; 32] = [
    "Vega",
    "Altair",
    "Rigel",
    "Mira",
    "Deneb",
    "Spica",
    "Castor",
    "Pollux",
    "Sirius",
    "Capella",
    "Antares",
    "Algol",
    "Bellatrix",
    "Procyon",
    "Regulus",
    "Arcturus",
    "Hadar",
    "Mimosa",
    "Shaula",
    "Alnair",
    "Alioth",
    "Dubhe",
    "Mirfak",
    "Wezen",
    "Sargas",
    "Avior",
    "Menkar",
    "Atria",
    "Alhena",
    "Polaris",
    "Merak",
    "Izar",
];

/// A new player's row.
pub(crate) fn join(space: &mut Space, player: &Player) {
    let bot = || BOTS[player.id.0 as usize % BOTS.len()].to_owned();
    let name = if player.bot { bot() } else { chat::name(player) };
    space.pilots.spawn(Pilot { player: player.id, name, bot: player.bot, ..Pilot::default() });
}

/// A player is gone.
pub(crate) fn leave(space: &mut Space, player: PlayerId) {
    space.pilots.retain(|_, pilot| pilot.player != player);
}

/// The row of a player.
#[must_use]
pub fn of(space: &Space, player: PlayerId) -> Option<&Pilot> {
    space.pilots.iter().map(|(_, pilot)| pilot).find(|pilot| pilot.player == player)
}

fn of_mut(space: &mut Space, player: PlayerId) -> Option<&mut Pilot> {
    let (id, _) = space.pilots.iter().find(|(_, pilot)| pilot.player == player)?;
    space.pilots.get_mut(id)
}

/// Counts a kill; says how many in a row that makes.
pub(crate) fn score_kill(space: &mut Space, victim: PlayerId, by: PlayerId) -> u16 {
    let crowned = space.arena.leader == victim;
    let mut streak = 0;
    if let Some(pilot) = of_mut(space, victim) {
        streak = core::mem::take(&mut pilot.streak);
        pilot.deaths = pilot.deaths.saturating_add(1);
        pilot.score -= pilot.score / LOSS;
    }
    let points = POINTS + POINTS_PER_STREAK * streak.min(6) + if crowned { POINTS_CROWN } else { 0 };
    let Some(pilot) = of_mut(space, by) else { return 0 };
    pilot.kills = pilot.kills.saturating_add(1);
    pilot.streak = pilot.streak.saturating_add(1);
    pilot.score = pilot.score.saturating_add(points);
    pilot.streak
}

/// Gives the crown to whoever has the most points; on a tie it stays where it is.
pub(crate) fn crown(space: &mut Space, host: &mut Host<Dogfight>) {
    let now = space.arena.leader;
    let best = space.pilots.iter().map(|(_, pilot)| (pilot.score, pilot.player == now, pilot.player));
    let leader = match best.max() {
        Some((score, _, player)) if score > 0 => player,
        _ => PlayerId::NOBODY,
    };
    if leader != now {
        space.arena.leader = leader;
        host.tell(To::Everyone, Event::Crowned(leader));
    }
}
