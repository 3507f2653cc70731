//! What the same players cost a server that runs another way: one after the other, in turns.

use super::versus::{CORES, joined};
use super::{Match, Metrics};
use crate::machine;
use crate::report::Figures;

const REPETITIONS: usize = 3;

/// One repetition of one way.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    cpu: f64,
    lateness: f64,
    mismatches: f64,
    disconnects: f64,
}

/// Compares the CPU time per player and tick of two ways to serve the same players, `what` and `other`, alternating
/// which begins.
///
/// # Errors
/// Where a server does not start or the players are not let in.
pub fn in_turns(what: &Match, other: (&str, &Match)) -> anyhow::Result<Figures> {
    machine::pin(CORES.1)?;
    let (name, other) = other;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for repetition in 0..REPETITIONS {
        for first in [repetition % 2 == 0, repetition % 2 == 1] {
            if first { &mut ours } else { &mut theirs }.push(sample(if first { what } else { other })?);
        }
        let (Some(ours), Some(theirs)) = (ours.last(), theirs.last()) else { continue };
        eprintln!("repetition {}: {:.2} us, {name} {:.2} us", repetition + 1, ours.cpu, theirs.cpu);
    }
    let mut figures = Figures::new();
    figures.set("scene", what.scene.as_str());
    figures.set("players", what.players);
    figures.set("rooms", what.rooms);
    figures.set("workers", what.workers);
    figures.set("tls", what.tls);
    figures.round("cpu_us_per_client_tick", median(ours.iter().map(|sample| sample.cpu)), 3);
    figures.round(&format!("{name}_us_per_client_tick"), median(theirs.iter().map(|sample| sample.cpu)), 3);
    figures.round("ratio", median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.cpu / theirs.cpu)), 4);
    figures.round("tick_lateness_p99_ms", median(ours.iter().map(|sample| sample.lateness)), 3);
    figures.round(&format!("{name}_tick_lateness_p99_ms"), median(theirs.iter().map(|sample| sample.lateness)), 3);
    let all = || ours.iter().chain(&theirs);
    figures.set("hash_mismatches", all().map(|sample| sample.mismatches).sum::<f64>());
    figures.set("disconnects", all().map(|sample| sample.disconnects).sum::<f64>());
    Ok(figures)
}

fn sample(what: &Match) -> anyhow::Result<Sample> {
    let server = what.serve()?;
    let mut engine = joined(what, &server, what.players)?;
    engine.reset()?;
    let (before, cpu) = (Metrics::of(&server.address)?, server.cpu()?);
    engine.run_until(engine.at() + (what.seconds * 1e6) as u64)?;
    let (after, cpu) = (Metrics::of(&server.address)?, server.cpu()? - cpu);
    let client_ticks = after.since(&before, "tickwire_client_ticks_total").max(1.0);
    let sample = Sample {
        cpu: cpu as f64 / 1e3 / client_ticks,
        lateness: after.quantile(&before, "tickwire_tick_lateness_seconds", 0.99) * 1e3,
        mismatches: engine.meter.mismatches as f64,
        disconnects: engine.meter.disconnected() as f64,
    };
    engine.leave()?;
    Ok(sample)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
