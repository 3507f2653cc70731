//! `WIRE.md` says what is on the wire: its example bytes are those that are written, and read.
//!
//! `TICKWIRE_GOLDEN=1 cargo test -p tickwire-protocol --test wire document` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tickwire_protocol::id::{EntityId, InputSeq, KindId, PlayerId, Tick};
use tickwire_protocol::image::{History, Slots};
use tickwire_protocol::schema::{Field, FieldType, Kind, Schema, Shape};
use tickwire_protocol::snapshot::{Due, Encoder, Ledger, Replica, RingSet, Visible};
use tickwire_protocol::wire::frames::Role;
use tickwire_protocol::wire::{
    Bye, ClientFrame, CloseCode, EventRecord, Hello, InputFrame, InputLayout, InputRun, Private, Reject, Request,
    Resume, ServerFrame, VERSION, Welcome, client, server,
};

/// Where the two ships of the example are.
const SLOTS: [u32; 2] = [2, 5];

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/WIRE.md");

#[test]
#[expect(clippy::disallowed_methods, reason = "writes the document anew where it is asked to")]
fn the_document_has_the_bytes_of_every_frame() {
    let text = std::fs::read_to_string(PATH).unwrap();
    let fresh = rewritten(&text);
    if std::env::var_os("TICKWIRE_GOLDEN").is_some() {
        std::fs::write(PATH, &fresh).unwrap();
        return;
    }
    for (old, new) in text.lines().zip(fresh.lines()) {
        assert_eq!(old, new, "the wire changed: if it should, raise VERSION and see the top of WIRE.md");
    }
    assert_eq!(text.lines().count(), fresh.lines().count());
    assert!(text.contains(&format!("Version {VERSION}.")));
}

#[test]
fn every_frame_kind_has_an_example() {
    let vectors = vectors();
    let mut kinds: Vec<u8> = vectors.values().map(|bytes| bytes[0]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [1, 2, 3, 4, 5, 6, 7, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87]);
    let text = std::fs::read_to_string(PATH).unwrap();
    for (name, bytes) in &vectors {
        assert!(text.contains(&format!("```bytes {name}\n")), "WIRE.md has no example called {name}");
        assert!(text.contains(&format!("| {:02x} |", bytes[0])), "WIRE.md has no row for {:02x}", bytes[0]);
    }
}

#[test]
fn every_example_is_read_as_what_it_is() {
    let layout = layout();
    for (name, bytes) in vectors() {
        // Each arm is one kind of frame: a new one does not compile until it has a name here.
        let read = if bytes[0] < 0x80 {
            match ClientFrame::decode(&bytes, &layout).unwrap() {
                ClientFrame::Hello(hello) => (hello == self::hello()).then_some("hello"),
                ClientFrame::Input(frame) if frame.runs.is_empty() => Some("acknowledgement"),
                ClientFrame::Input(frame) => (frame == input()).then_some("input"),
                ClientFrame::Request(_) => Some("request"),
                ClientFrame::Away => Some("away"),
                ClientFrame::Here => Some("here"),
                ClientFrame::Resync => Some("resync"),
                ClientFrame::Bye(_) => Some("client-bye"),
            }
        } else {
            match ServerFrame::decode(&bytes).unwrap() {
                ServerFrame::Welcome(welcome) => (*welcome == self::welcome()).then_some("welcome"),
                ServerFrame::Reject(_) => None,
                ServerFrame::Schema(json) => (json == "{}").then_some("schema"),
                ServerFrame::Bye(_) => Some("server-bye"),
                // Read by the replica below.
                ServerFrame::Private(_) | ServerFrame::Snapshot(_) | ServerFrame::Codebook(_) => {
                    Some(name.as_str())
                }
            }
        };
        assert_eq!(read, Some(name.as_str()));
    }
}

#[test]
fn every_close_code_is_in_the_table_and_can_be_told() {
    let text = std::fs::read_to_string(PATH).unwrap();
    for code in CloseCode::ALL {
        let mut bytes = Vec::new();
        server::encode_reject(&Reject { code, reason: String::new() }, &mut bytes);
        assert_eq!(ServerFrame::decode(&bytes), Ok(ServerFrame::Reject(Reject { code, reason: String::new() })));
        assert!(text.contains(&close_row(code)), "WIRE.md has no row for {code:?}");
    }
}

/// The document with all examples as they are now.
fn rewritten(text: &str) -> String {
    let vectors = vectors();
    let mut fresh = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "CLOSE_TABLE" || CloseCode::ALL.iter().any(|code| line.starts_with(&close_start(*code))) {
            if !fresh.ends_with("|---|---|---|\n") {
                continue;
            }
            CloseCode::ALL.iter().for_each(|&code| writeln!(fresh, "{}", close_row(code)).unwrap());
            continue;
        }
        writeln!(fresh, "{line}").unwrap();
        if line == "```json" {
            lines.next();
            writeln!(fresh, "{}", schema().to_json()).unwrap();
        }
        let Some(name) = line.strip_prefix("```bytes ") else { continue };
        let bytes = vectors.get(name).unwrap_or_else(|| panic!("no frame is called {name}"));
        for part in bytes.chunks(40) {
            let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(fresh, "{}", hex.join(" ")).unwrap();
        }
        while lines.peek().is_some_and(|line| *line != "```") {
            lines.next();
        }
    }
    fresh
}

fn close_start(code: CloseCode) -> String {
    format!("| {} | {code:?} |", code.code())
}

fn close_row(code: CloseCode) -> String {
    let mut bytes = Vec::new();
    server::encode_reject(&Reject { code, reason: String::new() }, &mut bytes);
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {} |", close_start(code), hex.join(" "))
}

fn vectors() -> BTreeMap<String, Vec<u8>> {
    let mut vectors = snapshots();
    vectors.extend(rings());
    let mut add = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        vectors.insert(name.to_owned(), bytes);
    };
    add("hello", &|out| client::encode_hello(&hello(), out));
    add("input", &|out| client::encode_input(&layout(), &input(), out));
    add("acknowledgement", &|out| {
        let frame = InputFrame { runs: Vec::new(), first: InputSeq::NONE, ..input() };
        client::encode_input(&layout(), &frame, out);
    });
    add("request", &|out| client::encode_request(&Request { number: 7, bytes: vec![0, 5] }, out));
    add("away", &client::encode_away);
    add("here", &client::encode_here);
    add("resync", &client::encode_resync);
    add("client-bye", &|out| client::encode_bye("Ship.hp differs", out));
    add("welcome", &|out| server::encode_welcome(&welcome(), out));
    add("schema", &|out| server::encode_schema("{}", out));
    add("server-bye", &|out| {
        server::encode_bye(&Bye { code: CloseCode::Restart, reason: "back soon".into() }, out);
    });
    vectors
}

fn hello() -> Hello {
    Hello {
        version: VERSION,
        schema_hash: 0x0123_4567_89ab_cdef,
        room: "blue".into(),
        name: "Ada".into(),
        role: Role::Plays,
        ticket: vec![1, 2],
        options: BTreeMap::from([("team".into(), "2".into())]),
        resume: Some(Resume { token: [9; 16], tick: Tick(300), event: 4, seq: InputSeq(280) }),
    }
}

fn layout() -> InputLayout {
    let axis = FieldType::Int { min: -1, max: 1 };
    InputLayout::new(&[field("x", axis.clone()), field("y", axis), field("fire", FieldType::Bool)])
}

fn input() -> InputFrame {
    let run = |count, values: &[i32]| InputRun { count, values: values.to_vec() };
    InputFrame {
        held: Tick(40),
        event: 3,
        drawn: 616,
        first: InputSeq(50),
        runs: vec![run(3, &[1, -1, 1]), run(1, &[0, 0, 0])],
    }
}

fn welcome() -> Welcome {
    Welcome {
        player: PlayerId(3),
        room: "blue".into(),
        options: BTreeMap::new(),
        token: [7; 16],
        grace_ms: 30_000,
        tick_rate: 30,
        send_every: 1,
        tick: Tick(40),
        seq: InputSeq(0),
        resumed: false,
        schema_hash: 0x0123_4567_89ab_cdef,
        schema: None,
        codebook: Vec::new(),
    }
}

fn field(name: &str, ty: FieldType) -> Field {
    Field { default: vec![0; ty.component_count()], ..Field::plain(name, ty) }
}

/// The kind of the snapshot examples.
fn schema() -> Schema {
    let pair =
        |lo, step, steps| FieldType::Vector { size: 2, of: Box::new(FieldType::Number { lo, step, steps }) };
    let fields = vec![
        Field { place: true, ..field("pos", pair(0.0, 1.0 / 64.0, 6_400)) },
        Field { rate_of: Some(0), steady: true, ..field("vel", pair(-20.0, 0.01, 4_000)) },
        Field { along: Some(1), ..field("rot", FieldType::Angle { bits: 8 }) },
        field("hp", FieldType::Int { min: 0, max: 100 }),
    ];
    Schema {
        game: "example".into(),
        tick_rate: 30,
        send_every: 1,
        kinds: vec![Kind {
            name: "ships".into(),
            row: "Ship".into(),
            one: false,
            owner: false,
            predicted: false,
            fields,
        }],
        input: Vec::new(),
        request: Shape::Never,
        event: Shape::Text,
    }
}

/// A room of two ships, recorded until it has published a codebook, and read by a replica all along.
fn snapshots() -> BTreeMap<String, Vec<u8>> {
    let schema = schema();
    let (mut history, mut encoder, mut ledger) = (History::new(), Encoder::new(&schema), Ledger::new());
    let mut replica = Replica::new(&schema).of(PlayerId(1));
    let visible = Arc::new(Visible { everything: true, ..Visible::default() });
    let enters = SLOTS.map(|slot| EntityId { kind: KindId(0), slot });
    let mut vectors = BTreeMap::new();
    for tick in 1..5_000u32 {
        fly(&mut history, &schema, tick);
        encoder.begin();
        let mut out = Vec::new();
        let book = encoder.codebook(&mut ledger, &mut out);
        let enters = if tick == 1 { &enters[..] } else { &[] };
        let encoded = encoder.shared(&history, &ledger, &visible, enters, Due::ALL, &mut out);
        let private = private(tick, encoder.hash(&history, &encoded.held, PlayerId(1)));
        let private = encoder.private(&history, &mut ledger, &encoded.held, PlayerId(1), &private, &mut out);
        ledger.written(encoded.held);
        let mut ok = None;
        for frame in [book.clone(), private.clone(), encoded.frame.clone()].into_iter().filter(|f| !f.is_empty()) {
            ok = replica.receive(&out[frame]).unwrap().and_then(|arrival| arrival.hash_ok).or(ok);
        }
        assert_eq!(ok, Some(true));
        let mut keep =
            |name: &str, range: std::ops::Range<usize>| vectors.insert(name.into(), out[range].to_vec());
        match tick {
            1 => {
                keep("keyframe", encoded.frame);
                keep("private", private);
            }
            2 => {
                keep("delta", encoded.frame);
            }
            _ if !book.is_empty() => {
                keep("codebook", book);
                keep("delta-with-codebook", encoded.frame);
                return vectors;
            }
            _ => {}
        }
    }
    panic!("no codebook was worth its bytes");
}

/// The first three snapshots of the same room for a client that has one ship in a far ring.
fn rings() -> BTreeMap<String, Vec<u8>> {
    let schema = schema();
    let (mut history, mut encoder, mut ledger) = (History::new(), Encoder::new(&schema), Ledger::new());
    let mut replica = Replica::new(&schema);
    let [near, far] = SLOTS.map(|slot| EntityId { kind: KindId(0), slot });
    let mut visible = Visible { kinds: vec![SLOTS.into_iter().collect()], ringed: true, ..Visible::default() };
    let mut vectors = BTreeMap::new();
    let one_far = RingSet::FIRST.and(1);
    for (tick, name, rings) in
        [(1, "rings-keyframe", RingSet::ALL), (2, "rings-near", RingSet::FIRST), (3, "rings-both", one_far)]
    {
        fly(&mut history, &schema, tick);
        encoder.begin();
        visible.far[0] = vec![if tick < 3 { Slots::from_iter([far.slot]) } else { Slots::new() }];
        let enters = if tick == 1 { &[near, far][..] } else { &[] };
        let (mut out, due) = (Vec::new(), Due { rings, ..Due::ALL });
        let encoded = encoder.shared(&history, &ledger, &Arc::new(visible.clone()), enters, due, &mut out);
        replica.receive(&out).unwrap();
        assert_eq!(replica.hash(), encoder.hash(&history, &encoded.held, PlayerId::NOBODY));
        assert_eq!(replica.ring_of(far), usize::from(tick < 3));
        assert_eq!(replica.as_of(1), Tick(if tick == 2 { 1 } else { tick }));
        ledger.written(encoded.held);
        vectors.insert(name.into(), out);
    }
    vectors
}

/// Makes the next image.
fn fly(history: &mut History, schema: &Schema, tick: u32) {
    let mut image = history.draft(schema);
    image.tick = Tick(tick);
    for (nth, slot) in SLOTS.into_iter().enumerate() {
        let rows = &mut image.kinds[0];
        if tick == 1 {
            rows.insert(slot, PlayerId(nth as u32), 1);
        }
        let row = ship(nth as i32, tick as i32, rows.value(0, slot), rows.value(1, slot));
        row.into_iter().enumerate().for_each(|(at, value)| rows.set_value(at, slot, value));
    }
    history.push(image);
}

/// The integers of a ship: it flies, and turns left and right by turns.
fn ship(nth: i32, tick: i32, x: i32, y: i32) -> [i32; 6] {
    let turn = (tick * (7 + nth) / 5 + tick * tick / 31) % 64;
    // A circle of radius 1,000 steps, in 64 corners.
    let wave = |at: i32| {
        let at = at.rem_euclid(64);
        let half = (at % 32) * (32 - at % 32) * 1_000 / 256;
        if at < 32 { half } else { -half }
    };
    let (vx, vy) = (wave(turn + 16), wave(turn));
    let moved = |place: i32, vel: i32| (if tick == 1 { 3_200 } else { place } + vel * 64 / 3_000).clamp(0, 6_400);
    [moved(x, vx), moved(y, vy), vx + 2_000, vy + 2_000, turn * 4, 100 - tick / 40 % 100]
}

fn private(tick: u32, hash: u64) -> Private {
    let events = match tick {
        1 => vec![EventRecord { number: 1, tick: Tick(1), bytes: vec![2, b'h', b'i'] }],
        _ => Vec::new(),
    };
    Private {
        tick: Tick(tick),
        snapshot_follows: true,
        seq: InputSeq(tick + 9),
        margin: 2,
        replaced: 0,
        request: 0,
        pace: 100,
        hash: Some(hash),
        spawned: Vec::new(),
        events,
    }
}
