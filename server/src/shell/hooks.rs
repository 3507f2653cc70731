//! What a game's process hangs into the server, without its types.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::room::{AnyRoom, RoomSetup};

/// A future that anybody may run.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Opens a room of the game.
pub(crate) type Open = Box<dyn Fn(RoomSetup) -> Box<dyn AnyRoom> + Send + Sync>;

/// What a room told the process around it, and the answer, as bytes.
pub(crate) type OutsideHook = Arc<dyn Fn(Arc<str>, Vec<u8>) -> Later<Option<Vec<u8>>> + Send + Sync>;

/// Whether a ticket is good; the reason where it is not.
pub(crate) type TicketHook = Arc<dyn Fn(Ticket) -> Later<Result<(), String>> + Send + Sync>;

/// What somebody shows who wants in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Opaque bytes that the client got elsewhere, at most [`tickwire_protocol::limits::TICKET_BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// The name it wants to have.
    pub name: String,
    /// The room it wants into; empty for any.
    pub room: String,
    /// Where it connects from.
    pub address: IpAddr,
}
