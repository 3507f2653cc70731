//! A session in its room: the world as it comes, inputs as they go, and what is drawn of both.

use std::collections::VecDeque;

use rand::SeedableRng as _;
use rand_pcg::Pcg32;
use tickwire_protocol::id::{InputSeq, PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Arrival;
use tickwire_protocol::wire::client::encode_input;
use tickwire_protocol::wire::{DecodeError, EventRecord, InputFrame, InputLayout, InputRun, Private};

use crate::arrivals::Arrivals;
use crate::corrections::Corrections;
use crate::held::Held;
use crate::inputs::Inputs;
use crate::netcode::Netcode;
use crate::pacing::{Due, Pacer};
use crate::paint::{Between, Painter, Scene};
use crate::predict::{Predictor, Simulate};
use crate::{Drawn, Micros, Stats};

/// Events that wait to be handed out; a page that never asks for them loses the oldest.
const EVENTS_MAX: usize = 4_096;
/// A page that has not drawn for so long does not look.
const LOOKS: Micros = 500_000;
/// A picture that is older than this, in ticks, is not what the player acts on.
const LOOKED_AT_TICKS: f64 = 6.0;
/// Ticks between the newest input and the one consumed, before anything is known of the way.
const LEAD_FIRST: u32 = 2;

/// What there is between a welcome and the end of a session.
pub(crate) struct Playing {
    pub(crate) me: PlayerId,
    plays: bool,
    tick_us: f64,
    send_every: u32,
    pub(crate) held: Held,
    arrivals: Arrivals,
    pacer: Pacer,
    pub(crate) inputs: Inputs,
    layout: InputLayout,
    predictor: Option<Predictor>,
    painter: Painter,
    events: VecDeque<EventRecord>,
    pub(crate) event: u32,
    lead: u32,
    paused: bool,
    pub(crate) away: bool,
    pub(crate) netcode: Netcode,
    pub(crate) drawn: Drawn,
    drawn_at: Micros,
    scratch: [Drawn; 2],
    pub(crate) corrections: Corrections,
    pub(crate) stats: Stats,
}

/// What a frame from the room asks for.
pub(crate) struct Answer {
    /// The newest request that the room has received.
    pub(crate) request: u32,
    /// The hash differed: a keyframe is wanted.
    pub(crate) resync: bool,
}

impl Playing {
    pub(crate) fn new(schema: &Schema, simulation: Option<Box<dyn Simulate>>) -> Playing {
        let tick_us = 1e6 / f64::from(schema.tick_rate.max(1));
        Playing {
            me: PlayerId::NOBODY,
            plays: false,
            tick_us,
            send_every: schema.send_every,
            held: Held::new(schema),
            arrivals: Arrivals::new(tick_us, schema.send_every),
            pacer: Pacer::new(tick_us),
            inputs: Inputs::new(&schema.input),
            layout: InputLayout::new(&schema.input),
            predictor: simulation.map(Predictor::new),
            painter: Painter::new(schema),
            events: VecDeque::new(),
            event: 0,
            lead: LEAD_FIRST,
            paused: false,
            away: false,
            netcode: Netcode::default(),
            drawn: Drawn::default(),
            drawn_at: 0,
            scratch: Default::default(),
            corrections: Corrections::default(),
            stats: Stats::default(),
        }
    }

    /// A connection begins, or begins again where `known` is the newest seq that the room has consumed.
    pub(crate) fn welcomed(
        &mut self,
        at: Micros,
        held: Held,
        me: PlayerId,
        plays: bool,
        known: Option<InputSeq>,
        codebook: &[u8],
    ) -> Result<(), DecodeError> {
        self.held = held.of(me);
        self.arrivals = Arrivals::new(self.tick_us, self.send_every);
        (self.me, self.plays) = (me, plays && !self.layout.is_empty());
        if known.is_none() {
            self.events.clear();
            self.event = 0;
            self.corrections = Corrections::default();
        }
        match known {
            Some(seq) => self.inputs.begin(seq.after(self.lead).max(self.inputs.latest())),
            None => self.inputs.begin(InputSeq::NONE),
        }
        if let Some(predictor) = &mut self.predictor {
            predictor.begin(me);
        }
        self.painter.forgive();
        self.begin_ticking(at);
        if self.plays && known.is_none() {
            // One input to spare from the start: the first frame carries two.
            self.inputs.commit(at);
        }
        self.held.codebook(codebook)
    }

    /// Somebody looks again: the world comes anew.
    pub(crate) fn begin_ticking(&mut self, at: Micros) {
        self.pacer.begin(at);
        self.paused = false;
    }

    /// Takes a private frame, a snapshot or a codebook. `None` where it waits for another.
    pub(crate) fn receive(&mut self, at: Micros, frame: &[u8]) -> Result<Option<Answer>, DecodeError> {
        let looks = self.netcode.smoothing && at < self.drawn_at + LOOKS && self.drawn_at > 0;
        if looks {
            let mut before = core::mem::take(&mut self.scratch[0]);
            self.paint(at, false, &mut before);
            self.scratch[0] = before;
        }
        let Some(arrival) = self.held.receive(frame)? else { return Ok(None) };
        let answer = self.arrived(at, &arrival);
        if self.drawn_at == 0 {
            // Nobody draws, and a watcher has no inputs to be made: events come due by what arrives.
            self.arrivals.advance(at);
        }
        if looks {
            let mut after = core::mem::take(&mut self.scratch[1]);
            self.paint(at, true, &mut after);
            self.painter.blame(&self.scratch[0], &after);
            self.scratch[1] = after;
        }
        Ok(Some(answer))
    }

    /// Makes the inputs that are due, and the frame that carries them where one is.
    pub(crate) fn update(&mut self, at: Micros) -> Option<Vec<u8>> {
        self.arrivals.advance(at);
        if !self.ticks() {
            return None;
        }
        match self.pacer.due(at) {
            Due::Ticks(ticks) => (0..ticks).for_each(|_| self.tick(at)),
            Due::Slept(ticks) => {
                self.inputs.skip_to(at, self.inputs.latest().after(ticks));
                self.stats.jumps += 1;
                if let Some(predictor) = &mut self.predictor {
                    predictor.stop();
                }
            }
        }
        let (first, runs) = self.inputs.take_due(at)?;
        Some(self.input_frame(first, runs))
    }

    /// When [`Playing::update`] has something to do.
    pub(crate) fn next_due(&self, otherwise: Micros) -> Micros {
        if self.ticks() { self.pacer.next_at() } else { otherwise }
    }

    /// An acknowledgement of all that has come.
    pub(crate) fn acknowledgement(&self) -> Vec<u8> {
        self.input_frame(InputSeq::NONE, Vec::new())
    }

    /// The world as it is to be drawn now.
    pub(crate) fn draw(&mut self, at: Micros) -> &Drawn {
        self.painter.fade(at.saturating_sub(self.drawn_at) as f64);
        self.drawn_at = at.max(1);
        let mut drawn = core::mem::take(&mut self.drawn);
        self.paint(at, !self.netcode.smoothing, &mut drawn);
        self.drawn = drawn;
        let beyond = self.drawn.tick - f64::from(self.arrivals.newest().0);
        self.stats.extrapolated_ticks = beyond.max(0.0);
        self.stats.frames_drawn += 1;
        self.stats.frames_extrapolated += u64::from(beyond > 0.0);
        &self.drawn
    }

    /// Whether an event waits whose tick is drawn.
    pub(crate) fn has_event(&self) -> bool {
        self.events.front().is_some_and(|event| f64::from(event.tick.0) <= self.arrivals.drawn().max(1.0))
    }

    /// The next event whose tick is drawn.
    pub(crate) fn next_event(&mut self) -> Option<EventRecord> {
        if !self.has_event() {
            return None;
        }
        self.stats.events += 1;
        self.events.pop_front()
    }

    /// The newest world that the server told.
    pub(crate) fn newest(&self) -> Option<&Image> {
        self.held.newest()
    }

    /// The world predicted for the newest input.
    pub(crate) fn predicted(&self) -> Option<&Image> {
        self.predictor.as_ref().and_then(Predictor::now)
    }

    /// The hash of what is held.
    pub(crate) fn hash(&self) -> u64 {
        self.held.hash()
    }

    /// See [`crate::Session::replay`].
    pub(crate) fn replay(&mut self, seed: u64, ticks: u32) -> Option<u64> {
        let mut random = Pcg32::seed_from_u64(seed);
        let (predictor, image) = (self.predictor.as_mut()?, self.held.newest()?);
        Some(predictor.replay(image, &self.inputs, ticks, &mut random))
    }

    /// The newest tick held.
    pub(crate) fn tick_held(&self) -> Tick {
        self.held.newest().map_or(Tick::NONE, |image| image.tick)
    }

    fn ticks(&self) -> bool {
        self.plays && !self.away && !self.paused
    }

    fn tick(&mut self, at: Micros) {
        self.inputs.commit(at);
        let latest = self.inputs.latest();
        if let Some(predictor) = &mut self.predictor {
            predictor.advance(latest, self.inputs.at(latest));
        }
    }

    fn arrived(&mut self, at: Micros, arrival: &Arrival) -> Answer {
        let every_tick = self.ticks() && self.inputs.latest() > InputSeq::NONE;
        self.arrivals.arrived(at, arrival.tick, every_tick);
        self.stats.snapshots += u64::from(arrival.snapshot);
        if let Some(ok) = arrival.hash_ok {
            self.stats.hashes += 1;
            self.stats.hash_mismatches += u64::from(!ok);
        }
        let private = &arrival.private;
        if private.tick == arrival.tick {
            self.told(at, private);
        }
        Answer { request: private.request, resync: arrival.hash_ok == Some(false) }
    }

    fn told(&mut self, at: Micros, private: &Private) {
        self.stats.pace = private.pace;
        self.paused = private.pace == 0;
        self.pacer.set_pace(private.pace);
        self.arrivals.set_pace(at, private.pace);
        for event in &private.events {
            if event.number > self.event {
                self.event = event.number;
                self.events.push_back(event.clone());
            }
        }
        while self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
        if !self.plays || private.seq == InputSeq::NONE {
            return;
        }
        self.keep_pace(at, private);
        self.reconcile(at, private);
        self.corrections.replaced(at, private.replaced);
        self.stats.inputs_replaced = private.replaced;
    }

    fn keep_pace(&mut self, at: Micros, private: &Private) {
        let latest = self.inputs.latest();
        if private.seq > latest {
            // The room went on without us: what it made up is past.
            self.inputs.skip_to(at, private.seq.after(self.lead));
            self.stats.jumps += 1;
            return;
        }
        if let Some(made_at) = self.inputs.made_at(private.seq) {
            let waited = f64::from(private.margin.max(0)) * self.tick_us;
            self.stats.heard_round_trip((at.saturating_sub(made_at) as f64 - waited).max(0.0) / 1e3);
        }
        let jump = self.pacer.heard(at, private.margin);
        if private.margin >= 0 && private.margin < 8 {
            self.lead = latest.since(private.seq).max(1);
        }
        if jump > 0 {
            self.stats.jumps += 1;
            (0..jump).for_each(|_| self.tick(at));
        }
    }

    fn reconcile(&mut self, at: Micros, private: &Private) {
        let (Some(predictor), Some(image)) = (&mut self.predictor, self.held.newest()) else { return };
        predictor.confirmed(&private.spawned);
        if !self.netcode.reconciliation && predictor.is_running() {
            return;
        }
        for differs in predictor.reconcile(image, private.tick, private.seq, &self.inputs) {
            let Some(rows) = image.kind(differs.entity.kind) else { continue };
            let truth: Vec<i32> = (0..rows.columns.len()).map(|c| rows.value(c, differs.entity.slot)).collect();
            let distance = self.painter.distance(differs.entity.kind, &differs.predicted, &truth);
            self.corrections.found(at, private, differs.entity, distance);
        }
    }

    fn input_frame(&self, first: InputSeq, runs: Vec<InputRun>) -> Vec<u8> {
        let held = self.tick_held();
        // What was on the screen when the hand moved, not what is due now.
        let looks = self.drawn_at > 0 && self.arrivals.drawn() - self.drawn.tick < LOOKED_AT_TICKS;
        let drawn = if looks { self.drawn.tick } else { self.arrivals.drawn() };
        let drawn = (drawn * 16.0 + 0.5).clamp(0.0, f64::from(held.0) * 16.0) as u32;
        let frame = InputFrame { held, event: self.event, drawn, first, runs };
        let mut bytes = Vec::new();
        encode_input(&self.layout, &frame, &mut bytes);
        bytes
    }

    fn paint(&mut self, at: Micros, bare: bool, drawn: &mut Drawn) {
        let tick = self.arrivals.advance(at);
        let between = if self.netcode.interpolation {
            self.held.between(&self.arrivals, tick, self.tick_us / 1e6)
        } else {
            self.held.newest().map(|from| Between { from, to: None, part: 0.0, beyond: 0.0 })
        };
        let part = self.pacer.part(at);
        let own = match &mut self.predictor {
            Some(predictor) if self.plays && self.netcode.prediction && predictor.is_running() => {
                predictor.look_ahead(self.inputs.next());
                predictor.own(part)
            }
            _ => None,
        };
        drawn.tick = tick;
        drawn.own_tick = own.map_or(tick, |own| f64::from(own.now.tick.0) + part);
        self.painter.paint(Scene { between, own, bare }, drawn);
    }

    /// Brings the numbers that are not counted as they happen up to date.
    pub(crate) fn measure(&mut self) {
        let stats = &mut self.stats;
        (stats.margin, stats.margin_mean, stats.margin_wanted) = self.pacer.margins();
        stats.rate_percent = (self.pacer.rate() - 1.0) * 100.0;
        stats.arrival_jitter_p99_ms = self.arrivals.jitter_ms();
        (stats.interp_delay_ms, stats.interp_delay_target_ms) = self.arrivals.delays_ms();
        stats.snapshot_late_ms = self.arrivals.newest_late_ms();
        stats.stalls = self.arrivals.stalls();
        stats.snapshots_skipped = self.arrivals.skipped();
        stats.tick = self.arrivals.newest().0;
        (stats.rows, stats.rows_far, stats.rows_far_ticks) = self.held.ages();
        stats.bits_by_kind.clear();
        stats.bits_by_kind.extend(self.held.kind_bits());
        stats.drawn_tick = self.drawn.tick;
        stats.error = self.painter.largest_error();
        (stats.corrections, stats.corrections_replaced) = self.corrections.counts();
        if let Some(predictor) = &self.predictor {
            stats.inputs_in_flight = self.inputs.latest().since(predictor.consumed());
            stats.ticks_predicted = predictor.predicted;
            stats.ticks_replayed = predictor.replayed;
            stats.snaps = predictor.snaps;
            stats.spawns_refused = predictor.spawns().refused;
        }
    }
}
