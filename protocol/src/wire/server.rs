//! The frames of a server. Private frames, snapshots and codebooks are read by [`crate::snapshot::Replica`], which
//! knows what the client holds.

use serde::{Deserialize, Serialize};

use super::{CloseCode, DecodeError, Reject, Welcome, codec};
use crate::limits::{SCHEMA_BYTES_MAX, SERVER_FRAME_BYTES_MAX};

/// First byte of a welcome.
pub const WELCOME: u8 = 0x81;
/// First byte of a reject.
pub const REJECT: u8 = 0x82;
/// First byte of a private frame.
pub const PRIVATE: u8 = 0x83;
/// First byte of a snapshot.
pub const SNAPSHOT: u8 = 0x84;
/// First byte of a codebook.
pub const CODEBOOK: u8 = 0x85;
/// First byte of a schema.
pub const SCHEMA: u8 = 0x86;
/// First byte of a server's bye.
pub const BYE: u8 = 0x87;

/// A frame from a server.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerFrame<'a> {
    /// The hello is let in.
    Welcome(Box<Welcome>),
    /// The hello is not let in.
    Reject(Reject),
    /// The whole frame, for [`crate::snapshot::Replica::receive`].
    Private(&'a [u8]),
    /// The whole frame, for [`crate::snapshot::Replica::receive`].
    Snapshot(&'a [u8]),
    /// The whole frame, for [`crate::snapshot::Replica::receive`].
    Codebook(&'a [u8]),
    /// The server's schema as JSON.
    Schema(String),
    /// The connection is about to be closed by the server.
    Bye(Bye),
}

/// What a server says before it closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// Why, as a number: the same that the close frame carries.
    pub code: CloseCode,
    /// Why, in words.
    pub reason: String,
}

/// Appends a welcome.
pub fn encode_welcome(welcome: &Welcome, out: &mut Vec<u8>) {
    out.push(WELCOME);
    codec::to_bytes(welcome, out);
}

/// Appends a reject.
pub fn encode_reject(reject: &Reject, out: &mut Vec<u8>) {
    out.push(REJECT);
    codec::to_bytes(reject, out);
}

/// Appends a schema in its JSON form.
pub fn encode_schema(json: &str, out: &mut Vec<u8>) {
    out.push(SCHEMA);
    out.extend_from_slice(json.as_bytes());
}

/// Appends a bye.
pub fn encode_bye(bye: &Bye, out: &mut Vec<u8>) {
    out.push(BYE);
    codec::to_bytes(bye, out);
}

impl<'a> ServerFrame<'a> {
    /// The frame in `bytes`; private frames, snapshots and codebooks are told apart, not read.
    ///
    /// # Errors
    /// Where the bytes are not exactly one frame.
    pub fn decode(bytes: &'a [u8]) -> Result<ServerFrame<'a>, DecodeError> {
        if bytes.len() > SERVER_FRAME_BYTES_MAX {
            return Err(DecodeError::TooLong { what: "a frame", len: bytes.len(), max: SERVER_FRAME_BYTES_MAX });
        }
        let Some((&kind, rest)) = bytes.split_first() else { return Err(DecodeError::Short(8)) };
        Ok(match kind {
            WELCOME => ServerFrame::Welcome(Box::new(codec::from_bytes(rest, SERVER_FRAME_BYTES_MAX)?)),
            REJECT => ServerFrame::Reject(codec::from_bytes(rest, SERVER_FRAME_BYTES_MAX)?),
            PRIVATE => ServerFrame::Private(bytes),
            SNAPSHOT => ServerFrame::Snapshot(bytes),
            CODEBOOK => ServerFrame::Codebook(bytes),
            SCHEMA => ServerFrame::Schema(decode_schema(rest)?),
            BYE => ServerFrame::Bye(codec::from_bytes(rest, SERVER_FRAME_BYTES_MAX)?),
            other => return Err(DecodeError::FrameKind(other)),
        })
    }
}

fn decode_schema(bytes: &[u8]) -> Result<String, DecodeError> {
    if bytes.len() > SCHEMA_BYTES_MAX {
        return Err(DecodeError::TooLong { what: "the schema", len: bytes.len(), max: SCHEMA_BYTES_MAX });
    }
    let text = core::str::from_utf8(bytes).map_err(|_| DecodeError::Malformed("the schema is no UTF-8"))?;
    Ok(text.to_owned())
}
