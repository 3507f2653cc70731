//! The demo game's core for the page: `assets/demo/core.wasm` is this crate.

tickwire_client::export!(tickwire_dogfight::Dogfight);
