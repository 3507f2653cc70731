//! A shared whiteboard with a chat. Strokes and lines are rows, so whoever comes late has them.
//!
//! `cargo run --example board` serves it.

#![allow(missing_docs)] // Names say what rows and fields are.

use std::process::ExitCode;

use tickwire_protocol::prelude::*;

/// A line somebody drew.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Stroke {
    /// Later ones cover earlier ones.
    pub number: u32,
    /// 0xRRGGBB.
    #[rep(range = 0..=0xff_ffff)]
    pub colour: u32,
    /// Its corners, in a board of 65,536 x 65,536.
    #[rep(whole, max = 1000)]
    pub points: Vec<(u16, u16)>,
}

/// Something somebody said.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub number: u32,
    #[rep(whole, max = 50)]
    pub who: String,
    #[rep(whole, max = 400)]
    pub text: String,
}

/// Somebody who is here.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Guest {
    #[rep(whole, max = 50)]
    pub name: String,
}

#[derive(World, Default)]
pub struct Wall {
    pub strokes: Table<Stroke>,
    pub lines: Table<Line>,
    pub guests: Table<Guest>,
}

/// What anybody may ask for.
#[derive(Message, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    Draw {
        colour: u32,
        points: Vec<(u16, u16)>,
    },
    Say(String),
    /// Takes all strokes away.
    Wipe,
}

/// Strokes on the wall; the oldest goes.
const STROKES_MAX: usize = 8_000;
/// Lines that a late joiner can read; the oldest goes.
const LINES_MAX: usize = 200;
/// Corners of a stroke: as many as fit into a request.
const POINTS_MAX: usize = 150;

#[derive(Serialize, Deserialize)]
pub struct Whiteboard {
    number: u32,
}

impl Game for Whiteboard {
    const NAME: &'static str = "board";
    const TICK_RATE: TickRate = TickRate::hz(20);
    type World = Wall;
    type Input = ();
    type Request = Ask;
    type Event = Never;

    fn rules() -> Rules {
        Rules { players_max: 256, requests_per_second: 20, watchers_ask: false, ..Rules::default() }
    }

    /// The option `strokes` fills the wall with so many of them, for trying how a full one feels.
    fn open(wall: &mut Wall, host: &mut Host<Self>) -> Self {
        let strokes = host.option("strokes").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut board = Whiteboard { number: 0 };
        for _ in 0..strokes {
            let points = (0..8).map(|_| (host.rng().random(), host.rng().random())).collect();
            let colour = host.rng().random_range(0..=0xff_ffff);
            board.draw(wall, colour, points);
        }
        board
    }

    fn join(&mut self, wall: &mut Wall, _: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        wall.guests.spawn_for(player.id, Guest { name: player.name.clone() });
        Ok(())
    }

    fn request(&mut self, wall: &mut Wall, host: &mut Host<Self>, from: Caller, ask: Ask) {
        let Caller::Player(player) = from else { return };
        match ask {
            Ask::Draw { points, .. } if points.is_empty() => {}
            Ask::Draw { colour, points } => self.draw(wall, colour, points),
            Ask::Say(text) => {
                let who = host.player(player).map_or_else(String::new, |player| player.name.clone());
                let number = self.next();
                wall.lines.spawn(Line { number, who, text });
                if wall.lines.len() > LINES_MAX {
                    let oldest = wall.lines.iter().min_by_key(|(_, line)| line.number).map(|(id, _)| id);
                    oldest.map(|id| wall.lines.remove(id));
                }
            }
            Ask::Wipe => wall.strokes.retain(|_, _| false),
        }
    }
}

impl Whiteboard {
    fn draw(&mut self, wall: &mut Wall, colour: u32, mut points: Vec<(u16, u16)>) {
        points.truncate(POINTS_MAX);
        let number = self.next();
        wall.strokes.spawn(Stroke { number, colour, points });
        if wall.strokes.len() > STROKES_MAX {
            let oldest = wall.strokes.iter().min_by_key(|(_, stroke)| stroke.number).map(|(id, _)| id);
            oldest.map(|id| wall.strokes.remove(id));
        }
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }
}

#[allow(dead_code)] // Unused where a test includes this file.
fn main() -> ExitCode {
    tickwire_server::run::<Whiteboard>()
}
