//! What a storm does to those who are not part of it: pairs of a run with it and one without, one after the other.

use super::{Match, Run, Scenario};
use crate::machine;
use crate::report::Figures;

/// Seconds to play before anything is measured.
const WARM: f64 = 2.0;

/// Runs so many pairs, alternating what comes first, each run against a server of its own.
///
/// # Errors
/// Where a server does not start.
pub fn pairs(what: &Match, scenario: Scenario, extra: Option<usize>, count: usize) -> anyhow::Result<Figures> {
    let apart = machine::cores() > 1;
    if apart {
        machine::pin(super::versus::CORES.1)?;
    }
    let (mut calm, mut storm) = (Vec::new(), Vec::new());
    for pair in 0..count.max(1) {
        let order = if pair % 2 == 0 { [true, false] } else { [false, true] };
        for with in order {
            let scenario = if with { scenario } else { Scenario::Steady };
            eprintln!("pair {}: {scenario}", pair + 1);
            let figures = one(what, scenario, extra)?;
            if with { &mut storm } else { &mut calm }.push(figures);
        }
    }
    let mut figures = Figures::new();
    figures.set("scene", what.scene.as_str());
    figures.set("scenario", scenario.name());
    figures.set("players", what.players);
    figures.set("pairs", count);
    for key in KEYS {
        let changes = calm.iter().zip(&storm).filter_map(|(calm, storm)| {
            let (calm, storm) = (calm.number(key).ok()?, storm.number(key).ok()?);
            Some(storm / calm.max(f64::MIN_POSITIVE))
        });
        figures.round(&format!("{key}_calm"), median(calm.iter().filter_map(|run| run.number(key).ok())), 3);
        figures.round(&format!("{key}_storm"), median(storm.iter().filter_map(|run| run.number(key).ok())), 3);
        figures.round(&format!("{key}_change"), median(changes) - 1.0, 4);
    }
    if scenario.floods() {
        let share = storm.iter().filter_map(|run| run.number("flood_core_share").ok());
        figures.round("flood_core_share", median(share), 3);
    }
    let sum = |key: &str| calm.iter().chain(&storm).filter_map(|run| run.number(key).ok()).sum::<f64>();
    figures.set("hash_mismatches", sum("hash_mismatches"));
    figures.set("disconnects", sum("disconnects"));
    // What the storm's own connections came to, added up.
    let mut ends: Vec<&str> = storm.iter().flat_map(Figures::iter).map(|(key, _)| key).collect();
    ends.sort_unstable();
    ends.dedup();
    const OF_OTHERS: [&str; 4] = ["server_ended_", "others_joined", "others_ended_", "keyframes"];
    for key in ends.into_iter().filter(|key| OF_OTHERS.iter().any(|of| key.starts_with(of))) {
        figures.set(key, storm.iter().filter_map(|run| run.number(key).ok()).sum::<f64>());
    }
    Ok(figures)
}

fn one(what: &Match, scenario: Scenario, extra: Option<usize>) -> anyhow::Result<Figures> {
    let server = what.serve()?;
    let mut plan = what.plan(&server, what.players);
    plan.one_spot = scenario == Scenario::OneSpot;
    let run = Run { plan, scenario, extra, warm: WARM, seconds: what.seconds, process: Some(server.process()) };
    Ok(run.go()?.figures)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// What is compared, first of all what others see.
const KEYS: [&str; 7] = [
    "snapshot_interval_p99_ms",
    "input_to_seen_p99_ms",
    "tick_lateness_p99_ms",
    "tick_p99_ms",
    "cpu_us_per_client_tick",
    "server_memory_max_mb",
    "generator_lateness_p99_ms",
];
