use tickwire_protocol::prelude::*;

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    size: usize,
    #[rep(range = 0.0..=1.0, step = 0.1)]
    double: f64,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Tuple(u8);

#[derive(Replicate, Clone, Default, PartialEq)]
struct Of<T> {
    value: T,
}

#[derive(Replicate, Clone, PartialEq)]
enum Mood {
    Calm,
    Angry(u8),
}

#[derive(Replicate, Clone, PartialEq)]
enum Never {}

fn main() {}
