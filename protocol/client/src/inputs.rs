//! The player's inputs: one per tick, kept until the server has consumed them, sent when they change.

use std::collections::VecDeque;

use rand::Rng as _;
use rand_pcg::Pcg32;
use tickwire_protocol::id::InputSeq;
use tickwire_protocol::limits::{INPUTS_PER_FRAME_MAX, PREDICT_TICKS_MAX};
use tickwire_protocol::schema::{Component, Field};
use tickwire_protocol::wire::InputRun;
use tickwire_protocol::wire::client::RUN_MAX;

use crate::Micros;

/// An input that does not change is sent this often: a server repeats a missing one for 250 ms.
const UNCHANGED_EVERY: Micros = 100_000;

/// The inputs from the oldest that the server has not consumed to the newest.
#[derive(Debug)]
pub(crate) struct Inputs {
    layout: Vec<Component>,
    once: Vec<bool>,
    defaults: Vec<i32>,
    /// What the controls were last set to.
    held: Vec<i32>,
    /// The next input: `held`, and `once` fields that were set since the last tick and let go again.
    next: Vec<i32>,
    fresh: Vec<bool>,
    log: VecDeque<(Micros, Vec<i32>)>,
    latest: InputSeq,
    sent: InputSeq,
    sent_at: Micros,
}

impl Inputs {
    pub(crate) fn new(fields: &[Field]) -> Inputs {
        let mut inputs = Inputs {
            layout: Vec::new(),
            once: Vec::new(),
            defaults: Vec::new(),
            held: Vec::new(),
            next: Vec::new(),
            fresh: Vec::new(),
            log: VecDeque::new(),
            latest: InputSeq::NONE,
            sent: InputSeq::NONE,
            sent_at: 0,
        };
        for field in fields {
            let components = field.ty.components();
            inputs.once.extend(components.iter().map(|_| field.once));
            let defaults = components
                .iter()
                .enumerate()
                .map(|(at, bounds)| field.default.get(at).copied().unwrap_or(0).clamp(bounds.min, bounds.max));
            inputs.defaults.extend(defaults);
            inputs.layout.extend(components);
        }
        inputs.held.clone_from(&inputs.defaults);
        inputs.next.clone_from(&inputs.defaults);
        inputs.fresh = vec![false; inputs.defaults.len()];
        inputs
    }

    /// Begins to count again, at the seq after `known`.
    pub(crate) fn begin(&mut self, known: InputSeq) {
        self.log.clear();
        self.latest = known;
        self.sent = known;
        self.sent_at = 0;
    }

    /// What the controls were last set to.
    pub(crate) fn held(&self) -> &[i32] {
        &self.held
    }

    /// Sets the controls; integers outside their bounds are put on the edge.
    pub(crate) fn set(&mut self, values: &[i32]) {
        for (at, bounds) in self.layout.iter().enumerate() {
            let (Some(&value), Some(held), Some(next), Some(fresh)) =
                (values.get(at), self.held.get_mut(at), self.next.get_mut(at), self.fresh.get_mut(at))
            else {
                return;
            };
            let value = value.clamp(bounds.min, bounds.max);
            let default = self.defaults.get(at).copied().unwrap_or(0);
            let once = self.once.get(at).copied().unwrap_or(false);
            *fresh |= once && *held == default && value != default;
            *held = value;
            if !(*fresh && value == default) {
                *next = value;
            }
        }
    }

    /// Any input within its bounds.
    pub(crate) fn random(&self, random: &mut Pcg32) -> Vec<i32> {
        let within = |bounds: &Component| {
            let many = u64::from(bounds.max.abs_diff(bounds.min)) + 1;
            bounds.min.wrapping_add((u64::from(random.next_u32()) % many) as i32)
        };
        self.layout.iter().map(within).collect()
    }

    /// The input that the next tick will take, as things stand.
    pub(crate) fn next(&self) -> &[i32] {
        &self.next
    }

    /// The newest input made.
    pub(crate) fn latest(&self) -> InputSeq {
        self.latest
    }

    /// The tick takes its input.
    pub(crate) fn commit(&mut self, at: Micros) {
        self.push(at, self.next.clone());
        self.next.clone_from(&self.held);
        self.fresh.fill(false);
    }

    /// Goes on at a later seq: what lies between is what the server made up, the last input repeated.
    pub(crate) fn skip_to(&mut self, at: Micros, seq: InputSeq) {
        let missing = seq.since(self.latest);
        if missing as usize > PREDICT_TICKS_MAX {
            self.log.clear();
            self.latest = InputSeq(seq.0 - 1);
        }
        let last = self.log.back().map_or_else(|| self.defaults.clone(), |(_, last)| self.repeated(last));
        while self.latest < seq {
            self.push(at, last.clone());
        }
        self.sent = seq;
    }

    /// The input of a seq; the default where it is not kept.
    pub(crate) fn at(&self, seq: InputSeq) -> &[i32] {
        self.logged(seq).map_or(&self.defaults, |(_, values)| values)
    }

    /// When the input of a seq was made.
    pub(crate) fn made_at(&self, seq: InputSeq) -> Option<Micros> {
        self.logged(seq).map(|(at, _)| *at)
    }

    /// The inputs to send now, from which seq: those since the last time, where there is a reason to.
    pub(crate) fn take_due(&mut self, at: Micros) -> Option<(InputSeq, Vec<InputRun>)> {
        if self.sent >= self.latest || self.layout.is_empty() {
            return None;
        }
        if !self.changed() && self.sent != InputSeq::NONE && at < self.sent_at + UNCHANGED_EVERY {
            return None;
        }
        let first = self.sent.next();
        let mut runs: Vec<InputRun> = Vec::new();
        let mut seq = first;
        while seq <= self.latest {
            let (values, full) = (self.at(seq), runs.len() >= INPUTS_PER_FRAME_MAX);
            match runs.last_mut() {
                Some(run) if run.values == values && run.count < RUN_MAX => run.count += 1,
                _ if full => break,
                _ => runs.push(InputRun { count: 1, values: values.to_vec() }),
            }
            self.sent = seq;
            seq = seq.next();
        }
        self.sent_at = at;
        Some((first, runs))
    }

    /// Whether a server that repeats the last input it was sent would be wrong about a later one.
    fn changed(&self) -> bool {
        let mut seq = self.sent.next();
        while seq <= self.latest {
            if self.at(seq) != self.repeated(self.at(InputSeq(seq.0 - 1))) {
                return true;
            }
            seq = seq.next();
        }
        false
    }

    fn repeated(&self, values: &[i32]) -> Vec<i32> {
        let defaults = self.defaults.iter().zip(&self.once);
        values.iter().zip(defaults).map(|(value, (default, once))| if *once { *default } else { *value }).collect()
    }

    fn push(&mut self, at: Micros, values: Vec<i32>) {
        self.latest = self.latest.next();
        self.log.push_back((at, values));
        // One more than can be predicted: the oldest is what the next one is compared with.
        if self.log.len() > PREDICT_TICKS_MAX * 2 {
            self.log.pop_front();
        }
    }

    fn logged(&self, seq: InputSeq) -> Option<&(Micros, Vec<i32>)> {
        let back = self.latest.0.checked_sub(seq.0)? as usize;
        self.log.get(self.log.len().checked_sub(back + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use tickwire_protocol::schema::FieldType;

    use super::*;

    fn field(once: bool) -> Field {
        Field { default: vec![0], once, ..Field::plain("f", FieldType::Int { min: -1, max: 1 }) }
    }

    /// The first seq of a frame, and its runs.
    type Sent = (u32, Vec<(u32, Vec<i32>)>);

    fn tick(inputs: &mut Inputs, at: Micros) -> Option<Sent> {
        inputs.commit(at);
        let (first, runs) = inputs.take_due(at)?;
        Some((first.0, runs.into_iter().map(|run| (run.count, run.values)).collect()))
    }

    #[test]
    fn an_unchanged_input_is_sent_every_100_ms_and_a_changed_one_at_once() {
        let mut inputs = Inputs::new(&[field(false)]);
        assert_eq!(tick(&mut inputs, 1_000), Some((1, vec![(1, vec![0])])));
        for at in 1..=5 {
            assert_eq!(tick(&mut inputs, 1_000 + at * 16_667), None);
        }
        assert_eq!(tick(&mut inputs, 101_002), Some((2, vec![(6, vec![0])])));
        assert_eq!(tick(&mut inputs, 117_000), None);
        inputs.set(&[1]);
        assert_eq!(tick(&mut inputs, 134_000), Some((8, vec![(1, vec![0]), (1, vec![1])])));
    }

    #[test]
    fn a_once_field_that_was_let_go_within_a_tick_is_still_taken_once() {
        let mut inputs = Inputs::new(&[field(true)]);
        inputs.set(&[1]);
        inputs.set(&[0]);
        inputs.commit(0);
        inputs.commit(0);
        assert_eq!((inputs.at(InputSeq(1)), inputs.at(InputSeq(2))), (&[1][..], &[0][..]));
        inputs.set(&[1]);
        inputs.commit(0);
        inputs.set(&[0]);
        inputs.commit(0);
        assert_eq!((inputs.at(InputSeq(3)), inputs.at(InputSeq(4))), (&[1][..], &[0][..]));
    }

    #[test]
    fn a_once_field_that_is_held_is_sent_every_tick_for_a_server_would_not_repeat_it() {
        let mut inputs = Inputs::new(&[field(true)]);
        tick(&mut inputs, 0);
        inputs.set(&[1]);
        assert!((1..=4).all(|at| tick(&mut inputs, at).is_some()));
    }

    #[test]
    fn skipped_seqs_are_repeats_and_are_not_sent() {
        let mut inputs = Inputs::new(&[field(false)]);
        inputs.set(&[1]);
        tick(&mut inputs, 0);
        inputs.skip_to(5, InputSeq(20));
        assert_eq!((inputs.at(InputSeq(12)), inputs.latest()), (&[1][..], InputSeq(20)));
        inputs.set(&[-1]);
        assert_eq!(tick(&mut inputs, 10), Some((21, vec![(1, vec![-1])])));
        inputs.skip_to(20, InputSeq(5_000));
        assert_eq!(inputs.at(InputSeq(5_000)), &[0]);
    }
}
