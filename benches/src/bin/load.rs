//! Load: thousands of players over real WebSockets, verified.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::floor;
use tickwire_benches::load::{Engine, Match, Metrics, Plan, against_floor, find_max, serve_floor};
use tickwire_benches::report::{Figures, Output, end};
use tickwire_benches::scenes;
use tickwire_benches::serve::{Serve, serve};
use tickwire_client_demo::net::Address;
use tickwire_protocol::game::Role;

/// Loads a server and measures what its players see.
#[derive(Parser)]
struct Flags {
    /// Where the server is, as ws://host:port.
    #[arg(long)]
    url: Option<String>,
    /// The scene it runs; inputs are valid ones by chance where it is not named.
    #[arg(long)]
    scene: Option<String>,
    /// Players.
    #[arg(long, default_value_t = 200)]
    players: usize,
    /// Seconds to measure.
    #[arg(long = "for", default_value_t = 10.0)]
    seconds: f64,
    /// Seconds to play before that.
    #[arg(long, default_value_t = 2.0)]
    warm: f64,
    /// Players that begin to connect in a second.
    #[arg(long, default_value_t = 500.0)]
    ramp: f64,
    /// The room; any with space where it is left out.
    #[arg(long, default_value = "")]
    room: String,
    /// Come to watch.
    #[arg(long)]
    watch: bool,
    /// One player in so many decodes everything.
    #[arg(long, default_value_t = 100)]
    decode_every: usize,
    /// Rows of the scene, for a server of one's own.
    #[arg(long, default_value_t = 1_000)]
    entities: u32,
    /// Start the scene and the bare floor on one core, and compare their CPU time.
    #[arg(long)]
    against_floor: bool,
    /// Start the scene, and find the most players that it holds.
    #[arg(long)]
    find_max: bool,
    /// What this process serves for another one of itself.
    #[arg(long, hide = true)]
    child: Option<String>,
    /// Bytes of a frame of the floor.
    #[arg(long, hide = true, default_value_t = 0)]
    floor_bytes: usize,
    /// The core to run on.
    #[arg(long)]
    core: Option<usize>,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let scene = || flags.scene.clone().unwrap_or_else(|| "w1".to_owned());
    if let Some(child) = &flags.child {
        let plan = floor::Plan { players: flags.players, bytes: flags.floor_bytes, rate: 30 };
        match child.as_str() {
            "floor" => serve_floor(plan, flags.core)?,
            _ => serve(&Serve::of(scene(), flags.entities, flags.core))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let what = Match { scene: scene(), entities: flags.entities, players: flags.players, seconds: flags.seconds };
    if flags.against_floor {
        return flags.output.finish(&against_floor(&what)?);
    }
    if flags.find_max {
        return flags.output.finish(&find_max(&what)?);
    }
    if let Some(core) = flags.core {
        tickwire_benches::machine::pin(core)?;
    }
    let to = Address::of(flags.url.as_deref().context("say --url ws://host:port")?)?;
    let shared = flags.scene.as_deref().is_some_and(scenes::all_see_the_same);
    let mut engine = Engine::new(Plan {
        to: to.clone(),
        scene: flags.scene.clone(),
        room: flags.room.clone(),
        role: if flags.watch { Role::Watches } else { Role::Plays },
        players: flags.players,
        joins_per_second: flags.ramp,
        decode_every: flags.decode_every,
        shared,
    })?;
    let patience = Duration::from_secs_f64(20.0 + flags.players as f64 / flags.ramp.max(1.0));
    engine.run_until_joined(patience)?;
    let warm = engine.at() + (flags.warm * 1e6) as u64;
    engine.run_until(warm)?;
    engine.reset()?;
    let before = Metrics::of(&to).unwrap_or_default();
    let start = engine.at();
    engine.run_until(start + (flags.seconds * 1e6) as u64)?;
    let seconds = (engine.at() - start) as f64 / 1e6;
    let after = Metrics::of(&to).unwrap_or_default();
    let mut figures = Figures::new();
    let ticks = after.since(&before, "tickwire_tick_seconds_count").max(1.0);
    let rate = ticks / seconds;
    engine.meter.tell(flags.players, seconds, rate, &mut figures);
    let cpu = after.since(&before, "tickwire_process_cpu_seconds_total");
    figures.round("ticks_per_second", rate, 2);
    figures.round("cpu_us_per_client_tick", cpu * 1e6 / ticks / flags.players as f64, 3);
    let ms = |name: &str| after.quantile(&before, name, 0.99) * 1e3;
    figures.round("tick_p99_ms", ms("tickwire_tick_seconds"), 3);
    figures.round("tick_lateness_p99_ms", ms("tickwire_tick_lateness_seconds"), 3);
    figures.set("playing_at_the_end", engine.playing());
    flags.output.finish(&figures)
}
