//! What a recording costs: coded with a lag, decoded, compared.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tickwire_protocol::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, Visible};

use super::{Dump, Run, received};
use crate::beside::{self, Beside};
use crate::reference::Reference;
use crate::report::Figures;
use crate::sets::{self, Layout, Set};

/// Frames before the first that is scored: with a lag of six, the first that has a base.
const UNSCORED: usize = 6;

/// Codes frame i knowing frames i − lag, i − 2 lag and i − 3 lag only.
///
/// # Errors
/// Where the file cannot be read, or a frame that was just encoded does not decode.
pub fn recording(path: &Path, layout: Layout, lag: usize, run: &Run) -> anyhow::Result<Figures> {
    let set = sets::read(path, layout)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let scored = set.frames.len().saturating_sub(UNSCORED);
    anyhow::ensure!(
        lag >= 1 && scored > 0,
        "{name} has {} frames, and {UNSCORED} are not scored",
        set.frames.len()
    );
    let mut score = Score::default();
    let mut tape = Tape::new(&set, lag, run)?;
    for at in 0..set.frames.len() {
        let frame = tape.next(&set, at)?;
        if at >= UNSCORED {
            score.bytes += frame.bytes;
            score.header += frame.header;
            score.beside.add(&frame.beside);
            score.reference += frame.reference;
        }
        score.codebook += frame.codebook;
        score.mismatches += u64::from(!frame.same);
    }
    let per_frame = |bytes: usize| bytes as f64 / scored as f64;
    let coded = score.bytes - score.header + score.codebook;
    let mut figures = Figures::new();
    figures.set("data", name);
    figures.set("lag", lag);
    figures.set("frames", scored);
    figures.set("entities", set.entities);
    figures.round("bytes_per_frame", per_frame(score.bytes + score.codebook), 2);
    figures.round("header_bytes_per_frame", per_frame(score.header), 3);
    figures.round("bits_per_entity_tick", per_frame(coded) * 8.0 / set.entities as f64, 4);
    figures.set("codebook_bytes", score.codebook);
    figures.set("mismatches", score.mismatches);
    if run.beside {
        score.beside.figures(scored as f64, &mut figures);
    }
    if run.reference {
        let rest = score.reference.saturating_sub(score.header);
        figures.round("reference_bytes_per_frame", per_frame(score.reference), 2);
        figures.round("reference_bits_per_entity_tick", per_frame(rest) * 8.0 / set.entities as f64, 4);
        figures.round("reference_ratio", coded as f64 / rest.max(1) as f64, 4);
    }
    Ok(figures)
}

#[derive(Default)]
struct Score {
    bytes: usize,
    header: usize,
    codebook: usize,
    mismatches: u64,
    beside: beside::Bytes,
    reference: usize,
}

/// What one frame of a recording came to.
struct Coded {
    bytes: usize,
    header: usize,
    codebook: usize,
    same: bool,
    /// The same in other formats.
    beside: beside::Bytes,
    /// Bytes of the frame by the reference coder.
    reference: usize,
}

/// A recording being sent: as many chains of snapshots as the lag is long, each made from its own last.
struct Tape {
    room: Side,
    chains: Vec<Chain>,
    /// The same ticks of a world without rows: what a frame costs before it says anything.
    empty: Side,
    bare: Vec<Chain>,
    visible: Arc<Visible>,
    enters: Vec<EntityId>,
    sabotage: bool,
    /// One for all chains: it knows more than a client would.
    reference: Option<Reference>,
}

/// The sender's half.
struct Side {
    schema: Schema,
    history: History,
    encoder: Encoder,
    out: Vec<u8>,
}

/// One receiver.
struct Chain {
    ledger: Ledger,
    replica: Replica,
    dump: Option<Dump>,
    beside: Option<Beside>,
}

impl Tape {
    fn new(set: &Set, lag: usize, run: &Run) -> anyhow::Result<Tape> {
        let chain = |(at, schema): (usize, &Schema)| -> anyhow::Result<Chain> {
            let dump = run.dump.as_ref().map(|folder| Dump::begin(folder, &format!("chain-{at}"), schema));
            let beside = run.beside.then(|| Beside::new(schema)).transpose()?;
            Ok(Chain { ledger: Ledger::new(), replica: Replica::new(schema), dump: dump.transpose()?, beside })
        };
        let bare =
            |_| Chain { ledger: Ledger::new(), replica: Replica::new(&set.schema), dump: None, beside: None };
        Ok(Tape {
            room: Side::new(&set.schema),
            chains: (0..lag).map(|at| (at, &set.schema)).map(chain).collect::<anyhow::Result<_>>()?,
            empty: Side::new(&set.schema),
            bare: (0..lag).map(bare).collect(),
            visible: Arc::new(Visible { everything: true, ..Visible::default() }),
            enters: (0..set.entities as u32).map(|slot| EntityId { kind: KindId(0), slot }).collect(),
            sabotage: run.sabotage,
            reference: run.reference.then(Reference::default),
        })
    }

    /// Sends one frame over the chain whose turn it is.
    fn next(&mut self, set: &Set, at: usize) -> anyhow::Result<Coded> {
        let row = set.frames.get(at).context("the recording ended")?;
        let tick = Tick(at as u32 + 1);
        let turn = at % self.chains.len();
        self.empty.tick(tick, 0, &[]);
        let bare = self.bare.get_mut(turn).context("no such chain")?;
        let header = self.empty.send(&mut bare.ledger, &self.visible, &[]).1.len();
        self.room.tick(tick, set.entities, row);
        let chain = self.chains.get_mut(turn).context("no such chain")?;
        let enters: &[EntityId] = if chain.ledger.held().is_some() { &[] } else { &self.enters };
        let (codebook, frame) = self.room.send(&mut chain.ledger, &self.visible, enters);
        let (mut same, mut reference) = (true, 0);
        for range in [&codebook, &frame] {
            let bytes = &self.room.out[range.clone()];
            if bytes.is_empty() {
                continue;
            }
            let received = received(bytes, self.sabotage);
            match self.reference.as_mut().filter(|_| range == &frame) {
                None => same &= chain.replica.receive(&received).is_ok(),
                Some(coder) => {
                    let noted = chain.replica.receive_noting(&received);
                    let coded = noted.ok().map(|(_, symbols)| coder.frame(&received, &symbols));
                    same &= coded.is_some_and(|coded| coded.same);
                    reference += coded.map_or(0, |coded| coded.bytes);
                }
            }
            chain.dump.as_mut().map(|dump| dump.frame(bytes)).transpose()?;
        }
        if let Some(dump) = &mut chain.dump {
            dump.hash(tick, chain.replica.hash())?;
        }
        same &= chain.replica.newest() == self.room.history.newest();
        let mut beside = beside::Bytes::default();
        if let (Some(formats), Some(held)) = (&mut chain.beside, chain.replica.newest()) {
            formats.tick(held, &mut beside)?;
        }
        Ok(Coded {
            bytes: frame.len(),
            header,
            // A client has one chain and is sent a book once; the other chains stand in for frames on their way.
            codebook: if turn == 0 { codebook.len() } else { 0 },
            same,
            beside,
            reference,
        })
    }
}

impl Side {
    fn new(schema: &Schema) -> Side {
        let encoder = Encoder::new(schema);
        Side { schema: schema.clone(), history: History::new(), encoder, out: Vec::new() }
    }

    /// Makes the image of a tick.
    fn tick(&mut self, tick: Tick, rows: usize, row: &[i32]) {
        let mut image = self.history.draft(&self.schema);
        image.tick = tick;
        fill(&mut image, rows, row);
        self.history.push(image);
        self.encoder.begin();
        self.out.clear();
    }

    /// Codes it for one receiver: the ranges of the codebook part and of the snapshot.
    fn send(
        &mut self,
        ledger: &mut Ledger,
        visible: &Arc<Visible>,
        enters: &[EntityId],
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let codebook = self.encoder.codebook(ledger, &mut self.out);
        let encoded = self.encoder.shared(&self.history, ledger, visible, enters, Due::ALL, &mut self.out);
        ledger.written(encoded.held);
        ledger.acknowledged(self.history.newest().map_or(Tick::NONE, |image| image.tick));
        (codebook, encoded.frame)
    }
}

/// Writes the components of every row, row after row, into the only kind of an image.
fn fill(image: &mut Image, rows: usize, row: &[i32]) {
    let Some(kind) = image.kinds.first_mut() else { return };
    let components = kind.columns.len();
    for (slot, values) in (0..rows as u32).zip(row.chunks(components.max(1))) {
        if !kind.alive.contains(slot) {
            kind.insert(slot, PlayerId::NOBODY, 1);
        }
        for (component, &value) in values.iter().enumerate() {
            kind.set_value(component, slot, value);
        }
    }
}
