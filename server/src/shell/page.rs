//! The files of the page: built in, or in a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;

/// Where the page of a game is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Page {
    /// It has none: `/look` stands in for it.
    #[default]
    None,
    /// The demo game's, built into the server.
    BuiltIn,
    /// In this folder. `tickwire.js`, `core.wasm` and `/look` are the built-in ones where it has none.
    Folder(PathBuf),
}

/// One file.
pub(crate) struct File {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) mime: &'static str,
    /// Changes when the file does.
    pub(crate) tag: String,
}

/// Files in gzip, by tag: each is compressed when it is first asked for.
static COMPRESSED: Mutex<BTreeMap<String, Bytes>> = Mutex::new(BTreeMap::new());

/// Files kept in gzip. A folder whose files change all the time begins again.
const COMPRESSED_MAX: usize = 128;

/// What is shorter fits the packet of its head.
const COMPRESSED_BYTES_MIN: usize = 1_024;

impl File {
    /// The file in gzip; `None` where that saves nothing.
    pub(crate) fn gzip(&self) -> Option<Bytes> {
        let text = ["text/", "application/json", "application/wasm", "application/manifest", "image/svg"];
        if self.bytes.len() < COMPRESSED_BYTES_MIN || !text.iter().any(|kind| self.mime.starts_with(kind)) {
            return None;
        }
        let mut kept = COMPRESSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = kept.get(&self.tag) {
            return Some(bytes.clone());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.bytes).ok()?;
        let bytes = Bytes::from(encoder.finish().ok()?);
        if kept.len() >= COMPRESSED_MAX {
            kept.clear();
        }
        kept.insert(self.tag.clone(), bytes.clone());
        Some(bytes)
    }
}

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../assets/demo"]
#[allow_missing = true]
struct Assets;

impl Page {
    /// The file at `path` of the server, without the `/` in front.
    pub(crate) fn file(&self, path: &str) -> Option<File> {
        let name = match (path, self) {
            ("", Page::None) | ("look", _) => "look.html",
            ("", _) => "index.html",
            (path, _) => path,
        };
        // A page may be asked for without its ending: `/split`.
        let with_ending = || format!("{name}.html");
        match self {
            Page::Folder(folder) => {
                let own = in_folder(folder, name).or_else(|| in_folder(folder, &with_ending()));
                own.or_else(|| built_in(name))
            }
            Page::BuiltIn => built_in(name).or_else(|| built_in(&with_ending())),
            Page::None => built_in(name).filter(|_| OF_EVERY_GAME.iter().any(|own| name.starts_with(own))),
        }
    }
}

/// What the server has for any game: the door of the wire, and what draws a game from its schema.
const OF_EVERY_GAME: [&str; 3] = ["look", "tickwire", "core"];

fn in_folder(folder: &Path, name: &str) -> Option<File> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let bytes = inside.then(|| std::fs::read(folder.join(name)).ok()).flatten()?;
    Some(file(name, bytes.into()))
}

fn built_in(name: &str) -> Option<File> {
    Assets::get(name).map(|found| file(name, found.data))
}

fn file(name: &str, bytes: Cow<'static, [u8]>) -> File {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    File { mime: mime(name), tag: format!("\"{:016x}\"", hasher.finish()), bytes }
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("txt" | "md" | "hash") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_its_folder() {
        let page = Page::Folder(env!("CARGO_MANIFEST_DIR").into());
        assert!(page.file("Cargo.toml").is_some());
        assert!(page.file("../Cargo.toml").is_none());
        assert!(page.file("src/../../Cargo.toml").is_none());
        assert!(page.file("/etc/hostname").is_none());
    }
}
