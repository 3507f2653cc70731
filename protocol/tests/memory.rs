//! What the history takes, and what a tick takes from the heap at either end once everything has its memory.

#![expect(unsafe_code, reason = "a global allocator that counts is unsafe to write")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use tickwire_protocol::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::limits::HISTORY_TICKS;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, Visible};
use tickwire_protocol::wire::Private;

struct Counting;

// Of each test its own: they run side by side.
thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn add(bytes: i64) {
    LIVE.set(LIVE.get() + bytes);
    COUNT.set(COUNT.get() + u64::from(bytes > 0));
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        add(-(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A position, a velocity, an angle, two small numbers.
const SCHEMA: &str = r#"{
    "game": "drift", "tick_rate": 30, "send_every": 1,
    "kinds": [{"name": "ships", "row": "Ship", "fields": [
        {"name": "pos", "ty": {"Vector": {"size": 2, "of": {"Number": {"lo": 0.0, "step": 0.015625, "steps": 65536}}}},
            "default": [0, 0], "lerp": true, "place": true},
        {"name": "vel", "ty": {"Vector": {"size": 2, "of": {"Number": {"lo": -20.0, "step": 0.01, "steps": 4000}}}},
            "default": [2000, 2000], "rate_of": 0},
        {"name": "rot", "ty": {"Angle": {"bits": 8}}, "default": [0]},
        {"name": "hp", "ty": {"Int": {"min": 0, "max": 100}}, "default": [100]},
        {"name": "lit", "ty": "Bool", "default": [0]}
    ]}],
    "input": [], "request": "Never", "event": "Never"
}"#;
/// Integers of a row: its components, its owner, and which of the slot's rows it is.
const INTEGERS: usize = 9;
const ROWS: u32 = 1_100;

/// The next tick: every row moves, and its numbers change now and then.
fn step(history: &mut History, schema: &Schema) {
    let mut image = history.draft(schema);
    image.tick = image.tick.next();
    let (now, rows) = (image.tick.0, &mut image.kinds[0]);
    for slot in 0..ROWS {
        if !rows.alive.contains(slot) {
            rows.insert(slot, PlayerId(slot % 7), 1);
        }
        let turn = slot.wrapping_mul(2_654_435_761).wrapping_add(now / 8 * 40_503) >> 16;
        for axis in 0..2 {
            let speed = (turn >> (8 * axis) & 63) as i32 - 31;
            rows.set_value(axis, slot, (rows.value(axis, slot) + speed).clamp(0, 65_536));
            rows.set_value(2 + axis, slot, 2_000 + speed);
        }
        rows.set_value(4, slot, (turn & 255) as i32);
        rows.set_value(6, slot, i32::from((now + slot).is_multiple_of(90)));
    }
    history.push(image);
}

#[test]
fn a_history_takes_at_most_four_bytes_per_integer_row_and_tick() {
    let schema = Schema::from_json(SCHEMA).expect("a schema");
    let mut history = History::new();
    let before = LIVE.get();
    for _ in 0..3 * HISTORY_TICKS {
        step(&mut history, &schema);
    }
    // One more than it keeps is being changed into the next.
    let images = history.iter().count() + 1;
    assert_eq!(images, HISTORY_TICKS + 1);
    let bytes = (LIVE.get() - before) as f64 / images as f64 / f64::from(ROWS);
    assert!(bytes >= 4.0 * INTEGERS as f64 - 4.0, "{bytes} bytes a row and tick: it is not all there");
    // A fiftieth more for which slots hold a row, and for the lists themselves.
    assert!(bytes <= 4.08 * INTEGERS as f64, "{bytes} bytes a row and tick");
}

/// Both ends of a connection.
struct Ends {
    schema: Schema,
    history: History,
    encoder: Encoder,
    ledger: Ledger,
    replica: Replica,
    visible: Arc<Visible>,
    enters: Vec<EntityId>,
    out: Vec<u8>,
}

impl Ends {
    fn new() -> Ends {
        let schema = Schema::from_json(SCHEMA).expect("a schema");
        let mut encoder = Encoder::new(&schema);
        // A codebook is learned now and then, which takes memory for some ticks.
        encoder.freeze();
        Ends {
            history: History::new(),
            encoder,
            ledger: Ledger::new(),
            replica: Replica::new(&schema).of(PlayerId(3)),
            visible: Arc::new(Visible { everything: true, ..Visible::default() }),
            enters: (0..ROWS).map(|slot| EntityId { kind: KindId(0), slot }).collect(),
            out: Vec::new(),
            schema,
        }
    }

    /// A tick, and what it takes from the heap: what the sender does, and what the receiver does.
    fn tick(&mut self) -> [u64; 2] {
        let Ends { schema, history, encoder, ledger, replica, visible, enters, out } = self;
        let begun = COUNT.get();
        out.clear();
        step(history, schema);
        encoder.begin();
        let tick = history.newest().map_or(Tick::NONE, |image: &Image| image.tick);
        let encoded = encoder.shared(history, ledger, visible, enters, Due::ALL, out);
        let hash = encoder.hash(history, &encoded.held, PlayerId(3));
        let private = Private { tick, snapshot_follows: true, hash: Some(hash), ..Private::default() };
        let mine = encoder.private(history, ledger, &encoded.held, PlayerId(3), &private, out);
        if encoded.postponed == 0 {
            enters.clear();
        }
        ledger.written(encoded.held);
        ledger.acknowledged(tick);
        let sent = COUNT.get();
        replica.receive(&out[mine]).expect("a private frame");
        let arrival = replica.receive(&out[encoded.frame]).expect("a snapshot").expect("an arrival");
        assert_eq!(arrival.hash_ok, Some(true));
        [sent - begun, COUNT.get() - sent]
    }
}

#[test]
fn neither_end_allocates_for_a_row_or_a_field_once_everything_has_its_memory() {
    let mut ends = Ends::new();
    for _ in 0..3 * HISTORY_TICKS {
        ends.tick();
    }
    let ticks: Vec<[u64; 2]> = (0..100).map(|_| ends.tick()).collect();
    let most = |end: usize| ticks.iter().map(|counts| counts[end]).max().unwrap_or(0);
    assert_eq!([most(0), most(1)], [0, 0]);
}
