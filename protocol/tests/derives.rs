//! What the derives write.

use tickwire_protocol::game::schema;
use tickwire_protocol::prelude::*;
use tickwire_protocol::quantize::Value as _;
use tickwire_protocol::schema::{FieldType, Shape};

const RATE: TickRate = TickRate::hz(60);

#[derive(Replicate, Clone, Copy, Default, PartialEq, Debug)]
enum Mood {
    #[default]
    Calm,
    Angry,
    Gone,
}

#[derive(Serialize, Deserialize, Message, Clone, Default, PartialEq, Debug)]
struct Gear {
    sails: u8,
    crew: Vec<String>,
}

#[derive(Replicate, Clone, Default, PartialEq, Debug)]
#[rep(predicted)]
struct Ship {
    #[rep(place, range = -100.0..=100.0, step = 0.001, lerp, snap = 5)]
    pos: Vec2,
    #[rep(range = -50.0..=50.0, step = per_tick(RATE), rate_of = pos, steady)]
    vel: Vec2,
    #[rep(angle, bits = 10, along = vel, lerp)]
    heading: f32,
    #[rep(range = 0..=100)]
    hp: u8,
    #[rep(owner)]
    ammo: u16,
    #[rep(skip)]
    plan: Vec<Vec2>,
    #[rep(whole, max = 24)]
    name: String,
    #[rep(whole, max = 200, owner)]
    gear: Gear,
    mood: Mood,
    #[rep(exact)]
    heat: f32,
    moods: [Option<Mood>; 3],
    born: Tick,
    rival: Id<Ship>,
    r#type: u64,
}

#[derive(Replicate, Clone, Default, PartialEq)]
#[rep(owner)]
struct Secret {
    code: i32,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Wind {
    #[rep(angle, bits = 16)]
    from: f32,
}

#[derive(World, Default)]
struct Sea {
    ships: Table<Ship>,
    secrets: Table<Secret>,
    wind: One<Wind>,
}

#[derive(Input, Clone, Copy, Default, PartialEq, Debug)]
struct Keys {
    #[rep(range = -1..=1)]
    x: i8,
    #[rep(angle, bits = 8)]
    aim: f32,
    #[rep(once)]
    fire: bool,
    #[rep(range = 0.0..=1.0, step = 0.1)]
    throttle: f32,
    pick: Option<Mood>,
    slots: [bool; 2],
}

#[test]
fn a_row_becomes_its_integers_and_back() {
    let ship = Ship {
        pos: vec2(1.5, -2.25),
        vel: vec2(0.6, -0.06),
        heading: 0.0,
        hp: 100,
        ammo: 7,
        mood: Mood::Gone,
        heat: 0.125,
        moods: [None, Some(Mood::Angry), Some(Mood::Calm)],
        born: Tick(9),
        rival: Id::new(3),
        r#type: u64::MAX - 1,
        ..Ship::default()
    };
    let mut integers = [0; Ship::COMPONENTS];
    ship.pack(&mut integers);
    let mut back = Ship::default();
    back.unpack(&integers);
    assert_eq!(back, ship);
    assert_eq!(Ship::COMPONENTS, 2 + 2 + 1 + 1 + 1 + 1 + 1 + 6 + 1 + 1 + 2);
}

#[test]
fn a_velocity_per_tick_moves_by_whole_steps() {
    let fields = Ship::fields();
    let (Some(pos), Some(vel)) = (fields.first(), fields.get(1)) else { panic!("two fields") };
    let (FieldType::Vector { of: pos, .. }, FieldType::Vector { of: vel, .. }) = (&pos.ty, &vel.ty) else {
        panic!("vectors")
    };
    let (FieldType::Number { step: units, .. }, FieldType::Number { step: speed, lo, .. }) = (&**pos, &**vel)
    else {
        panic!("numbers")
    };
    assert!((speed - units * 60.0).abs() < 1e-12);
    assert!(*lo <= -50.0 && *lo > -50.1);
    assert_eq!(fields[1].rate_of, Some(0));
    assert!(fields[1].steady);
    assert_eq!(fields[2].along, Some(1));
}

#[test]
fn kinds_name_the_table_and_the_row() {
    let kinds = Sea::kinds();
    let names: Vec<_> = kinds.iter().map(|kind| (kind.name.as_str(), kind.row.as_str(), kind.one)).collect();
    assert_eq!(names, [("ships", "Ship", false), ("secrets", "Secret", false), ("wind", "Wind", true)]);
    assert!(kinds[0].predicted && !kinds[0].owner && kinds[1].owner);
    let fields: Vec<_> = kinds[0].fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields[4..8], ["ammo", "name", "gear", "mood"]);
    assert_eq!(fields.last(), Some(&"type"));
    // The default of a position in the middle of its range is not 0.
    assert_eq!(kinds[0].fields[0].default, [100_000, 100_000]);
}

#[test]
fn an_input_out_of_range_becomes_the_edge_and_once_is_not_repeated() {
    let keys = Keys { x: 9, fire: true, throttle: 3.0, pick: Some(Mood::Gone), ..Keys::default() };
    let mut integers = [0; Keys::COMPONENTS];
    keys.pack(&mut integers);
    let back = Keys::unpack(&integers);
    assert_eq!(back, Keys { x: 1, throttle: 1.0, ..keys });
    assert_eq!(back.repeated(), Keys { fire: false, ..back });
}

#[derive(Serialize, Deserialize, Message)]
enum Event {
    Started,
    Hit(EntityId),
    Moved(Vec2, f32),
    Said { by: PlayerId, line: String },
}

#[derive(Serialize, Deserialize, Message)]
struct Wrapped(Vec<(u8, Option<[i64; 3]>)>);

#[test]
fn shapes_follow_the_types() {
    let Shape::Enum { name, variants } = Event::shape() else { panic!("an enum") };
    assert_eq!(name, "Event");
    let names: Vec<_> = variants.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Started", "Hit", "Moved", "Said"]);
    assert_eq!(variants[0].1, Shape::Unit);
    assert!(matches!(&variants[1].1, Shape::Struct { name, .. } if name == "EntityId"));
    assert!(matches!(&variants[2].1, Shape::Tuple(parts) if parts.len() == 2));
    assert!(matches!(&variants[3].1, Shape::Struct { name, fields } if name == "Said" && fields[1].0 == "line"));
    let inner =
        Shape::Tuple(vec![Shape::Uint(8), Shape::Option(Box::new(Shape::Array(3, Box::new(Shape::Int(64)))))]);
    assert_eq!(Wrapped::shape(), Shape::List(Box::new(inner)));
    // List, tuple, option, array, number, and the wrapper itself.
    assert_eq!((Wrapped::DEPTH, Mood::COMPONENTS), (6, 1));
}

#[test]
fn whole_values_are_cut_to_their_bytes() {
    let mut ship = Ship { name: "äöüß-äöüß-äöüß".to_owned(), ..Ship::default() };
    ship.gear.crew = vec!["someone".to_owned(); 100];
    let mut bytes = Vec::new();
    for field in 0..Ship::WHOLES {
        bytes.clear();
        ship.pack_whole(field, &mut bytes);
        assert!(ship.fit_whole(field, bytes.len()) && !ship.fit_whole(field, 24));
    }
    assert_eq!(ship.name, "äöüß-äöüß-äö");
    assert_eq!(ship.gear, Gear::default());
    bytes.clear();
    ship.pack_whole(0, &mut bytes);
    assert_eq!(bytes.len(), 23);
    let mut other = Ship::default();
    other.unpack_whole(0, &bytes).unwrap();
    assert_eq!(other.name, ship.name);
    assert!(other.unpack_whole(0, &[200]).is_err());
    other.unpack_whole(0, &[]).unwrap();
    assert_eq!(other.name, "");
}

#[derive(Serialize, Deserialize)]
struct Regatta;

impl Game for Regatta {
    const NAME: &'static str = "regatta";
    const TICK_RATE: TickRate = RATE;
    type World = Sea;
    type Input = Keys;
    type Request = Never;
    type Event = Event;
    fn open(_: &mut Sea, _: &mut Host<Self>) -> Self {
        Regatta
    }
    fn join(&mut self, _: &mut Sea, _: &mut Host<Self>, _: &Player) -> Result<(), Refusal> {
        Ok(())
    }
}

#[test]
fn the_schema_of_a_game_holds_all_of_it() {
    let schema = schema::<Regatta>();
    assert_eq!((schema.game.as_str(), schema.tick_rate, schema.kinds.len()), ("regatta", 60, 3));
    assert_eq!(schema.input.len(), 6);
    assert!(schema.input[2].once);
    assert_eq!(schema.request, Shape::Never);
}
