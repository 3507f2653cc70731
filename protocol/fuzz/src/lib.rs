//! What the targets share: hostile bytes as frames, a replica in the middle of its life, shapes, seeds.
//!
//! `cargo fuzz run --sanitizer none NAME` runs a target for as long as one likes; `.ci/fuzz` all of them for some
//! seconds, without cargo-fuzz. Both begin with what `cargo run --example seeds` writes into `corpus/NAME`.

mod live;
mod room;
pub mod seeds;
mod shape;

use tickwire_protocol::schema::Schema;

pub use self::live::Live;
pub use self::shape::shape;

/// A schema with something of every sort.
///
/// # Panics
/// Where `schema.json` is not one.
#[must_use]
pub fn schema() -> Schema {
    Schema::from_json(include_str!("../schema.json")).expect("schema.json is a schema")
}

/// The frames in some bytes: each behind its length in two bytes, low byte first; the last is what is left.
pub fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (frame, rest) = rest.split_at(length);
        bytes = rest;
        Some(frame)
    })
}

/// What [`frames`] takes apart.
pub fn joined<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        bytes.extend_from_slice(&(frame.len() as u16).to_le_bytes());
        bytes.extend_from_slice(frame);
    }
    bytes
}
