//! Bytes from a client's socket to frames.
//!
//! What a client sends in every tick, one whole masked binary frame, is unmasked where it lies and handed on:
//! nothing is copied or allocated. So is what can be sent by the thousand because it is small: pings, pongs, fragments
//! without content. Everything else (fragments, goodbyes, what is broken) goes to tungstenite, one whole WebSocket
//! frame at a time. Every WebSocket frame is counted, so those that carry nothing are too.

use std::io::{self, Read, Write};

use tickwire_protocol::limits::CLIENT_FRAME_BYTES_MAX;
use tickwire_protocol::wire::CloseCode;
use tungstenite::Message;
use tungstenite::error::{CapacityError, Error};
use tungstenite::protocol::frame::coding::{Control, OpCode};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

use super::connection::put_head;

/// Reads one connection. Holds nothing between whole frames.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The beginning of a frame whose end has not come.
    kept: Vec<u8>,
    /// While a fragmented message is being put together.
    rare: Option<Box<WebSocketContext>>,
    /// Whether a fragmented message is not complete.
    fragmented: bool,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    /// A binary message.
    Frame(&'a [u8]),
    /// A ping (its answer is written already) or a pong.
    Alive,
    /// A close frame (its answer is written already). Nothing follows.
    Close,
}

/// Why a connection cannot go on: the close code, and the reason in words.
pub(crate) type Fault = (CloseCode, &'static str);

impl Reader {
    /// Reads all whole frames in `bytes`, which are changed by it, and keeps the rest.
    ///
    /// `frames` is how many frames the client may still send, and is lessened. Answers to control frames are
    /// appended to `reply`. `heard` may stop the reading with a fault of its own.
    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        frames: &mut u32,
        reply: &mut Vec<u8>,
        mut heard: impl FnMut(Heard<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.kept.is_empty() {
            let used = self.frames(bytes, frames, reply, &mut heard)?;
            self.kept.extend_from_slice(bytes.get(used..).unwrap_or_default());
            return Ok(());
        }
        let mut kept = std::mem::take(&mut self.kept);
        kept.extend_from_slice(bytes);
        let used = self.frames(&mut kept, frames, reply, &mut heard)?;
        kept.drain(..used);
        if !kept.is_empty() {
            self.kept = kept;
        }
        Ok(())
    }

    /// Whether the last bytes that came were the end of a frame.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.kept.is_empty() && self.rare.is_none()
    }

    /// Reads frames from the front of `bytes`; answers how many bytes they were.
    fn frames(
        &mut self,
        bytes: &mut [u8],
        frames: &mut u32,
        reply: &mut Vec<u8>,
        heard: &mut impl FnMut(Heard<'_>) -> Result<(), Fault>,
    ) -> Result<usize, Fault> {
        let mut used = 0;
        while let Some(rest) = bytes.get_mut(used..)
            && let Some(head) = Head::parse(rest)?
            && let Some(frame) = rest.get_mut(..head.len())
        {
            *frames = frames.checked_sub(1).ok_or(TOO_MANY)?;
            used += head.len();
            let Some(mask) = head.mask else { return Err(UNMASKED) };
            let payload = frame.get_mut(head.payload..).unwrap_or_default();
            match head.first {
                FINAL_BINARY if self.rare.is_none() => {
                    unmask(payload, mask);
                    heard(Heard::Frame(payload))?;
                }
                PING | PONG if payload.len() <= CONTROL_BYTES_MAX => {
                    if head.first == PING {
                        unmask(payload, mask);
                        put_head(reply, OpCode::Control(Control::Pong), payload.len());
                        reply.extend_from_slice(payload);
                    }
                    heard(Heard::Alive)?;
                }
                CONTINUES if payload.is_empty() && self.fragmented => {}
                _ => self.rare(frame, &head, reply, heard)?,
            }
        }
        Ok(used)
    }

    #[cold]
    fn rare(
        &mut self,
        frame: &[u8],
        head: &Head,
        reply: &mut Vec<u8>,
        heard: &mut impl FnMut(Heard<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut context =
            self.rare.take().unwrap_or_else(|| Box::new(WebSocketContext::new(Role::Server, Some(config()))));
        let mut feed = Feed { bytes: frame, reply };
        loop {
            match context.read(&mut feed) {
                Ok(Message::Binary(bytes)) => heard(Heard::Frame(&bytes))?,
                Ok(Message::Ping(_) | Message::Pong(_)) => heard(Heard::Alive)?,
                Ok(Message::Close(_)) => {
                    // Its answer is ready; what flushing says is that this is the end.
                    let _ = context.flush(&mut feed);
                    heard(Heard::Close)?;
                    break;
                }
                Ok(Message::Text(_) | Message::Frame(_)) => return Err(TEXT),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(fault(&error)),
            }
        }
        let control = head.first & CONTROL != 0;
        self.fragmented = if control { self.fragmented } else { head.first & FINAL == 0 };
        if self.fragmented {
            self.rare = Some(context);
        }
        Ok(())
    }
}

/// The head of one WebSocket frame.
struct Head {
    first: u8,
    mask: Option<[u8; 4]>,
    /// Where the payload begins.
    payload: usize,
    /// Bytes of payload.
    size: usize,
}

impl Head {
    /// The head at the front of `bytes`, where it is whole.
    fn parse(bytes: &[u8]) -> Result<Option<Head>, Fault> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (size, rest) = match (second & 0x7f, rest) {
            (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), rest)
            }
            (126 | 127, _) => return Ok(None),
            (size, rest) => (u64::from(size), rest),
        };
        let size = usize::try_from(size).ok().filter(|size| *size <= CLIENT_FRAME_BYTES_MAX).ok_or(TOO_LARGE)?;
        if first & 0x0f == TEXT_CODE {
            return Err(TEXT);
        }
        let (mask, rest) = match (second & 0x80, rest) {
            (0, rest) => (None, rest),
            (_, [a, b, c, d, rest @ ..]) => (Some([*a, *b, *c, *d]), rest),
            _ => return Ok(None),
        };
        Ok(Some(Head { first: *first, mask, payload: bytes.len() - rest.len(), size }))
    }

    /// Bytes of the whole frame.
    fn len(&self) -> usize {
        self.payload + self.size
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut words = payload.chunks_exact_mut(8);
    let [a, b, c, d] = mask;
    let twice = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    for word in words.by_ref() {
        if let Ok(eight) = <[u8; 8]>::try_from(&*word) {
            word.copy_from_slice(&(u64::from_ne_bytes(eight) ^ twice).to_ne_bytes());
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// One frame's bytes as tungstenite reads them, and where its answers go.
struct Feed<'a> {
    bytes: &'a [u8],
    reply: &'a mut Vec<u8>,
}

impl Read for Feed<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.bytes.read(to) }
    }
}

impl Write for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.reply.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4 * 1_024)
        .write_buffer_size(0)
        .max_message_size(Some(CLIENT_FRAME_BYTES_MAX))
        .max_frame_size(Some(CLIENT_FRAME_BYTES_MAX))
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => TOO_LARGE,
        Error::Utf8(_) => (CloseCode::Undecodable, "the close reason is not UTF-8"),
        _ => (CloseCode::Protocol, "this is not the WebSocket protocol (RFC 6455)"),
    }
}

const FINAL: u8 = 0x80;
const FINAL_BINARY: u8 = 0x82;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// The first byte of a fragment in the middle of a message.
const CONTINUES: u8 = 0x00;
/// What a control frame may carry.
const CONTROL_BYTES_MAX: usize = 125;
const CONTROL: u8 = 0x08;
const TEXT_CODE: u8 = 0x01;

const TOO_LARGE: Fault = (CloseCode::TooLarge, "a message has at most 4096 bytes");
const TOO_MANY: Fault = (CloseCode::TooMany, "too many frames: send one input frame per tick");
const TEXT: Fault = (CloseCode::Text, "messages are binary, never text");
const UNMASKED: Fault = (CloseCode::Protocol, "frames from a client must be masked");

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [7, 200, 3, 99];

    /// A masked frame of at most 125 bytes.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 0x80 | u8::try_from(payload.len()).unwrap()];
        bytes.extend(MASK);
        bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    /// Everything that is heard of `bytes`, read in pieces of `piece` bytes, with what is answered.
    fn read(bytes: &[u8], piece: usize) -> (Vec<String>, Vec<u8>, Result<(), Fault>) {
        let (mut heard, mut reply, mut frames, mut reader) = (Vec::new(), Vec::new(), 100, Reader::default());
        for piece in bytes.chunks(piece) {
            let result = reader.read(&mut piece.to_vec(), &mut frames, &mut reply, |what| {
                heard.push(format!("{what:?}"));
                Ok(())
            });
            if result.is_err() {
                return (heard, reply, result);
            }
        }
        (heard, reply, Ok(()))
    }

    #[test]
    fn frames_come_out_however_the_bytes_are_cut() {
        let text: Vec<u8> = (0..120).collect();
        let bytes = [
            frame(0x82, b"abc"),
            frame(0x82, &text),
            frame(0x02, b"x"),
            frame(0x00, b""),
            frame(0x89, b"?"),
            frame(0x80, b"yz"),
            frame(0x82, b""),
        ]
        .concat();
        let whole = read(&bytes, bytes.len());
        let expected = ["abc".as_bytes(), &text].map(|bytes| format!("Frame({bytes:?})"));
        assert_eq!(whole.0.get(..2), Some(&expected[..]));
        assert_eq!(
            whole.0.get(2..),
            Some(&["Alive".into(), format!("Frame({:?})", b"xyz"), "Frame([])".into()][..])
        );
        assert_eq!(whole.1, [0x8a, 1, b'?']);
        for piece in 1..bytes.len() {
            assert_eq!(read(&bytes, piece), whole, "in pieces of {piece} bytes");
        }
    }

    #[test]
    fn a_close_is_answered_and_told() {
        let (heard, reply, result) = read(&frame(0x88, &[0x03, 0xe8]), 99);
        assert_eq!((heard, reply, result), (vec!["Close".to_owned()], vec![0x88, 2, 0x03, 0xe8], Ok(())));
    }

    #[test]
    fn what_is_refused_is_refused_by_name() {
        let code = |bytes: &[u8]| read(bytes, bytes.len()).2.unwrap_err().0;
        assert_eq!(code(&frame(0x81, b"text")), CloseCode::Text);
        assert_eq!(code(&[0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0]), CloseCode::TooLarge);
        assert_eq!(code(&[0x82, 0x01, 5]), CloseCode::Protocol);
        assert_eq!(code(&frame(0xc2, b"reserved bit")), CloseCode::Protocol);
        assert_eq!(code(&frame(0x83, b"no such opcode")), CloseCode::Protocol);
        assert_eq!(code(&frame(0x09, b"a ping in pieces")), CloseCode::Protocol);
        assert_eq!(code(&[&[0x89, 0xfe, 0, 126][..], &MASK, &[0; 126]].concat()), CloseCode::Protocol);
        assert_eq!(code(&frame(0x00, b"")), CloseCode::Protocol);
        assert_eq!(code(&frame(0x80, b"continues nothing")), CloseCode::Protocol);
        assert_eq!(code(&[frame(0x02, b"a"), frame(0x82, b"b")].concat()), CloseCode::Protocol);
        assert_eq!(code(&frame(0x88, &[0x03, 0xe8, 0xff, 0xff])), CloseCode::Undecodable);
    }

    #[test]
    fn fragments_together_are_as_limited_as_one_frame() {
        let mut bytes = frame(0x02, &[0; 125]);
        (0..40).for_each(|_| bytes.extend(frame(0x00, &[0; 125])));
        assert_eq!(read(&bytes, bytes.len()).2.unwrap_err().0, CloseCode::TooLarge);
    }

    #[test]
    fn frames_that_carry_nothing_are_counted() {
        let mut bytes = frame(0x02, b"");
        (0..200).for_each(|_| bytes.extend(frame(0x00, b"")));
        assert_eq!(read(&bytes, bytes.len()).2.unwrap_err().0, CloseCode::TooMany);
    }

    #[test]
    fn random_bytes_never_panic() {
        use rand::{RngExt as _, SeedableRng as _};
        for seed in 0..2_000 {
            let mut rng = rand_pcg::Pcg32::seed_from_u64(seed);
            let mut bytes: Vec<u8> = (0..rng.random_range(1..300)).map(|_| rng.random()).collect();
            if let Some(first) = bytes.first_mut() {
                *first &= 0x8f;
            }
            let _ = read(&bytes, rng.random_range(1..50));
        }
    }
}
