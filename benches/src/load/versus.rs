//! Figures that need a server of one's own: its cost beside the bare floor, and how many players it holds.

use std::net::SocketAddr;
use std::time::Duration;

use tickwire_protocol::game::Role;

use super::{Engine, Metrics, Plan, Served};
use crate::floor::{self, Floor, Players};
use crate::report::Figures;
use crate::{machine, scenes};

/// What is served, and to how many.
#[derive(Clone, Debug)]
pub struct Match {
    /// The scene.
    pub scene: String,
    /// Rows.
    pub entities: u32,
    /// Players.
    pub players: usize,
    /// Seconds of each measurement.
    pub seconds: f64,
}

/// The core of the servers, and that of the load.
const CORES: (usize, usize) = (0, 1);
const REPETITIONS: usize = 3;
const WARM_US: u64 = 2_000_000;

impl Match {
    fn serve(&self) -> anyhow::Result<Served> {
        let (entities, core) = (self.entities.to_string(), CORES.0.to_string());
        let flags = ["--child", "scene", "--scene", &self.scene, "--entities", &entities, "--core", &core];
        Served::start(&flags.map(str::to_owned))
    }

    fn engine(&self, to: &Served, players: usize) -> anyhow::Result<Engine> {
        Engine::new(Plan {
            to: to.address.clone(),
            scene: Some(self.scene.clone()),
            room: String::new(),
            role: Role::Plays,
            players,
            joins_per_second: 500.0,
            decode_every: 100,
            shared: scenes::all_see_the_same(&self.scene),
        })
    }
}

/// One repetition.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    cpu: f64,
    floor: f64,
    bytes: f64,
    lateness: f64,
    seen: f64,
    mismatches: f64,
    disconnects: f64,
}

/// Runs scene and floor at the same time on one core, the load on another, and compares their CPU time.
///
/// # Errors
/// Where a server does not start or the players are not let in.
pub fn against_floor(what: &Match) -> anyhow::Result<Figures> {
    machine::pin(CORES.1)?;
    let mut bytes = probe(what)?;
    let mut samples = Vec::new();
    for repetition in 0..REPETITIONS {
        let sample = paired(what, bytes as usize, repetition % 2 == 1)?;
        eprintln!(
            "repetition {}: {:.2} us, floor {:.2} us, {:.2} times",
            repetition + 1,
            sample.cpu,
            sample.floor,
            sample.cpu / sample.floor
        );
        bytes = sample.bytes;
        samples.push(sample);
    }
    let median = |of: fn(&Sample) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let mut figures = Figures::new();
    figures.set("scene", what.scene.as_str());
    figures.set("players", what.players);
    figures.round("cpu_us_per_client_tick", median(|sample| sample.cpu), 3);
    figures.round("floor_us_per_client_tick", median(|sample| sample.floor), 3);
    figures.round("ratio", median(|sample| sample.cpu / sample.floor), 4);
    figures.round("bytes_per_client_tick", median(|sample| sample.bytes), 2);
    figures.round("tick_lateness_p99_ms", median(|sample| sample.lateness), 3);
    figures.round("input_to_seen_p99_ms", median(|sample| sample.seen), 3);
    figures.set("hash_mismatches", samples.iter().map(|sample| sample.mismatches).sum::<f64>());
    figures.set("disconnects", samples.iter().map(|sample| sample.disconnects).sum::<f64>());
    Ok(figures)
}

/// The bytes that a client of the scene is sent per tick.
fn probe(what: &Match) -> anyhow::Result<f64> {
    let server = what.serve()?;
    let mut engine = joined(what, &server, what.players)?;
    let before = Metrics::of(&server.address)?;
    engine.reset()?;
    engine.run_until(engine.at() + WARM_US)?;
    let ticks = Metrics::of(&server.address)?.since(&before, "tickwire_tick_seconds_count").max(1.0);
    Ok(engine.meter.bytes_in as f64 / ticks / what.players.max(1) as f64)
}

fn joined(what: &Match, server: &Served, players: usize) -> anyhow::Result<Engine> {
    let mut engine = what.engine(server, players)?;
    let patience = Duration::from_secs_f64(20.0 + players as f64 / 200.0);
    anyhow::ensure!(engine.run_until_joined(patience)?, "only {} of {players} players are in", engine.playing());
    engine.run_until(engine.at() + WARM_US)?;
    Ok(engine)
}

fn paired(what: &Match, bytes: usize, floor_first: bool) -> anyhow::Result<Sample> {
    let rate = 30;
    let plan = floor::Plan { players: what.players, bytes, rate };
    let floor = |plan: floor::Plan| {
        let (players, bytes, core) = (plan.players.to_string(), plan.bytes.to_string(), CORES.0.to_string());
        let flags = ["--child", "floor", "--players", &players, "--floor-bytes", &bytes, "--core", &core];
        Served::start(&flags.map(str::to_owned))
    };
    let early = if floor_first { Some(floor(plan)?) } else { None };
    let server = what.serve()?;
    let mut base = match early {
        Some(base) => base,
        None => floor(plan)?,
    };
    let mut engine = joined(what, &server, what.players)?;
    let mut players = Players::connect(base.address.socket, plan)?;
    base.tell(&(engine.snapshot_nanos() + plan.interval() / 2).to_string())?;
    let both = |engine: &mut Engine, players: &mut Players, until: u64| -> anyhow::Result<()> {
        while engine.at() < until {
            engine.turn(engine.at() + 500)?;
            players.turn()?;
        }
        Ok(())
    };
    let until = engine.at() + WARM_US;
    both(&mut engine, &mut players, until)?;
    engine.reset()?;
    let before = Metrics::of(&server.address)?;
    let (cpu, base_cpu, base_bytes) = (server.cpu()?, base.cpu()?, players.bytes);
    let until = engine.at() + (what.seconds * 1e6) as u64;
    both(&mut engine, &mut players, until)?;
    let (cpu, base_cpu) = (server.cpu()? - cpu, base.cpu()? - base_cpu);
    let after = Metrics::of(&server.address)?;
    let client_ticks = after.since(&before, "tickwire_tick_seconds_count").max(1.0) * what.players.max(1) as f64;
    let frame = plan.frame_bytes() as f64;
    let base_ticks = ((players.bytes - base_bytes) as f64 / frame).max(1.0);
    let ms = |histogram: &hdrhistogram::Histogram<u64>| histogram.value_at_quantile(0.99) as f64 / 1e3;
    Ok(Sample {
        cpu: cpu as f64 / 1e3 / client_ticks,
        floor: base_cpu as f64 / 1e3 / base_ticks,
        bytes: engine.meter.bytes_in as f64 / client_ticks,
        lateness: after.quantile(&before, "tickwire_tick_lateness_seconds", 0.99) * 1e3,
        seen: ms(&engine.meter.seen),
        mismatches: engine.meter.mismatches as f64,
        disconnects: engine.meter.disconnected() as f64,
    })
}

/// The process that is the floor: waits for its players and for the instant at which to tick.
///
/// # Errors
/// Where the port or the core is refused.
pub fn serve_floor(plan: floor::Plan, core: Option<usize>) -> anyhow::Result<()> {
    if let Some(core) = core {
        machine::pin(core)?;
    }
    machine::raise_file_limit();
    let floor = Floor::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    println!("READY {}", floor.address()?.port());
    let ready = floor.accept(plan)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let instant: u64 = line.trim().parse().unwrap_or_else(|_| machine::now());
    let late = machine::now().saturating_sub(instant).div_ceil(plan.interval());
    ready.serve(instant + late * plan.interval(), u64::MAX)?;
    Ok(())
}

/// The most players that a scene holds on one core, and what breaks beyond.
///
/// # Errors
/// Where a server does not start.
pub fn find_max(what: &Match) -> anyhow::Result<Figures> {
    machine::pin(CORES.1)?;
    let (mut held, mut bytes, mut lateness) = (0, 0.0, 0.0);
    let (mut next, mut broken, mut limit) = (what.players.max(1), None, String::new());
    while broken.is_none_or(|broken| broken > held + held / 10 + 1) {
        let tried = try_players(what, next)?;
        match tried.limit {
            None => {
                eprintln!("{next} players are held");
                (held, bytes, lateness) = (next, tried.bytes, tried.lateness);
            }
            Some(why) => {
                eprintln!("{next} players are too many: {why}");
                broken = Some(next);
                limit = why;
            }
        }
        next = match broken {
            None => held * 2,
            Some(broken) => (held + broken) / 2,
        };
        if next == 0 {
            break;
        }
    }
    let plan = floor::Plan { players: 1_000, bytes: bytes as usize, rate: 30 };
    let floor = floor::measure(plan, what.seconds)?.us_per_client_tick;
    let mut figures = Figures::new();
    figures.set("scene", what.scene.as_str());
    figures.set("players_held", held);
    figures.set("limit", limit);
    figures.round("floor_us_per_client_tick", floor, 3);
    figures.round("share", held as f64 / (1e6 / (30.0 * floor)), 4);
    figures.round("bytes_per_client_tick", bytes, 2);
    figures.round("tick_lateness_p99_ms", lateness, 3);
    Ok(figures)
}

struct Tried {
    limit: Option<String>,
    bytes: f64,
    lateness: f64,
}

fn try_players(what: &Match, players: usize) -> anyhow::Result<Tried> {
    let server = what.serve()?;
    let mut engine = match joined(what, &server, players) {
        Ok(engine) => engine,
        Err(error) => {
            return Ok(Tried { limit: Some(format!("connections: {error}")), bytes: 0.0, lateness: 0.0 });
        }
    };
    engine.reset()?;
    let before = Metrics::of(&server.address)?;
    engine.run_until(engine.at() + (what.seconds * 1e6) as u64)?;
    let after = Metrics::of(&server.address)?;
    let meter = &engine.meter;
    let due = 30.0 * what.seconds * players as f64;
    let arrived = meter.snapshots as f64 / due;
    let long = meter.long_gaps as f64 / meter.gaps.max(1) as f64;
    let late = meter.lateness.value_at_quantile(0.99) as f64 / 1e3;
    let limit = if meter.disconnected() > 0 {
        Some(format!("{} players were disconnected", meter.disconnected()))
    } else if arrived < 0.95 {
        Some(format!("{:.1} % of the ticks arrived (generator p99 {late:.1} ms late)", arrived * 100.0))
    } else if long > 0.01 {
        Some(format!("{:.1} % of the gaps exceeded three ticks (generator p99 {late:.1} ms late)", long * 100.0))
    } else {
        None
    };
    let client_ticks = after.since(&before, "tickwire_tick_seconds_count").max(1.0) * players as f64;
    let lateness = after.quantile(&before, "tickwire_tick_lateness_seconds", 0.99) * 1e3;
    Ok(Tried { limit, bytes: meter.bytes_in as f64 / client_ticks, lateness })
}
