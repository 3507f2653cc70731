//! Who is in the room: joins, resumes, leaves, bots.

use std::collections::BTreeMap;

use tickwire_protocol::game::{Caller, Game, Player, Refusal, Role};
use tickwire_protocol::id::PlayerId;
use tickwire_protocol::limits::{CLOSE_REASON_BYTES_MAX, NAME_BYTES_MAX};
use tickwire_protocol::wire::{CloseCode, Hello, Reject, Resume, Token, server};

use super::calls::Call;
use super::client::{Client, Greeting};
use super::session::{Presence, Session, Spawned};
use super::{Close, ConnId, Joined, Outbox, Room, Write};

impl<G: Game> Room<G> {
    /// Step 2 of a tick: who is gone leaves, then joins, requests and answers in the order in which they came.
    pub(super) fn arrivals(&mut self, out: &mut Outbox) {
        self.leave_those_gone();
        let mut joins = 0;
        while let Some(call) = self.calls.pop_front() {
            match call {
                Call::Join { .. } if joins == self.setup.caps.joins_per_tick => {
                    self.calls.push_front(call);
                    break;
                }
                Call::Join { conn, hello, token } => {
                    joins += 1;
                    self.admit(conn, *hello, token, out);
                }
                Call::Request(player, request) => {
                    self.game.request(&mut self.world, &mut self.host, Caller::Player(player), request);
                }
                Call::Answer(request) => {
                    self.game.request(&mut self.world, &mut self.host, Caller::Outside, request);
                }
            }
        }
        self.seat_bots();
    }

    fn leave_those_gone(&mut self) {
        let (now, grace) = (self.tick, G::TICK_RATE.ticks_in_ms(self.setup.rules.grace_ms));
        let gone = |session: &Session<G::Input>| match session.presence {
            Presence::Over => true,
            Presence::Lost { since } => now.since(since) >= grace,
            Presence::Bot | Presence::Here(_) | Presence::Away(_) => false,
        };
        while let Some(id) = self.sessions.values().find(|session| gone(session)).map(|session| session.id) {
            self.leave(id);
        }
    }

    fn leave(&mut self, id: PlayerId) {
        if let Some(session) = self.sessions.remove(&id) {
            self.tokens.remove(&session.token);
        }
        if let Some(player) = self.host.players_mut().remove(&id) {
            self.host.note_seen(id, None);
            self.game.leave(&mut self.world, &mut self.host, &player);
        }
    }

    fn admit(&mut self, conn: ConnId, hello: Hello, token: Token, out: &mut Outbox) {
        if self.conns.contains_key(&conn) {
            return;
        }
        let with_schema = hello.schema_hash != self.schema_hash;
        let other_schema = with_schema && hello.schema_hash != 0;
        let resumed = hello.resume.as_ref().and_then(|resume| self.find_session(resume, hello.role));
        let player = match resumed {
            Some(player) => player,
            None => match self.open_session(&hello) {
                Ok(player) => player,
                Err(reject) => {
                    self.refuse(conn, reject, out);
                    return;
                }
            },
        };
        let greeting = Greeting::Owed { token, resumed: resumed.is_some(), with_schema };
        let mut client = Client::new(conn, greeting, G::TICK_RATE, self.tick);
        client.other_schema = other_schema;
        client.keyframe = self.clock_of(hello.role);
        self.connect(player, client, token, hello.resume.filter(|_| resumed.is_some()));
        self.stats.keyframes += 1;
        out.joined.push(Joined { conn, player });
    }

    /// The session that a hello goes on with.
    fn find_session(&self, resume: &Resume, role: Role) -> Option<PlayerId> {
        let session = self.sessions.get(self.tokens.get(&resume.token)?)?;
        let open = match session.presence {
            Presence::Here(_) | Presence::Away(_) | Presence::Lost { .. } => true,
            Presence::Bot | Presence::Over => false,
        };
        (open && session.role == role).then_some(session.id)
    }

    /// Puts a client in a session's seat; who sat there is closed with 4505: the newest socket wins.
    fn connect(&mut self, player: PlayerId, client: Client, token: Token, resume: Option<Resume>) {
        let conn = client.conn;
        let Some(session) = self.sessions.get_mut(&player) else { return };
        if let Some(old) = session.client() {
            let reason = "this session goes on over another connection".to_owned();
            self.closing.push(Close { conn: old.conn, code: CloseCode::TakenOver, reason });
            self.conns.remove(&old.conn);
        }
        if let Some(resume) = resume {
            session.events.resume(resume.event);
            session.spawned = Spawned::default();
        }
        self.tokens.remove(&session.token);
        self.tokens.insert(token, player);
        session.token = token;
        session.presence = Presence::Here(client);
        self.conns.insert(conn, player);
        if let Some(player) = self.host.players_mut().get_mut(&player) {
            player.connected = true;
        }
    }

    fn open_session(&mut self, hello: &Hello) -> Result<PlayerId, Reject> {
        self.check_space(hello.role)?;
        let player = Player {
            id: PlayerId(self.next_player),
            name: clean_name(&hello.name),
            role: hello.role,
            options: hello.options.clone(),
            bot: false,
            connected: true,
        };
        self.seat(player, Presence::Over).map_err(|Refusal(reason)| Reject {
            code: CloseCode::SentAway,
            reason: cut(&reason, CLOSE_REASON_BYTES_MAX),
        })
    }

    fn check_space(&self, role: Role) -> Result<(), Reject> {
        let (seats, what) = match role {
            Role::Plays => (self.setup.rules.players_max, "players"),
            Role::Watches => (self.setup.rules.watchers_max, "watchers"),
        };
        let taken = self.sessions.values().filter(|session| session.role == role && !session.is_bot()).count();
        if (taken as u64) < u64::from(seats) {
            return Ok(());
        }
        let reason = format!("room {} has its {seats} {what}: try another room, or later", self.setup.name);
        Err(Reject { code: CloseCode::Full, reason: cut(&reason, CLOSE_REASON_BYTES_MAX) })
    }

    /// Asks the game to take a player; a refused one was never here.
    fn seat(&mut self, player: Player, presence: Presence) -> Result<PlayerId, Refusal> {
        self.game.join(&mut self.world, &mut self.host, &player)?;
        let id = player.id;
        self.next_player = self.next_player.saturating_add(1);
        let clock = (self.tick, G::TICK_RATE);
        let session = Session::new(id, player.role, presence, clock, &self.setup.rules);
        self.sessions.insert(id, Box::new(session));
        self.host.players_mut().insert(id, player);
        Ok(id)
    }

    fn refuse(&mut self, conn: ConnId, reject: Reject, out: &mut Outbox) {
        let from = out.bytes.len();
        server::encode_reject(&reject, &mut out.bytes);
        let frame = from..out.bytes.len();
        out.writes.push(Write { conn, frames: [frame, 0..0, 0..0, 0..0] });
        self.closing.push(Close { conn, code: reject.code, reason: reject.reason });
    }

    /// Bots fill the room up to `Rules::bots` players, and leave, the newest first, as players come.
    fn seat_bots(&mut self) {
        let (mut bots, mut players) = (0, 0);
        for session in self.sessions.values().filter(|session| session.role == Role::Plays) {
            *(if session.is_bot() { &mut bots } else { &mut players }) += 1;
        }
        let wanted = self.setup.rules.bots.saturating_sub(players);
        while bots > wanted {
            bots -= 1;
            let newest = self.sessions.values().rev().find(|session| session.is_bot()).map(|session| session.id);
            if let Some(id) = newest {
                self.leave(id);
            }
        }
        while bots < wanted {
            bots += 1;
            let id = PlayerId(self.next_player);
            let name = format!("Bot {}", id.0);
            let bot = Player { id, name, role: Role::Plays, options: BTreeMap::new(), bot: true, connected: true };
            if self.seat(bot, Presence::Bot).is_err() {
                break;
            }
        }
    }

    /// Closes a player's connection; the session `ends` with it, or waits for a resume for the grace time.
    pub(super) fn close_connection(&mut self, player: PlayerId, code: CloseCode, reason: String, ends: bool) {
        let Some(session) = self.sessions.get_mut(&player) else { return };
        if let Some(conn) = session.client().map(|client| client.conn) {
            self.conns.remove(&conn);
            self.closing.push(Close { conn, code, reason: cut(&reason, CLOSE_REASON_BYTES_MAX) });
        }
        if ends {
            session.presence = Presence::Over;
        } else {
            self.lose(player);
        }
    }

    /// The connection is gone; the rows stay.
    pub(super) fn lose(&mut self, player: PlayerId) {
        if let Some(session) = self.sessions.get_mut(&player) {
            session.presence = Presence::Lost { since: self.tick };
        }
        if let Some(player) = self.host.players_mut().get_mut(&player) {
            player.connected = false;
        }
    }
}

/// A name without control characters and space at its ends, cut to its limit.
fn clean_name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    cut(clean.trim(), NAME_BYTES_MAX)
}

/// At most `max` bytes of a text, whole characters.
pub(super) fn cut(text: &str, max: usize) -> String {
    text[..text.floor_char_boundary(max)].to_owned()
}
