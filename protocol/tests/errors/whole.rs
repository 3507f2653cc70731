use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    name: String,
    crew: Vec<u8>,
    #[rep(whole)]
    no_max: String,
    #[rep(max = 10)]
    no_whole: u8,
    #[rep(whole, max = 0)]
    nothing: String,
    #[rep(whole, max = 5000)]
    too_long: String,
    #[rep(whole, max = 10, lerp)]
    drawn: String,
    #[rep(skip, whole, max = 10)]
    never: String,
    #[rep(skip, lerp)]
    never_drawn: f32,
}

fn main() {}
