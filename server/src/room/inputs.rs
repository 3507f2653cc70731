//! The inputs of one player: what arrives, what a tick consumes, and what stood in for what did not arrive.

use tickwire_protocol::id::InputSeq;
use tickwire_protocol::world::Input;

use super::Stats;

/// Inputs that may wait ahead of their tick: a second at 60 Hz. More means that the client runs away; they are
/// dropped and counted.
const AHEAD_MAX: u32 = 64;
/// Ticks for which it is remembered what stood in for a missing input: a stall longer than that counts as replaced.
const BEHIND_MAX: u32 = 64;
const WINDOW: usize = (AHEAD_MAX + BEHIND_MAX) as usize;

/// One player's inputs, by seq.
///
/// From the first one on, every [`Inputs::consume`] takes exactly one seq, arrived or not, so that seq and tick
/// stay in step for the whole of a session.
pub(super) struct Inputs<I> {
    /// What the next tick consumes; [`InputSeq::NONE`] before the first input.
    next: InputSeq,
    /// By seq modulo [`WINDOW`]; empty before the first input.
    window: Vec<Slot<I>>,
    /// The newest input that arrived and is consumed or past, and its seq.
    last: (InputSeq, I),
    current: I,
    fresh: bool,
    /// What was on the screen when the consumed input was made, in sixteenths of a tick; 0: not known.
    drawn: u32,
    margin: i32,
    replaced: u32,
}

#[derive(Clone)]
enum Slot<I> {
    /// Nothing arrived for this seq yet.
    Empty,
    /// Arrived in time.
    Waiting { input: I, drawn: u32 },
    /// Consumed, but something else stood in; the right one may still come.
    StoodIn(I),
    /// Consumed, and known.
    Done,
}

impl<I: Input> Inputs<I> {
    pub(super) fn new() -> Inputs<I> {
        Inputs {
            next: InputSeq::NONE,
            window: Vec::new(),
            last: (InputSeq::NONE, I::default()),
            current: I::default(),
            fresh: false,
            drawn: 0,
            margin: 0,
            replaced: 0,
        }
    }

    /// Whether the first input has come.
    pub(super) fn started(&self) -> bool {
        self.next != InputSeq::NONE
    }

    /// The newest seq consumed.
    pub(super) fn consumed(&self) -> InputSeq {
        InputSeq(self.next.0.saturating_sub(1))
    }

    /// The input of this tick.
    pub(super) fn current(&self) -> &I {
        &self.current
    }

    /// Whether the input of this tick is one that arrived.
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// What the player looked at when it made the input of this tick, in sixteenths of a tick; 0: not known.
    pub(super) fn drawn(&self) -> u32 {
        self.drawn
    }

    /// By how many ticks the newest input came early: 0 is consumed by the very next tick, −1 was due one tick ago.
    pub(super) fn margin(&self) -> i32 {
        self.margin
    }

    /// Inputs for which something else stood in that turned out different, or that never came.
    pub(super) fn replaced(&self) -> u32 {
        self.replaced
    }

    /// A frame begins, whose inputs are `first` to `newest`.
    pub(super) fn arrive(&mut self, first: InputSeq, newest: InputSeq) {
        if !self.started() {
            self.next = InputSeq(first.0.max(1));
            self.window.resize_with(WINDOW, || Slot::Empty);
        }
        let margin = i64::from(newest.0) - i64::from(self.next.0);
        self.margin = margin.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    }

    /// One input of a frame for which [`Inputs::arrive`] was called.
    pub(super) fn put(&mut self, seq: InputSeq, input: &I, drawn: u32, stats: &mut Stats) {
        if seq < self.next {
            self.put_late(seq, input, stats);
        } else if seq.since(self.next) >= AHEAD_MAX {
            stats.inputs_early += 1;
        } else if let Some(slot @ Slot::Empty) = slot_mut(&mut self.window, seq) {
            *slot = Slot::Waiting { input: input.clone(), drawn };
        }
    }

    fn put_late(&mut self, seq: InputSeq, input: &I, stats: &mut Stats) {
        if self.next.since(seq) > BEHIND_MAX {
            stats.inputs_late += 1;
            return;
        }
        let Some(slot) = slot_mut(&mut self.window, seq) else { return };
        let Slot::StoodIn(stand_in) = slot else { return };
        if stand_in != input {
            stats.inputs_late += 1;
            self.replaced = self.replaced.wrapping_add(1);
        }
        *slot = Slot::Done;
        if seq > self.last.0 {
            self.last = (seq, input.clone());
        }
    }

    /// Takes one seq; afterwards [`Inputs::current`] is its input. Nothing before the first input.
    ///
    /// A missing one is the last that arrived with its `once` fields at default, for `repeat_ticks`; then default.
    pub(super) fn consume(&mut self, repeat_ticks: u32, stats: &mut Stats) {
        if !self.started() {
            return;
        }
        let seq = self.next;
        self.next = seq.next();
        self.forget_oldest(seq);
        let Some(slot) = slot_mut(&mut self.window, seq) else { return };
        match core::mem::replace(slot, Slot::Done) {
            Slot::Waiting { input, drawn } => {
                self.last = (seq, input.clone());
                self.current = input;
                self.drawn = drawn;
                self.fresh = true;
                stats.inputs_fresh += 1;
            }
            Slot::Empty | Slot::StoodIn(_) | Slot::Done => {
                let repeat = self.last.0 != InputSeq::NONE && seq.since(self.last.0) <= repeat_ticks;
                self.current = if repeat { self.last.1.repeated() } else { I::default() };
                *slot = Slot::StoodIn(self.current.clone());
                self.drawn = if self.drawn == 0 { 0 } else { self.drawn.saturating_add(16) };
                self.fresh = false;
                *(if repeat { &mut stats.inputs_repeated } else { &mut stats.inputs_defaulted }) += 1;
            }
        }
    }

    /// Makes room for the seq that the window reaches when `seq` is consumed.
    fn forget_oldest(&mut self, seq: InputSeq) {
        if let Some(slot) = slot_mut(&mut self.window, seq.after(AHEAD_MAX)) {
            if matches!(slot, Slot::StoodIn(_)) {
                self.replaced = self.replaced.wrapping_add(1);
            }
            *slot = Slot::Empty;
        }
    }
}

fn slot_mut<I>(window: &mut [Slot<I>], seq: InputSeq) -> Option<&mut Slot<I>> {
    window.get_mut(seq.0 as usize % WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x is held, fire is `once`.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    struct Keys {
        x: i32,
        fire: bool,
    }

    impl Input for Keys {
        const COMPONENTS: usize = 2;
        fn fields() -> Vec<tickwire_protocol::schema::Field> {
            Vec::new()
        }
        fn pack(&self, _: &mut [i32]) {}
        fn unpack(_: &[i32]) -> Keys {
            Keys::default()
        }
        fn repeated(&self) -> Keys {
            Keys { fire: false, ..*self }
        }
    }

    const REPEAT: u32 = 5;

    struct Bench {
        inputs: Inputs<Keys>,
        stats: Stats,
    }

    impl Bench {
        fn new() -> Bench {
            Bench { inputs: Inputs::new(), stats: Stats::default() }
        }
        fn frame(&mut self, first: u32, inputs: &[Keys]) {
            let first = InputSeq(first);
            self.inputs.arrive(first, first.after(inputs.len() as u32 - 1));
            for (nth, input) in (0..).zip(inputs) {
                self.inputs.put(first.after(nth), input, 0, &mut self.stats);
            }
        }
        fn tick(&mut self) -> Keys {
            self.inputs.consume(REPEAT, &mut self.stats);
            *self.inputs.current()
        }
    }

    const RIGHT_AND_FIRE: Keys = Keys { x: 1, fire: true };
    const RIGHT: Keys = Keys { x: 1, fire: false };
    const LEFT: Keys = Keys { x: -1, fire: false };

    #[test]
    fn nothing_is_consumed_before_the_first_input() {
        let mut bench = Bench::new();
        assert_eq!((bench.tick(), bench.inputs.consumed()), (Keys::default(), InputSeq::NONE));
        bench.frame(7, &[RIGHT]);
        assert_eq!((bench.tick(), bench.inputs.consumed()), (RIGHT, InputSeq(7)));
    }

    #[test]
    fn a_missing_input_is_the_last_without_once_and_then_the_default() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT_AND_FIRE]);
        assert_eq!(bench.tick(), RIGHT_AND_FIRE);
        for _ in 0..REPEAT {
            assert_eq!(bench.tick(), RIGHT);
        }
        assert_eq!((bench.tick(), bench.inputs.consumed()), (Keys::default(), InputSeq(7)));
        assert_eq!(
            (bench.stats.inputs_fresh, bench.stats.inputs_repeated, bench.stats.inputs_defaulted),
            (1, 5, 1)
        );
    }

    #[test]
    fn a_late_input_counts_as_replaced_only_where_it_differs() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT]);
        for _ in 0..3 {
            bench.tick();
        }
        bench.frame(2, &[RIGHT, LEFT]);
        assert_eq!((bench.inputs.replaced(), bench.stats.inputs_late, bench.inputs.margin()), (1, 1, -1));
        assert_eq!(bench.tick(), LEFT, "the last one is the newest that arrived, late or not");
    }

    #[test]
    fn an_input_that_never_comes_counts_as_replaced_once() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT]);
        bench.tick();
        bench.tick();
        for seq in 3..200 {
            bench.frame(seq, &[RIGHT]);
            bench.tick();
        }
        assert_eq!(bench.inputs.replaced(), 1);
    }

    #[test]
    fn the_same_input_twice_is_taken_once_and_the_first_one_counts() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT]);
        bench.frame(1, &[LEFT]);
        assert_eq!(bench.tick(), RIGHT);
    }

    #[test]
    fn an_input_far_ahead_is_dropped_and_harms_nothing() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT]);
        bench.frame(1 + AHEAD_MAX, &[LEFT]);
        bench.frame(u32::MAX, &[LEFT]);
        assert_eq!((bench.stats.inputs_early, bench.tick()), (2, RIGHT));
    }

    #[test]
    fn the_margin_is_zero_for_what_the_very_next_tick_consumes() {
        let mut bench = Bench::new();
        bench.frame(1, &[RIGHT]);
        assert_eq!(bench.inputs.margin(), 0);
        bench.tick();
        bench.frame(2, &[RIGHT, RIGHT]);
        assert_eq!(bench.inputs.margin(), 1);
    }
}
