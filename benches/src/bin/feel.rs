//! What a player feels behind a link: virtual time, the same in every run with the same seed.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::feel::{Plan, feel, feel_seeds, must};
use tickwire_benches::report::{Output, end};
use tickwire_protocol::link::{Conditions, Preset};

/// Flies the demo game behind a simulated link.
#[derive(Parser)]
struct Flags {
    /// Round trip, in milliseconds.
    #[arg(long, default_value_t = 150)]
    rtt: u64,
    /// How much the round trip varies in all, in milliseconds.
    #[arg(long, default_value_t = 30)]
    jitter: u64,
    /// A stall of so many milliseconds…
    #[arg(long, default_value_t = 0)]
    stall: u64,
    /// … once in so many milliseconds.
    #[arg(long, default_value_t = 5_000)]
    every: u64,
    /// Thousand bits a second; 0 is no limit.
    #[arg(long, default_value_t = 0)]
    bandwidth: u64,
    /// Conditions by name instead: lan, wifi, 4g, transatlantic, train.
    #[arg(long)]
    preset: Option<String>,
    /// Virtual seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// The seed of room and link.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run with so many seeds from that one on, and print the least, the middle and the largest of each figure;
    /// every `--assert` must hold for each.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Assert everything that a playable connection must hold: see `tickwire_benches::feel::MUST`.
    #[arg(long)]
    must: bool,
    /// Let the client's drive be off by one step, to see that it is noticed.
    #[arg(long)]
    sabotage: bool,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let link = match &flags.preset {
        Some(name) => {
            let names = || Preset::ALL.map(Preset::name).join(", ");
            let preset =
                Preset::named(name).with_context(|| format!("there is no preset `{name}`: {}", names()))?;
            preset.conditions()
        }
        None => {
            let link = Conditions::round_trip(flags.rtt, flags.jitter).with_stalls(flags.stall, flags.every);
            Conditions { bandwidth: flags.bandwidth * 1_000, ..link }
        }
    };
    let plan = Plan { link, seconds: flags.seconds, seed: flags.seed, sabotage: flags.sabotage };
    let mut output = flags.output.clone();
    if flags.must {
        let must = must(&plan.link).map(str::parse);
        output.asserts.extend(must.collect::<anyhow::Result<Vec<_>>>()?);
    }
    if flags.seeds == 1 {
        return output.finish(&feel(&plan)?);
    }
    let runs = feel_seeds(&plan, flags.seeds)?;
    let named = runs.into_iter().map(|(seed, figures)| (format!("seed {seed}"), figures));
    output.finish_all(&named.collect::<Vec<_>>())
}
