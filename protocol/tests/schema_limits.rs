//! A schema from anywhere: refused where it cannot be, and never the cause of a panic.

mod regatta;

use proptest::prelude::*;
use regatta::{Regatta, Sea, Ship, ship};
use tickwire_protocol::game::schema;
use tickwire_protocol::image::{History, Image, Mapping};
use tickwire_protocol::limits::{COMPONENTS_MAX, KINDS_MAX, SCHEMA_BYTES_MAX, SHAPE_DEPTH_MAX};
use tickwire_protocol::schema::{FieldType, Schema, SchemaError, Shape};
use tickwire_protocol::snapshot::Replica;
use tickwire_protocol::world::World as _;

/// Asserts that a schema changed by `change` is refused with a sentence that has `part` in it.
#[track_caller]
fn refused(change: impl FnOnce(&mut Schema), part: &str) {
    let mut schema = schema::<Regatta>();
    change(&mut schema);
    let error = Schema::from_json(&schema.to_json()).expect_err("it cannot be").to_string();
    assert!(error.contains(part), "{error}");
}

#[test]
fn a_schema_that_cannot_be_is_refused() {
    refused(|schema| schema.tick_rate = 0, "a tick rate of 0 Hz");
    refused(|schema| schema.send_every = 9, "every 9 ticks");
    refused(|schema| schema.kinds = vec![schema.kinds[0].clone(); KINDS_MAX + 1], "65 tables");
    refused(|schema| schema.kinds[1].name = "ships".to_owned(), "two things called `ships`");
    refused(|schema| schema.kinds[1].name.clear(), "a name of 0 bytes");
    refused(|schema| ship(schema)[0].rate_of = Some(99), "refers to field 99");
    refused(|schema| ship(schema)[3].default = vec![101], "the default of Ship.hp");
    refused(|schema| ship(schema)[3].default.clear(), "the default of Ship.hp");
    refused(|schema| ship(schema)[3].ty = FieldType::Int { min: -1, max: 1 << 31 }, "no range within 32 bits");
    refused(|schema| ship(schema)[2].ty = FieldType::Angle { bits: 17 }, "17 bits");
    refused(|schema| schema.event = Shape::Uint(7), "an integer of 7 bits");
    refused(|schema| schema.event = Shape::List(Box::new(Shape::Unit)), "items without bytes");
    let nothing = Shape::Array(u32::MAX, Box::new(Shape::Tuple(Vec::new())));
    refused(|schema| schema.event = nothing, "items without bytes");
    let huge = FieldType::Array {
        len: u32::MAX,
        of: Box::new(FieldType::Array { len: u32::MAX, of: FieldType::Bool.into() }),
    };
    refused(|schema| ship(schema)[3].ty = huge, &format!("{COMPONENTS_MAX} are allowed"));
    let odd = FieldType::Vector { size: 3, of: Box::new(FieldType::Bool) };
    refused(|schema| ship(schema)[3].ty = odd, "not a vector");
    let whole = FieldType::Option(Box::new(FieldType::Whole { max: 8, shape: Shape::Text }));
    refused(|schema| ship(schema)[3].ty = whole, "inside");
    for (lo, step, steps) in
        [(0.0, 0.0, 1), (0.0, -1.0, 1), (0.0, 1.0, 0), (0.0, 1.0, u32::MAX), (1e308, 1e308, 9)]
    {
        refused(|schema| ship(schema)[3].ty = FieldType::Number { lo, step, steps }, "no range");
    }
}

#[test]
fn a_text_that_nests_too_deep_is_refused() {
    let nested = |depth: u32| (1..depth).fold(Shape::Bool, |of, _| Shape::Option(Box::new(of)));
    let mut schema = schema::<Regatta>();
    schema.event = nested(SHAPE_DEPTH_MAX);
    assert!(Schema::from_json(&schema.to_json()).is_ok());
    schema.event = nested(SHAPE_DEPTH_MAX + 1);
    assert!(matches!(Schema::from_json(&schema.to_json()), Err(SchemaError::Limits(_))));
    let deep = format!("{}{}", r#"{"Option":"#.repeat(5_000), "}".repeat(5_000));
    let text = schema.to_json().replace(r#""event":{"#, &format!(r#""event":{deep},"other":{{"#));
    assert!(matches!(Schema::from_json(&text), Err(SchemaError::Json(_))));
}

#[test]
fn a_text_that_is_too_long_is_not_even_read() {
    let text = " ".repeat(SCHEMA_BYTES_MAX + 1);
    assert_eq!(Schema::from_json(&text), Err(SchemaError::TooLong(SCHEMA_BYTES_MAX + 1)));
}

#[test]
fn keys_of_a_later_version_are_passed_over() {
    let text = schema::<Regatta>().to_json().replacen('{', r#"{"motto":["all",{"sails":1}],"#, 1);
    assert_eq!(Schema::from_json(&text).unwrap(), schema::<Regatta>());
}

/// A type of a field that may or may not be possible.
fn any_type() -> impl Strategy<Value = FieldType> {
    let number =
        prop_oneof![Just(0.0), Just(-0.5), Just(f64::NAN), Just(f64::INFINITY), -1e9..1e9f64, Just(1e-320)];
    let many = prop_oneof![0u32..4, Just(u32::MAX), 60u32..70, any::<u32>()];
    let leaf = prop_oneof![
        Just(FieldType::Bool),
        (any::<i64>(), any::<i64>()).prop_map(|(min, max)| FieldType::Int { min, max }),
        (-9i64..9, -9i64..9).prop_map(|(min, max)| FieldType::Int { min, max }),
        (number.clone(), number, many.clone()).prop_map(|(lo, step, steps)| FieldType::Number { lo, step, steps }),
        Just(FieldType::Exact),
        any::<u8>().prop_map(|bits| FieldType::Angle { bits }),
        (0u8..20).prop_map(|bits| FieldType::Angle { bits }),
        any::<u32>().prop_map(|max| FieldType::Whole { max, shape: Shape::Text }),
        (0usize..3).prop_map(|n| FieldType::Enum {
            name: "Side".to_owned(),
            variants: (0..n).map(|at| format!("v{at}")).collect(),
        }),
    ];
    leaf.prop_recursive(8, 12, 2, move |of| {
        prop_oneof![
            of.clone().prop_map(|of| FieldType::Option(Box::new(of))),
            (many.clone(), of.clone()).prop_map(|(len, of)| FieldType::Array { len, of: Box::new(of) }),
            (any::<u8>(), of.clone()).prop_map(|(size, of)| FieldType::Vector { size, of: Box::new(of) }),
            (2u8..4, of).prop_map(|(size, of)| FieldType::Vector { size, of: Box::new(of) }),
        ]
    })
}

/// A schema whose first row has these types, and no more than that in common with one that can be.
fn any_schema() -> impl Strategy<Value = Schema> {
    let links = prop_oneof![Just(None), (0u16..4).prop_map(Some), any::<u16>().prop_map(Some)];
    let field = (any_type(), prop::collection::vec(any::<i32>(), 0..3), links.clone(), links, any::<bool>());
    let fields = prop::collection::vec(field, 0..4);
    (fields, any::<bool>(), prop_oneof![Just(30u16), any::<u16>()], 0u32..12).prop_map(
        |(fields, defaults, tick_rate, send_every)| {
            let mut schema = schema::<Regatta>();
            (schema.tick_rate, schema.send_every) = (tick_rate, send_every.max(1));
            let of = ship(&mut schema);
            for (field, (ty, default, rate_of, along, place)) in of.iter_mut().zip(fields) {
                field.default = if defaults && is_small(&ty) {
                    ty.components().iter().map(|range| range.min).collect()
                } else {
                    default
                };
                (field.ty, field.place) = (ty, place);
                (field.rate_of, field.along) = (rate_of.map(Into::into), along.map(Into::into));
            }
            schema
        },
    )
}

/// Whether its components can be listed at all.
fn is_small(ty: &FieldType) -> bool {
    match ty {
        FieldType::Array { len, of } => *len < 70 && is_small(of),
        FieldType::Option(of) => is_small(of),
        FieldType::Vector { of, .. } => matches!(**of, FieldType::Number { .. } | FieldType::Exact),
        _ => true,
    }
}

#[test]
fn a_replica_of_a_schema_that_cannot_be_says_so_for_every_frame() {
    let mut wrong = schema::<Regatta>();
    ship(&mut wrong)[3].ty = FieldType::Angle { bits: 40 };
    let mut replica = Replica::new(&wrong);
    for frame in [&[][..], &[0x10, 1, 2], &[0x13]] {
        let error = replica.receive(frame).expect_err("nothing can be read").to_string();
        assert!(error.contains("Ship.hp is an angle of 40 bits: it has 1 to 16"), "{error}");
    }
    assert!(replica.codebook(&[]).is_err());
    assert!(Replica::new(&schema::<Regatta>()).codebook(&[]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Both ends compute with the step that the text says: not one bit of it may be lost.
    #[test]
    fn numbers_keep_every_bit_in_the_text(lo in -1e6..1e6f64, step in 1e-9..1e3f64, steps in 1u32..1_000_000) {
        let mut schema = schema::<Regatta>();
        ship(&mut schema)[3].ty = FieldType::Number { lo, step, steps };
        prop_assert_eq!(Schema::from_json(&schema.to_json()).unwrap(), schema);
    }

    /// Whatever is done to the text, it is refused or it is a schema that everything can be asked of.
    #[test]
    fn a_damaged_text_never_panics(at in 0usize..4_000, with in "[0-9a-zA-Z\\[\\]{},:\".-]{0,6}", cut in 0usize..9) {
        let text = schema::<Regatta>().to_json();
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        let damaged = format!("{}{with}{}", &text[..at], &text[end..]);
        if let Ok(damaged) = Schema::from_json(&damaged) {
            let server = schema::<Regatta>();
            let _told = (damaged.describe(), damaged.warnings());
            if let Ok(mapping) = Mapping::new(&server, &damaged) {
                let mut sea = Sea::default();
                sea.ships.spawn(Ship::default());
                let mut image = History::new().draft(&server);
                sea.settle(&mut image);
                mapping.apply(&image, &mut Image::new(&damaged));
            }
            Mapping::new(&damaged, &server).ok();
        }
    }

    /// Whatever the schema says: what cannot be is refused by name, what can be reads any frame without a panic.
    #[test]
    fn no_schema_makes_a_replica_panic(schema in any_schema(), frame in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut replica = Replica::new(&schema);
        let refused = schema.check().err().map(|error| error.to_string());
        for kind in 0..32u8 {
            let mut frame = frame.clone();
            frame.insert(0, kind);
            let told = replica.receive(&frame);
            if let Some(refused) = &refused {
                let told = told.expect_err("nothing can be read").to_string();
                prop_assert!(told.contains(refused.as_str()), "{} does not say: {}", told, refused);
            }
        }
        if refused.is_none() {
            drop(tickwire_protocol::snapshot::Encoder::new(&schema));
        }
    }
}
