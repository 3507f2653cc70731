//! The README's numbers: every scene and data set beside other formats, as a table and a picture.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::numbers;
use tickwire_benches::report::{Output, end};

/// Counts what every scene and data set costs, and what other formats need for the same worlds.
#[derive(Parser)]
struct Flags {
    /// Write the table into README.md and the picture into assets/.
    #[arg(long)]
    write: bool,
    /// The repository.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    root: PathBuf,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let lines = numbers::all(&flags.root.join("benches/data"), |line| {
        eprintln!("{}: {:.1} bytes", line.name, line.ours);
    })?;
    let table = numbers::table(&lines);
    let figures = numbers::figures(&lines);
    if flags.write {
        anyhow::ensure!(figures.number("mismatches")? == 0.0, "worlds differ: nothing is written");
        let readme = flags.root.join("README.md");
        write(&readme, &numbers::into_document(&read(&readme)?, &table)?)?;
        write(&flags.root.join("assets/numbers.svg"), &numbers::picture(&lines))?;
    }
    if !flags.output.json {
        println!("{table}");
    }
    flags.output.finish(&figures)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
