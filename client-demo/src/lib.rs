//! The demo game's core for the page: `assets/demo/core.wasm` is this crate.

tickwire_client::export!(tickwire_dogfight::Dogfight);

#[cfg(not(target_arch = "wasm32"))]
pub mod net;
