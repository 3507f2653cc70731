//! What a player of the demo game feels behind a link: a real room, a real client core, virtual time.

mod pilot;
mod sabotage;
mod truth;

use tickwire_dogfight::{Controls, Dogfight, Event, Request, Space};
use tickwire_protocol::game::Game;
use tickwire_protocol::link::Conditions;
use tickwire_server::room::{AnyRoom as _, Room, RoomSetup};
use tickwire_server::sim::Sim;

use self::pilot::{Hands, Pilot};
use self::sabotage::OffByOneStep;
use self::truth::{Truth, Verdict};
use crate::report::Figures;

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What is between room and player.
    pub link: Conditions,
    /// Virtual seconds.
    pub seconds: u32,
    /// The seed of room and link.
    pub seed: u64,
    /// Lets the client's `drive` be off by one step of the velocity.
    pub sabotage: bool,
}

/// The length of a ship, in units.
const SHIP: f64 = 2.0 * tickwire_dogfight::ship::RADIUS as f64;

/// Seconds before anything is counted: the join, and a clock that finds its margin.
const SETTLING: u32 = 3;

/// A game that the measured client plays in a room of dogfight.
trait Plays: Game<World = Space, Input = Controls, Request = Request, Event = Event> {}
impl<G: Game<World = Space, Input = Controls, Request = Request, Event = Event>> Plays for G {}

/// Plays it: the bot among bots for what is felt, then the marksman for what is hit.
///
/// # Errors
/// Where the player is not let in.
pub fn feel(plan: &Plan) -> anyhow::Result<Figures> {
    let (flown, shot) = if plan.sabotage {
        (fly::<OffByOneStep>(plan, Hands::Bot)?, fly::<OffByOneStep>(plan, Hands::Marksman)?)
    } else {
        (fly::<Dogfight>(plan, Hands::Bot)?, fly::<Dogfight>(plan, Hands::Marksman)?)
    };
    Ok(figures(&flown, &shot))
}

/// What came of one flight.
struct Flown {
    verdict: Verdict,
    stats: tickwire_client::Stats,
    ticks: u32,
    seen: pilot::Seen,
    shots: u32,
    hits: u32,
}

fn fly<G: Plays>(plan: &Plan, hands: Hands) -> anyhow::Result<Flown> {
    let mut setup = RoomSetup::of::<Dogfight>("feel", plan.seed);
    if hands == Hands::Marksman {
        setup.options.insert("perk".to_owned(), "lance".to_owned());
    }
    let rate = u32::from(Dogfight::TICK_RATE.get());
    let mut sim = Sim::new(Room::<Dogfight>::open(setup), plan.seed);
    sim.add(Pilot::<G>::new(hands), plan.link);
    sim.run(SETTLING * rate);
    anyhow::ensure!(sim.peer(0).is_in(), "the player is not in after {SETTLING} s");
    sim.peer_mut(0).begin();
    let mut truth = Truth::new(sim.peer(0).player(), sim.room().newest(), rate, plan.link);
    sim.run_with(plan.seconds * rate, |sim| {
        let (room, pilot) = sim.room_and_peer(0);
        truth.look(room);
        pilot.look();
        truth.judge(pilot.corrections());
    });
    // A correction is judged when it is known whether a replaced input explains it.
    sim.run_with(SETTLING * rate, |sim| {
        let (room, pilot) = sim.room_and_peer(0);
        truth.look(room);
        truth.judge(pilot.corrections());
    });
    let (shots, hits) = truth.aim();
    let pilot = sim.peer_mut(0);
    let (stats, seen) = pilot.end();
    Ok(Flown { verdict: truth.verdict(), stats, ticks: plan.seconds * rate, seen, shots, hits })
}

fn figures(flown: &Flown, shot: &Flown) -> Figures {
    let Flown { verdict, stats, seen, .. } = flown;
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let mut figures = Figures::new();
    figures.set("corrections_free", verdict.free);
    figures.round("correction_p95", verdict.quantile(0.95) / SHIP, 4);
    figures.round("correction_max", verdict.quantile(1.0) / SHIP, 4);
    let replaced = ratio(u64::from(seen.replaced), u64::from(flown.ticks));
    figures.round("fresh_input_ratio", 1.0 - replaced, 6);
    figures.round("inputs_waiting_mean", seen.margin_mean(), 4);
    figures.round("interp_delay_ms", seen.delay_mean(), 3);
    figures.round("arrival_jitter_p99_ms", stats.arrival_jitter_p99_ms, 3);
    figures.round("extrapolated_ratio", ratio(seen.extrapolated, seen.frames), 6);
    figures.round("hit_ratio", ratio(u64::from(shot.hits), u64::from(shot.shots)), 4);
    figures.set("hash_mismatches", stats.hash_mismatches + shot.stats.hash_mismatches);
    figures.set("corrections_replaced", verdict.replaced);
    figures.set("corrections_in_contact", verdict.contact.len());
    figures.set("corrections_decided", verdict.decided);
    figures.set("inputs_replaced", seen.replaced);
    figures.set("shots", shot.shots);
    figures.set("hits", shot.hits);
    figures.set("frames_drawn", seen.frames);
    figures.round("jump_max", seen.jump_max / SHIP, 4);
    figures.round("rtt_ms", stats.rtt_ms, 2);
    figures.set("prediction_snaps", stats.snaps);
    figures.set("decode_errors", stats.decode_errors);
    figures.set("reconnects", stats.reconnects);
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sabotage: bool) -> Plan {
        Plan { link: Conditions::round_trip(150, 30), seconds: 6, seed: 1, sabotage }
    }

    #[test]
    fn the_same_seed_feels_the_same() {
        assert_eq!(feel(&plan(false)).unwrap(), feel(&plan(false)).unwrap());
    }

    #[test]
    fn a_drive_that_is_off_by_one_step_is_corrected() {
        let right = feel(&plan(false)).unwrap();
        let wrong = feel(&plan(true)).unwrap();
        assert_eq!(right.number("hash_mismatches").unwrap(), 0.0);
        assert!(wrong.number("corrections_free").unwrap() > 100.0);
    }
}
