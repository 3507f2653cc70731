//! Servers as processes of their own: this program again, told to serve.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use tickwire_client_demo::net::{Address, Trust};

use crate::machine;

/// A server that ends when this value does.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub address: Address,
    certificate: Option<Certificate>,
}

/// A certificate that is made by itself, in files that go with this value.
struct Certificate {
    folder: PathBuf,
}

impl Certificate {
    fn make() -> anyhow::Result<Certificate> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("tickwire-load-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let certificate = Certificate { folder: std::env::temp_dir().join(name) };
        std::fs::create_dir_all(&certificate.folder)?;
        let made = rcgen::generate_simple_self_signed(vec![HOST.to_owned()])?;
        std::fs::write(certificate.chain(), made.cert.pem())?;
        std::fs::write(certificate.key(), made.signing_key.serialize_pem())?;
        Ok(certificate)
    }

    fn chain(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // The system empties that folder some time.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where it listens.
const HOST: &str = "127.0.0.1";

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
                let address = Address::of(&format!("ws://{HOST}:{port}"))?;
                Ok(Served { child, address, certificate: None })
            }
            (_, _) => {
                let _ = child.kill();
                let _ = child.wait();
                anyhow::ensure!(
                    !line.is_empty(),
                    "the server ended before it was ready: what it said stands above"
                );
                anyhow::bail!("the server said {:?} where READY and a port were expected", line.trim())
            }
        }
    }

    /// The same over TLS, with a certificate of its own that only its players trust.
    ///
    /// # Errors
    /// As [`Served::start`], and where the files of the certificate cannot be written.
    pub fn start_tls(arguments: &[String]) -> anyhow::Result<Served> {
        let certificate = Certificate::make()?;
        let (chain, key) = (certificate.chain(), certificate.key());
        let files =
            ["--tls-cert", &chain.to_string_lossy(), "--tls-key", &key.to_string_lossy()].map(str::to_owned);
        let mut served = Served::start(&[arguments, &files].concat())?;
        served.address.trust = Some(Trust::file(&chain)?);
        served.certificate = Some(certificate);
        Ok(served)
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
