//! What one write is made of.

use std::io::IoSlice;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

/// What leaves in one write.
pub(super) struct Parts<'a> {
    slices: [IoSlice<'a>; 9],
    count: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn new() -> Parts<'a> {
        Parts { slices: [IoSlice::new(&[]); 9], count: 0 }
    }

    pub(super) fn push(&mut self, bytes: &'a [u8]) {
        if let Some(slice) = self.slices.get_mut(self.count).filter(|_| !bytes.is_empty()) {
            *slice = IoSlice::new(bytes);
            self.count += 1;
        }
    }

    pub(super) fn all(&self) -> &[IoSlice<'a>] {
        self.slices.get(..self.count).unwrap_or_default()
    }

    /// What follows the first `taken` bytes.
    pub(super) fn after(&self, taken: usize) -> Vec<u8> {
        let (mut skip, mut rest) = (taken, Vec::new());
        for part in self.all() {
            rest.extend_from_slice(part.get(skip.min(part.len())..).unwrap_or_default());
            skip = skip.saturating_sub(part.len());
        }
        rest
    }
}

/// Appends the header of a frame to a client.
pub(crate) fn put_head(out: &mut Vec<u8>, opcode: OpCode, payload: usize) {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    // Writing to a vector cannot fail.
    let _ = header.format(payload as u64, out);
}
