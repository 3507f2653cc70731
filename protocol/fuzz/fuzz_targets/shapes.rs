//! Messages by their shape alone: what is read is written as bytes that read the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::wire::codec;

fuzz_target!(|bytes: &[u8]| {
    let (shape, body) = tickwire_fuzz::shape(bytes);
    match codec::value(&shape, body) {
        Err(error) => drop(error.to_string()),
        Ok(value) => {
            let mut again = Vec::new();
            codec::from_value(&shape, &value, &mut again).expect("what was read can be written");
            assert_eq!(codec::value(&shape, &again), Ok(value));
        }
    }
});
