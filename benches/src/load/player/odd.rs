//! What a player does that no player should have to.

use tickwire_protocol::wire::client;

use super::Player;

impl Player {
    /// Sends frames with this first byte as long as the kernel takes them, for a moment.
    ///
    /// Many frames in one write: what is to be flooded is the server, not the core that this runs on.
    pub(in crate::load) fn flood(&mut self, first: u8, bytes: usize) {
        let Some(socket) = self.socket.as_mut().filter(|socket| !socket.owes()) else { return };
        if first == CONTINUES && !std::mem::replace(&mut self.flooding, true) {
            socket.send_as(BEGINS, &[]);
        }
        self.buffer.clear();
        self.buffer.resize(bytes, 0x02);
        let at_once = FLOOD_BYTES / (HEAD_BYTES + bytes) + 1;
        for _ in 0..FLOOD_WRITES {
            if socket.owes() {
                return;
            }
            socket.send_times(first, &self.buffer, at_once);
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
/// Bytes of the head of a small frame.
const HEAD_BYTES: usize = 6;
/// Bytes of a flood that are written at once, and how often before anything else is looked after.
const FLOOD_BYTES: usize = 32 * 1_024;
const FLOOD_WRITES: usize = 8;
