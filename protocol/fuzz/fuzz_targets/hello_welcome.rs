//! How a connection begins: the first bit of the input says from which end the bytes come.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Replica;
use tickwire_protocol::wire::{ClientFrame, InputLayout, ServerFrame, client, server};

thread_local! {
    /// A replica by the targets' schema, for a welcome that names it alone.
    static FRESH: Replica = Replica::new(&tickwire_fuzz::schema());
    static REPLICA: RefCell<Replica> = FRESH.with(|fresh| RefCell::new(fresh.clone()));
}

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
        match welcome.schema.as_deref().and_then(|json| Schema::from_json(json).ok()) {
            Some(schema) => drop(Replica::new(&schema).of(welcome.player).codebook(&welcome.codebook)),
            None => REPLICA.with_borrow_mut(|replica| {
                // One that is refused has changed nothing.
                if replica.codebook(&welcome.codebook).is_ok() && !welcome.codebook.is_empty() {
                    FRESH.with(|fresh| replica.clone_from(fresh));
                }
            }),
        }
        let mut again = Vec::new();
        server::encode_welcome(&welcome, &mut again);
        assert_eq!(ServerFrame::decode(&again), Ok(ServerFrame::Welcome(welcome)));
    }
});
