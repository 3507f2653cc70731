//! A client's place in a simulation: its connection, if it has one, and what was written to it.

use rand::Rng as _;
use rand_pcg::Pcg64Mcg;
use tickwire_protocol::id::Tick;
use tickwire_protocol::link::{Conditions, Link, Micros};
use tickwire_protocol::wire::{ClientFrame, InputLayout, Token};

use super::Peer;
use super::wire::{Item, bundle, unbundle};
use crate::room::{AnyRoom, ConnId};

pub(super) struct Seat<P> {
    pub(super) peer: P,
    pub(super) conditions: Conditions,
    pub(super) line: Option<Line>,
    /// Connections that the client closed, and whose last frames are still on their way.
    pub(super) leaving: Vec<Line>,
    /// Every frame written to this client, where that is asked for.
    pub(super) written: Option<Vec<(Tick, Vec<u8>)>>,
    /// Bytes of frames written to this client.
    pub(super) bytes: u64,
    pub(super) connections: u32,
}

/// A connection under way, open, or closing.
pub(super) struct Line {
    pub(super) conn: ConnId,
    pub(super) up: Link,
    pub(super) down: Link,
    /// When the client may send; a TCP and WebSocket handshake is two round trips.
    pub(super) opens: Micros,
    pub(super) open: bool,
    /// The hello was received.
    pub(super) greeted: bool,
    pub(super) ping_due: Micros,
    /// Nothing more goes through, and the room does not know: half open.
    pub(super) dead: bool,
}

impl Line {
    /// Tells the room what has arrived. Says whether the client closed the connection.
    pub(super) fn drain(&mut self, at: Micros, room: &mut impl AnyRoom, tokens: &mut Pcg64Mcg) -> bool {
        while let Some(bytes) = self.up.receive(at) {
            for item in unbundle(&bytes) {
                match item {
                    Item::Frame(frame) if self.greeted => room.frame(self.conn, frame),
                    Item::Frame(frame) => {
                        self.greeted = true;
                        if let Ok(ClientFrame::Hello(hello)) = ClientFrame::decode(frame, &InputLayout::default())
                        {
                            room.join(self.conn, hello, token(tokens));
                        }
                    }
                    Item::Ping => room.heard(self.conn),
                    Item::Close(..) => {
                        room.lost(self.conn);
                        return true;
                    }
                }
            }
        }
        false
    }
}

impl<P: Peer> Seat<P> {
    pub(super) fn is_on(&self, conn: ConnId) -> bool {
        self.line.as_ref().is_some_and(|line| line.conn == conn)
    }

    pub(super) fn next_event(&self) -> Micros {
        let line = self.line.as_ref().map_or(Micros::MAX, |line| {
            let arrival = line.down.next_arrival().filter(|_| !line.dead).unwrap_or(Micros::MAX);
            if line.open { arrival } else { line.opens }
        });
        line.min(self.peer.next_due())
    }

    /// The frames of one write arrive together; a ping is answered at once.
    pub(super) fn arrive(&mut self, at: Micros, bytes: &[u8]) {
        for item in unbundle(bytes) {
            match item {
                Item::Frame(frame) => self.peer.receive(at, frame),
                Item::Ping => {
                    let mut pong = Vec::new();
                    bundle(&Item::Ping, &mut pong);
                    if let Some(line) = &mut self.line {
                        let _ = line.up.send(at, pong);
                    }
                }
                Item::Close(code, reason) => {
                    self.line = None;
                    self.peer.lost(at, code, reason);
                }
            }
        }
    }
}

fn token(rng: &mut Pcg64Mcg) -> Token {
    let mut token = Token::default();
    rng.fill_bytes(&mut token);
    token
}
