//! The hello: what a client says first, and only then nothing until its welcome.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tickwire_protocol::game::Role;
use tickwire_protocol::wire::{ClientFrame, CloseCode, Hello, InputLayout, Reject, VERSION, client, server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::config::Config;
use crate::shell::connection::put_head;
use crate::shell::hooks::Ticket;
use crate::shell::listener::Place;
use crate::shell::reader::{Heard, Reader};
use crate::shell::stream::Stream;
use crate::shell::tls::Io;
use crate::shell::worker::Newcomer;
use crate::shell::{Front, clock};

/// Takes the hello of an upgraded connection and sends it to its room, or says why not.
pub(super) async fn arrive(upgraded: OnUpgrade, place: Place, address: IpAddr, front: Arc<Front>) {
    let Ok(upgraded) = upgraded.await else { return };
    clock::let_ticks_go_first();
    let Ok(parts) = upgraded.downcast::<TokioIo<Io>>() else { return };
    let mut io = parts.io.into_inner();
    // Held until this connection has a room, or its answer. There are more of them than there can be connections.
    let Ok(_waits) = front.arriving.acquire().await else { return };
    let mut stopping = front.stopping.clone();
    let heard = tokio::select! {
        heard = hear(&mut io, parts.read_buf.to_vec(), address, &front) => heard,
        _ = stopping.wait_for(|stops| *stops) => Err(Out::Part(CloseCode::ShuttingDown, STOPPING.to_owned())),
    };
    clock::let_ticks_go_first();
    let mut hello = match heard {
        Ok(hello) => hello,
        Err(Out::Gone) => return,
        Err(Out::Part(code, reason)) => {
            place.closed(code);
            return part(io, code, &reason, &[], &front).await;
        }
        Err(Out::Refuse(reject)) => return refuse(io, reject, &front).await,
    };
    let entrance = match front.rooms.enter(&mut hello) {
        Ok(entrance) => entrance,
        Err(reject) => return refuse(io, reject, &front).await,
    };
    match into_stream(io, &front.config) {
        Ok(stream) => entrance.go(Newcomer { stream, place, hello }),
        Err(error) => {
            tracing::debug!("a connection ended: {error}");
            entrance.give_back(hello.role);
        }
    }
}

type Fault = (CloseCode, String);

/// Why somebody does not get in.
enum Out {
    /// It left before.
    Gone,
    /// Something is wrong with the connection, or the server stops.
    Part(CloseCode, String),
    /// It is not let in.
    Refuse(Reject),
}

/// The hello, where it comes in time and is one that may come in.
async fn hear(io: &mut Io, early: Vec<u8>, address: IpAddr, front: &Front) -> Result<Hello, Out> {
    let wait = Duration::from_millis(front.config.hello_ms.into());
    let hello = match timeout(wait, listen(io, early)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(None)) => return Err(Out::Gone),
        Ok(Err(Some((code, reason)))) => return Err(Out::Part(code, reason)),
        Err(_) => {
            let reason = format!("no hello within {} ms: send one right after connecting", wait.as_millis());
            return Err(Out::Part(CloseCode::NoHello, reason));
        }
    };
    check(&hello, address, front).await.map_err(Out::Refuse)?;
    Ok(hello)
}

/// The first frame, which is the hello; none where the connection ended before it.
async fn listen(io: &mut Io, early: Vec<u8>) -> Result<Hello, Option<Fault>> {
    let (mut reader, mut reply, mut frames) = (Reader::default(), Vec::new(), FRAMES_BEFORE_HELLO);
    let (mut buffer, mut count) = (early, usize::MAX);
    loop {
        let (mut first, mut more, mut bye) = (None, false, false);
        buffer.truncate(count);
        let read = reader.read(&mut buffer, &mut frames, &mut reply, |heard| {
            match heard {
                Heard::Frame(frame) if first.is_none() => first = Some(frame.to_vec()),
                Heard::Frame(_) => more = true,
                Heard::Alive => {}
                Heard::Close => bye = true,
            }
            Ok(())
        });
        read.map_err(|(code, reason)| Some((code, reason.to_owned())))?;
        if !reply.is_empty() {
            io.write_all(&reply).await.map_err(|_| None)?;
            reply.clear();
        }
        if let Some(first) = first {
            if more || !reader.is_between_frames() {
                return Err(Some((CloseCode::Protocol, EARLY.to_owned())));
            }
            return decode(&first).map_err(Some);
        }
        if bye {
            return Err(None);
        }
        buffer.resize(HELLO_READ_BYTES, 0);
        match io.read(&mut buffer).await {
            Ok(0) | Err(_) => return Err(None),
            Ok(read) => count = read,
        }
    }
}

fn decode(frame: &[u8]) -> Result<Hello, Fault> {
    let first = || Err((CloseCode::NoHello, "the first frame has to be a hello".to_owned()));
    // The version comes first in every version's hello, in one byte: all else may be laid out another way.
    match frame {
        [client::HELLO, version @ ..=250, ..] if u16::from(*version) != VERSION => {
            return Err((CloseCode::Version, other_version((*version).into())));
        }
        [client::HELLO, ..] => {}
        _ => return first(),
    }
    match ClientFrame::decode(frame, &InputLayout::new(&[])) {
        Ok(ClientFrame::Hello(hello)) => Ok(hello),
        Ok(_) => first(),
        Err(why) => Err((CloseCode::Undecodable, format!("the hello cannot be read: {why}"))),
    }
}

/// Version and ticket.
async fn check(hello: &Hello, address: IpAddr, front: &Front) -> Result<(), Reject> {
    // The lobby checks the version too; here it goes before the ticket, which an old client may not know about.
    if hello.version != VERSION {
        let reason = format!(
            "the server speaks version {VERSION}, the client {}: reload the page or update",
            hello.version
        );
        return Err(Reject { code: CloseCode::Version, reason });
    }
    let Some(tickets) = &front.tickets else { return Ok(()) };
    let ticket =
        Ticket { bytes: hello.ticket.clone(), name: hello.name.clone(), room: hello.room.clone(), address };
    match timeout(Duration::from_millis(front.config.ticket_ms.into()), tickets(ticket)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(reason)) => Err(Reject { code: CloseCode::Ticket, reason }),
        Err(_) => {
            let reason = "the ticket could not be checked in time: try again later".to_owned();
            Err(Reject { code: CloseCode::Full, reason })
        }
    }
}

fn other_version(version: u16) -> String {
    format!("the server speaks version {VERSION} of the protocol, the client {version}: reload the page or update")
}

async fn refuse(io: Io, reject: Reject, front: &Front) {
    let mut frame = Vec::new();
    server::encode_reject(&reject, &mut frame);
    part(io, reject.code, &reject.reason, &frame, front).await;
}

/// Says why (a frame first, if there is one), and parts in good order: what is still coming is read and thrown away,
/// so that the other end sees the reason instead of a reset.
async fn part(mut io: Io, code: CloseCode, reason: &str, frame: &[u8], front: &Front) {
    front.refused.with(code);
    tracing::debug!("refused with {}: {reason}", code.code());
    let most = tickwire_protocol::limits::CLOSE_REASON_BYTES_MAX;
    let cut = (0..=reason.len().min(most)).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
    let mut out = Vec::new();
    if !frame.is_empty() {
        put(&mut out, OpCode::Data(Data::Binary), frame);
    }
    let reason = reason.as_bytes().get(..cut).unwrap_or_default();
    put(&mut out, OpCode::Control(Control::Close), &[&code.code().to_be_bytes(), reason].concat());
    let parting = async {
        io.write_all(&out).await?;
        io.shutdown().await?;
        let mut rest = [0; 4 * 1_024];
        while io.read(&mut rest).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whether the other end hears it or not, this is over.
    let _ = timeout(Duration::from_millis(front.config.closing_ms.into()), parting).await;
}

fn put(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8]) {
    put_head(out, opcode, payload.len());
    out.extend_from_slice(payload);
}

/// Takes a socket from the runtime, for a worker.
fn into_stream(io: Io, config: &Config) -> std::io::Result<Stream> {
    let plain = |socket: tokio::net::TcpStream| {
        let socket = socket.into_std()?;
        let options = socket2::SockRef::from(&socket);
        options.set_send_buffer_size(config.send_buffer_bytes as usize)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        options.set_tcp_notsent_lowat(config.unsent_bytes)?;
        Ok::<_, std::io::Error>(mio::net::TcpStream::from_std(socket))
    };
    Ok(match io {
        Io::Plain(socket) => Stream::Plain(plain(socket)?),
        Io::Tls(stream) => {
            let (socket, mut tls) = stream.into_inner();
            // What a tick writes is taken whole: the room's limits bound it.
            tls.set_buffer_limit(None);
            Stream::Tls(Box::new((tls, plain(socket)?)))
        }
    })
}

/// A hello of nobody in particular: what the room is opened for in which everybody lands.
pub(crate) fn anybody() -> Hello {
    Hello {
        version: VERSION,
        schema_hash: 0,
        room: String::new(),
        name: String::new(),
        role: Role::Watches,
        ticket: Vec::new(),
        options: std::collections::BTreeMap::new(),
        resume: None,
    }
}

/// Frames before the hello: pings, perhaps.
const FRAMES_BEFORE_HELLO: u32 = 8;
const STOPPING: &str = "the server shuts down: it may be back soon";
const HELLO_READ_BYTES: usize = 4 * 1_024;
const EARLY: &str = "a client waits for the welcome before it sends anything else";
