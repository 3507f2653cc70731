//! The door to a page: sessions by number, told and asked through one buffer of bytes in the wasm memory.
//!
//! No wasm-bindgen: [`crate::export!`] writes some `extern "C"` functions over numbers, and `tickwire.js` is the
//! other side. Text and JSON go through the buffer: what the page says is written to [`Door::buffer`] first, what it
//! asks for lies at [`Door::answer`] afterwards.

mod parse;
mod seat;
mod told;

use serde_json::{Value, json};
use tickwire_protocol::game::{self, Game};
use tickwire_protocol::wire::CloseCode;

use self::seat::Seat;
use crate::client::simulation;
use crate::{Join, Micros, Output, Session};

/// Opens a session of a game.
pub type Open = fn(Join) -> Session;

/// Opens a session of the game `G`, which predicts.
#[must_use]
pub fn open<G: Game>(join: Join) -> Session {
    Session::new(Some(game::schema::<G>()), Some(simulation::<G>), join)
}

/// What [`Door::ask`] may be asked for; each is JSON.
mod asked {
    pub(super) const STATUS: u32 = 0;
    pub(super) const SCHEMA: u32 = 1;
    pub(super) const EVENTS: u32 = 2;
    pub(super) const WHOLES: u32 = 3;
    pub(super) const STATS: u32 = 4;
    pub(super) const TRUTH: u32 = 5;
    pub(super) const WORLD: u32 = 6;
    pub(super) const INPUT: u32 = 7;
    pub(super) const HASH: u32 = 8;
    pub(super) const REPLAY: u32 = 9;
    pub(super) const MATH: u32 = 10;
}

/// What [`Door::tell`] may be told; each is JSON.
mod told_of {
    pub(super) const INPUT: u32 = 0;
    pub(super) const REQUEST: u32 = 1;
    pub(super) const LINK: u32 = 2;
    pub(super) const NETCODE: u32 = 3;
    pub(super) const AWAY: u32 = 4;
    pub(super) const HERE: u32 = 5;
    pub(super) const BYE: u32 = 6;
}

/// What [`Door::poll`] says is to be done.
mod wanted {
    pub(super) const NOTHING: u32 = 0;
    pub(super) const CONNECT: u32 = 1;
    pub(super) const SEND: u32 = 2;
    pub(super) const CLOSE: u32 = 3;
}

/// The sessions of a page.
pub struct Door {
    open: Open,
    seats: Vec<Option<Seat>>,
    buffer: Vec<u8>,
    answer: Vec<u8>,
}

impl Door {
    /// A door whose sessions are made by `open`, except for viewers.
    #[must_use]
    pub fn new(open: Open) -> Door {
        Door { open, seats: Vec::new(), buffer: Vec::new(), answer: Vec::new() }
    }

    /// Room for so many bytes from the page.
    pub fn buffer(&mut self, len: u32) -> *mut u8 {
        self.buffer.resize(len as usize, 0);
        self.buffer.as_mut_ptr()
    }

    /// Where the last answer lies, and how long it is.
    #[must_use]
    pub fn answer(&self) -> (*const u8, u32) {
        (self.answer.as_ptr(), self.answer.len() as u32)
    }

    /// A session; the buffer says what it wants as JSON.
    pub fn session(&mut self) -> u32 {
        self.answer.clear();
        let wish = self.said();
        let join = parse::join(&wish);
        let viewer = wish["viewer"] == true;
        let mut session = if viewer { Session::new(None, None, join) } else { (self.open)(join) };
        if let Some(seat) = wish["seat"].as_str().and_then(seat::token) {
            session.resume(seat);
        }
        self.seats.push(Some(Seat::new(session)));
        (self.seats.len() - 1) as u32
    }

    /// Forgets a session.
    pub fn forget(&mut self, number: u32) {
        if let Some(seat) = self.seats.get_mut(number as usize) {
            *seat = None;
        }
    }

    /// The socket is open.
    pub fn connected(&mut self, number: u32, at: Micros) {
        if let Some(seat) = self.seat(number) {
            seat.connected(at);
        }
    }

    /// A frame came; it lies in the buffer.
    pub fn receive(&mut self, number: u32, at: Micros) {
        let frame = core::mem::take(&mut self.buffer);
        if let Some(seat) = self.seat(number) {
            seat.receive(at, &frame);
        }
        self.buffer = frame;
    }

    /// The socket is gone; the reason lies in the buffer.
    pub fn lost(&mut self, number: u32, at: Micros, code: u32) {
        let reason = String::from_utf8_lossy(&self.buffer).into_owned();
        if let Some(seat) = self.seat(number) {
            seat.lost(at, u16::try_from(code).unwrap_or(0), &reason);
        }
    }

    /// Does what is due; says when something is due again.
    pub fn update(&mut self, number: u32, at: Micros) -> Micros {
        self.seat(number).map_or(Micros::MAX, |seat| seat.update(at))
    }

    /// The next thing to do, one of `wanted`; the frame or the reason is the answer. The high half is a close code.
    pub fn poll(&mut self, number: u32) -> u32 {
        self.answer.clear();
        let output = self.seat(number).and_then(Seat::poll);
        match output {
            None => wanted::NOTHING,
            Some(Output::Connect) => wanted::CONNECT,
            Some(Output::Send(frame)) => {
                self.answer = frame;
                wanted::SEND
            }
            Some(Output::Close(code, reason)) => {
                self.answer = reason.into_bytes();
                wanted::CLOSE | u32::from(CloseCode::code(code)) << 16
            }
        }
    }

    /// Brings the world to this instant. Says where the numbers lie that say where it lies, see `Seat::draw`.
    pub fn draw(&mut self, number: u32, at: Micros) -> *const f64 {
        self.seat(number).map_or(core::ptr::null(), |seat| seat.draw(at).as_ptr())
    }

    /// A number that changes when the status does.
    pub fn version(&mut self, number: u32) -> u32 {
        self.seat(number).map_or(0, |seat| seat.version())
    }

    /// Tells a session something; the buffer has it as JSON. The answer is empty, or says in words what is wrong.
    pub fn tell(&mut self, number: u32, at: Micros, what: u32) -> u32 {
        let value = self.said();
        let told = match self.seat(number) {
            None => Err("there is no such session".to_owned()),
            Some(seat) => told(seat, at, what, value),
        };
        self.answer = told.err().unwrap_or_default().into_bytes();
        self.answer.len() as u32
    }

    /// Asks a session for something; the answer is JSON. The buffer may name what is asked for.
    pub fn ask(&mut self, number: u32, at: Micros, what: u32) -> u32 {
        let value = self.said();
        let answer = self.seat(number).map_or_else(String::new, |seat| asked(seat, at, what, &value));
        self.answer = answer.into_bytes();
        self.answer.len() as u32
    }

    /// The JSON in the buffer; null where it is none.
    fn said(&self) -> Value {
        core::str::from_utf8(&self.buffer).ok().and_then(|text| text.parse().ok()).unwrap_or(Value::Null)
    }

    fn seat(&mut self, number: u32) -> Option<&mut Seat> {
        self.seats.get_mut(number as usize)?.as_mut()
    }
}

fn told(seat: &mut Seat, at: Micros, what: u32, value: Value) -> Result<(), String> {
    match what {
        told_of::INPUT => seat.session.set_input_json(&value)?,
        told_of::REQUEST => seat.session.request_json(&value)?,
        told_of::LINK => seat.set_link(parse::conditions(&value)?),
        told_of::NETCODE => seat.session.set_netcode(parse::netcode(&value)),
        told_of::AWAY => seat.session.away(at),
        told_of::HERE => seat.session.here(at),
        told_of::BYE => seat.session.bye(at),
        _ => return Err("there is nothing like that to tell".to_owned()),
    }
    Ok(())
}

fn asked(seat: &mut Seat, at: Micros, what: u32, value: &Value) -> String {
    let answer = match what {
        asked::STATUS => seat.status(at),
        asked::SCHEMA => return seat.session.schema().to_json(),
        asked::EVENTS => {
            let mut events = Vec::new();
            while let Some((tick, event)) = seat.session.next_event_json() {
                events.push(json!([tick.0, event]));
            }
            Value::Array(events)
        }
        asked::WHOLES => seat.wholes(),
        // A struct of numbers always has a text.
        asked::STATS => return serde_json::to_string(seat.session.stats()).unwrap_or_default(),
        asked::TRUTH => seat.truth(value),
        asked::WORLD => seat.session.world_json(),
        asked::INPUT => crate::json::input(&seat.session.schema().input, seat.session.input()),
        asked::HASH => json!(format!("{:016x}", seat.session.hash())),
        asked::REPLAY => {
            let number = |at: usize| value.get(at).and_then(Value::as_u64).unwrap_or(0);
            let hash = seat.session.replay(number(0), u32::try_from(number(1)).unwrap_or(0));
            json!(hash.map(|hash| format!("{hash:016x}")))
        }
        asked::MATH => {
            let count = value.as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
            json!(format!("{:016x}", tickwire_protocol::math::fingerprint(count)))
        }
        _ => Value::Null,
    };
    answer.to_string()
}

/// Writes the functions that a page calls, over a [`Door`] of the game: for the crate that becomes core.wasm.
///
/// ```ignore
/// tickwire_client::export!(tickwire_dogfight::Dogfight);
/// ```
#[macro_export]
macro_rules! export {
    ($game:ty) => {
        // `no_mangle` is all that is unsafe here: two functions of one name would be.
        #[allow(unsafe_code)]
        mod tickwire_door {
            use std::cell::RefCell;

            use $crate::door::{Door, micros, millis, open};

            use super::*;

            thread_local! {
                static DOOR: RefCell<Door> = RefCell::new(Door::new(open::<$game>));
            }

            fn with<T>(what: impl FnOnce(&mut Door) -> T) -> T {
                DOOR.with_borrow_mut(what)
            }

            /// Room for so many bytes from the page.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_buffer(len: u32) -> *mut u8 {
                with(|door| door.buffer(len))
            }
            /// Where the last answer lies.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_answer() -> *const u8 {
                with(|door| door.answer().0)
            }
            /// How long it is.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_answer_len() -> u32 {
                with(|door| door.answer().1)
            }
            /// A session that wants what the buffer says.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_session() -> u32 {
                with(Door::session)
            }
            /// Forgets a session.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_forget(number: u32) {
                with(|door| door.forget(number));
            }
            /// The socket is open.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_connected(number: u32, ms: f64) {
                with(|door| door.connected(number, micros(ms)));
            }
            /// A frame lies in the buffer.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_receive(number: u32, ms: f64) {
                with(|door| door.receive(number, micros(ms)));
            }
            /// The socket is gone, for the reason in the buffer.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_lost(number: u32, ms: f64, code: u32) {
                with(|door| door.lost(number, micros(ms), code));
            }
            /// Does what is due; says when something is due again, in milliseconds.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_update(number: u32, ms: f64) -> f64 {
                with(|door| millis(door.update(number, micros(ms))))
            }
            /// The next thing to do.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_poll(number: u32) -> u32 {
                with(|door| door.poll(number))
            }
            /// Brings the world to this instant; says where it is described.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_draw(number: u32, ms: f64) -> *const f64 {
                with(|door| door.draw(number, micros(ms)))
            }
            /// A number that changes when the status does.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_version(number: u32) -> u32 {
                with(|door| door.version(number))
            }
            /// Tells a session what the buffer says.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_tell(number: u32, ms: f64, what: u32) -> u32 {
                with(|door| door.tell(number, micros(ms), what))
            }
            /// Asks a session for something.
            #[unsafe(no_mangle)]
            pub extern "C" fn tw_ask(number: u32, ms: f64, what: u32) -> u32 {
                with(|door| door.ask(number, micros(ms), what))
            }
        }
    };
}

/// Microseconds of a page's milliseconds; what is not a time is 0.
#[must_use]
pub fn micros(ms: f64) -> Micros {
    (ms * 1e3) as Micros
}

/// A page's milliseconds.
#[must_use]
pub fn millis(at: Micros) -> f64 {
    at as f64 / 1e3
}
