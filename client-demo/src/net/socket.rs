//! A WebSocket client that costs little: non-blocking, frames handed out where they were read.

use std::io::{ErrorKind, Read as _, Write as _};

use anyhow::{Context as _, bail};
use mio::net::TcpStream;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::Address;
use super::stream::Stream;

/// Bytes of one frame from a server; more is not ours.
const FRAME_BYTES_MAX: usize = 2 << 20;

/// Bytes of an answer to the upgrade.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Read<'a> {
    /// The upgrade is done: frames may be sent.
    Open,
    /// A binary frame.
    Frame(&'a [u8]),
    /// The server closes, with this code.
    Close(u16, &'a str),
}

/// One connection.
pub struct Socket {
    stream: Stream,
    state: State,
    /// What was read and is not a whole frame yet.
    rest: Vec<u8>,
    /// What was sent and the kernel has not taken yet.
    owed: Vec<u8>,
    /// Bytes read, headers included.
    pub bytes_in: u64,
    /// Bytes written, headers included.
    pub bytes_out: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Upgrading { accept: String },
    Open,
    Closed,
}

impl Socket {
    /// Begins to connect; the upgrade leaves when the connection is there.
    ///
    /// # Errors
    /// Where the system refuses a socket.
    pub fn connect(to: &Address) -> anyhow::Result<Socket> {
        let stream = TcpStream::connect(to.socket).with_context(|| format!("no connection to {}", to.host))?;
        // Else an input waits for the acknowledgement of the one before, which comes with the next snapshot.
        stream.set_nodelay(true).context("the socket cannot send at once")?;
        let stream = match &to.trust {
            None => Stream::Plain(stream),
            Some(trust) => Stream::Tls(Box::new(trust.over(&to.host, stream)?)),
        };
        let key = generate_key();
        let head = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n",
            to.path, to.host
        );
        Ok(Socket {
            stream,
            state: State::Upgrading { accept: derive_accept_key(key.as_bytes()) },
            rest: Vec::new(),
            owed: head.into_bytes(),
            bytes_in: 0,
            bytes_out: 0,
        })
    }

    /// The stream, to be registered.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.stream.tcp()
    }

    /// Whether frames may be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether the kernel has not taken all that was sent.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Sends a binary frame. What the kernel does not take leaves later.
    pub fn send(&mut self, payload: &[u8]) {
        self.send_as(0x82, payload);
    }

    /// Sends a frame with this first byte.
    pub fn send_as(&mut self, first: u8, payload: &[u8]) {
        self.send_times(first, payload, 1);
    }

    /// Sends the same frame so many times, for tests of servers.
    pub fn send_times(&mut self, first: u8, payload: &[u8], times: usize) {
        let nothing_owed = self.owed.is_empty();
        for _ in 0..times {
            header(first, payload.len(), &mut self.owed);
            // A mask of zeros: the server undoes it like any other.
            self.owed.extend_from_slice(&[0; 4]);
            self.owed.extend_from_slice(payload);
        }
        if nothing_owed {
            self.flush();
        }
    }

    /// Says goodbye with this code.
    pub fn close(&mut self, code: u16, reason: &str) {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend(reason.bytes().take(123));
        self.send_as(0x88, &payload);
        self.state = State::Closed;
    }

    /// After [`Socket::close`]: reads on, which a reset would spoil for the other end, and says whether it has closed.
    pub fn is_over(&mut self, scratch: &mut [u8]) -> bool {
        self.flush();
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// Sends raw bytes, for tests of servers.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.owed.extend_from_slice(bytes);
        self.flush();
    }

    /// Offers the kernel what it has not taken yet.
    pub fn flush(&mut self) {
        let mut from = 0;
        while let Some(rest) = self.owed.get(from..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(written) => from += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Not connected yet, or full. Any other error shows when it is read.
                Err(_) => break,
            }
        }
        self.bytes_out += from as u64;
        self.owed.drain(..from);
    }

    /// Reads all there is and hands out what it means. After an error the socket is closed.
    ///
    /// # Errors
    /// Where the connection broke or the server does not speak WebSocket.
    pub fn read(&mut self, scratch: &mut [u8], mut told: impl FnMut(&mut Socket, Read<'_>)) -> anyhow::Result<()> {
        loop {
            let read = self.read_once(scratch, &mut told)?;
            if read == 0 || self.is_closed() || (read < scratch.len() && self.stream.is_plain()) {
                return Ok(());
            }
        }
    }

    /// Reads once, as much as `scratch` takes, and hands out what it means; says how many bytes they were.
    ///
    /// # Errors
    /// As [`Socket::read`].
    pub fn read_once(
        &mut self,
        scratch: &mut [u8],
        mut told: impl FnMut(&mut Socket, Read<'_>),
    ) -> anyhow::Result<usize> {
        let read = match self.stream.read(scratch) {
            Ok(0) if self.is_open() => {
                return self.fail(anyhow::anyhow!("the server closed without a word")).map(|()| 0);
            }
            Ok(0) => {
                return self.fail(anyhow::anyhow!("no server there, or it closed without a word")).map(|()| 0);
            }
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => return self.read_once(scratch, told),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                // What waited for the end of a TLS handshake can leave now.
                self.flush();
                return Ok(0);
            }
            Err(error) => return self.fail(error.into()).map(|()| 0),
        };
        self.bytes_in += read as u64;
        match self.take(&scratch[..read], &mut told) {
            Ok(()) => Ok(read),
            Err(error) => self.fail(error).map(|()| 0),
        }
    }

    fn fail(&mut self, error: anyhow::Error) -> anyhow::Result<()> {
        if self.is_closed() {
            return Ok(());
        }
        self.state = State::Closed;
        Err(error)
    }

    /// Hands out the whole frames in what was left over and `bytes`; keeps the rest.
    fn take(&mut self, bytes: &[u8], told: &mut impl FnMut(&mut Socket, Read<'_>)) -> anyhow::Result<()> {
        if self.rest.is_empty() {
            let used = self.parse(bytes, told)?;
            self.rest.extend_from_slice(&bytes[used..]);
        } else {
            let mut rest = std::mem::take(&mut self.rest);
            rest.extend_from_slice(bytes);
            let used = self.parse(&rest, told)?;
            rest.drain(..used);
            self.rest = rest;
        }
        Ok(())
    }

    fn parse(&mut self, bytes: &[u8], told: &mut impl FnMut(&mut Socket, Read<'_>)) -> anyhow::Result<usize> {
        let mut at = 0;
        if let State::Upgrading { accept } = &self.state {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                anyhow::ensure!(bytes.len() <= HEAD_BYTES_MAX, "the answer to the upgrade has no end");
                return Ok(0);
            };
            check_head(&bytes[..end], accept)?;
            at = end + 4;
            self.state = State::Open;
            told(self, Read::Open);
        }
        while let Some(frame) = Head::of(&bytes[at..])? {
            let from = at + frame.header;
            let Some(payload) = bytes.get(from..from + frame.payload) else { break };
            at = from + frame.payload;
            match frame.first {
                0x82 => told(self, Read::Frame(payload)),
                0x89 => self.send_as(0x8a, payload),
                0x8a => {}
                0x88 => {
                    let code = payload.first_chunk().map_or(1005, |two| u16::from_be_bytes(*two));
                    let reason = payload.get(2..).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("");
                    self.send_as(0x88, payload);
                    self.state = State::Closed;
                    told(self, Read::Close(code, reason));
                    return Ok(bytes.len());
                }
                other => bail!("the server sent a frame with the first byte {other:#04x}"),
            }
        }
        Ok(at)
    }
}

/// The header of a frame.
struct Head {
    first: u8,
    header: usize,
    payload: usize,
}

impl Head {
    fn of(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (header, payload) = match (second, rest) {
            (0..126, _) => (2, usize::from(*second)),
            (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
            (127, _) if rest.len() >= 8 => {
                let long = rest.first_chunk().map_or(u64::MAX, |eight| u64::from_be_bytes(*eight));
                (10, usize::try_from(long).unwrap_or(usize::MAX))
            }
            (126 | 127, _) => return Ok(None),
            _ => bail!("the server masked a frame"),
        };
        anyhow::ensure!(payload <= FRAME_BYTES_MAX, "the server announced a frame of {payload} bytes");
        Ok(Some(Head { first: *first, header, payload }))
    }
}

fn check_head(head: &[u8], accept: &str) -> anyhow::Result<()> {
    let head = String::from_utf8_lossy(head);
    let first = head.lines().next().unwrap_or("");
    anyhow::ensure!(first.starts_with("HTTP/1.1 101"), "the server refused the upgrade: {first}");
    let right = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == accept);
    anyhow::ensure!(right, "the server answered another client's key");
    Ok(())
}

/// Appends the header of a masked frame, but for the mask.
fn header(first: u8, payload: usize, out: &mut Vec<u8>) {
    out.push(first);
    match payload {
        0..126 => out.push(0x80 | payload as u8),
        126..65_536 => {
            out.push(0x80 | 126);
            out.extend((payload as u16).to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend((payload as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_not_whole_waits_and_one_that_lies_is_refused() {
        assert!(Head::of(&[0x82]).unwrap().is_none());
        assert!(Head::of(&[0x82, 126, 1]).unwrap().is_none());
        let head = Head::of(&[0x82, 126, 1, 2]).unwrap().unwrap();
        assert_eq!((head.header, head.payload), (4, 258));
        assert!(Head::of(&[0x82, 0x85]).is_err());
        assert!(Head::of(&[0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
