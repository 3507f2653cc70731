//! Writes what every target begins with into `corpus/NAME`: the examples of `WIRE.md` and frames of a small room.

use std::path::Path;

use tickwire_fuzz::seeds::{Recorded, examples};

const TARGETS: [&str; 9] = [
    "client_frames",
    "server_frames",
    "hello_welcome",
    "schema",
    "snapshot",
    "private",
    "codebook",
    "any_schema",
    "shapes",
];

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recorded = Recorded::new();
    let examples = examples(&std::fs::read_to_string(here.join("../WIRE.md"))?);
    for target in TARGETS {
        let folder = here.join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        for (nth, seed) in recorded.seeds(target).into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{nth}")), seed)?;
        }
        for (name, bytes) in &examples {
            if let Some(seed) = of_example(target, bytes) {
                std::fs::write(folder.join(name), seed)?;
            }
        }
    }
    Ok(())
}

/// An example as an input of a target, where it is one.
fn of_example(target: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let (&kind, body) = bytes.split_first()?;
    match target {
        "client_frames" => (kind < 0x80).then(|| bytes.to_vec()),
        "server_frames" => (kind >= 0x80).then(|| bytes.to_vec()),
        // Which end it comes from stands in the first bit.
        "hello_welcome" => match kind {
            0x01 => Some([&[0], body].concat()),
            0x81 => Some([&[1], body].concat()),
            _ => None,
        },
        _ => None,
    }
}
