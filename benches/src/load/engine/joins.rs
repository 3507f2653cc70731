//! Who comes, when, and back.

use std::cmp::Reverse;

use mio::{Interest, Token};
use tickwire_client::Micros;
use tickwire_client_demo::net::Socket;

use super::Engine;
use crate::load::player::Player;
use crate::load::scenario::Habit;

/// Connections that are begun one after the other.
pub(super) struct Joins {
    habit: Habit,
    from: Micros,
    per_second: f64,
    count: usize,
    made: usize,
}

impl Engine {
    /// Lets more connections begin, so many in a second.
    pub fn add(&mut self, habit: Habit, count: usize, per_second: f64) {
        self.joins.push(Joins { habit, from: self.at(), per_second, count, made: 0 });
    }

    /// Cuts all players off; they come back, so many in a second.
    pub fn cut_all(&mut self, per_second: f64) {
        let at = self.at();
        for (seat, player) in self.players.iter_mut().enumerate().filter(|(_, player)| player.is_in()) {
            player.socket = None;
            let back = at + (seat as f64 * 1e6 / per_second.max(1.0)) as Micros;
            self.again.push(Reverse((back, seat)));
        }
    }

    pub(super) fn join_due(&mut self) -> anyhow::Result<()> {
        let at = self.at();
        for joins in &mut self.joins {
            let due = ((at - joins.from) as f64 / 1e6 * joins.per_second) as usize + 1;
            while joins.made < joins.count.min(due) {
                joins.made += 1;
                let seat = self.players.len();
                let decodes = joins.habit == Habit::Plays && seat.is_multiple_of(self.plan.decode_every.max(1));
                let player = Player::new(seat as u32, joins.habit, decodes, self.plan.role, at);
                self.players.push(player.behind(self.plan.link));
                self.again.push(Reverse((at, seat)));
            }
        }
        while let Some(&Reverse((due, seat))) = self.again.peek()
            && due <= at
        {
            self.again.pop();
            self.players[seat].begin_again(at);
            self.connect(seat)?;
        }
        Ok(())
    }

    fn connect(&mut self, seat: usize) -> anyhow::Result<()> {
        let mut socket = Socket::connect(&self.plan.to)?;
        if matches!(self.players[seat].habit, Habit::Dawdles(_) | Habit::Ignores) {
            // Else the kernel reads for them.
            socket2::SockRef::from(&*socket.stream()).set_recv_buffer_size(SMALL_BUFFER_BYTES)?;
        }
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(socket.stream(), Token(seat), both)?;
        self.players[seat].socket = Some(socket);
        Ok(())
    }
}

/// Bytes that the kernel keeps for those who read slowly.
const SMALL_BUFFER_BYTES: usize = 16 * 1_024;
