//! Who sits where: a hello becomes a seat in a room, or a refusal with its reason. Pure.
//!
//! The lobby does not ask rooms. It is told how full they are ([`Lobby::counted`]) and remembers the seats it gave
//! away since ([`Lobby::settled`] ends that), so that a rush of joins cannot overfill a room.

use std::collections::BTreeMap;

use tickwire_protocol::game::{Role, Rules};
use tickwire_protocol::limits::ROOM_NAME_BYTES_MAX;
use tickwire_protocol::wire::{CloseCode, Hello, Reject, VERSION};

/// The rooms of a server and their seats.
#[derive(Clone, Debug)]
pub struct Lobby {
    rooms_max: usize,
    players_max: u32,
    watchers_max: u32,
    rooms: BTreeMap<String, Seats>,
}

/// Where a hello goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The room's name.
    pub room: String,
    /// Whether this room is to be opened first.
    pub opens: bool,
    /// In which role; for [`Lobby::settled`].
    pub role: Role,
}

/// How full a room is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// Players, lost ones among them, bots not.
    pub players: u32,
    /// Watchers, lost ones among them.
    pub watchers: u32,
}

/// What the room a hello without a room name opens is called.
pub const FIRST_ROOM: &str = "main";

#[derive(Clone, Copy, Debug, Default)]
struct Seats {
    counted: Population,
    given: Population,
}

impl Lobby {
    /// No rooms yet; at most `rooms_max` at a time, each with the seats of `rules`.
    #[must_use]
    pub fn new(rules: &Rules, rooms_max: usize) -> Lobby {
        Lobby {
            rooms_max,
            players_max: rules.players_max,
            watchers_max: rules.watchers_max,
            rooms: BTreeMap::new(),
        }
    }

    /// Finds a seat for a hello, and holds it until [`Lobby::settled`].
    ///
    /// A named room is opened where it is not there; where it is full, `name-2`, `name-3`, … follow. No name means
    /// the first room where it has space, else any other. A hello that resumes goes to its room, full or not: its seat
    /// is there already, or the room refuses it.
    ///
    /// # Errors
    /// A reject to send and close with: another version (4501), a name no room can have (1002), no space (1013).
    pub fn seat(&mut self, hello: &Hello) -> Result<Seat, Reject> {
        if hello.version != VERSION {
            return Err(reject(
                CloseCode::Version,
                format!(
                    "this server speaks version {VERSION} of the protocol, the client version {}: reload the page or update",
                    hello.version
                ),
            ));
        }
        check_name(&hello.room)?;
        if hello.resume.is_some() && self.rooms.contains_key(&hello.room) {
            return Ok(self.give(hello.room.clone(), hello.role));
        }
        if hello.room.is_empty()
            && let Some(room) = self.with_space(hello.role)
        {
            return Ok(self.give(room, hello.role));
        }
        let base = if hello.room.is_empty() { FIRST_ROOM } else { &hello.room };
        // As many names as there may be rooms, and one: at least one of them is free or has space.
        for number in 1..=self.rooms_max + 1 {
            let room = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
            let space = self.rooms.get(&room).map(|seats| self.has_space(seats, hello.role));
            match space {
                Some(true) => return Ok(self.give(room, hello.role)),
                Some(false) => {}
                None if self.rooms.len() < self.rooms_max => return Ok(self.give(room, hello.role)),
                None => break,
            }
        }
        Err(reject(
            CloseCode::Full,
            format!("all {} rooms are full, {} is the limit: try again later", self.rooms.len(), self.rooms_max),
        ))
    }

    /// The room answered the hello of a seat, with a welcome or a reject: the seat is no longer held, it counts or not.
    pub fn settled(&mut self, seat: &Seat) {
        if let Some(seats) = self.rooms.get_mut(&seat.room) {
            let given = seats.given.of_mut(seat.role);
            *given = given.saturating_sub(1);
        }
    }

    /// How full a room is now.
    pub fn counted(&mut self, room: &str, population: Population) {
        if let Some(seats) = self.rooms.get_mut(room) {
            seats.counted = population;
        }
    }

    /// The room ended: its name is free.
    pub fn ended(&mut self, room: &str) {
        self.rooms.remove(room);
    }

    /// The rooms by name, and how full each is, held seats among them.
    pub fn rooms(&self) -> impl Iterator<Item = (&str, Population)> {
        self.rooms.iter().map(|(name, seats)| (name.as_str(), seats.total()))
    }

    /// A room with space: the first one where it has some, so that those who do not choose meet there.
    fn with_space(&self, role: Role) -> Option<String> {
        let first = self.rooms.get_key_value(FIRST_ROOM).into_iter();
        let mut rooms = first.chain(&self.rooms);
        rooms.find(|(_, seats)| self.has_space(seats, role)).map(|(name, _)| name.clone())
    }

    fn has_space(&self, seats: &Seats, role: Role) -> bool {
        match role {
            Role::Plays => seats.total().players < self.players_max,
            Role::Watches => seats.total().watchers < self.watchers_max,
        }
    }

    fn give(&mut self, room: String, role: Role) -> Seat {
        let opens = !self.rooms.contains_key(&room);
        *self.rooms.entry(room.clone()).or_default().given.of_mut(role) += 1;
        Seat { room, opens, role }
    }
}

impl Seats {
    fn total(&self) -> Population {
        Population {
            players: self.counted.players + self.given.players,
            watchers: self.counted.watchers + self.given.watchers,
        }
    }
}

impl Population {
    fn of_mut(&mut self, role: Role) -> &mut u32 {
        match role {
            Role::Plays => &mut self.players,
            Role::Watches => &mut self.watchers,
        }
    }
}

/// A room's name is what stands in a link: letters, digits, `-` and `_`, so that nobody has to escape it.
fn check_name(name: &str) -> Result<(), Reject> {
    if name.len() > ROOM_NAME_BYTES_MAX {
        return Err(reject(
            CloseCode::Protocol,
            format!(
                "the room's name has {} bytes, {ROOM_NAME_BYTES_MAX} are allowed: choose a shorter one",
                name.len()
            ),
        ));
    }
    match name.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_')) {
        Some(c) => Err(reject(
            CloseCode::Protocol,
            format!("a room's name is letters, digits, - and _; this one has {c:?}: choose another one"),
        )),
        None => Ok(()),
    }
}

fn reject(code: CloseCode, reason: String) -> Reject {
    Reject { code, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lobby(players_max: u32, rooms_max: usize) -> Lobby {
        Lobby::new(&Rules { players_max, watchers_max: 1, ..Rules::default() }, rooms_max)
    }

    fn hello(room: &str, role: Role) -> Hello {
        Hello {
            version: VERSION,
            schema_hash: 0,
            room: room.to_owned(),
            name: "somebody".to_owned(),
            role,
            ticket: Vec::new(),
            options: BTreeMap::new(),
            resume: None,
        }
    }

    fn seated(lobby: &mut Lobby, room: &str) -> Result<String, CloseCode> {
        lobby.seat(&hello(room, Role::Plays)).map(|seat| seat.room).map_err(|reject| reject.code)
    }

    #[test]
    fn a_full_room_is_followed_by_another_one_until_there_are_too_many() {
        let mut lobby = lobby(2, 3);
        let rooms: Vec<_> = (0..7).map(|_| seated(&mut lobby, "blue")).collect();
        let names = ["blue", "blue", "blue-2", "blue-2", "blue-3", "blue-3"].map(|name| Ok(name.to_owned()));
        assert_eq!((&rooms[..6], &rooms[6]), (&names[..], &Err(CloseCode::Full)));
    }

    #[test]
    fn no_name_is_any_room_with_space() {
        let mut lobby = lobby(1, 3);
        assert_eq!(seated(&mut lobby, ""), Ok(FIRST_ROOM.to_owned()));
        assert_eq!(seated(&mut lobby, "blue"), Ok("blue".to_owned()));
        let left = Seat { room: "blue".to_owned(), opens: false, role: Role::Plays };
        lobby.settled(&left);
        assert_eq!(seated(&mut lobby, ""), Ok("blue".to_owned()));
    }

    #[test]
    fn who_does_not_choose_comes_into_the_first_room_while_it_has_space() {
        let mut lobby = lobby(2, 3);
        assert_eq!(seated(&mut lobby, "attic"), Ok("attic".to_owned()));
        assert_eq!(seated(&mut lobby, FIRST_ROOM), Ok(FIRST_ROOM.to_owned()));
        assert_eq!(seated(&mut lobby, ""), Ok(FIRST_ROOM.to_owned()));
        assert_eq!(seated(&mut lobby, ""), Ok("attic".to_owned()), "the first one is full");
    }

    #[test]
    fn a_seat_is_held_until_its_hello_is_answered_and_counts_afterwards() {
        let mut lobby = lobby(1, 1);
        let seat = lobby.seat(&hello("", Role::Plays)).unwrap();
        assert!(seat.opens);
        assert_eq!(seated(&mut lobby, ""), Err(CloseCode::Full));
        lobby.settled(&seat);
        lobby.counted(&seat.room, Population { players: 1, watchers: 0 });
        assert_eq!(seated(&mut lobby, ""), Err(CloseCode::Full));
        lobby.counted(&seat.room, Population::default());
        assert_eq!(seated(&mut lobby, ""), Ok(FIRST_ROOM.to_owned()));
    }

    #[test]
    fn players_and_watchers_have_seats_of_their_own() {
        let mut lobby = lobby(1, 1);
        assert!(lobby.seat(&hello("", Role::Watches)).is_ok());
        assert!(lobby.seat(&hello("", Role::Plays)).is_ok());
        assert!(lobby.seat(&hello("", Role::Watches)).is_err());
    }

    #[test]
    fn a_name_that_cannot_stand_in_a_link_and_another_version_are_refused_in_words() {
        let mut lobby = lobby(1, 1);
        for (name, why) in [("a b", "' '"), ("a/b", "'/'"), ("<b>", "'<'"), (&*"x".repeat(49), "49 bytes")] {
            let reject = lobby.seat(&hello(name, Role::Plays)).unwrap_err();
            assert!(reject.code == CloseCode::Protocol && reject.reason.contains(why), "{reject:?}");
        }
        let old = Hello { version: 0, ..hello("", Role::Plays) };
        let reject = lobby.seat(&old).unwrap_err();
        assert!(reject.code == CloseCode::Version && reject.reason.contains("reload"), "{reject:?}");
        assert_eq!(lobby.rooms().count(), 0, "a refusal opens nothing");
    }

    #[test]
    fn whoever_comes_back_finds_its_full_room() {
        let mut lobby = lobby(1, 1);
        assert!(lobby.seat(&hello("blue", Role::Plays)).is_ok());
        let resume = tickwire_protocol::wire::Resume {
            token: [1; 16],
            tick: tickwire_protocol::id::Tick(1),
            event: 0,
            seq: tickwire_protocol::id::InputSeq(1),
        };
        let back = Hello { resume: Some(resume), ..hello("blue", Role::Plays) };
        assert_eq!(lobby.seat(&back).map(|seat| (seat.room, seat.opens)), Ok(("blue".to_owned(), false)));
    }
}
