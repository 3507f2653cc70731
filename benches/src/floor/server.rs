//! The server of the floor.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use anyhow::Context as _;
use hdrhistogram::Histogram;

use super::Plan;
use crate::machine;

/// A floor that waits for its players.
pub struct Floor {
    listener: TcpListener,
}

/// A floor whose players are all there.
pub struct Ready {
    plan: Plan,
    seats: Vec<Seat>,
    frame: Vec<u8>,
    header: usize,
}

/// What a floor has done.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Ticks made.
    pub ticks: u64,
    /// Payload written, in bytes.
    pub bytes: u64,
    /// CPU time of the thread, in nanoseconds.
    pub cpu_nanos: u64,
    /// How late ticks began, 99th percentile, in milliseconds.
    pub lateness_p99_ms: f64,
}

struct Seat {
    socket: TcpStream,
    /// Bytes of the last frame that the kernel has not taken yet.
    owed: usize,
    gone: bool,
}

impl Floor {
    /// Listens.
    ///
    /// # Errors
    /// Where the address is taken.
    pub fn bind(address: SocketAddr) -> anyhow::Result<Floor> {
        let listener = TcpListener::bind(address).with_context(|| format!("{address} cannot be listened on"))?;
        Ok(Floor { listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Waits for all players of the plan.
    ///
    /// # Errors
    /// Where a connection is refused.
    pub fn accept(self, plan: Plan) -> anyhow::Result<Ready> {
        let mut seats = Vec::with_capacity(plan.players);
        for _ in 0..plan.players {
            let (socket, _) = self.listener.accept()?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            seats.push(Seat { socket, owed: 0, gone: false });
        }
        let mut frame = header(plan.bytes);
        let header = frame.len();
        frame.resize(header + plan.bytes, 0x55);
        Ok(Ready { plan, seats, frame, header })
    }
}

impl Ready {
    /// Serves so many ticks, the first at `start` on the monotonic clock.
    ///
    /// # Errors
    /// Where a socket fails for another reason than that it was closed.
    pub fn serve(mut self, start: u64, ticks: u64) -> anyhow::Result<Served> {
        let mut lateness = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
        let (mut buffer, mut bytes, mut made) = ([0; 4_096], 0, 0);
        let cpu = machine::thread_cpu();
        while made < ticks && !self.seats.iter().all(|seat| seat.gone) {
            let due = start + made * self.plan.interval();
            machine::sleep_until(due);
            lateness.saturating_record(machine::now().saturating_sub(due));
            for seat in self.seats.iter_mut().filter(|seat| !seat.gone) {
                bytes += seat.tick(&self.frame, &mut buffer)?;
            }
            made += 1;
        }
        Ok(Served {
            ticks: made,
            bytes: bytes.saturating_sub(self.header as u64 * made * self.seats.len() as u64),
            cpu_nanos: machine::thread_cpu() - cpu,
            lateness_p99_ms: lateness.value_at_quantile(0.99) as f64 / 1e6,
        })
    }
}

impl Seat {
    /// One read, one write. Says how many bytes were written.
    fn tick(&mut self, frame: &[u8], buffer: &mut [u8]) -> anyhow::Result<u64> {
        match self.socket.read(buffer) {
            Ok(0) => self.gone = true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.gone = true,
        }
        let from = frame.len() - self.owed;
        let rest = if self.owed > 0 { &frame[from..] } else { frame };
        let written = match self.socket.write(rest) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.gone = true;
                0
            }
        };
        self.owed = rest.len() - written;
        Ok(written as u64)
    }
}

/// The header of a binary WebSocket frame from a server.
pub(super) fn header(bytes: usize) -> Vec<u8> {
    let mut header = vec![0x82];
    match bytes {
        0..126 => header.push(bytes as u8),
        126..65_536 => {
            header.push(126);
            header.extend((bytes as u16).to_be_bytes());
        }
        _ => {
            header.push(127);
            header.extend((bytes as u64).to_be_bytes());
        }
    }
    header
}
