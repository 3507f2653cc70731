//! A schema from anywhere: refused where it cannot be, and never the cause of a panic.

mod regatta;

use proptest::prelude::*;
use regatta::{Regatta, Sea, Ship, ship};
use tickwire_protocol::game::schema;
use tickwire_protocol::image::{History, Image, Mapping};
use tickwire_protocol::limits::{COMPONENTS_MAX, KINDS_MAX, SCHEMA_BYTES_MAX, SHAPE_DEPTH_MAX};
use tickwire_protocol::schema::{FieldType, Schema, SchemaError, Shape};
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
}
