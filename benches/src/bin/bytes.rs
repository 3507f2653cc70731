//! Bytes that players are sent, by scene or recording: no sockets, no clock, every frame decoded and compared.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::bytes::{Plan, Run, recording, scene};
use tickwire_benches::report::{Output, end};
use tickwire_benches::scenes;
use tickwire_benches::sets::Layout;

/// Counts what players are sent.
#[derive(Parser)]
struct Flags {
    /// The scene to play.
    #[arg(long, conflicts_with = "data")]
    scene: Option<String>,
    /// Clients.
    #[arg(long, default_value_t = 200)]
    players: u32,
    /// Rows of the scene, where it lets one choose.
    #[arg(long, default_value_t = 1_000)]
    entities: u32,
    /// Ticks to count, after everybody has a keyframe.
    #[arg(long, default_value_t = 300)]
    ticks: u32,
    /// The room's seed.
    #[arg(long, default_value_t = scenes::SEED)]
    seed: u64,
    /// A recording to code instead of a scene.
    #[arg(long, requires = "layout")]
    data: Option<PathBuf>,
    /// How the recording is laid out.
    #[arg(long)]
    layout: Option<Layout>,
    /// How many frames back the newest frame is that a receiver is known to have.
    #[arg(long, default_value_t = 1)]
    lag: usize,
    /// Write every frame into this folder.
    #[arg(long, value_name = "FOLDER")]
    dump: Option<PathBuf>,
    /// Also count what other formats need for the same worlds.
    #[arg(long)]
    beside: bool,
    /// Also count what an adaptive range coder over the same model needs, and compare.
    #[arg(long)]
    reference: bool,
    /// Make one bit wrong, to see that it is noticed.
    #[arg(long)]
    sabotage: bool,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let Flags { beside, reference, sabotage, .. } = *flags;
    let run = Run { dump: flags.dump.clone(), beside, reference, sabotage };
    if let Some(name) = &flags.scene {
        let (players, entities) = (flags.players, flags.entities);
        anyhow::ensure!(players > 0, "--players is 0, with which nothing is counted: say at least 1");
        anyhow::ensure!(flags.ticks > 0, "--ticks is 0, with which nothing is counted: say at least 1");
        let plan = Plan { scene: name.clone(), players, entities, ticks: flags.ticks, seed: flags.seed };
        return flags.output.finish(&scene(&plan, &run)?);
    }
    let path = flags.data.as_ref().context("say --scene NAME or --data FILE")?;
    let layout = flags.layout.context("a recording needs --layout")?;
    let figures = recording(path, layout, flags.lag, &run)?;
    flags.output.finish(&figures)
}
