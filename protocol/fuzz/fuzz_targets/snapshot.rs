//! Snapshots, sent to a replica that is in the middle of its life.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tickwire_fuzz::{Live, seeds};

thread_local! {
    static LIVE: RefCell<Live> = RefCell::new(seeds::Recorded::new().live());
}

fuzz_target!(|bytes: &[u8]| LIVE.with_borrow_mut(|live| live.run([bytes])));
