//! The least a program can do on this machine for the job of a game server.

use std::process::ExitCode;

use clap::Parser;
use tickwire_benches::floor::{Plan, measure};
use tickwire_benches::report::{Figures, Output, end};

/// One read and one write per player and tick by bare non-blocking sockets, server and players on a core each.
#[derive(Parser)]
struct Flags {
    /// Sockets.
    #[arg(long, default_value_t = 200)]
    players: usize,
    /// Bytes of one frame to a player.
    #[arg(long, default_value_t = 3_500)]
    bytes: usize,
    /// Ticks a second.
    #[arg(long, default_value_t = 30)]
    rate: u32,
    /// Seconds to run.
    #[arg(long = "for", default_value_t = 5.0)]
    seconds: f64,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let plan = Plan { players: flags.players, bytes: flags.bytes, rate: flags.rate };
    let measured = measure(plan, flags.seconds)?;
    let mut figures = Figures::new();
    figures.set("players", flags.players);
    figures.set("rate", flags.rate);
    figures.set("ticks", measured.ticks);
    figures.round("floor_us_per_client_tick", measured.us_per_client_tick, 3);
    figures.round("bytes_per_client_tick", measured.bytes_per_client_tick, 1);
    figures.round("tick_lateness_p99_ms", measured.lateness_p99_ms, 3);
    flags.output.finish(&figures)
}
