//! What coding a tick of `w1` costs in time, beside postcard of the changed fields of the same tick.
//!
//! Both begin with the integers of two ticks and end with those of the later one. All five are done in turn in every
//! tick, so that whatever else the machine does, it does to all of them.

mod plain;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tickwire_protocol::game::schema;
use tickwire_protocol::id::{EntityId, KindId, Tick};
use tickwire_protocol::image::{History, Slots};
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, Visible};
use tickwire_server::room::{AnyRoom as _, Outbox, Room, RoomSetup};

use self::plain::Plain;
use crate::report::Figures;
use crate::scenes::{self, W1};

/// The time of each part of a tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// The lane, once for all, and the frame of the first client; codebooks are learned in it.
    pub encode: Duration,
    /// The frame of another client on the same lane that sees the same rows by a view of its own.
    pub append: Duration,
    /// Reading the first client's frame.
    pub decode: Duration,
    /// Finding what has changed, and writing it with postcard.
    pub postcard_encode: Duration,
    /// Reading that, and putting it in its place.
    pub postcard_decode: Duration,
}

/// A room of `w1`, two clients of it, and the same world in plain structs.
pub struct Bench {
    room: Room<W1>,
    told: Outbox,
    history: History,
    encoder: Encoder,
    shared: Client,
    own: Client,
    replica: Replica,
    out: Vec<u8>,
    plain: Plain,
}

struct Client {
    ledger: Ledger,
    visible: Arc<Visible>,
}

/// Ticks until every row has entered, a codebook was learned and all memory is there.
const WARM_UP: u32 = 400;

impl Bench {
    /// A room of so many rows that has run for a while.
    ///
    /// # Errors
    /// Where something that was written is not read.
    pub fn new(entities: u32) -> anyhow::Result<Bench> {
        let mut setup = RoomSetup::of::<W1>("bench", 7);
        setup.options = scenes::options(entities);
        let all = Visible { everything: true, ..Visible::default() };
        let schema = schema::<W1>();
        let mut bench = Bench {
            room: Room::open(setup),
            told: Outbox::default(),
            history: History::new(),
            encoder: Encoder::new(&schema),
            shared: Client { ledger: Ledger::new(), visible: Arc::new(all) },
            own: Client { ledger: Ledger::new(), visible: Arc::default() },
            replica: Replica::new(&schema),
            out: Vec::new(),
            plain: Plain::default(),
        };
        for _ in 0..WARM_UP {
            bench.tick()?;
        }
        Ok(bench)
    }

    /// Steps the world, which is not timed, and codes it in both ways.
    ///
    /// # Errors
    /// Where something that was written is not read, or not the same.
    pub fn tick(&mut self) -> anyhow::Result<Times> {
        self.room.tick(&mut self.told);
        let image = self.room.history().newest().context("a room without a tick")?;
        self.plain.note(image);
        let slots: Slots = image.kinds.first().map(|kind| kind.alive.clone()).unwrap_or_default();
        if self.own.visible.kinds.first() != Some(&slots) {
            self.own.visible = Arc::new(Visible { kinds: vec![slots], ..Visible::default() });
        }
        self.history.push(image.clone());
        self.encoder.begin();
        let mut times = Times::default();
        (times.encode, times.decode) = self.code()?;
        times.append = self.append();
        (times.postcard_encode, times.postcard_decode) = self.plain.code()?;
        Ok(times)
    }

    fn code(&mut self) -> anyhow::Result<(Duration, Duration)> {
        let enters = self.shared.enters(&self.history);
        self.out.clear();
        let book = self.encoder.codebook(&mut self.shared.ledger, &mut self.out);
        if let Some(part) = self.out.get(book).filter(|part| !part.is_empty()) {
            self.replica.receive(part)?;
        }
        self.out.clear();
        let encode = self.shared.send(&mut self.encoder, &self.history, &enters, &mut self.out);
        let written = Instant::now();
        black_box(self.replica.receive(black_box(&self.out))?);
        let decode = written.elapsed();
        anyhow::ensure!(self.replica.newest() == self.history.newest(), "what was written is not what is read");
        Ok((encode, decode))
    }

    fn append(&mut self) -> Duration {
        let enters = self.own.enters(&self.history);
        self.out.clear();
        self.encoder.codebook(&mut self.own.ledger, &mut self.out);
        self.out.clear();
        let time = self.own.send(&mut self.encoder, &self.history, &enters, &mut self.out);
        black_box(self.out.len());
        time
    }
}

impl Client {
    /// The rows that it does not hold yet.
    fn enters(&self, history: &History) -> Vec<EntityId> {
        let Some(kind) = history.newest().and_then(|image| image.kinds.first()) else { return Vec::new() };
        let held = self.ledger.held();
        if held.is_some_and(|held| held.len() == kind.alive.len()) {
            return Vec::new();
        }
        let ids = kind.alive.iter().map(|slot| EntityId { kind: KindId(0), slot });
        ids.filter(|id| held.is_none_or(|held| !held.contains(*id))).collect()
    }

    /// Appends its frame; says how long that took.
    fn send(
        &mut self,
        encoder: &mut Encoder,
        history: &History,
        enters: &[EntityId],
        out: &mut Vec<u8>,
    ) -> Duration {
        let before = Instant::now();
        let encoded = encoder.shared(history, &self.ledger, &self.visible, enters, Due::ALL, out);
        let time = before.elapsed();
        self.ledger.written(encoded.held);
        self.ledger.acknowledged(history.newest().map_or(Tick::NONE, |image| image.tick));
        time
    }
}

/// The medians of so many ticks, in nanoseconds per entity, and their ratios.
///
/// # Errors
/// As [`Bench::tick`].
pub fn cost(entities: u32, ticks: u32) -> anyhow::Result<Figures> {
    let mut bench = Bench::new(entities)?;
    let times = (0..ticks.max(1)).map(|_| bench.tick()).collect::<anyhow::Result<Vec<Times>>>()?;
    let median = |of: fn(&Times) -> Duration| {
        let mut all: Vec<Duration> = times.iter().map(of).collect();
        let (_, middle, _) = all.select_nth_unstable(times.len() / 2);
        middle.as_nanos() as f64 / f64::from(entities.max(1))
    };
    let [encode, append, decode] = [median(|t| t.encode), median(|t| t.append), median(|t| t.decode)];
    let [write, read] = [median(|t| t.postcard_encode), median(|t| t.postcard_decode)];
    let mut figures = Figures::new();
    figures.set("entities", entities);
    figures.set("ticks", ticks);
    figures.round("encode_ns", encode, 2);
    figures.round("append_ns", append, 2);
    figures.round("decode_ns", decode, 2);
    figures.round("postcard_encode_ns", write, 2);
    figures.round("postcard_decode_ns", read, 2);
    figures.round("encode_ratio", encode / write, 3);
    figures.round("decode_ratio", decode / read, 3);
    Ok(figures)
}
