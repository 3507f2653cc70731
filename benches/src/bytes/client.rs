//! A client that is nothing but the wire: hello, inputs, acknowledgements; decodes what it is sent, or not.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tickwire_protocol::game::{Game, Role};
use tickwire_protocol::id::{InputSeq, PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{LANE_DEPTH, Replica};
use tickwire_protocol::wire::codec::to_bytes;
use tickwire_protocol::wire::{
    Hello, InputFrame, InputLayout, InputRun, Request, ServerFrame, VERSION, client, server,
};
use tickwire_protocol::world::Input as _;
use tickwire_server::room::{AnyRoom, ConnId};

use super::{Complaints, Dump, received};
use crate::beside::{self, Beside};
use crate::reference::Reference;

/// What a frame from the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Welcome,
    Private,
    Snapshot,
    Codebook,
    Other,
}

impl Frame {
    /// By its first byte; `None` where there is none.
    pub(super) fn of(bytes: &[u8]) -> Option<Frame> {
        Some(match *bytes.first()? {
            server::WELCOME => Frame::Welcome,
            server::PRIVATE => Frame::Private,
            server::SNAPSHOT => Frame::Snapshot,
            server::CODEBOOK => Frame::Codebook,
            _ => Frame::Other,
        })
    }
}

/// Within so many ticks a client has all that it may see, whatever is sent in parts.
const FILLING_TICKS_MAX: u32 = 32;

pub(super) struct Client {
    conn: ConnId,
    hello: Hello,
    layout: InputLayout,
    /// Who it is, once it is welcome.
    pub(super) player: Option<PlayerId>,
    replica: Option<Replica>,
    /// Rows are still entering.
    pub(super) filling: bool,
    pub(super) dump: Option<Dump>,
    /// The same worlds in other formats.
    pub(super) beside: Option<Beside>,
    /// The same frames by the reference coder.
    pub(super) reference: Option<Reference>,
    /// Bytes of the last snapshot by that.
    pub(super) reference_bytes: usize,
    /// Bytes of the codebook that came with its welcome.
    pub(super) welcome_book: usize,
    seq: InputSeq,
    asked: u32,
    tick: Tick,
    lane: [Tick; LANE_DEPTH],
    /// Its first snapshot.
    since: Tick,
    event: u32,
    buffer: Vec<u8>,
}

impl Client {
    pub(super) fn new(schema: &Schema, seat: u32, decodes: bool, role: Role) -> Client {
        let hello = Hello {
            version: VERSION,
            schema_hash: schema.hash(),
            room: String::new(),
            name: format!("player {}", seat + 1),
            role,
            ticket: Vec::new(),
            options: BTreeMap::new(),
            resume: None,
        };
        Client {
            conn: ConnId(seat),
            hello,
            layout: InputLayout::new(&schema.input),
            player: None,
            replica: decodes.then(|| Replica::new(schema)),
            filling: decodes,
            dump: None,
            beside: None,
            reference: None,
            reference_bytes: 0,
            welcome_book: 0,
            seq: InputSeq::NONE,
            asked: 0,
            tick: Tick::NONE,
            lane: [Tick::NONE; LANE_DEPTH],
            since: Tick::NONE,
            event: 0,
            buffer: Vec::new(),
        }
    }

    pub(super) fn join(&self, room: &mut impl AnyRoom) {
        let mut token = [0; 16];
        token[..4].copy_from_slice(&self.conn.0.to_le_bytes());
        room.join(self.conn, self.hello.clone(), token);
    }

    /// Notes that a snapshot of the tick `now` came; says what it was made from: the last ticks that came before it,
    /// and as long as rows may still have been entering at one of those, for whom, since each has its own part of a
    /// tick's rows that enter.
    pub(super) fn made_from(&mut self, now: Tick) -> ([Tick; LANE_DEPTH], Option<ConnId>) {
        let before = self.lane;
        self.lane.rotate_right(1);
        if let Some(newest) = self.lane.first_mut() {
            *newest = now;
        }
        if self.since == Tick::NONE {
            self.since = now;
        }
        let fills = now.since(self.since) < FILLING_TICKS_MAX;
        (before, fills.then_some(self.conn))
    }

    pub(super) fn decodes(&self) -> bool {
        self.replica.is_some()
    }

    /// What it holds.
    pub(super) fn held(&self) -> Option<&Image> {
        self.replica.as_ref().and_then(Replica::newest)
    }

    /// Writes what it holds in other formats as well. Says whether it does that.
    ///
    /// # Errors
    /// Where one of them refuses.
    pub(super) fn stand_beside(&mut self, sum: &mut beside::Bytes) -> anyhow::Result<bool> {
        let Some((beside, held)) = self.beside.as_mut().zip(self.replica.as_ref().and_then(Replica::newest))
        else {
            return Ok(false);
        };
        beside.tick(held, sum).map(|()| true)
    }

    /// Sends the input of a tick, with what was received so far, and perhaps a request.
    pub(super) fn act<G: Game>(&mut self, room: &mut impl AnyRoom, input: &G::Input, ask: Option<&G::Request>) {
        let plays = self.hello.role == Role::Plays && !self.layout.is_empty();
        let mut values = vec![0; self.layout.len()];
        input.pack(&mut values);
        let mut frame = InputFrame {
            held: self.tick,
            event: self.event,
            drawn: self.tick.0 * 16,
            first: self.seq.next(),
            runs: Vec::new(),
        };
        if plays {
            frame.runs.push(InputRun { count: 1, values });
            self.seq = self.seq.next();
        }
        self.buffer.clear();
        client::encode_input(&self.layout, &frame, &mut self.buffer);
        room.frame(self.conn, &self.buffer);
        if let Some(ask) = ask {
            self.asked += 1;
            let mut bytes = Vec::new();
            to_bytes(ask, &mut bytes);
            self.buffer.clear();
            client::encode_request(&Request { number: self.asked, bytes }, &mut self.buffer);
            room.frame(self.conn, &self.buffer);
        }
    }

    /// Takes a frame of the tick `now`. Says whether it was what it should be.
    ///
    /// # Errors
    /// Where the client is not let in, or the disk is full.
    pub(super) fn receive(
        &mut self,
        now: Tick,
        frame: Frame,
        bytes: &[u8],
        sabotage: bool,
        complaints: &mut Complaints,
    ) -> anyhow::Result<bool> {
        if let (Some(dump), true) = (&mut self.dump, self.replica.is_some()) {
            dump.frame(bytes)?;
        }
        match frame {
            Frame::Welcome => return self.welcome(bytes).map(|()| true),
            Frame::Other => {
                anyhow::bail!("{} is sent {:?}", self.hello.name, ServerFrame::decode(bytes))
            }
            Frame::Private | Frame::Snapshot | Frame::Codebook => {}
        }
        let Some(replica) = &mut self.replica else {
            self.tick = now;
            return Ok(true);
        };
        let bytes = received(bytes, sabotage);
        let mut referred = true;
        let arrival = match self.reference.as_mut().filter(|_| frame == Frame::Snapshot) {
            None => replica.receive(&bytes),
            Some(reference) => replica.receive_noting(&bytes).map(|(arrival, symbols)| {
                let coded = reference.frame(&bytes, &symbols);
                (self.reference_bytes, referred) = (coded.bytes, coded.same);
                arrival
            }),
        };
        let arrival = match arrival {
            Ok(Some(arrival)) => arrival,
            Ok(None) => return Ok(true),
            Err(error) => {
                complaints.add(|| format!("{}: {now}: {error}", self.hello.name));
                return Ok(false);
            }
        };
        self.tick = arrival.tick;
        self.event = arrival.private.events.last().map_or(self.event, |event| event.number);
        if let (true, Some(dump)) = (arrival.snapshot, &mut self.dump) {
            dump.hash(arrival.tick, replica.hash())?;
        }
        if arrival.snapshot {
            let held = replica.newest().map_or(0, |image| image.kinds.iter().map(|kind| kind.alive.len()).sum());
            self.filling &= arrival.entered.len() * 4 >= held && held > 0;
        }
        Ok(arrival.hash_ok != Some(false) && referred)
    }

    fn welcome(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let ServerFrame::Welcome(welcome) = ServerFrame::decode(bytes).context("the welcome does not decode")?
        else {
            anyhow::bail!("a welcome is no welcome");
        };
        self.player = Some(welcome.player);
        self.welcome_book = welcome.codebook.len();
        self.replica = self.replica.take().map(|replica| replica.of(welcome.player));
        if let Some(replica) = &mut self.replica {
            replica.codebook(&welcome.codebook)?;
        }
        Ok(())
    }
}
