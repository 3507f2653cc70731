//! The schema: told as text, compared in words.

mod regatta;

use regatta::{Mood, Regatta, Sea, Ship, ship};
use tickwire_protocol::game::schema;
use tickwire_protocol::image::{History, Image, Mapping};
use tickwire_protocol::prelude::*;
use tickwire_protocol::schema::{Field, FieldType, Schema, Shape, differences};

/// Asserts what a client is told whose schema was changed by `change`, and whether that ends it.
#[track_caller]
fn check(change: impl FnOnce(&mut Schema), expected: &[(&str, bool)]) {
    let server = schema::<Regatta>();
    let mut client = server.clone();
    change(&mut client);
    let found: Vec<_> = differences(&server, &client).into_iter().map(|it| (it.text, it.breaks)).collect();
    let expected: Vec<_> = expected.iter().map(|(text, breaks)| ((*text).to_owned(), *breaks)).collect();
    assert_eq!(found, expected);
    assert_eq!(Mapping::new(&server, &client).is_ok(), expected.iter().all(|(_, breaks)| !breaks));
    assert_ne!(server.hash(), client.hash());
}

#[test]
fn a_schema_is_the_same_after_its_json() {
    let schema = schema::<Regatta>();
    assert_eq!(schema.errors(), [""; 0]);
    let text = schema.to_json();
    let back = Schema::from_json(&text).unwrap();
    assert_eq!(back, schema);
    assert_eq!((back.to_json(), back.hash()), (text, schema.hash()));
}

#[test]
fn the_hash_does_not_change_by_itself() {
    // A change here is a change of the JSON form or of the hash: raise `wire::VERSION`.
    let small = Schema {
        game: "small".to_owned(),
        tick_rate: 30,
        send_every: 1,
        kinds: Vec::new(),
        input: Vec::new(),
        request: Shape::Never,
        event: Shape::Unit,
    };
    assert_eq!(
        small.to_json(),
        r#"{"game":"small","tick_rate":30,"send_every":1,"kinds":[],"input":[],"request":"Never","event":"Unit"}"#
    );
    assert_eq!(small.hash(), 164_289_667_772_511_106);
}

#[test]
fn a_range_is_told_with_both_ranges() {
    let to_255 = |schema: &mut Schema| ship(schema)[3].ty = FieldType::Int { min: 0, max: 255 };
    check(to_255, &[("server has Ship.hp 0..=100, client 0..=255", true)]);
}

#[test]
fn a_step_is_told_with_both_steps() {
    let coarser = |schema: &mut Schema| {
        let of = Box::new(FieldType::Number { lo: -100.0, step: 0.01, steps: 20_000 });
        ship(schema)[0].ty = FieldType::Vector { size: 2, of };
    };
    let told = "server has Ship.pos Vec2 of -100..=100 step 0.001, client Vec2 of -100..=100 step 0.01";
    check(coarser, &[(told, true)]);
}

#[test]
fn a_step_that_differs_in_its_last_bits_is_told_too() {
    let server = schema::<Regatta>();
    let mut client = server.clone();
    let of = Box::new(FieldType::Number { lo: -100.0, step: 0.001_000_000_000_000_1, steps: 200_000 });
    ship(&mut client)[0].ty = FieldType::Vector { size: 2, of };
    let told = differences(&server, &client);
    assert!(told.len() == 1 && told[0].breaks && told[0].text.contains("0.0010000000000001"), "{told:?}");
}

#[test]
fn reordered_event_variants_are_told_by_their_places() {
    let reorder = |schema: &mut Schema| {
        let Shape::Enum { variants, .. } = &mut schema.event else { panic!("an enum") };
        variants.swap(0, 1);
    };
    let expected = [
        ("server has Event.Started in place 0, client in place 1", true),
        ("server has Event.Sunk in place 1, client in place 0", true),
    ];
    check(reorder, &expected);
}

#[test]
fn an_appended_event_is_passed_over_and_an_appended_request_is_not() {
    let fewer = |schema: &mut Schema| {
        let Shape::Enum { variants, .. } = &mut schema.event else { panic!("an enum") };
        variants.pop();
    };
    check(fewer, &[("server has Event.Hailed, client does not", false)]);
    let more = |schema: &mut Schema| {
        let Shape::Enum { variants, .. } = &mut schema.request else { panic!("an enum") };
        variants.push(("Board".to_owned(), Shape::Unit));
    };
    check(more, &[("client has Request.Board, server does not", true)]);
}

#[test]
fn parts_of_a_message_are_told_by_their_path() {
    let change = |schema: &mut Schema| {
        let Shape::Enum { variants, .. } = &mut schema.request else { panic!("an enum") };
        let Shape::Struct { fields, .. } = &mut variants[1].1 else { panic!("a struct") };
        fields[1].1 = Shape::Uint(8);
    };
    check(change, &[("server has Request.Hail.line as text, client as u8", true)]);
}

#[test]
fn an_input_must_be_the_same() {
    let more = |schema: &mut Schema| {
        let field = Field { default: vec![0], ..Field::plain("y", FieldType::Bool) };
        schema.input.push(field);
    };
    check(more, &[("client has the input.y, server does not", true)]);
    check(|schema| schema.input[1].once = false, &[("server has the input.fire once, client does not", true)]);
}

#[test]
fn what_is_only_drawn_otherwise_does_not_end_it() {
    let change = |schema: &mut Schema| {
        schema.kinds[0].predicted = false;
        ship(schema)[0].snap = Some(7.5);
        ship(schema)[1].rate_of = None;
        schema.send_every = 1;
    };
    let expected = [
        ("server has ticks between snapshots: 2, client 1", false),
        ("server has Ship predicted for everyone, client does not", false),
        ("server has Ship.pos with snap 5, client 7.5", false),
        ("server has Ship.vel as rate of pos, client nothing", false),
    ];
    check(change, &expected);
}

#[test]
fn another_rate_or_table_order_ends_it() {
    check(|schema| schema.tick_rate = 30, &[("server has a tick rate of 60, client 30", true)]);
    let swap = |schema: &mut Schema| schema.kinds.swap(0, 1);
    let expected = [
        ("server has the table ships in place 0, client wind", true),
        ("server has the table wind in place 1, client ships", true),
    ];
    check(swap, &expected);
}

#[test]
fn appended_and_missing_fields_are_mapped_by_name() {
    let server = schema::<Regatta>();
    let mut client = server.clone();
    let crew = Field { default: vec![40], ..Field::plain("crew", FieldType::Int { min: 0, max: 50 }) };
    let fields = ship(&mut client);
    fields.remove(0);
    fields[0].rate_of = None;
    fields[1].along = Some(0);
    fields.insert(1, crew);
    client.kinds.pop();
    let told: Vec<_> = differences(&server, &client).into_iter().map(|it| it.text).collect();
    let expected = [
        "server has Ship.pos, client does not",
        "server has Ship.vel as rate of pos, client nothing",
        "client has Ship.crew, server does not",
        "server has the table wind, client does not",
    ];
    assert_eq!(told, expected);

    let mut sea = Sea::default();
    let first = Ship { hp: 7, ammo: 3, name: "Erebus".to_owned(), mood: Mood::Angry, ..Ship::default() };
    let id = sea.ships.spawn_for(PlayerId(4), first);
    let mut image = History::new().draft(&server);
    sea.settle(&mut image);
    let mut mapped = Image::new(&client);
    Mapping::new(&server, &client).unwrap().apply(&image, &mut mapped);
    let (from, to) = (&image.kinds[0], &mapped.kinds[0]);
    let (server_at, client_at) = (server.kinds[0].offsets(), client.kinds[0].offsets());
    for (at, field) in client.kinds[0].fields.iter().enumerate() {
        let value = to.value(client_at[at], id.slot);
        match server.kinds[0].fields.iter().position(|other| other.name == field.name) {
            _ if field.is_whole() => {}
            Some(there) => assert_eq!(value, from.value(server_at[there], id.slot), "{}", field.name),
            None => assert_eq!(value, 40),
        }
    }
    assert_eq!(to.whole(0, id.slot), b"\x06Erebus");
    assert_eq!((to.owner[id.slot as usize], mapped.kinds.len()), (PlayerId(4), 1));
}

#[test]
fn a_schema_can_be_read_by_people() {
    let text = schema::<Regatta>().describe();
    let expected = "\
ships: Ship, 125 bits and 1 whole value, predicted for everyone
  pos      2 x 18 bits  Vec2 of -100..=100 step 0.001, place, lerp, snap 5
  vel      2 x 11 bits  Vec2 of -50.04..=50.04 step 0.06, steady, rate of pos
  heading      10 bits  angle of 10 bits (0.3515625 degrees), lerp, along vel
  hp            7 bits  0..=100
  ammo         16 bits  0..=65535, owner
  name           whole  text in at most 24 bytes
  mood           1 bit  Mood { Calm, Angry }
  rival        33 bits  optional id of a Ship
";
    assert!(text.contains(expected), "{text}");
    assert!(text.ends_with("request: Order (Anchor | Hail { to: u32, line: text })\nevent: News (Started | Sunk(u32, Vec2 { x: f32, y: f32 }) | Hailed { by: u32, line: text })\n"), "{text}");
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Regrets {
    #[rep(place, range = 0.0..=1000.0, step = 0.1, lerp, snap = 0.5)]
    pos: Vec2,
    #[rep(range = -120.0..=120.0, step = 0.01, rate_of = pos)]
    vel: Vec2,
    #[rep(angle, bits = 8)]
    heading: f32,
    #[rep(range = 0.0..=100000.0, step = 0.001)]
    fine: f32,
    #[rep(range = -1.0..=1.0, step = 0.3)]
    never_zero: f32,
}

#[test]
fn what_a_game_will_regret_is_told_at_its_start() {
    let mut regrets = schema::<Regatta>();
    assert_eq!(regrets.warnings(), [""; 0]);
    *ship(&mut regrets) = Regrets::fields();
    regrets.kinds[0].row = "Ball".to_owned();
    let expected = [
        "Ball.pos stands still while Ball.vel is under 3 a second: it moves by less than half its step of 0.1 in a \
         tick. Give it a finer `step`, or Ball.vel `step = per_tick(60)`",
        "Ball.pos has `snap = 0.5`, but moves by 4 between two snapshots at full speed: that would be drawn as \
         teleports",
        "Ball.heading cannot turn slower than 42.2 degrees a second if it is turned a little each tick: `bits = 11` \
         can",
        "Ball.fine has steps of 0.001, finer than an f32 tells apart at 100000: use a `step` of 0.015625 or more, or \
         a smaller range",
        "Ball.never_zero cannot be 0: counted from -1 in steps of 0.3, the nearest value is -0.1. Begin the range at \
         a multiple of the step",
    ];
    assert_eq!(regrets.warnings(), expected);
}
