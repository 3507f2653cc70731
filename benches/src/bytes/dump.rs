//! Every frame of a run, on disk, for decoders in other languages.
//!
//! `schema.json` is the schema; `NAME.frames` holds the frames that one client received (a player's welcome first),
//! each after its length as four bytes, low byte first; `NAME.hashes` has a line for every snapshot: its tick and the
//! hash, in hexadecimal, of what that client held after it. `.ci/wire/check` reads them.

use std::fs::{File, create_dir_all, write};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tickwire_protocol::id::Tick;
use tickwire_protocol::schema::Schema;

/// The files of one client.
pub struct Dump {
    frames: BufWriter<File>,
    hashes: BufWriter<File>,
}

impl Dump {
    /// Begins the files of the client `name` in `folder`, which is made where it is not there.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn begin(folder: &Path, name: &str, schema: &Schema) -> anyhow::Result<Dump> {
        create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        write(folder.join("schema.json"), serde_json::to_string_pretty(schema)?)?;
        let open = |path: PathBuf| -> anyhow::Result<BufWriter<File>> {
            let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(BufWriter::new(file))
        };
        let frames = open(folder.join(format!("{name}.frames")))?;
        Ok(Dump { frames, hashes: open(folder.join(format!("{name}.hashes")))? })
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn frame(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.frames.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
        Ok(self.frames.write_all(bytes)?)
    }

    /// Notes what is held after a snapshot.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn hash(&mut self, tick: Tick, hash: u64) -> anyhow::Result<()> {
        Ok(writeln!(self.hashes, "{} {hash:016x}", tick.0)?)
    }
}
