//! What a scene costs: a real room and its clients, tick by tick, every frame decoded and compared.

use std::collections::BTreeMap;

use tickwire_protocol::game::{Role, schema};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::schema::Shape;
use tickwire_protocol::snapshot::LANE_DEPTH;
use tickwire_protocol::wire::codec::{from_bytes, to_bytes};
use tickwire_server::room::{AnyRoom as _, Outbox, Room, RoomSetup};

use super::client::{Client, Frame};
use super::truth::Truth;
use super::{Complaints, Dump, Run};
use crate::beside::{self, Beside};
use crate::reference::Reference;
use crate::report::Figures;
use crate::scenes::{self, Scene, Sight, Visit};

/// What is played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scene's name.
    pub scene: String,
    /// Clients.
    pub players: u32,
    /// Rows, for scenes that let one choose.
    pub entities: u32,
    /// Ticks that are counted.
    pub ticks: u32,
    /// The room's seed.
    pub seed: u64,
}

/// Ticks that a keyframe may take at the most.
const KEYFRAME_TICKS_MAX: u32 = 600;

/// Clients whose worlds are also written in other formats.
const BESIDE_MAX: usize = 4;

/// Where everybody is sent the same, one client in so many decodes it; the others compare bytes.
const DECODERS: u32 = 25;

/// Plays a scene and counts.
///
/// # Errors
/// Where there is no such scene, or its clients are not let in.
pub fn scene(plan: &Plan, run: &Run) -> anyhow::Result<Figures> {
    scenes::visit(&plan.scene, Counting { plan, run })?
}

struct Counting<'a> {
    plan: &'a Plan,
    run: &'a Run,
}

impl Visit for Counting<'_> {
    type Out = anyhow::Result<Figures>;

    fn visit<G: Scene>(self) -> anyhow::Result<Figures> {
        let mut rig = Rig::<G>::open(self.plan, self.run)?;
        let mut keyframe = Sum::default();
        for _ in 0..KEYFRAME_TICKS_MAX {
            rig.tick(&mut keyframe)?;
            if rig.filled() || rig.closed {
                break;
            }
        }
        for _ in 0..LANE_DEPTH {
            rig.tick(&mut keyframe)?;
        }
        anyhow::ensure!(
            rig.filled() || rig.closed,
            "after {KEYFRAME_TICKS_MAX} ticks the clients still lack rows"
        );
        let mut sum = Sum::default();
        for _ in 0..self.plan.ticks {
            rig.tick(&mut sum)?;
            if rig.closed {
                break;
            }
        }
        Ok(figures(self.plan, &keyframe, &sum))
    }
}

/// What was sent to all clients in some ticks.
#[derive(Clone, Debug, Default)]
struct Sum {
    snapshot: u64,
    private: u64,
    codebook: u64,
    frames: u64,
    client_ticks: u64,
    /// Rows that clients held, added up over client-ticks.
    rows: f64,
    mismatches: u64,
    /// What other formats need, for as many client-ticks.
    beside: beside::Bytes,
    beside_ticks: u64,
    /// What some clients were sent in all, and what that would have been with the reference coder.
    referred: [u64; 2],
    referred_ticks: u64,
}

impl Sum {
    /// Notes a frame of a client that has a reference coder; codebooks it needs none.
    fn refer(&mut self, frame: Frame, bytes: usize, reference: usize) {
        let [ours, theirs] = &mut self.referred;
        let (mine, others) = match frame {
            Frame::Snapshot => (bytes, reference),
            Frame::Codebook => (bytes, 0),
            Frame::Private => (bytes, bytes),
            Frame::Welcome | Frame::Other => (0, 0),
        };
        *ours += mine as u64;
        *theirs += others as u64;
    }
}

fn figures(plan: &Plan, keyframe: &Sum, sum: &Sum) -> Figures {
    let per = |bytes: u64| bytes as f64 / sum.client_ticks.max(1) as f64;
    let rows = sum.rows / sum.client_ticks.max(1) as f64;
    let clients = f64::from(plan.players.max(1));
    let total = sum.snapshot + sum.private + sum.codebook;
    let mut figures = Figures::new();
    figures.set("scene", plan.scene.as_str());
    figures.set("frames", plan.ticks);
    figures.round("bytes_per_client_tick", per(total), 2);
    figures.round("bytes_per_entity_tick", per(total) / rows.max(1.0), 4);
    figures.round("keyframe_bytes", (keyframe.snapshot + keyframe.private) as f64 / clients, 1);
    figures.round("codebook_bytes", (sum.codebook + keyframe.codebook) as f64 / clients, 1);
    figures.set("mismatches", sum.mismatches + keyframe.mismatches);
    figures.set("players", plan.players);
    figures.round("rows_per_client", rows, 2);
    figures.round("snapshot_bytes_per_client_tick", per(sum.snapshot), 2);
    figures.round("private_bytes_per_client_tick", per(sum.private), 2);
    figures.round("frames_per_client_tick", per(sum.frames), 3);
    if sum.beside_ticks > 0 {
        sum.beside.figures(sum.beside_ticks as f64, &mut figures);
    }
    if sum.referred_ticks > 0 {
        let [ours, theirs] = sum.referred.map(|bytes| bytes as f64);
        figures.round("reference_bytes_per_client_tick", theirs / sum.referred_ticks as f64, 2);
        figures.round("reference_ratio", ours / theirs.max(1.0), 4);
    }
    figures
}

/// A room and its clients, without anything between them.
struct Rig<G: Scene> {
    room: Room<G>,
    clients: Vec<Client>,
    truth: Truth,
    out: Outbox,
    sabotage: bool,
    /// A client that understands nothing any more was closed.
    closed: bool,
    complaints: Complaints,
}

impl<G: Scene> Rig<G> {
    fn open(plan: &Plan, run: &Run) -> anyhow::Result<Rig<G>> {
        let mut setup = RoomSetup::of::<G>("bytes", plan.seed);
        setup.options = scenes::options(plan.entities);
        setup.rules.players_max = setup.rules.players_max.max(plan.players);
        let schema = schema::<G>();
        let mut room = Room::<G>::open(setup);
        let mut clients = Vec::new();
        for seat in 0..plan.players {
            let decodes = G::SIGHT != Sight::Everything || schema.event != Shape::Never || seat % DECODERS == 0;
            let role = if seat < G::SEATS { G::ROLE } else { Role::Watches };
            let mut client = Client::new(&schema, seat, decodes, role);
            if let Some(folder) = run.dump.as_ref().filter(|_| decodes) {
                client.dump = Some(Dump::begin(folder, &format!("client-{}", seat + 1), &schema)?);
            }
            if run.beside && decodes && (seat as usize) < BESIDE_MAX {
                client.beside = Some(Beside::new(&schema)?);
            }
            if run.reference && decodes && (seat as usize) < BESIDE_MAX {
                client.reference = Some(Reference::default());
            }
            client.join(&mut room);
            clients.push(client);
        }
        Ok(Rig {
            room,
            clients,
            truth: Truth::new(&schema, G::SIGHT),
            out: Outbox::default(),
            sabotage: run.sabotage,
            closed: false,
            complaints: Complaints::default(),
        })
    }

    /// One tick: inputs and requests go in, frames come out and are decoded.
    fn tick(&mut self, sum: &mut Sum) -> anyhow::Result<()> {
        let tick = self.room.newest().next();
        for client in &mut self.clients {
            if let Some(player) = client.player {
                let input = G::bot(self.room.world(), player, tick);
                let ask = G::ask(self.room.world(), player, tick);
                client.act::<G>(&mut self.room, &input, ask.as_ref());
            }
        }
        let mut out = std::mem::take(&mut self.out);
        self.room.tick(&mut out);
        self.answer(&out);
        let result = self.deliver(&out, sum);
        self.out = out;
        result
    }

    /// What the process around the room was told is answered at once.
    fn answer(&mut self, out: &Outbox) {
        for told in &out.outside {
            let event = from_bytes::<G::Event>(&out.bytes[told.clone()], MESSAGE_BYTES_MAX).ok();
            if let Some(request) = event.and_then(G::answer) {
                let mut bytes = Vec::new();
                to_bytes(&request, &mut bytes);
                self.room.answer(&bytes);
            }
        }
    }

    fn deliver(&mut self, out: &Outbox, sum: &mut Sum) -> anyhow::Result<()> {
        if let Some(close) = out.closes.first() {
            if self.sabotage {
                self.closed = true;
                return Ok(());
            }
            anyhow::bail!("the room closed a client with {}: {}", close.code.code(), close.reason);
        }
        let now = self.room.newest();
        let mut shared: BTreeMap<_, &[u8]> = BTreeMap::new();
        for write in &out.writes {
            let Some(client) = self.clients.get_mut(write.conn.0 as usize) else { continue };
            for range in &write.frames {
                let bytes = &out.bytes[range.clone()];
                let Some(frame) = Frame::of(bytes) else { continue };
                match frame {
                    Frame::Snapshot => sum.snapshot += bytes.len() as u64,
                    Frame::Private => sum.private += bytes.len() as u64,
                    Frame::Codebook => sum.codebook += bytes.len() as u64,
                    Frame::Welcome | Frame::Other => {}
                }
                sum.frames += u64::from(frame == Frame::Snapshot);
                let sabotage = self.sabotage && frame == Frame::Snapshot;
                sum.mismatches += u64::from(!client.receive(now, frame, bytes, sabotage, &mut self.complaints)?);
                if frame == Frame::Welcome {
                    sum.codebook += client.welcome_book as u64;
                }
                if client.reference.is_some() {
                    sum.refer(frame, bytes.len(), client.reference_bytes);
                }
                if frame == Frame::Snapshot && G::SIGHT == Sight::Everything {
                    // Whoever holds the same is sent the same, byte for byte: then one who decodes it stands for all.
                    let from = client.made_from(now);
                    sum.mismatches += u64::from(*shared.entry(from).or_insert(bytes) != bytes);
                }
            }
        }
        self.compare(sum)
    }

    fn compare(&mut self, sum: &mut Sum) -> anyhow::Result<()> {
        let (mut rows, mut decoders) = (0, 0);
        let Some(room) = self.room.history().newest() else { return Ok(()) };
        sum.referred_ticks += self.clients.iter().filter(|client| client.reference.is_some()).count() as u64;
        for client in &mut self.clients {
            let (Some(player), true) = (client.player, client.decodes()) else { continue };
            sum.beside_ticks += u64::from(client.stand_beside(&mut sum.beside)?);
            let Some(held) = client.held() else { continue };
            // A newcomer's next part may wait for its turn: until then it holds an older world.
            if client.filling && held.tick != room.tick {
                continue;
            }
            let eye = G::eye(self.room.world(), player);
            let wrong = self.truth.wrong(room, held, player, eye, client.filling);
            rows += held.kinds.iter().map(|kind| kind.alive.len()).sum::<usize>();
            decoders += 1;
            for wrong in &wrong {
                let id = wrong.id;
                self.complaints.add(|| format!("{player}: row {} of kind {} {}", id.slot, id.kind.0, wrong.what));
            }
            sum.mismatches += u64::from(!wrong.is_empty());
        }
        sum.client_ticks += self.clients.len() as u64;
        sum.rows += self.clients.len() as f64 * rows as f64 / f64::from(decoders.max(1));
        Ok(())
    }

    /// Whether everybody is in, and every client that decodes has all that it may see.
    fn filled(&self) -> bool {
        self.clients.iter().all(|client| client.player.is_some() && !client.filling)
    }
}
