//! The floor: the least a program can do for the job of a game server.
//!
//! One read and one write per player and tick, on bare non-blocking sockets, with no parsing beyond the frame header
//! and no readiness asked. What a server spends beyond this is its own doing.

mod players;
mod server;

use std::net::SocketAddr;

pub use self::players::Players;
pub use self::server::{Floor, Served};

/// What the floor does.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Sockets.
    pub players: usize,
    /// Bytes of one frame to a player, without its header.
    pub bytes: usize,
    /// Ticks a second.
    pub rate: u32,
}

impl Plan {
    /// Bytes of one frame with its header.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        server::header(self.bytes).len() + self.bytes
    }

    /// Nanoseconds between ticks.
    #[must_use]
    pub fn interval(&self) -> u64 {
        1_000_000_000 / u64::from(self.rate.max(1))
    }
}

/// Bytes of one input frame with its header and mask: what a client of a scene sends for a changed input.
pub const INPUT_BYTES: usize = 18;

/// The figures of a floor that has this machine for itself.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// CPU time of the server, per player and tick, in microseconds.
    pub us_per_client_tick: f64,
    /// Bytes that a player received per tick, without frame headers.
    pub bytes_per_client_tick: f64,
    /// Ticks made.
    pub ticks: u64,
    /// How late ticks began, 99th percentile, in milliseconds.
    pub lateness_p99_ms: f64,
}

/// Runs server and players, each on a core of its own where there are two, for so many seconds.
///
/// # Errors
/// Where sockets or cores are refused.
pub fn measure(plan: Plan, seconds: f64) -> anyhow::Result<Measured> {
    crate::machine::raise_file_limit();
    let floor = Floor::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = floor.address()?;
    let apart = crate::machine::cores() > 1;
    let server = std::thread::spawn(move || -> anyhow::Result<Served> {
        if apart {
            crate::machine::pin(0)?;
        }
        let ticks = (seconds * f64::from(plan.rate)) as u64;
        floor.accept(plan)?.serve(crate::machine::now() + plan.interval(), ticks)
    });
    if apart {
        crate::machine::pin(1)?;
    }
    let mut players = Players::connect(address, plan)?;
    while !server.is_finished() {
        players.turn()?;
    }
    let served = server.join().map_err(|_| anyhow::anyhow!("the floor's thread ended by a panic"))??;
    let per = (served.ticks * plan.players as u64).max(1) as f64;
    Ok(Measured {
        us_per_client_tick: served.cpu_nanos as f64 / 1_000.0 / per,
        bytes_per_client_tick: served.bytes as f64 / per,
        ticks: served.ticks,
        lateness_p99_ms: served.lateness_p99_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_player_gets_its_bytes_every_tick() {
        let plan = Plan { players: 5, bytes: 300, rate: 200 };
        let measured = measure(plan, 0.2).unwrap();
        assert_eq!(measured.ticks, 40);
        assert_eq!(measured.bytes_per_client_tick, 300.0);
        assert!(measured.us_per_client_tick > 0.1);
    }
}
