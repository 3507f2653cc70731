//! What a socket reads and writes: TCP, or TLS over it.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use mio::net::TcpStream;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Whose certificates are trusted.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Those in this file, PEM; a server's own certificate made by itself may be one of them.
    ///
    /// # Errors
    /// Where it cannot be read, or holds none.
    pub fn file(path: &Path) -> anyhow::Result<Trust> {
        let mut roots = RootCertStore::empty();
        let read = || format!("{} holds no certificate: give one, or a chain of them, in PEM", path.display());
        let pem = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.with_context(read)?).with_context(read)?;
        }
        anyhow::ensure!(!roots.is_empty(), read());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Trust(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
    }

    /// A stream over a connection to this host. Whatever can be read from and written to will do.
    ///
    /// # Errors
    /// Where that is no name of a host.
    pub fn over<S: Read + Write>(
        &self,
        host: &str,
        socket: S,
    ) -> anyhow::Result<StreamOwned<ClientConnection, S>> {
        // An IPv6 address stands in brackets, and has colons of its own.
        let port = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let host = port.map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        let name = match host.parse::<IpAddr>() {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::try_from(host.to_owned()).with_context(|| format!("`{host}` is no host"))?,
        };
        Ok(StreamOwned::new(ClientConnection::new(Arc::clone(&self.0), name)?, socket))
    }
}

impl PartialEq for Trust {
    fn eq(&self, other: &Trust) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Trust {}

/// Plain or not.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    pub(super) fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => &mut stream.sock,
        }
    }

    /// Whether a read of less than was asked for says that there is no more for now. TLS hands out record by record.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Stream::Plain(_))
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(bytes),
            Stream::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}
