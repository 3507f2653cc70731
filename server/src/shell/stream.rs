//! A worker's end of a socket, plain or with TLS, non-blocking.

use std::io::{self, IoSlice, Read, Write};

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::ServerConnection;

/// A non-blocking stream.
pub(crate) enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP. What it encrypted and the kernel did not take yet waits in it.
    Tls(Box<(ServerConnection, TcpStream)>),
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// So many bytes; `more` where the socket may have more at once.
    Bytes { count: usize, more: bool },
    /// Nothing for now.
    Nothing,
    /// The other end is gone.
    End,
}

impl Stream {
    /// The socket, where what passes through it is what is read and written here: not with TLS.
    pub(crate) fn plain(&self) -> Option<&TcpStream> {
        match self {
            Stream::Plain(socket) => Some(socket),
            Stream::Tls(_) => None,
        }
    }

    /// Reads once.
    ///
    /// A read that does not fill `to` has emptied the socket: what comes later is a new readiness.
    pub(crate) fn read(&mut self, to: &mut [u8]) -> Got {
        match self {
            Stream::Plain(socket) => got(socket.read(to), to.len()),
            Stream::Tls(tls) => {
                let (tls, socket) = &mut **tls;
                read_tls(tls, socket, to)
            }
        }
    }

    /// Writes as much as fits; the number of bytes taken is 0 where nothing does.
    ///
    /// # Errors
    /// Where the other end is gone.
    pub(crate) fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => taken(match parts {
                [part] => socket.write(part),
                // `sendmsg`, which takes less time than `writev`: that one is made for files.
                parts => socket2::SockRef::from(&*socket).send_vectored(parts),
            }),
            Stream::Tls(tls) => {
                let (tls, socket) = &mut **tls;
                if !flush_tls(tls, socket)? {
                    return Ok(0);
                }
                let taken = tls.writer().write_vectored(parts)?;
                flush_tls(tls, socket)?;
                Ok(taken)
            }
        }
    }

    /// Gives the kernel what it did not take of earlier writes; whether nothing of it is left.
    ///
    /// # Errors
    /// Where the other end is gone.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Stream::Plain(_) => Ok(true),
            Stream::Tls(tls) => {
                let (tls, socket) = &mut **tls;
                flush_tls(tls, socket)
            }
        }
    }

    /// Whether bytes that were written still wait for the kernel.
    pub(crate) fn owes(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            Stream::Tls(tls) => tls.0.wants_write(),
        }
    }

    /// Ends the sending direction.
    pub(crate) fn finish(&mut self) {
        let socket = match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => {
                tls.0.send_close_notify();
                let (tls, socket) = &mut **tls;
                // The other end may be gone already.
                let _ = flush_tls(tls, socket);
                socket
            }
        };
        let _ = socket.shutdown(std::net::Shutdown::Write);
    }

    /// Asks for the readiness of this stream.
    ///
    /// # Errors
    /// Where the system has no room for it.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket().register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Asks for it no more.
    ///
    /// # Errors
    /// Where it was not asked for.
    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket().deregister(registry)
    }

    fn socket(&mut self) -> &mut TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => &mut tls.1,
        }
    }
}

/// What a receive of a plain socket brought, of which so much was asked.
pub(crate) fn got(result: io::Result<usize>, asked: usize) -> Got {
    match result {
        Ok(0) => Got::End,
        Ok(count) => Got::Bytes { count, more: count == asked },
        Err(error) if is_blocked(&error) => Got::Nothing,
        Err(_) => Got::End,
    }
}

fn read_tls(tls: &mut ServerConnection, socket: &mut TcpStream, to: &mut [u8]) -> Got {
    if let Ok(count @ 1..) = tls.reader().read(to) {
        return Got::Bytes { count, more: true };
    }
    let mut counted = Counted { socket, full: false };
    match tls.read_tls(&mut counted) {
        Ok(0) => return Got::End,
        Ok(_) => {}
        Err(error) if is_blocked(&error) => return Got::Nothing,
        Err(_) => return Got::End,
    }
    let full = counted.full;
    let Ok(state) = tls.process_new_packets() else { return Got::End };
    match tls.reader().read(to) {
        Ok(0) => Got::End,
        Ok(count) => Got::Bytes { count, more: full || state.plaintext_bytes_to_read() > count },
        Err(error) if is_blocked(&error) && full => Got::Bytes { count: 0, more: true },
        Err(error) if is_blocked(&error) => Got::Nothing,
        Err(_) => Got::End,
    }
}

/// Notes whether a read was filled: then the socket may have more.
struct Counted<'a> {
    socket: &'a mut TcpStream,
    full: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(to)?;
        self.full = count == to.len();
        Ok(count)
    }
}

fn flush_tls(tls: &mut ServerConnection, socket: &mut TcpStream) -> io::Result<bool> {
    while tls.wants_write() {
        if taken(tls.write_tls(socket))? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How much the kernel took of a send; 0 where it has no room.
pub(crate) fn taken(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if is_blocked(&error) => Ok(0),
        result => result,
    }
}

fn is_blocked(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
