//! Why a connection ends, as WebSocket close codes.

use serde::{Deserialize, Serialize};

/// Why a connection ends. 4000 to 4499: the client may come back by itself; 4500 and above: it must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
#[repr(u16)]
pub enum CloseCode {
    /// Said goodbye.
    Bye = 1000,
    /// The server shuts down.
    ShuttingDown = 1001,
    /// Not the WebSocket protocol, or bytes between hello and welcome.
    Protocol = 1002,
    /// A text frame.
    Text = 1003,
    /// A frame that does not decode.
    Undecodable = 1007,
    /// A frame that is too large.
    TooLarge = 1009,
    /// The server restarts.
    Restart = 1012,
    /// No space.
    Full = 1013,
    /// Nothing was heard for too long.
    Silent = 4008,
    /// Too many frames, bytes or requests.
    TooMany = 4029,
    /// Does not read what it is sent.
    DoesNotRead = 4030,
    /// No ticket, or one that is not accepted.
    Ticket = 4500,
    /// Another version of the protocol or of the game.
    Version = 4501,
    /// No hello in time, or something else first.
    NoHello = 4502,
    /// The game sent it away.
    SentAway = 4503,
    /// The same session goes on over another connection.
    TakenOver = 4505,
}

impl CloseCode {
    /// Every code there is.
    pub const ALL: [CloseCode; 16] = [
        CloseCode::Bye,
        CloseCode::ShuttingDown,
        CloseCode::Protocol,
        CloseCode::Text,
        CloseCode::Undecodable,
        CloseCode::TooLarge,
        CloseCode::Restart,
        CloseCode::Full,
        CloseCode::Silent,
        CloseCode::TooMany,
        CloseCode::DoesNotRead,
        CloseCode::Ticket,
        CloseCode::Version,
        CloseCode::NoHello,
        CloseCode::SentAway,
        CloseCode::TakenOver,
    ];

    /// The number in the close frame.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The code with this number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<CloseCode> {
        CloseCode::ALL.into_iter().find(|close| close.code() == code)
    }

    /// Whether a client may come back by itself.
    #[must_use]
    pub const fn may_come_back(self) -> bool {
        matches!(self.code(), 1001 | 1012 | 1013 | 4000..=4499)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> u16 {
        code.code()
    }
}

impl TryFrom<u16> for CloseCode {
    type Error = String;
    fn try_from(code: u16) -> Result<CloseCode, String> {
        CloseCode::from_code(code).ok_or_else(|| format!("{code} is no close code"))
    }
}
