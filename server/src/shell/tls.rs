//! TLS: the certificate, read again when it changes, and a stream that may or may not be encrypted.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// A certificate that follows its files.
pub(crate) struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl Certificate {
    /// Reads it.
    ///
    /// # Errors
    /// One sentence that names the file and what is wrong with it.
    pub(crate) fn read(cert: &Path, key: &Path) -> Result<Certificate, String> {
        let config = read(cert, key)?;
        Ok(Certificate { cert: cert.to_owned(), key: key.to_owned(), current: RwLock::new(config) })
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads the files again whenever they change; bad ones change nothing.
    pub(crate) async fn follow(self: Arc<Certificate>) {
        let mut seen = self.changed();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.changed();
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.cert, &self.key) {
                Ok(config) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
                    tracing::info!("new connections get the new certificate of {}", self.cert.display());
                }
                Err(why) => tracing::error!("the certificate stays the old one: {why}"),
            }
        }
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.cert, &self.key].map(|file| std::fs::metadata(file).and_then(|meta| meta.modified()).ok())
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(cert, "certificate", &error))?;
    if chain.is_empty() {
        return Err(format!(
            "{} has no certificate in PEM form: give the file with the whole chain",
            cert.display()
        ));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, "private key", &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| format!("{} and {} do not go together: {error}", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A session ticket is written after the handshake; one is enough for a browser that comes back.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

/// Why a file is not what it should be.
fn unusable(file: &Path, what: &str, error: &pem::Error) -> String {
    match error {
        pem::Error::Io(why) => format!("{} cannot be read ({why}): check its path and rights", file.display()),
        other => format!("{} has no {what} in PEM form ({other}): give the file that has it", file.display()),
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A stream of the listener.
pub(crate) enum Io {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_read(cx, to),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, to),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Io::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Io::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
