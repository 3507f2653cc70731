//! What leaves in one write, as one piece of a link: frames, pings, closes, each with its length.

/// Something on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Frame(&'a [u8]),
    /// Or the pong to it.
    Ping,
    Close(u16, &'a str),
}

const FRAME: u8 = 0;
const PING: u8 = 1;
const CLOSE: u8 = 2;

/// Appends an item. Its head is about as long as that of a WebSocket frame.
pub(super) fn bundle(item: &Item<'_>, out: &mut Vec<u8>) {
    let (kind, len) = match item {
        Item::Frame(frame) => (FRAME, frame.len()),
        Item::Ping => (PING, 0),
        Item::Close(_, reason) => (CLOSE, reason.len() + 2),
    };
    out.push(kind);
    out.extend_from_slice(&(len as u32).to_le_bytes());
    match item {
        Item::Frame(frame) => out.extend_from_slice(frame),
        Item::Ping => {}
        Item::Close(code, reason) => {
            out.extend_from_slice(&code.to_le_bytes());
            out.extend_from_slice(reason.as_bytes());
        }
    }
}

/// The items of a write.
pub(super) fn unbundle(mut bytes: &[u8]) -> impl Iterator<Item = Item<'_>> {
    core::iter::from_fn(move || {
        let (&kind, rest) = bytes.split_first()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        bytes = rest;
        match kind {
            FRAME => Some(Item::Frame(body)),
            PING => Some(Item::Ping),
            _ => {
                let (code, reason) = body.split_first_chunk::<2>()?;
                Some(Item::Close(u16::from_le_bytes(*code), core::str::from_utf8(reason).ok()?))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bundled_comes_apart_again() {
        let items = [Item::Frame(&[1, 2, 3]), Item::Ping, Item::Frame(&[]), Item::Close(4505, "taken over")];
        let mut bytes = Vec::new();
        items.iter().for_each(|item| bundle(item, &mut bytes));
        assert_eq!(unbundle(&bytes).collect::<Vec<_>>(), items);
    }
}
