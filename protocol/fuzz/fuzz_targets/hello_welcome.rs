//! How a connection begins: the first bit of the input says from which end the bytes come.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Replica;
use tickwire_protocol::wire::{ClientFrame, InputLayout, ServerFrame, client, server};

fuzz_target!(|bytes: &[u8]| {
    let Some((&side, body)) = bytes.split_first() else { return };
    let mut frame = vec![if side & 1 == 0 { client::HELLO } else { server::WELCOME }];
    frame.extend_from_slice(body);
    if side & 1 == 0 {
        if let Ok(ClientFrame::Hello(hello)) = ClientFrame::decode(&frame, &InputLayout::default()) {
            let mut again = Vec::new();
            client::encode_hello(&hello, &mut again);
            assert_eq!(ClientFrame::decode(&again, &InputLayout::default()), Ok(ClientFrame::Hello(hello)));
        }
        return;
    }
    // What a client does with a welcome: takes its schema, and its codebook.
    if let Ok(ServerFrame::Welcome(welcome)) = ServerFrame::decode(&frame) {
        let schema = welcome.schema.as_deref().and_then(|json| Schema::from_json(json).ok());
        let mut replica = Replica::new(&schema.unwrap_or_else(tickwire_fuzz::schema)).of(welcome.player);
        drop(replica.codebook(&welcome.codebook));
        let mut again = Vec::new();
        server::encode_welcome(&welcome, &mut again);
        assert_eq!(ServerFrame::decode(&again), Ok(ServerFrame::Welcome(welcome)));
    }
});
