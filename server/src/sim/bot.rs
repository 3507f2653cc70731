//! A client that plays as the game's own bot does.

use tickwire_client::{Client, Join, Output};
use tickwire_protocol::game::Game;
use tickwire_protocol::link::Micros;

use super::Peer;

/// A [`Client`] with a bot's hands and a display.
pub struct Bot<G: Game> {
    client: Client<G>,
    /// Whether the bot plays; otherwise its input stays what it was set to.
    pub plays: bool,
    draw_every: Micros,
    draw_due: Micros,
}

impl<G: Game> Bot<G> {
    /// A bot that draws so many frames a second.
    #[must_use]
    pub fn new(join: Join, frames_per_second: u32) -> Bot<G> {
        let draw_every = 1_000_000 / u64::from(frames_per_second.max(1));
        Bot { client: Client::new(join), plays: true, draw_every, draw_due: 0 }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client<G> {
        &self.client
    }

    /// The client, to be told something.
    pub fn client_mut(&mut self) -> &mut Client<G> {
        &mut self.client
    }
}

impl<G: Game> Peer for Bot<G> {
    fn connected(&mut self, at: Micros) {
        self.client.connected(at);
    }

    fn receive(&mut self, at: Micros, frame: &[u8]) {
        self.client.receive(at, frame);
    }

    fn lost(&mut self, at: Micros, code: u16, reason: &str) {
        self.client.lost(at, code, reason);
    }

    fn update(&mut self, at: Micros) {
        if self.client.next_due() <= at {
            if self.plays {
                let input = self.client.bot_input();
                self.client.set_input(&input);
            }
            self.client.update(at);
        }
        if self.draw_due <= at {
            self.client.draw(at);
            self.draw_due = at + self.draw_every;
        }
    }

    fn next_due(&self) -> Micros {
        self.client.next_due().min(self.draw_due)
    }

    fn poll(&mut self) -> Option<Output> {
        self.client.poll()
    }
}
