//! What a player of the demo game feels behind a link: a real room, a real client core, virtual time.

mod pilot;
mod sabotage;
mod seen;
mod truth;

use std::sync::atomic::{AtomicU64, Ordering};

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

/// What holds over any link.
const ALWAYS: [&str; 5] =
    ["corrections_free=0", "hash_mismatches=0", "decode_errors=0", "key_to_frame_max=1", "jump_max<=1"];
/// What holds besides where nothing is lost: a lost segment is another stall, and over a link that loses one each
/// second or two there is no normal delay to come back to.
const LOSSLESS: [&str; 1] = ["stall_recovery_max_ms<=1500"];
/// What holds besides over a link that neither stalls, loses nor queues, up to 150 ms ± 30 ms of round trip.
pub const MUST: [&str; 7] = [
    "correction_p95<=0.5",
    "correction_max<=2",
    "fresh_input_ratio>=0.995",
    "inputs_waiting_mean<=2",
    "interp_beyond_allowed_ms<=0",
    "extrapolated_ratio<=0.01",
    "hit_ratio>=0.98",
];

/// The conditions that must hold over a link.
pub fn must(link: &Conditions) -> impl Iterator<Item = &'static str> {
    let steady = link.stall == 0 && link.loss_ppm == 0 && link.bandwidth == 0;
    let lossless = link.loss_ppm == 0;
    let besides = LOSSLESS.into_iter().filter(move |_| lossless).chain(MUST.into_iter().filter(move |_| steady));
    ALWAYS.into_iter().chain(besides)
}

/// Seconds in which keys are pressed.
const PRESSING: u32 = 10;

/// Plays it: the bot among bots for what is felt, the marksman for what is hit, somebody who turns for what answers.
///
/// # Errors
/// Where the player is not let in.
pub fn feel(plan: &Plan) -> anyhow::Result<Figures> {
    let flights = if plan.sabotage { fly_all::<OffByOneStep>(plan) } else { fly_all::<Dogfight>(plan) };
    Ok(figures(&flights?))
}

/// The same with each of so many seeds from the plan's on, some at a time; in the order of the seeds.
///
/// # Errors
/// Where a player is not let in.
pub fn feel_seeds(plan: &Plan, seeds: u64) -> anyhow::Result<Vec<(u64, Figures)>> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= seeds {
                return Ok(done);
            }
            let seed = plan.seed + at;
            done.push((seed, feel(&Plan { seed, ..*plan })?));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<anyhow::Result<Vec<_>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|part| part.unwrap_or_else(|_| Err(anyhow::anyhow!("a flight broke off")))).collect()
    });
    let mut all = parts.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    all.sort_by_key(|(seed, _)| *seed);
    Ok(all)
}

struct Flights {
    flown: Flown,
    shot: Flown,
    pressed: Flown,
}

fn fly_all<G: Plays>(plan: &Plan) -> anyhow::Result<Flights> {
    Ok(Flights {
        flown: fly::<G>(plan, Hands::Bot)?,
        shot: fly::<G>(plan, Hands::Marksman)?,
        pressed: fly::<G>(&Plan { seconds: plan.seconds.min(PRESSING), ..*plan }, Hands::Keys)?,
    })
}

/// What came of one flight.
struct Flown {
    verdict: Verdict,
    stats: tickwire_client::Stats,
    ticks: u32,
    seen: seen::Seen,
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
    sim.add(Pilot::<G>::new(hands, plan.link), plan.link);
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
    let (stats, mut seen) = pilot.end();
    seen.recovered();
    Ok(Flown { verdict: truth.verdict(), stats, ticks: plan.seconds * rate, seen, shots, hits })
}

fn figures(flights: &Flights) -> Figures {
    let Flights { flown, shot, pressed } = flights;
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
    let interval_ms = 1e3 * f64::from(Dogfight::SEND_EVERY) / f64::from(Dogfight::TICK_RATE.get());
    let tick_ms = 1e3 / f64::from(Dogfight::TICK_RATE.get());
    let allowed = stats.arrival_jitter_p99_ms + tick_ms;
    figures.round("interp_beyond_interval_ms", seen.delay_mean() - interval_ms, 3);
    figures.round("interp_beyond_allowed_ms", seen.delay_mean() - interval_ms - allowed, 3);
    figures.set("key_to_frame_max", pressed.seen.key_to_frame_max);
    figures.set("keys", pressed.seen.keys);
    figures.set("stalls_felt", seen.recoveries.len());
    let slowest = seen.recoveries.iter().copied().max().unwrap_or(0);
    figures.round("stall_recovery_max_ms", slowest as f64 / 1e3, 1);
    figures.round("rtt_ms", stats.rtt_ms, 2);
    figures.set("prediction_snaps", stats.snaps);
    figures.set("decode_errors", stats.decode_errors);
    figures.set("reconnects", stats.reconnects);
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Condition;

    fn plan(sabotage: bool) -> Plan {
        Plan { link: Conditions::round_trip(150, 30), seconds: 6, seed: 1, sabotage }
    }

    #[test]
    fn all_that_must_hold_holds_with_and_without_stalls() {
        let steady = Plan { seconds: 12, ..plan(false) };
        let stalls = Plan { link: steady.link.with_stalls(300, 5_000), ..steady };
        for plan in [steady, stalls] {
            let figures = feel(&plan).unwrap();
            for condition in must(&plan.link) {
                let condition: Condition = condition.parse().unwrap();
                assert!(condition.holds_of(&figures).unwrap(), "{condition:?}: {}", figures.text());
            }
        }
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
