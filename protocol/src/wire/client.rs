//! The frames of a client: hello, input, request, away, here, resync, bye.

use super::bits::{BitReader, BitWriter};
use super::{DecodeError, Hello, InputFrame, InputRun, Request, codec};
use crate::id::{InputSeq, Tick};
use crate::limits::{
    CLIENT_FRAME_BYTES_MAX, CLOSE_REASON_BYTES_MAX, INPUT_COMPONENTS_MAX, INPUTS_PER_FRAME_MAX, MESSAGE_BYTES_MAX,
    NAME_BYTES_MAX, OPTION_BYTES_MAX, OPTIONS_MAX, ROOM_NAME_BYTES_MAX, TICKET_BYTES_MAX,
};
use crate::schema::{Component, Field};

/// First byte of a hello.
pub const HELLO: u8 = 0x01;
/// First byte of an input frame.
pub const INPUT: u8 = 0x02;
/// First byte of a request.
pub const REQUEST: u8 = 0x03;
/// The only byte of an away frame.
pub const AWAY: u8 = 0x04;
/// The only byte of a here frame.
pub const HERE: u8 = 0x05;
/// The only byte of a resync frame.
pub const RESYNC: u8 = 0x06;
/// First byte of a client's bye.
pub const BYE: u8 = 0x07;

/// Seqs that one run of an input frame covers at the most.
pub const RUN_MAX: u32 = 64;

/// A frame from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Wants in.
    Hello(Hello),
    /// Inputs and acknowledgements.
    Input(InputFrame),
    /// Asks the game for something.
    Request(Request),
    /// The page is hidden: no snapshots until [`ClientFrame::Here`], and silence is allowed.
    Away,
    /// The page is back: begins again with a keyframe.
    Here,
    /// The hash differed: asks for a keyframe.
    Resync,
    /// Goes, and says why.
    Bye(String),
}

/// The bounds of an input's components: what input frames are packed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputLayout {
    components: Vec<Component>,
}

impl InputLayout {
    /// The layout of a schema's input; components beyond [`INPUT_COMPONENTS_MAX`] do not exist.
    #[must_use]
    pub fn new(fields: &[Field]) -> InputLayout {
        let components = fields.iter().flat_map(|field| field.ty.components());
        InputLayout { components: components.take(INPUT_COMPONENTS_MAX).collect() }
    }

    /// Integers per input.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Whether the game takes no input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty()
    }
}

/// Appends a hello.
pub fn encode_hello(hello: &Hello, out: &mut Vec<u8>) {
    out.push(HELLO);
    codec::to_bytes(hello, out);
}

/// Appends an input frame. Values outside their bounds are put on the edge.
pub fn encode_input(layout: &InputLayout, frame: &InputFrame, out: &mut Vec<u8>) {
    out.push(INPUT);
    let mut bits = BitWriter::new(out);
    bits.varint(u64::from(frame.held.0));
    bits.varint(u64::from(frame.event));
    bits.signed(i64::from(frame.held.0) * 16 - i64::from(frame.drawn));
    let runs = frame.runs.get(..INPUTS_PER_FRAME_MAX).unwrap_or(&frame.runs);
    bits.write(runs.len() as u64, 4);
    if !runs.is_empty() {
        bits.varint(u64::from(frame.first.0));
    }
    for run in runs {
        bits.write(u64::from(run.count.clamp(1, RUN_MAX) - 1), 6);
        for (at, component) in layout.components.iter().enumerate() {
            let value = run.values.get(at).copied().unwrap_or(0).clamp(component.min, component.max);
            bits.write(value.abs_diff(component.min).into(), width(component));
        }
    }
    bits.finish();
}

/// Appends a request.
pub fn encode_request(request: &Request, out: &mut Vec<u8>) {
    out.push(REQUEST);
    let mut bits = BitWriter::new(out);
    bits.varint(u64::from(request.number));
    bits.bytes(&request.bytes);
    bits.finish();
}

/// Appends an away frame.
pub fn encode_away(out: &mut Vec<u8>) {
    out.push(AWAY);
}

/// Appends a here frame.
pub fn encode_here(out: &mut Vec<u8>) {
    out.push(HERE);
}

/// Appends a resync frame.
pub fn encode_resync(out: &mut Vec<u8>) {
    out.push(RESYNC);
}

/// Appends a bye; the reason is cut at [`CLOSE_REASON_BYTES_MAX`] bytes.
pub fn encode_bye(reason: &str, out: &mut Vec<u8>) {
    out.push(BYE);
    let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    out.extend_from_slice(reason.as_bytes().get(..end).unwrap_or_default());
}

impl InputFrame {
    /// Reads an input frame into this one, in the memory it has: what a room does most. Says `false`, and does
    /// nothing, where `bytes` are another frame. Where they are not exactly one frame, this one is not to be used.
    ///
    /// # Errors
    /// As [`ClientFrame::decode`].
    pub fn read(&mut self, bytes: &[u8], layout: &InputLayout) -> Result<bool, DecodeError> {
        bounded("a frame", bytes.len(), CLIENT_FRAME_BYTES_MAX)?;
        match bytes.split_first() {
            Some((&INPUT, rest)) => decode_input(rest, layout, self).map(|()| true),
            _ => Ok(false),
        }
    }
}

impl ClientFrame {
    /// The frame in `bytes`.
    ///
    /// # Errors
    /// Where the bytes are not exactly one frame, or anything in it is outside its bounds.
    pub fn decode(bytes: &[u8], layout: &InputLayout) -> Result<ClientFrame, DecodeError> {
        bounded("a frame", bytes.len(), CLIENT_FRAME_BYTES_MAX)?;
        let Some((&kind, rest)) = bytes.split_first() else { return Err(DecodeError::Short(8)) };
        let empty = |frame| if rest.is_empty() { Ok(frame) } else { Err(DecodeError::Leftover(rest.len())) };
        match kind {
            HELLO => decode_hello(rest).map(ClientFrame::Hello),
            INPUT => {
                let mut frame = InputFrame::default();
                decode_input(rest, layout, &mut frame)?;
                Ok(ClientFrame::Input(frame))
            }
            REQUEST => decode_request(rest).map(ClientFrame::Request),
            AWAY => empty(ClientFrame::Away),
            HERE => empty(ClientFrame::Here),
            RESYNC => empty(ClientFrame::Resync),
            BYE => decode_bye(rest).map(ClientFrame::Bye),
            other => Err(DecodeError::FrameKind(other)),
        }
    }
}

fn decode_hello(bytes: &[u8]) -> Result<Hello, DecodeError> {
    let hello: Hello = codec::from_bytes(bytes, CLIENT_FRAME_BYTES_MAX)?;
    bounded("the room's name", hello.room.len(), ROOM_NAME_BYTES_MAX)?;
    bounded("the player's name", hello.name.len(), NAME_BYTES_MAX)?;
    bounded("the ticket", hello.ticket.len(), TICKET_BYTES_MAX)?;
    bounded("the list of options", hello.options.len(), OPTIONS_MAX)?;
    for (key, value) in &hello.options {
        bounded("the name of an option", key.len(), OPTION_BYTES_MAX)?;
        bounded("the value of an option", value.len(), OPTION_BYTES_MAX)?;
    }
    Ok(hello)
}

fn decode_input(bytes: &[u8], layout: &InputLayout, frame: &mut InputFrame) -> Result<(), DecodeError> {
    let mut bits = BitReader::new(bytes);
    let held = bits.varint32("the tick held")?;
    frame.held = Tick(held);
    frame.event = bits.varint32("the event received")?;
    let drawn = i64::from(held).wrapping_mul(16).wrapping_sub(bits.signed()?);
    let max = i64::from(u32::MAX);
    frame.drawn = u32::try_from(drawn).map_err(|_| outside("the tick drawn", drawn, 0, max))?;
    let count = bits.read(4)? as usize;
    bounded("the list of inputs", count, INPUTS_PER_FRAME_MAX)?;
    frame.first = InputSeq(if count > 0 { bits.varint32("the first seq")? } else { 0 });
    frame.runs.resize_with(count, InputRun::default);
    for run in &mut frame.runs {
        run.count = bits.read(6)? as u32 + 1;
        run.values.clear();
        for component in &layout.components {
            let value = i64::from(component.min) + bits.read(width(component))? as i64;
            let (min, max) = (component.min.into(), component.max.into());
            run.values.push(match i32::try_from(value) {
                Ok(inside) if inside <= component.max => inside,
                _ => return Err(outside("an input", value, min, max)),
            });
        }
    }
    bits.finish()
}

fn decode_request(bytes: &[u8]) -> Result<Request, DecodeError> {
    let mut bits = BitReader::new(bytes);
    let number = bits.varint32("the number of a request")?;
    let bytes = bits.bytes(bits.left() / 8)?;
    bounded("a request", bytes.len(), MESSAGE_BYTES_MAX)?;
    Ok(Request { number, bytes: bytes.to_vec() })
}

fn decode_bye(bytes: &[u8]) -> Result<String, DecodeError> {
    bounded("the reason of a bye", bytes.len(), CLOSE_REASON_BYTES_MAX)?;
    let text =
        core::str::from_utf8(bytes).map_err(|_| DecodeError::Malformed("the reason of a bye is no UTF-8"))?;
    Ok(text.to_owned())
}

/// Bits of a component that is written as its distance from the smallest value.
fn width(component: &Component) -> u32 {
    u32::BITS - component.max.abs_diff(component.min).leading_zeros()
}

fn bounded(what: &'static str, len: usize, max: usize) -> Result<(), DecodeError> {
    if len > max { Err(DecodeError::TooLong { what, len, max }) } else { Ok(()) }
}

fn outside(what: &'static str, value: i64, min: i64, max: i64) -> DecodeError {
    DecodeError::Range { what, value, min, max }
}
