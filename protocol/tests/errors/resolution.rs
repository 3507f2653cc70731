use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    #[rep(range = 0.0..=1.0)]
    no_step: f32,
    #[rep(range = 0.0..=1.0)]
    no_step_either: Vec2,
    #[rep(step = 0.1)]
    no_range: f32,
    nothing: f32,
    nothing_either: Option<Vec3>,
    #[rep(range = 0.0..1.0, step = 0.1)]
    open_end: f32,
    #[rep(range = 5, step = 0.1)]
    no_bounds: f32,
    #[rep(range = 1.0..=0.0, step = 0.1)]
    falling: f32,
    #[rep(range = 0.0..=1.0, step = 0.0)]
    no_size: f32,
    #[rep(range = 0.0..=1.0, step = 2.0)]
    too_wide: f32,
    #[rep(range = 0.0..=1e9, step = 0.001)]
    too_many: f32,
    #[rep(exact, range = 0.0..=1.0, step = 0.1)]
    both: f32,
    #[rep(exact)]
    needless: u8,
    #[rep(range = 0..=256)]
    too_large: u8,
    #[rep(range = -1..=1)]
    too_small: u16,
    #[rep(range = 3..=3)]
    one_value: i32,
    #[rep(range = 0..=10, step = 2)]
    stepped: i32,
    #[rep(range = 0..=10)]
    wide: u64,
    #[rep(range = 0..=1)]
    flag: bool,
    #[rep(range = 0..=1)]
    who: PlayerId,
}

fn main() {}
