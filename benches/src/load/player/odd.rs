//! What a player does that no player should have to.

use tickwire_protocol::wire::client;

use super::Player;

impl Player {
    /// Sends frames with this first byte as long as the kernel takes them, for a moment.
    pub(in crate::load) fn flood(&mut self, first: u8, bytes: usize) {
        let Some(socket) = &mut self.socket else { return };
        self.buffer.clear();
        self.buffer.resize(bytes, 0x02);
        if first == CONTINUES && !std::mem::replace(&mut self.flooding, true) {
            socket.send_as(BEGINS, &[]);
        }
        for _ in 0..FLOOD_FRAMES {
            if socket.owes() {
                return;
            }
            socket.send_as(first, &self.buffer);
        }
    }

    /// Asks for a keyframe.
    pub(in crate::load) fn ask_again(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        self.buffer.clear();
        client::encode_resync(&mut self.buffer);
        socket.send(&self.buffer);
    }
}

/// First bytes of fragments: one that begins a message, and one in its middle.
const BEGINS: u8 = 0x02;
const CONTINUES: u8 = 0x00;
/// Frames of a flood that are sent before anything else is looked after.
const FLOOD_FRAMES: usize = 500;
