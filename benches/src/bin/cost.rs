//! What coding costs in time: `w1`, beside postcard of the changed fields of the same ticks.

use std::process::ExitCode;

use clap::Parser;
use tickwire_benches::cost::cost;
use tickwire_benches::report::{Output, end};

/// Times encoding once per lane, appending per client and decoding, beside postcard; medians in ns per entity.
#[derive(Parser)]
struct Flags {
    /// Rows of the scene; everybody sees all of them.
    #[arg(long, default_value_t = 1_000)]
    entities: u32,
    /// Ticks to time, after those in which memory grows and a codebook is learned.
    #[arg(long, default_value_t = 3_000)]
    ticks: u32,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    end(cost(flags.entities, flags.ticks).and_then(|figures| flags.output.finish(&figures)))
}
