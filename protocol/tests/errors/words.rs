use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    #[rep(quick)]
    unknown: u8,
    #[rep(lerp, lerp)]
    twice: u8,
    #[rep(range)]
    no_value: u8,
    #[rep(predicted)]
    too_low: u8,
    #[rep(once)]
    not_an_input: bool,
}

#[derive(Replicate, Clone, Default, PartialEq)]
#[rep(lerp)]
struct Ball {
    hp: u8,
}

fn main() {}
