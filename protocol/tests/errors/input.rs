use tickwire_protocol::prelude::*;

#[derive(Input, Clone, Default, PartialEq)]
struct Keys {
    #[rep(whole, max = 10)]
    line: String,
    #[rep(skip)]
    note: u8,
    #[rep(lerp, range = 0..=3)]
    drawn: u8,
    #[rep(owner)]
    mine: u8,
    #[rep(range = 0.0..=1.0)]
    throttle: f32,
    text: String,
}

#[derive(Input, Clone, Default, PartialEq)]
enum Key {
    #[default]
    None,
}

fn main() {}
