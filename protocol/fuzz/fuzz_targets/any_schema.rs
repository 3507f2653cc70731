//! A schema from anywhere, then frames: the coder trusts neither.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickwire_fuzz::{Live, frames};
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::schema::Schema;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = frames(bytes);
    let Some(Ok(json)) = parts.next().map(str::from_utf8) else { return };
    if let Ok(schema) = Schema::from_json(json) {
        Live::new(&schema, PlayerId(1), []).run(parts);
    }
});
