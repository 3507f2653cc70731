//! A real server that runs a scene: prints `READY <port>`, then serves until told to stop.

use std::process::ExitCode;

use clap::Parser;
use tickwire_benches::report::end;
use tickwire_benches::serve::{Serve, serve};

/// Serves a scene to real clients.
#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    serve: Serve,
}

fn main() -> ExitCode {
    end(serve(&Flags::parse().serve).map(|()| ExitCode::SUCCESS))
}
