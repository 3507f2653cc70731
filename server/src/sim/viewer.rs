//! A client that knows nothing but the schema from the welcome, without hands and without a display.

use tickwire_client::{Output, Viewer};
use tickwire_protocol::link::Micros;

use super::Peer;

impl Peer for Viewer {
    fn connected(&mut self, at: Micros) {
        (**self).connected(at);
    }

    fn receive(&mut self, at: Micros, frame: &[u8]) {
        (**self).receive(at, frame);
    }

    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        (**self).lost(at, code, reason);
    }

    fn update(&mut self, at: Micros) {
        (**self).update(at);
    }

    fn next_due(&self) -> Micros {
        (**self).next_due()
    }

    fn poll(&mut self) -> Option<Output> {
        (**self).poll()
    }
}
