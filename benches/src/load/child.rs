//! Servers as processes of their own: this program again, told to serve.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use tickwire_client_demo::net::Address;

use crate::machine;

/// A server that ends when this value does.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub address: Address,
}

impl Served {
    /// Starts this program with these arguments and waits until it prints `READY <port>`.
    ///
    /// # Errors
    /// Where it does not.
    pub fn start(arguments: &[String]) -> anyhow::Result<Served> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("a server cannot be started")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        let port = line.trim().strip_prefix("READY ").map(str::to_owned);
        match (read, port) {
            (Ok(_), Some(port)) => {
                let address = Address::of(&format!("ws://127.0.0.1:{port}"))?;
                Ok(Served { child, address })
            }
            (_, _) => {
                let _ = child.kill();
                let _ = child.wait();
                anyhow::bail!("the server did not say that it is ready: {}", line.trim())
            }
        }
    }

    /// Its number in the system.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its CPU time so far, in nanoseconds.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn cpu(&self) -> anyhow::Result<u64> {
        machine::cpu_time(self.child.id())
    }

    /// Tells it a line.
    ///
    /// # Errors
    /// Where it does not listen.
    pub fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.child.stdin.as_mut().context("the server has no input")?;
        Ok(writeln!(input, "{line}")?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
