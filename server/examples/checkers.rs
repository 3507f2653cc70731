//! Checkers (English draughts): two players, any number of watchers, moves as requests, a clock in ticks.
//!
//! `cargo run --example checkers` serves it.

#![allow(missing_docs)] // Names say what rows and fields are.

use std::process::ExitCode;

use tickwire_protocol::prelude::*;

/// A man or king on the board.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// Its square: x and y from 0 to 7, white's home at y = 0.
    #[rep(place, range = 0.0..=7.0, step = 1.0)]
    pub at: Vec2,
    pub side: Side,
    pub king: bool,
}

/// Whose.
#[derive(Replicate, Message, Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    #[default]
    White,
    Black,
}

/// What both sides and everyone who watches can see beside the pieces.
#[derive(Replicate, Clone, Debug, Default, PartialEq)]
pub struct Match {
    pub turn: Side,
    pub running: bool,
    /// Who plays white and black.
    pub players: [PlayerId; 2],
    /// What the side that moves had left when its turn began; the other one has it still. In ticks.
    pub left: [u32; 2],
    /// When the turn began.
    pub since: Tick,
    /// The piece that must go on jumping.
    pub jumping: Id<Piece>,
    pub winner: Option<Side>,
}

#[derive(World, Default)]
pub struct Board {
    pub pieces: Table<Piece>,
    pub game: One<Match>,
}

/// What a player asks for. Squares count from 0 (x = 0, y = 0) along x to 63.
#[derive(Message, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    Move { from: u8, to: u8 },
    Resign,
}

/// What is told.
#[derive(Message, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// To whoever asked for what is not allowed.
    No(String),
    Won(Side),
}

/// Each side's time for the whole game.
const CLOCK_MS: u32 = 300_000;

#[derive(Serialize, Deserialize)]
pub struct Checkers;

type Square = (i32, i32);

impl Game for Checkers {
    const NAME: &'static str = "checkers";
    const TICK_RATE: TickRate = TickRate::hz(10);
    type World = Board;
    type Input = ();
    type Request = Ask;
    type Event = Told;

    fn rules() -> Rules {
        Rules { players_max: 2, ..Rules::default() }
    }

    fn open(board: &mut Board, host: &mut Host<Self>) -> Self {
        board.game.left = [host.ticks_in_ms(CLOCK_MS); 2];
        for (x, y) in (0..64).map(|n| (n % 8, n / 8)).filter(|(x, y)| (x + y) % 2 == 0 && (*y < 3 || *y > 4)) {
            let side = if y < 3 { Side::White } else { Side::Black };
            board.pieces.spawn(Piece { at: vec2(x as f32, y as f32), side, king: false });
        }
        Checkers
    }

    fn join(&mut self, board: &mut Board, host: &mut Host<Self>, player: &Player) -> Result<(), Refusal> {
        if player.role == Role::Watches {
            return Ok(());
        }
        let game = &mut *board.game;
        let seat = game.players.iter_mut().find(|seat| **seat == PlayerId::NOBODY);
        *seat.ok_or_else(|| Refusal::new("both sides are taken: watch, or open another room"))? = player.id;
        if !game.players.contains(&PlayerId::NOBODY) && game.winner.is_none() {
            (game.running, game.since) = (true, host.tick());
        }
        Ok(())
    }

    /// Who leaves a running game loses it.
    fn leave(&mut self, board: &mut Board, host: &mut Host<Self>, player: &Player) {
        if let Some(side) = board.game.side_of(player.id)
            && board.game.running
        {
            board.game.win(side.other(), host);
        }
    }

    fn request(&mut self, board: &mut Board, host: &mut Host<Self>, from: Caller, ask: Ask) {
        let Caller::Player(player) = from else { return };
        let done = match (board.game.side_of(player), ask) {
            (None, _) => Err("who watches cannot move".to_owned()),
            _ if !board.game.running => Err("the game is not running".to_owned()),
            (Some(side), Ask::Resign) => {
                board.game.win(side.other(), host);
                Ok(())
            }
            (Some(side), Ask::Move { from, to }) => board.move_piece(side, square(from), square(to), host),
        };
        if let Err(why) = done {
            host.tell(To::One(player), Told::No(why));
        }
    }

    fn step(&mut self, board: &mut Board, host: &mut Host<Self>) {
        let (side, game) = (board.game.turn, &board.game);
        if game.running && host.tick().since(game.since) > game.left[side as usize] {
            board.game.win(side.other(), host);
        }
    }
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::White => Side::Black,
            Side::Black => Side::White,
        }
    }

    /// The way its men go.
    fn ahead(self) -> i32 {
        match self {
            Side::White => 1,
            Side::Black => -1,
        }
    }
}

impl Match {
    fn side_of(&self, player: PlayerId) -> Option<Side> {
        [Side::White, Side::Black].into_iter().find(|side| self.players[*side as usize] == player)
    }

    fn win(&mut self, side: Side, host: &mut Host<Checkers>) {
        (self.running, self.winner) = (false, Some(side));
        host.tell(To::Everyone, Told::Won(side));
    }

    /// Stops the clock of the side that moved and starts the other's.
    fn pass(&mut self, now: Tick) {
        let left = &mut self.left[self.turn as usize];
        *left = left.saturating_sub(now.since(self.since));
        (self.turn, self.since, self.jumping) = (self.turn.other(), now, Id::NONE);
    }
}

impl Board {
    fn move_piece(
        &mut self,
        side: Side,
        from: Square,
        to: Square,
        host: &mut Host<Checkers>,
    ) -> Result<(), String> {
        if self.game.turn != side {
            return Err("it is the other side's turn".to_owned());
        }
        let piece = self.on(from).filter(|id| self.pieces.get(*id).is_some_and(|piece| piece.side == side));
        let piece = piece.ok_or("no piece of yours stands there")?;
        if self.game.jumping != Id::NONE && self.game.jumping != piece {
            return Err("the piece that jumped must jump on".to_owned());
        }
        let jumps = self.jumps(piece);
        let jump = jumps.iter().find(|(square, _)| *square == to);
        match jump {
            Some((_, taken)) => {
                self.pieces.remove(*taken);
            }
            None if self.must_jump(side) => {
                return Err("there is a piece to take, and it must be taken".to_owned());
            }
            None if !self.steps(piece).contains(&to) => return Err("that piece cannot go there".to_owned()),
            None => {}
        }
        let crowned = self.put(piece, to);
        if jump.is_some() && !crowned && !self.jumps(piece).is_empty() {
            self.game.jumping = piece;
            return Ok(());
        }
        self.game.pass(host.tick());
        if !self.can_move(side.other()) {
            self.game.win(side, host);
        }
        Ok(())
    }

    /// Puts a piece on a square; says whether that made it a king.
    fn put(&mut self, id: Id<Piece>, to: Square) -> bool {
        let Some(piece) = self.pieces.get_mut(id) else { return false };
        piece.at = vec2(to.0 as f32, to.1 as f32);
        let crowned = !piece.king && to.1 == if piece.side == Side::White { 7 } else { 0 };
        piece.king |= crowned;
        crowned
    }

    fn on(&self, square: Square) -> Option<Id<Piece>> {
        self.pieces.iter().find(|(_, piece)| piece.square() == square).map(|(id, _)| id)
    }

    /// The squares that a piece may step to.
    fn steps(&self, id: Id<Piece>) -> Vec<Square> {
        let Some(piece) = self.pieces.get(id) else { return Vec::new() };
        let (x, y) = piece.square();
        let free = |square: &Square| inside(*square) && self.on(*square).is_none();
        piece.ways().into_iter().map(|(dx, dy)| (x + dx, y + dy)).filter(free).collect()
    }

    /// The squares that a piece may jump to, and what it takes on the way.
    fn jumps(&self, id: Id<Piece>) -> Vec<(Square, Id<Piece>)> {
        let Some(piece) = self.pieces.get(id) else { return Vec::new() };
        let (x, y) = piece.square();
        let jump = |(dx, dy): Square| {
            let taken = self.on((x + dx, y + dy))?;
            let to = (x + 2 * dx, y + 2 * dy);
            let other = self.pieces.get(taken)?.side != piece.side;
            (other && inside(to) && self.on(to).is_none()).then_some((to, taken))
        };
        piece.ways().into_iter().filter_map(jump).collect()
    }

    fn of(&self, side: Side) -> impl Iterator<Item = Id<Piece>> + '_ {
        self.pieces.iter().filter(move |(_, piece)| piece.side == side).map(|(id, _)| id)
    }

    fn must_jump(&self, side: Side) -> bool {
        self.of(side).any(|id| !self.jumps(id).is_empty())
    }

    fn can_move(&self, side: Side) -> bool {
        self.of(side).any(|id| !self.steps(id).is_empty() || !self.jumps(id).is_empty())
    }
}

impl Piece {
    fn square(&self) -> Square {
        (self.at.x as i32, self.at.y as i32)
    }

    fn ways(&self) -> Vec<Square> {
        let ahead = self.side.ahead();
        let back = if self.king { vec![(-1, -ahead), (1, -ahead)] } else { Vec::new() };
        [(-1, ahead), (1, ahead)].into_iter().chain(back).collect()
    }
}

fn square(number: u8) -> Square {
    (i32::from(number % 8), i32::from(number / 8))
}

fn inside((x, y): Square) -> bool {
    (0..8).contains(&x) && (0..8).contains(&y)
}

#[allow(dead_code)] // Unused where a test includes this file.
fn main() -> ExitCode {
    tickwire_server::run::<Checkers>()
}
