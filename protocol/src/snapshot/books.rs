//! Codebooks on the wire: a frame carries a part of one.

use std::sync::Arc;

use super::coder::codebook::Codebook;
use super::header::book_name;
use super::plan::Plan;
use crate::limits::CODEBOOK_BYTES_MAX;
use crate::wire::DecodeError;
use crate::wire::bits::{BitReader, BitWriter};
use crate::wire::server::CODEBOOK;

/// Which part of which book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BookPart {
    /// From 1.
    pub(super) version: u32,
    /// Bytes before this part, and of the whole book.
    pub(super) from: usize,
    pub(super) total: usize,
}

impl BookPart {
    /// Appends the frame of a part.
    pub(super) fn write(&self, part: &[u8], out: &mut Vec<u8>) {
        let mut to = BitWriter::new(out);
        to.write(CODEBOOK.into(), 8);
        to.varint(self.version.into());
        to.varint(self.from as u64);
        to.varint(self.total as u64);
        to.bytes(part);
        to.finish();
    }
}

/// The books that a client has.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    /// The newest, and the one before it.
    books: [Option<(u32, Arc<Codebook>)>; 2],
    /// The version and the bytes of one that has not come whole yet.
    next: u32,
    bytes: Vec<u8>,
}

impl Shelf {
    /// Takes the frame of a part.
    pub(super) fn receive(&mut self, plan: &Plan, frame: &[u8]) -> Result<(), DecodeError> {
        let mut bits = BitReader::new(frame);
        let kind = bits.read(8)? as u8;
        if kind != CODEBOOK {
            return Err(DecodeError::FrameKind(kind));
        }
        let version = bits.varint32("the version of a codebook")?;
        let from = bits.varint32("what came before of a codebook")? as usize;
        let total = bits.varint32("the length of a codebook")? as usize;
        let part = bits.bytes(bits.left() / 8)?;
        if total > CODEBOOK_BYTES_MAX {
            return Err(DecodeError::TooLong { what: "a codebook", len: total, max: CODEBOOK_BYTES_MAX });
        }
        let known = if from == 0 { 0 } else { self.bytes.len() };
        if version == 0 || from != known || from > 0 && version != self.next || from + part.len() > total {
            return Err(DecodeError::Malformed("a part of a codebook comes out of its turn"));
        }
        if from + part.len() < total {
            self.bytes.truncate(from);
            self.bytes.extend_from_slice(part);
            self.next = version;
            return Ok(());
        }
        let mut whole = core::mem::take(&mut self.bytes);
        whole.truncate(from);
        whole.extend_from_slice(part);
        let book = Codebook::read(&plan.coders, &whole)?;
        self.books = [Some((version, Arc::new(book))), self.books[0].take()];
        Ok(())
    }

    /// The book that a frame names; `Ok(None)` for the built-in one.
    pub(super) fn named(&self, name: u32) -> Result<Option<&Codebook>, DecodeError> {
        if name == 0 {
            return Ok(None);
        }
        let mut books = self.books.iter().flatten();
        let named = books.find(|(version, _)| book_name(*version) == name);
        named.map(|(_, book)| Some(&**book)).ok_or(DecodeError::UnknownCodebook(name))
    }
}
