//! Every frame of a server that is read without knowing what the client holds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::wire::{ServerFrame, server};

fuzz_target!(|bytes: &[u8]| {
    let read = ServerFrame::decode(bytes);
    let mut again = Vec::new();
    match &read {
        Err(error) => drop(error.to_string()),
        Ok(ServerFrame::Welcome(welcome)) => server::encode_welcome(welcome, &mut again),
        Ok(ServerFrame::Reject(reject)) => server::encode_reject(reject, &mut again),
        Ok(ServerFrame::Schema(json)) => server::encode_schema(json, &mut again),
        Ok(ServerFrame::Bye(bye)) => server::encode_bye(bye, &mut again),
        Ok(ServerFrame::Private(same) | ServerFrame::Snapshot(same) | ServerFrame::Codebook(same)) => {
            again.extend_from_slice(same);
        }
    }
    if read.is_ok() {
        assert_eq!(ServerFrame::decode(&again), read);
    }
});
