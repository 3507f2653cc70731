//! Every frame of a client: what is read is written as bytes that read the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::wire::{ClientFrame, InputFrame, InputLayout, client};

static LAYOUT: LazyLock<InputLayout> = LazyLock::new(|| InputLayout::new(&tickwire_fuzz::schema().input));

fuzz_target!(|bytes: &[u8]| {
    let layout = &*LAYOUT;
    let read = ClientFrame::decode(bytes, layout);
    let mut input = InputFrame::default();
    let room = input.read(bytes, layout);
    let mut again = Vec::new();
    match &read {
        Err(error) => drop(error.to_string()),
        Ok(ClientFrame::Hello(hello)) => client::encode_hello(hello, &mut again),
        Ok(ClientFrame::Input(frame)) => {
            assert_eq!((room, &input), (Ok(true), frame));
            client::encode_input(layout, frame, &mut again);
        }
        Ok(ClientFrame::Request(request)) => client::encode_request(request, &mut again),
        Ok(ClientFrame::Away) => client::encode_away(&mut again),
        Ok(ClientFrame::Here) => client::encode_here(&mut again),
        Ok(ClientFrame::Resync) => client::encode_resync(&mut again),
        Ok(ClientFrame::Bye(reason)) => client::encode_bye(reason, &mut again),
    }
    if read.is_ok() {
        assert_eq!(ClientFrame::decode(&again, layout), read);
    }
});
