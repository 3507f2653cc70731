//! Bytes that players are sent, by scene or recording: no sockets, no clock, every frame decoded and compared.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::bytes::{Run, recording};
use tickwire_benches::report::{Output, end};
use tickwire_benches::sets::Layout;

/// Counts what players are sent.
#[derive(Parser)]
struct Flags {
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
    let run = Run { dump: flags.dump.clone(), sabotage: flags.sabotage };
    let path = flags.data.as_ref().context("say --scene NAME or --data FILE")?;
    let layout = flags.layout.context("a recording needs --layout")?;
    let figures = recording(path, layout, flags.lag, &run)?;
    flags.output.finish(&figures)
}
