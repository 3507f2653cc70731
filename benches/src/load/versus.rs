//! What a server costs beside the bare floor, in one run.

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
    /// Threads of the server that run rooms: with one it has a core of its own, with more it may use all.
    pub workers: u32,
    /// Rooms over which the players are spread.
    pub rooms: usize,
    /// Whether they speak TLS.
    pub tls: bool,
}

/// The core of the servers, and that of the load.
pub(super) const CORES: (usize, usize) = (0, 1);
const REPETITIONS: usize = 3;
const WARM_US: u64 = 2_000_000;

impl Match {
    /// A server of this scene, on the servers' core where it has one worker.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn serve(&self) -> anyhow::Result<Served> {
        let (entities, workers) = (self.entities.to_string(), self.workers.to_string());
        let flags = ["--child", "scene", "--scene", &self.scene, "--entities", &entities, "--workers", &workers];
        let mut flags = flags.map(str::to_owned).to_vec();
        if self.workers == 1 {
            flags.extend(["--core".to_owned(), CORES.0.to_string()]);
        }
        if self.tls { Served::start_tls(&flags) } else { Served::start(&flags) }
    }

    /// Players of this scene.
    pub(super) fn plan(&self, to: &Served, players: usize) -> Plan {
        Plan {
            to: to.address.clone(),
            scene: Some(self.scene.clone()),
            room: String::new(),
            rooms: self.rooms,
            role: Role::Plays,
            players,
            joins_per_second: 500.0,
            decode_every: 100,
            // Each room has a world of its own.
            shared: self.rooms == 1 && scenes::all_see_the_same(&self.scene),
            link: None,
            one_spot: false,
        }
    }

    /// Ticks a second of the scene.
    pub(super) fn rate(&self) -> anyhow::Result<u32> {
        scenes::tick_rate(&self.scene)
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
    beyond: f64,
    margin: f64,
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
    figures.round("input_to_seen_beyond_margin_p99_ms", median(|sample| sample.beyond), 3);
    figures.round("margin_mean_ticks", median(|sample| sample.margin), 3);
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
    let client_ticks = Metrics::of(&server.address)?.since(&before, "tickwire_client_ticks_total").max(1.0);
    engine.leave()?;
    Ok(engine.meter.bytes_in as f64 / client_ticks)
}

/// Players that are all in, and have played for a moment.
pub(super) fn joined(what: &Match, server: &Served, players: usize) -> anyhow::Result<Engine> {
    let mut engine = Engine::new(what.plan(server, players))?;
    let patience = Duration::from_secs_f64(20.0 + players as f64 / 200.0);
    anyhow::ensure!(engine.run_until_joined(patience)?, "only {} of {players} players are in", engine.playing());
    engine.run_until(engine.at() + WARM_US)?;
    Ok(engine)
}

fn paired(what: &Match, bytes: usize, floor_first: bool) -> anyhow::Result<Sample> {
    let plan = floor::Plan { players: what.players, bytes, rate: what.rate()? };
    let floor = |plan: floor::Plan| {
        let (players, bytes, core) = (plan.players.to_string(), plan.bytes.to_string(), CORES.0.to_string());
        let rate = plan.rate.to_string();
        let flags = ["--child", "floor", "--players", &players, "--floor-bytes", &bytes, "--core", &core];
        let flags = flags.into_iter().chain(["--rate", &rate]).map(str::to_owned).collect::<Vec<_>>();
        Served::start(&flags)
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
    engine.leave()?;
    let client_ticks = after.since(&before, "tickwire_client_ticks_total").max(1.0);
    let frame = plan.frame_bytes() as f64;
    let base_ticks = ((players.bytes - base_bytes) as f64 / frame).max(1.0);
    let ms = |histogram: &hdrhistogram::Histogram<u64>| histogram.value_at_quantile(0.99) as f64 / 1e3;
    Ok(Sample {
        cpu: cpu as f64 / 1e3 / client_ticks,
        floor: base_cpu as f64 / 1e3 / base_ticks,
        bytes: engine.meter.bytes_in as f64 / client_ticks,
        lateness: after.quantile(&before, "tickwire_tick_lateness_seconds", 0.99) * 1e3,
        seen: ms(&engine.meter.seen),
        beyond: ms(&engine.meter.seen_beyond),
        margin: engine.meter.margin as f64 / engine.meter.privates.max(1) as f64,
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
