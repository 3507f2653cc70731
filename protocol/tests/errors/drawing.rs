use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    #[rep(lerp)]
    flag: bool,
    #[rep(lerp)]
    perhaps: Option<u8>,
    #[rep(snap = 3)]
    no_lerp: u8,
    #[rep(lerp, snap = 0)]
    no_distance: u8,
    #[rep(place)]
    no_place: u8,
    #[rep(steady)]
    no_velocity: u8,
    #[rep(place, exact)]
    here: Vec2,
    #[rep(place, exact)]
    there: Vec2,
}

fn main() {}
