//! Many sessions over real sockets on one thread.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use tickwire_client::{Client, Micros, Output, Session, State, Viewer};
use tickwire_protocol::game::Game;

use super::{Address, Read, Socket};

/// Something with a session.
pub trait Seated {
    /// Its session.
    fn session(&mut self) -> &mut Session;
    /// Called often while it is in: the place to look around and to set the input.
    fn turn(&mut self) {}
}

impl<G: Game> Seated for Client<G> {
    fn session(&mut self) -> &mut Session {
        self
    }
}

impl Seated for Viewer {
    fn session(&mut self) -> &mut Session {
        self
    }
}

/// Sessions, their sockets, and one clock for all.
pub struct Fleet<P> {
    poll: Poll,
    events: Events,
    seats: Vec<Seat<P>>,
    start: Instant,
    scratch: Vec<u8>,
}

struct Seat<P> {
    player: P,
    to: Address,
    socket: Option<Socket>,
}

impl<P: Seated> Fleet<P> {
    /// Nobody yet.
    ///
    /// # Errors
    /// Where the system gives no readiness queue.
    pub fn new() -> anyhow::Result<Fleet<P>> {
        Ok(Fleet {
            poll: Poll::new()?,
            events: Events::with_capacity(1_024),
            seats: Vec::new(),
            start: Instant::now(),
            scratch: vec![0; 64 * 1_024],
        })
    }

    /// Adds one, who connects in the next turn; says its number, from 0.
    pub fn add(&mut self, player: P, to: &Address) -> usize {
        self.seats.push(Seat { player, to: to.clone(), socket: None });
        self.seats.len() - 1
    }

    /// The time that all sessions are told.
    #[must_use]
    pub fn at(&self) -> Micros {
        self.start.elapsed().as_micros() as Micros
    }

    /// All of them, by number.
    pub fn players(&mut self) -> impl Iterator<Item = &mut P> {
        self.seats.iter_mut().map(|seat| &mut seat.player)
    }

    /// One of them.
    pub fn player(&mut self, number: usize) -> Option<&mut P> {
        self.seats.get_mut(number).map(|seat| &mut seat.player)
    }

    /// Breaks a connection without a word, as a network does.
    pub fn cut(&mut self, number: usize) {
        let at = self.at();
        if let Some(seat) = self.seats.get_mut(number)
            && seat.socket.take().is_some()
        {
            seat.player.session().lost(at, NO_CODE, "");
        }
    }

    /// Does what is due, then waits for frames, until something is due or `longest` is over.
    ///
    /// # Errors
    /// Where the system gives no readiness or no sockets.
    pub fn turn(&mut self, longest: Duration) -> anyhow::Result<()> {
        let mut until = self.at() + longest.as_micros() as Micros;
        for number in 0..self.seats.len() {
            until = until.min(self.tend(number)?);
        }
        let wait = Duration::from_micros(until.saturating_sub(self.at()));
        self.poll.poll(&mut self.events, Some(wait))?;
        let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for number in ready {
            self.receive(number)?;
        }
        Ok(())
    }

    /// Turns until `done` says so; false where that takes longer than `longest`.
    ///
    /// # Errors
    /// As [`Fleet::turn`].
    pub fn until(&mut self, longest: Duration, mut done: impl FnMut(&mut Self) -> bool) -> anyhow::Result<bool> {
        let end = Instant::now() + longest;
        while !done(self) {
            let Some(rest) = end.checked_duration_since(Instant::now()) else { return Ok(false) };
            self.turn(rest.min(TURN_MAX))?;
        }
        Ok(true)
    }

    /// Lets a session do what is due; says when it wants that again.
    fn tend(&mut self, number: usize) -> anyhow::Result<Micros> {
        let at = self.at();
        let Some(seat) = self.seats.get_mut(number) else { return Ok(Micros::MAX) };
        if *seat.player.session().state() == State::Joined {
            seat.player.turn();
        }
        let session = seat.player.session();
        session.update(at);
        while let Some(output) = session.poll() {
            match output {
                Output::Connect => {
                    let mut socket = Socket::connect(&seat.to)?;
                    let both = Interest::READABLE | Interest::WRITABLE;
                    self.poll.registry().register(socket.stream(), Token(number), both)?;
                    seat.socket = Some(socket);
                }
                Output::Send(frame) => {
                    if let Some(socket) = &mut seat.socket {
                        socket.send(&frame);
                    }
                }
                Output::Close(code, reason) => {
                    if let Some(mut socket) = seat.socket.take() {
                        socket.close(code.code(), &reason);
                    }
                }
            }
        }
        Ok(session.next_due())
    }

    fn receive(&mut self, number: usize) -> anyhow::Result<()> {
        let at = self.at();
        let Some(seat) = self.seats.get_mut(number) else { return Ok(()) };
        let Some(socket) = &mut seat.socket else { return Ok(()) };
        let session = seat.player.session();
        let mut closed = None;
        socket.flush();
        let read = socket.read(&mut self.scratch, |_, read| match read {
            Read::Open => session.connected(at),
            Read::Frame(frame) => session.receive(at, frame),
            Read::Close(code, reason) => closed = Some((code, reason.to_owned())),
        });
        if let Err(error) = read {
            closed = Some((NO_CODE, format!("{error:#}")));
        }
        if let Some((code, reason)) = closed {
            seat.socket = None;
            session.lost(at, code, &reason);
        }
        self.tend(number).map(|_| ())
    }
}

/// What a socket that broke without a close frame is said to be closed with.
const NO_CODE: u16 = 1006;

/// The longest wait of [`Fleet::until`] before it looks again.
const TURN_MAX: Duration = Duration::from_millis(20);
