use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    #[rep(range = 0.0..=1.0, step = 0.1)]
    pos: Vec2,
    #[rep(exact)]
    exact: Vec2,
    #[rep(skip)]
    skipped: Vec2,
    #[rep(owner, range = 0.0..=1.0, step = 0.1)]
    secret: Vec2,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = place)]
    not_there: Vec2,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = itself)]
    itself: Vec2,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = skipped)]
    of_skipped: Vec2,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = pos)]
    other_type: Vec3,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = exact)]
    of_exact: Vec2,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = secret)]
    of_secret: Vec2,
    #[rep(rate_of = "pos", exact)]
    quoted: Vec2,
    #[rep(range = 0.0..=1.0, step = per_tick, rate_of = pos)]
    no_rate: Vec2,
    #[rep(range = 0.0..=1.0, step = per_tick(60))]
    rate_of_nothing: Vec2,
    #[rep(along = pos, exact)]
    no_angle: f32,
    #[rep(angle, bits = 8, along = no_rate_at_all)]
    along_nothing: f32,
    #[rep(angle, bits = 8, along = no_angle)]
    along_number: f32,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = pos)]
    no_direction: f32,
    #[rep(range = 0.0..=1.0, step = 0.1, rate_of = pos, along = exact)]
    along_vector: f32,
}

fn main() {}
