//! How many players a scene holds on one core.

use super::versus::{CORES, joined};
use super::{Match, Metrics};
use crate::report::Figures;
use crate::{floor, machine};

/// What a number of players came to.
#[derive(Clone, Debug, Default)]
struct Tried {
    limit: Option<String>,
    bytes: f64,
    lateness: f64,
    seen: f64,
    beyond: f64,
    busy: f64,
    generator: f64,
}

/// The most players that a scene holds on one core, and what breaks beyond: doubled until it breaks, then narrowed
/// down to a tenth.
///
/// # Errors
/// Where a server does not start.
pub fn find_max(what: &Match) -> anyhow::Result<Figures> {
    machine::pin(CORES.1)?;
    let (mut held, mut best) = (0, Tried::default());
    let (mut next, mut broken, mut limit) = (what.players.max(1), None, String::new());
    while next > held && broken.is_none_or(|broken| broken > held + held / 10 + 1) {
        let tried = try_players(what, next)?;
        match &tried.limit {
            None => {
                eprintln!("{next} players are held");
                (held, best) = (next, tried);
            }
            Some(why) => {
                eprintln!("{next} players are too many: {why}");
                limit.clone_from(why);
                broken = Some(next);
            }
        }
        next = broken.map_or(held * 2, |broken: usize| usize::midpoint(held, broken));
    }
    // How it is to play where there is some reserve.
    let most = held * 8 / 10;
    let easy = if most > 0 { try_players(what, most)? } else { Tried::default() };
    let rate = what.rate()?;
    let plan = floor::Plan { players: 1_000, bytes: best.bytes as usize, rate };
    let floor = floor::measure(plan, what.seconds)?.us_per_client_tick;
    let mut figures = Figures::new();
    figures.set("scene", what.scene.as_str());
    figures.set("rate", rate);
    figures.set("players_held", held);
    figures.set("limit", limit);
    figures.round("floor_us_per_client_tick", floor, 3);
    figures.round("share", held as f64 / (1e6 / (f64::from(rate) * floor)), 4);
    figures.round("bytes_per_client_tick", best.bytes, 2);
    figures.round("input_to_seen_p99_ms", best.seen, 1);
    figures.round("input_to_seen_beyond_margin_p99_ms", best.beyond, 1);
    figures.round("tick_lateness_p99_ms", best.lateness, 3);
    figures.round("server_busy", best.busy, 3);
    figures.round("generator_lateness_p99_ms", best.generator, 1);
    figures.round("lateness_p99_ms_at_80_percent", easy.lateness, 3);
    figures.round("input_to_seen_p99_ms_at_80_percent", easy.seen, 1);
    figures.round("input_to_seen_beyond_margin_p99_ms_at_80_percent", easy.beyond, 1);
    figures.round("server_busy_at_80_percent", easy.busy, 3);
    figures.round("generator_lateness_p99_ms_at_80_percent", easy.generator, 1);
    Ok(figures)
}

fn try_players(what: &Match, players: usize) -> anyhow::Result<Tried> {
    let server = what.serve()?;
    let mut engine = match joined(what, &server, players) {
        Ok(engine) => engine,
        Err(error) => return Ok(Tried { limit: Some(format!("connections: {error}")), ..Tried::default() }),
    };
    engine.reset()?;
    let (before, cpu) = (Metrics::of(&server.address)?, server.cpu()?);
    engine.run_until(engine.at() + (what.seconds * 1e6) as u64)?;
    let (after, cpu) = (Metrics::of(&server.address)?, server.cpu()? - cpu);
    let meter = &engine.meter;
    let p99 = |histogram: &hdrhistogram::Histogram<u64>| histogram.value_at_quantile(0.99) as f64 / 1e3;
    let due = f64::from(what.rate()?) * what.seconds * players as f64;
    let arrived = meter.snapshots as f64 / due;
    let long = meter.long_gaps as f64 / meter.gaps.max(1) as f64;
    let (busy, generator) = (cpu as f64 / 1e9 / what.seconds, p99(&meter.lateness));
    let by = format!("server {:.0} % busy, load {generator:.1} ms late at p99", busy * 100.0);
    let limit = if meter.disconnected() > 0 {
        Some(format!("{} players were disconnected; {by}", meter.disconnected()))
    } else if arrived < 0.95 {
        Some(format!("{:.1} % of the ticks arrived; {by}", arrived * 100.0))
    } else if long > 0.01 {
        Some(format!("{:.1} % of the gaps exceeded three ticks; {by}", long * 100.0))
    } else {
        None
    };
    let client_ticks = after.since(&before, "tickwire_tick_seconds_count").max(1.0) * players as f64;
    let tried = Tried {
        limit,
        bytes: meter.bytes_in as f64 / client_ticks,
        lateness: after.quantile(&before, "tickwire_tick_lateness_seconds", 0.99) * 1e3,
        seen: p99(&meter.seen),
        beyond: p99(&meter.seen_beyond),
        busy,
        generator,
    };
    engine.leave()?;
    Ok(tried)
}
