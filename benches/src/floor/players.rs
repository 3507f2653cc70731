//! The players of the floor: an input a tick, everything read, nothing looked at.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;
use mio::{Events, Interest, Poll, Token};

use super::{INPUT_BYTES, Plan};
use crate::machine;

/// All players of a floor, on one thread.
pub struct Players {
    poll: Poll,
    events: Events,
    sockets: Vec<mio::net::TcpStream>,
    input: [u8; INPUT_BYTES],
    start: u64,
    /// The next input in the order in which they are due: one player after the other, tick after tick.
    next: u64,
    plan: Plan,
    buffer: Vec<u8>,
    /// Bytes read, frame headers included.
    pub bytes: u64,
}

impl Players {
    /// Connects all of them.
    ///
    /// # Errors
    /// Where the floor does not take them.
    pub fn connect(address: SocketAddr, plan: Plan) -> anyhow::Result<Players> {
        let poll = Poll::new()?;
        let mut sockets = Vec::with_capacity(plan.players);
        for at in 0..plan.players {
            let socket = TcpStream::connect(address).with_context(|| format!("no connection to {address}"))?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let mut socket = mio::net::TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(at), Interest::READABLE)?;
            sockets.push(socket);
        }
        let mut input = [0; INPUT_BYTES];
        (input[0], input[1]) = (0x82, 0x80 | (INPUT_BYTES - 6) as u8);
        let events = Events::with_capacity(1_024);
        let buffer = vec![0; 64 * 1_024];
        Ok(Players { poll, events, sockets, input, start: machine::now(), next: 0, plan, buffer, bytes: 0 })
    }

    /// Sends what is due and reads what is there; waits at most a millisecond.
    ///
    /// # Errors
    /// Where readiness cannot be asked.
    pub fn turn(&mut self) -> anyhow::Result<()> {
        self.send_due();
        self.poll.poll(&mut self.events, Some(Duration::from_millis(1)))?;
        for event in &self.events {
            let Some(socket) = self.sockets.get_mut(event.token().0) else { continue };
            loop {
                match socket.read(&mut self.buffer) {
                    Ok(0) => break,
                    Ok(read) if read == self.buffer.len() => self.bytes += read as u64,
                    Ok(read) => {
                        self.bytes += read as u64;
                        break;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        Ok(())
    }

    fn send_due(&mut self) {
        let players = self.plan.players.max(1) as u64;
        while self.start + self.next * self.plan.interval() / players <= machine::now() {
            if let Some(socket) = self.sockets.get_mut((self.next % players) as usize) {
                // A closed socket shows when it is read.
                let _ = socket.write(&self.input);
            }
            self.next += 1;
        }
    }
}
