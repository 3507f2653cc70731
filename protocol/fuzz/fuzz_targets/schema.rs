//! A schema as text: what is taken is within all limits, and everything that reads a schema can.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickwire_protocol::schema::{Schema, differences};
use tickwire_protocol::snapshot::{Encoder, Replica};
use tickwire_protocol::wire::InputLayout;

fuzz_target!(|text: &str| {
    match Schema::from_json(text) {
        Err(error) => drop(error.to_string()),
        Ok(schema) => {
            assert!(schema.errors().is_empty());
            assert_eq!(Schema::from_json(&schema.to_json()).as_ref(), Ok(&schema));
            drop((schema.warnings(), schema.describe()));
            assert!(differences(&schema, &schema).is_empty());
            drop(differences(&schema, &tickwire_fuzz::schema()));
            drop((Replica::new(&schema), Encoder::new(&schema), InputLayout::new(&schema.input)));
        }
    }
});
