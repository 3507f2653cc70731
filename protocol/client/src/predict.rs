//! Own rows, and rows of `predicted` kinds, ahead of what the server has told.
//!
//! The truth at the seq that the server consumed, then the game's `drive`, `advance` and settling for every later
//! input: the same code on the same integers as on the server, so that nothing differs unless something touched it.

use std::collections::VecDeque;

use rand_pcg::Pcg32;
use tickwire_protocol::game::{Game, drive_and_advance};
use tickwire_protocol::id::{EntityId, InputSeq, KindId, PlayerId, Tick};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::limits::PREDICT_TICKS_MAX;
use tickwire_protocol::world::{Input as _, World as _};

use crate::inputs::Inputs;
use crate::paint::Own;
use crate::sorted::Sorted;

/// The part of a game that prediction runs, without its types.
pub(crate) trait Simulate: Send {
    /// Begins with an empty world.
    fn reset(&mut self);
    /// Makes the world that of the image.
    fn restore(&mut self, image: &Image);
    /// Runs one tick with this input of `me`, and writes what changed into `image`, which is that of the tick before.
    /// Every row that `me` spawned is handed to `spawned`, in order.
    fn step(
        &mut self,
        me: PlayerId,
        input: &[i32],
        tick: Tick,
        image: &mut Image,
        spawned: &mut dyn FnMut(EntityId),
    );
}

/// The world of a game, to be predicted in.
pub(crate) struct Simulation<G: Game> {
    pub(crate) world: G::World,
}

impl<G: Game> Simulate for Simulation<G> {
    fn reset(&mut self) {
        self.world = G::World::default();
    }

    fn restore(&mut self, image: &Image) {
        self.world.restore(image);
    }

    fn step(
        &mut self,
        me: PlayerId,
        input: &[i32],
        tick: Tick,
        image: &mut Image,
        spawned: &mut dyn FnMut(EntityId),
    ) {
        let input = G::Input::unpack(input);
        let inputs = core::iter::once((me, &input));
        drive_and_advance::<G>(&mut self.world, inputs, tick, |_, id| spawned(id));
        self.world.settle(image);
        image.tick = tick;
    }
}

/// What was predicted for each seq, and the newest predicted worlds.
pub(crate) struct Predictor {
    simulation: Box<dyn Simulate>,
    me: PlayerId,
    /// The truth that the prediction stands on; no seq before the first was consumed.
    base: Option<(Tick, InputSeq)>,
    seq: InputSeq,
    now: Image,
    /// What the tick after `now` will be if the controls stay as they are: what is drawn lies between the two.
    ahead: Image,
    ahead_input: Option<Vec<i32>>,
    /// Rows of `me` as predicted for each seq not yet consumed, oldest first: as they were shown when its input was made.
    ///
    /// A later replay does not change them, else each would be compared with a prediction from the tick before. Only a
    /// difference that was found and counted does.
    records: VecDeque<Record>,
    spawns: Spawns,
    pub(crate) predicted: u64,
    pub(crate) replayed: u64,
    pub(crate) snaps: u64,
}

/// Own rows as predicted for one seq.
#[derive(Default)]
struct Record {
    seq: InputSeq,
    rows: Vec<EntityId>,
    values: Vec<i32>,
}

/// A row that differs from what was predicted, and how its integers were predicted.
pub(crate) struct Differs {
    pub(crate) entity: EntityId,
    pub(crate) predicted: Vec<i32>,
}

impl Predictor {
    pub(crate) fn new(simulation: Box<dyn Simulate>) -> Predictor {
        Predictor {
            simulation,
            me: PlayerId::NOBODY,
            base: None,
            seq: InputSeq::NONE,
            now: Image::default(),
            ahead: Image::default(),
            ahead_input: None,
            records: VecDeque::new(),
            spawns: Spawns::default(),
            predicted: 0,
            replayed: 0,
            snaps: 0,
        }
    }

    /// Begins again from nothing, as `me`.
    pub(crate) fn begin(&mut self, me: PlayerId) {
        self.me = me;
        self.stop();
    }

    /// Nothing is predicted until the next truth.
    pub(crate) fn stop(&mut self) {
        self.base = None;
        self.records.clear();
        self.spawns = Spawns::default();
        self.ahead_input = None;
    }

    /// Whether there is anything predicted to draw.
    pub(crate) fn is_running(&self) -> bool {
        self.base.is_some()
    }

    /// The world predicted for the newest input.
    pub(crate) fn now(&self) -> Option<&Image> {
        self.base.map(|_| &self.now)
    }

    /// What is to be drawn, `part` of the way from the newest input's world to the next one's, for which
    /// [`Predictor::look_ahead`] was called.
    pub(crate) fn own(&self, part: f64) -> Option<Own<'_>> {
        self.base?;
        Some(Own { me: self.me, now: &self.now, ahead: &self.ahead, part, spawns: &self.spawns })
    }

    /// The newest seq that the server is known to have consumed.
    pub(crate) fn consumed(&self) -> InputSeq {
        self.base.map_or(InputSeq::NONE, |(_, seq)| seq)
    }

    /// The server says which real rows came of which spawns.
    pub(crate) fn confirmed(&mut self, spawned: &[(InputSeq, u32, EntityId)]) {
        self.spawns.confirmed(spawned);
    }

    /// What names provisional rows, and real ones that were predicted.
    pub(crate) fn spawns(&self) -> &Spawns {
        &self.spawns
    }

    /// The truth of `image` for `seq`: says which own rows differ from what was predicted for it, and predicts all
    /// later inputs again.
    pub(crate) fn reconcile(&mut self, image: &Image, tick: Tick, seq: InputSeq, inputs: &Inputs) -> Vec<Differs> {
        let differs = self.differs(image, seq);
        self.records.retain(|record| record.seq > seq);
        self.base = Some((tick, seq));
        self.now.copy_from(image);
        self.now.tick = tick;
        self.ahead_input = None;
        self.simulation.restore(image);
        self.spawns.replay(seq, image);
        let target = inputs.latest().max(seq);
        if target.since(seq) as usize > PREDICT_TICKS_MAX {
            self.snaps += 1;
            self.seq = target;
            return differs;
        }
        let mut at = seq;
        while at < target {
            at = at.next();
            self.step(at, inputs.at(at));
            if !differs.is_empty() || self.records.iter().all(|record| record.seq != at) {
                self.record(at);
            }
            self.replayed += 1;
        }
        self.seq = target;
        differs
    }

    /// The next input was made: predicts its tick. Beyond the bound nothing moves until the server is heard again.
    pub(crate) fn advance(&mut self, seq: InputSeq, input: &[i32]) {
        let Some((_, base)) = self.base else { return };
        if seq.since(base) as usize > PREDICT_TICKS_MAX {
            if self.seq.next() == seq && seq.since(base) as usize == PREDICT_TICKS_MAX + 1 {
                self.snaps += 1;
            }
            self.seq = seq;
            return;
        }
        self.look_ahead(input);
        core::mem::swap(&mut self.now, &mut self.ahead);
        self.ahead_input = None;
        self.seq = seq;
        self.spawns.settle(seq);
        self.record(seq);
        self.predicted += 1;
    }

    /// Runs so many ticks of inputs from `random` on from `image`; folds the hashes of all of them into one.
    pub(crate) fn replay(&mut self, image: &Image, inputs: &Inputs, ticks: u32, random: &mut Pcg32) -> u64 {
        let mut image = image.clone();
        // The slots of what is spawned depend on what was spawned before.
        self.simulation.reset();
        self.simulation.restore(&image);
        let mut hash = 0;
        for _ in 0..ticks {
            let input = inputs.random(random);
            let tick = image.tick.next();
            self.simulation.step(self.me, &input, tick, &mut image, &mut |_| {});
            hash = image.kinds.iter().fold(hash, fold);
        }
        self.stop();
        hash
    }

    /// Makes `ahead` the tick after `now` under this input, unless it is already.
    pub(crate) fn look_ahead(&mut self, input: &[i32]) {
        if self.base.is_none() || self.ahead_input.as_deref() == Some(input) {
            return;
        }
        if self.ahead_input.is_some() {
            // The world is a tick ahead, under another input.
            self.simulation.restore(&self.now);
        }
        let (seq, tick) = (self.seq.next(), self.now.tick.next());
        let (me, spawns) = (self.me, &mut self.spawns);
        self.ahead.copy_from(&self.now);
        spawns.begin(seq);
        self.simulation.step(me, input, tick, &mut self.ahead, &mut |id| spawns.note(seq, id));
        self.ahead_input = Some(input.to_vec());
    }

    fn step(&mut self, seq: InputSeq, input: &[i32]) {
        let (me, spawns, tick) = (self.me, &mut self.spawns, self.now.tick.next());
        spawns.begin(seq);
        self.simulation.step(me, input, tick, &mut self.now, &mut |id| spawns.note(seq, id));
        self.spawns.settle(seq);
    }

    fn record(&mut self, seq: InputSeq) {
        let at = self.records.partition_point(|record| record.seq < seq);
        if self.records.get(at).is_none_or(|record| record.seq != seq) {
            self.records.insert(at, Record { seq, ..Record::default() });
        }
        let Some(record) = self.records.get_mut(at) else { return };
        record.rows.clear();
        record.values.clear();
        for (kind, rows) in (0u8..).map(KindId).zip(&self.now.kinds) {
            for slot in rows.alive.iter().filter(|&slot| owner(rows, slot) == self.me) {
                let entity = EntityId { kind, slot };
                if !self.spawns.is_provisional(entity) {
                    record.rows.push(entity);
                    record.values.extend(rows.columns.iter().filter_map(|column| column.get(slot as usize)));
                }
            }
        }
    }

    fn differs(&self, image: &Image, seq: InputSeq) -> Vec<Differs> {
        let mut differs = Vec::new();
        let Some(record) = self.records.iter().find(|record| record.seq == seq) else { return differs };
        let mut values = record.values.as_slice();
        for &entity in &record.rows {
            let Some(rows) = image.kind(entity.kind) else { continue };
            let Some((predicted, rest)) = values.split_at_checked(rows.columns.len()) else { break };
            values = rest;
            let there = rows.alive.contains(entity.slot) && owner(rows, entity.slot) == self.me;
            let truth = rows.columns.iter().filter_map(|column| column.get(entity.slot as usize));
            if there && !truth.eq(predicted) {
                differs.push(Differs { entity, predicted: predicted.to_vec() });
            }
        }
        differs
    }
}

/// Whose row it is.
pub(crate) fn owner(rows: &KindImage, slot: u32) -> PlayerId {
    rows.owner.get(slot as usize).copied().unwrap_or_default()
}

/// Mixes every integer of every row into a hash.
fn fold(hash: u64, rows: &KindImage) -> u64 {
    let mix = |hash: u64, n: u32| (hash ^ u64::from(n)).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
    rows.alive.iter().fold(hash, |hash, slot| {
        let values = rows.columns.iter().filter_map(|column| column.get(slot as usize));
        values.fold(mix(hash, slot), |hash, value| mix(hash, *value as u32))
    })
}

/// Rows that own inputs have spawned: by the seq and the how-many-th spawn of it, which both ends can name.
#[derive(Default)]
pub(crate) struct Spawns {
    /// The name that each predicted spawn has on the screen.
    names: Sorted<(InputSeq, u32), u32>,
    named: u32,
    /// Where predicted spawns are in the newest replay.
    provisional: Sorted<EntityId, (InputSeq, u32)>,
    /// How many the seq that is being run has spawned.
    count: u32,
    /// Rows that the server has made of them.
    real: Sorted<EntityId, u32>,
    pub(crate) refused: u64,
}

impl Spawns {
    /// Names of predicted spawns begin here, so that they differ from those of other rows.
    const FIRST_NAME: u32 = 1 << 31;

    /// What the row is called on the screen, where it was predicted.
    pub(crate) fn name(&self, entity: EntityId) -> Option<u32> {
        let provisional = self.provisional.get(&entity).and_then(|spawn| self.names.get(spawn));
        provisional.or_else(|| self.real.get(&entity)).copied()
    }

    /// Whether the row is one that the server has not made yet.
    pub(crate) fn is_provisional(&self, entity: EntityId) -> bool {
        self.provisional.contains(&entity)
    }

    /// The server says which real rows came of which spawns.
    pub(crate) fn confirmed(&mut self, spawned: &[(InputSeq, u32, EntityId)]) {
        for (seq, nth, entity) in spawned {
            if let Some(name) = self.names.remove(&(*seq, *nth)) {
                self.real.insert(*entity, name);
            }
        }
    }

    /// The truth at `seq` is known: what was to be spawned until then is real or refused.
    fn replay(&mut self, seq: InputSeq, image: &Image) {
        let names = self.names.len();
        self.names.retain(|(then, _), _| *then > seq);
        self.refused += (names - self.names.len()) as u64;
        self.provisional.clear();
        self.real.retain(|entity, _| image.contains(*entity));
    }

    fn begin(&mut self, seq: InputSeq) {
        self.count = 0;
        self.provisional.retain(|_, (then, _)| *then != seq);
    }

    fn note(&mut self, seq: InputSeq, entity: EntityId) {
        let spawn = (seq, self.count);
        self.count += 1;
        if !self.names.contains(&spawn) {
            self.names.insert(spawn, Self::FIRST_NAME | self.named);
            self.named = (self.named + 1) % Self::FIRST_NAME;
        }
        self.provisional.insert(entity, spawn);
    }

    /// The tick of `seq` is run: names of spawns that it no longer makes are free.
    fn settle(&mut self, seq: InputSeq) {
        let count = self.count;
        self.names.retain(|(then, nth), _| *then != seq || *nth < count);
    }
}
