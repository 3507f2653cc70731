//! Codebooks in parts, and snapshots that name them.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tickwire_fuzz::{Live, frames, seeds};

thread_local! {
    static LIVE: RefCell<Live> = RefCell::new(seeds::Recorded::new().live_without());
}

fuzz_target!(|bytes: &[u8]| LIVE.with_borrow_mut(|live| live.run(frames(bytes))));
