use tickwire_protocol::prelude::*;

#[derive(World, Default)]
struct Tuple(u8);

#[derive(World, Default)]
enum Choice {
    #[default]
    None,
}

#[derive(Replicate, Clone, Default, PartialEq)]
struct Ship {
    hp: u8,
}

#[derive(World, Default)]
struct Sea {
    #[rep(owner)]
    ships: Table<Ship>,
}

fn main() {}
