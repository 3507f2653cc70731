use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    #[rep(angle)]
    no_bits: f32,
    #[rep(bits = 8)]
    no_angle: u8,
    #[rep(angle, bits = 17)]
    too_many: f32,
    #[rep(angle, bits = 8)]
    vector: Vec2,
    #[rep(angle, bits = 8, range = 0.0..=6.3, step = 0.1)]
    ranged: f32,
}

fn main() {}
