//! A multiplayer game state synchronization server: fixed ticks in, delta-compressed snapshots out.
//!
//! A game is a type that implements [`Game`]; [`run`] serves it. [`Server`] is the same with more to say, or
//! started from inside another program. [`room`] and [`lobby`] are pure; only the shell knows sockets and time.

pub mod check;
mod cli;
pub mod config;
pub mod lobby;
pub mod room;
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the shell is where clocks, sockets, threads and files live"
)]
mod shell;
pub mod sim;
pub mod train;

use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tickwire_protocol::game::{self, Game};
use tickwire_protocol::limits::MESSAGE_BYTES_MAX;
use tickwire_protocol::wire::codec;

pub use crate::check::check;
use crate::config::Config;
use crate::room::{AnyRoom, Room, RoomSetup};
use crate::shell::hooks::{OutsideHook, TicketHook};
use crate::shell::page::Page;
pub use crate::shell::{Running, StartError, Ticket};

/// Serves a game as the flags, the environment and a configuration file say, until it is told to stop.
#[must_use]
pub fn run<G: Game>() -> ExitCode {
    Server::<G>::new().run()
}

/// A server of the game `G`, about to start.
///
/// ```no_run
/// # use tickwire_protocol::game::Game;
/// # fn serve<G: Game>() -> std::process::ExitCode {
/// tickwire_server::Server::<G>::new().page("my-page").run()
/// # }
/// ```
pub struct Server<G: Game> {
    outside: Option<OutsideHook>,
    tickets: Option<TicketHook>,
    page: Page,
    options: BTreeMap<String, String>,
    game: PhantomData<fn() -> G>,
}

impl<G: Game> Default for Server<G> {
    fn default() -> Server<G> {
        Server::new()
    }
}

impl<G: Game> Server<G> {
    /// A server without a page of its own, handler or ticket check.
    #[must_use]
    pub fn new() -> Server<G> {
        Server { outside: None, tickets: None, page: Page::None, options: BTreeMap::new(), game: PhantomData }
    }

    /// What happens outside of rooms: databases, other services.
    ///
    /// The handler is given the room's name and an event that the game told to `To::Outside`. What it answers comes
    /// back to that room as a request from `Caller::Outside`, in some later tick. Several calls run at once, so
    /// answers may overtake each other.
    #[must_use]
    pub fn outside<F, A>(mut self, handler: F) -> Server<G>
    where
        F: Fn(Arc<str>, G::Event) -> A + Send + Sync + 'static,
        A: Future<Output = Option<G::Request>> + Send + 'static,
    {
        self.outside = Some(Arc::new(move |room, bytes| {
            let event = codec::from_bytes::<G::Event>(&bytes, MESSAGE_BYTES_MAX);
            let answer = event.map(|event| handler(room, event));
            Box::pin(async move {
                let request = answer.ok()?.await?;
                let mut bytes = Vec::new();
                codec::to_bytes(&request, &mut bytes);
                Some(bytes)
            })
        }));
        self
    }

    /// Who may come in: `check` is shown what each client brings, and answers why not. Without one, everybody may.
    #[must_use]
    pub fn tickets<F, A>(mut self, check: F) -> Server<G>
    where
        F: Fn(Ticket) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.tickets = Some(Arc::new(move |ticket| Box::pin(check(ticket))));
        self
    }

    /// The folder of the game's page. What it lacks of `tickwire.js`, `core.wasm` and `/look` is built in.
    #[must_use]
    pub fn page(mut self, folder: impl Into<PathBuf>) -> Server<G> {
        self.page = Page::Folder(folder.into());
        self
    }

    /// The page of the demo game, which is built into the server.
    #[must_use]
    pub fn demo_page(mut self) -> Server<G> {
        self.page = Page::BuiltIn;
        self
    }

    /// An option that every room is opened with, for its game; told to clients.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Server<G> {
        self.options.insert(name.into(), value.into());
        self
    }

    /// Serves as the flags, the environment and a configuration file say, until it is told to stop.
    #[must_use]
    pub fn run(self) -> ExitCode {
        cli::run(self)
    }

    /// Serves from inside another program, until what it answers is stopped or dropped.
    ///
    /// # Errors
    /// Where the port is taken, a file cannot be used, or the configuration contradicts itself.
    pub fn start(self, config: Config) -> Result<Running, StartError> {
        possible::<G>().map_err(StartError::Config)?;
        if let Some(why) = train::left_out::<G>() {
            tracing::warn!("{why}");
        }
        let listener = shell::bind(&config, false)?;
        shell::start(self.into_game(), config, listener)
    }

    fn into_game(self) -> shell::Game {
        let schema = game::schema::<G>();
        let options = self.options;
        shell::Game {
            rules: G::rules(),
            schema: schema.to_json(),
            open: Box::new(move |setup| open::<G>(&options, setup)),
            outside: self.outside,
            tickets: self.tickets,
            page: self.page,
        }
    }
}

/// Whether the game keeps within what the wire can carry.
fn possible<G: Game>() -> Result<(), String> {
    match game::schema::<G>().errors().as_slice() {
        [] => Ok(()),
        errors => Err(format!("the game {:?} cannot be served: {}", G::NAME, errors.join("; "))),
    }
}

fn open<G: Game>(options: &BTreeMap<String, String>, mut setup: RoomSetup) -> Box<dyn AnyRoom> {
    setup.options.extend(options.clone());
    Box::new(Room::<G>::open(setup))
}

/// The first address at which others on the network find this machine.
fn lan_address(addr: SocketAddr) -> Option<SocketAddr> {
    let ip = if addr.ip().is_unspecified() { shell::lan_ip()? } else { return None };
    Some(SocketAddr::new(ip, addr.port()))
}

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
