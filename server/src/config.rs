//! Every knob of a server: its unit, its default, and what goes wrong at each extreme.
//!
//! A value comes from the first of: flag, environment, file, default. One table defines them all.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde::Deserialize;
use tickwire_protocol::limits::SLOTS_MAX;

use crate::room::Caps;

/// Writes the configuration, its flags, its defaults and its text from one table.
macro_rules! knobs {
    ($( $group:literal { $( $(#[doc = $doc:literal])+ $name:ident : $form:ident $ty:ty = $default:expr, $flag:literal, $env:literal, $unit:literal; )+ } )+) => {
        /// How a server runs. [`Config::default`] is what `config --default` prints.
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {
            $($( $(#[doc = $doc])+ pub $name: knobs!(@type $form $ty), )+)+
        }

        impl Default for Config {
            fn default() -> Config {
                Config { $($( $name: $default, )+)+ }
            }
        }

        impl Config {
            /// The flags, with the environment behind them.
            #[must_use]
            pub fn flags() -> Vec<Arg> {
                vec![ $($(
                    knobs!(@arg $form $ty, Arg::new($flag).long($flag).env($env).value_name($unit)
                        .help_heading($group)
                        .help(help(concat!($($doc, "\n"),+), &text(&Config::default().$name)))
                        .hide_short_help(!EVERYDAY.contains(&$flag)).hide_env(true)),
                )+)+ ]
            }

            /// Takes what was given as a flag or in the environment.
            pub fn overlay(&mut self, given: &ArgMatches) {
                $($( knobs!(@take $form $ty, self.$name, given, $flag); )+)+
            }

            /// A file with these values, each with its unit and its reason.
            #[must_use]
            pub fn to_toml(&self) -> String {
                let mut out = String::from("# Times are in milliseconds (_ms), sizes in bytes (_bytes).\n");
                $(
                    let _ = write!(out, "\n## {}\n", $group);
                    $( describe(&mut out, concat!($($doc, "\n"),+), stringify!($name), $unit, &text(&self.$name)); )+
                )+
                out
            }
        }
    };
    (@type one $ty:ty) => { $ty };
    (@type maybe $ty:ty) => { Option<$ty> };
    (@type list $ty:ty) => { Vec<$ty> };
    (@arg one $ty:ty, $arg:expr) => { $arg.value_parser(value_parser!($ty)) };
    (@arg maybe $ty:ty, $arg:expr) => { $arg.value_parser(value_parser!($ty)) };
    (@arg list $ty:ty, $arg:expr) => { $arg.value_parser(value_parser!($ty)).action(ArgAction::Append).value_delimiter(',') };
    (@take one $ty:ty, $to:expr, $given:expr, $flag:literal) => {
        if let Some(value) = given::<$ty>($given, $flag) { $to = value; }
    };
    (@take maybe $ty:ty, $to:expr, $given:expr, $flag:literal) => {
        if let Some(value) = given::<$ty>($given, $flag) { $to = Some(value); }
    };
    (@take list $ty:ty, $to:expr, $given:expr, $flag:literal) => {
        if $given.contains_id($flag) && let Some(values) = $given.get_many::<$ty>($flag) { $to = values.cloned().collect(); }
    };
}

/// Threads that run rooms, at the most: more than the cores of any machine. Each has memory of its own.
const WORKERS_MAX: u32 = 1_024;

/// What `-h` shows; `--help` shows all.
const EVERYDAY: [&str; 10] =
    ["port", "host", "bots", "players-max", "seed", "page", "origins", "tls-cert", "tls-key", "workers"];

knobs! {
    "Where it listens" {
        /// The port of everything: page, WebSocket, metrics. 0 takes any free one. Left at its default, the next
        /// free port is taken where this one is not; a port that was asked for is taken or the server does not start.
        port: one u16 = 8080, "port", "TICKWIRE_PORT", "PORT";
        /// The address to listen on. 0.0.0.0 is every one of this machine, so that others on the network can join;
        /// 127.0.0.1 is for a proxy in front, or for nobody else.
        host: one IpAddr = IpAddr::from([0, 0, 0, 0]), "host", "TICKWIRE_HOST", "ADDRESS";
        /// A folder whose files are the page, instead of the one built in.
        page: maybe PathBuf = None, "page", "TICKWIRE_PAGE", "FOLDER";
        /// Pages of other hosts that may connect, as `https://example.com`, several separated by commas. Without
        /// any, only pages of this server itself may: else any page that somebody opens could play in their name.
        origins: list String = Vec::new(), "origins", "TICKWIRE_ORIGINS", "ORIGIN";
        /// The certificate chain, PEM. With it and the key the port speaks TLS only. Read again when it changes.
        tls_cert: maybe PathBuf = None, "tls-cert", "TICKWIRE_TLS_CERT", "FILE";
        /// The key of the certificate, PEM.
        tls_key: maybe PathBuf = None, "tls-key", "TICKWIRE_TLS_KEY", "FILE";
    }
    "Rooms" {
        /// The seed of the first room; later rooms derive theirs from it. Without one it is chosen by chance and
        /// printed, so that a run can be repeated.
        seed: maybe u64 = None, "seed", "TICKWIRE_SEED", "NUMBER";
        /// Bots that fill a room up to this many players. Without it, what the game says.
        bots: maybe u32 = None, "bots", "TICKWIRE_BOTS", "PLAYERS";
        /// Players in one room. Without it, what the game says. More makes ticks dearer and worlds fuller; a game
        /// is balanced for some number.
        players_max: maybe u32 = None, "players-max", "TICKWIRE_PLAYERS_MAX", "PLAYERS";
        /// Watchers in one room. Without it, what the game says.
        watchers_max: maybe u32 = None, "watchers-max", "TICKWIRE_WATCHERS_MAX", "WATCHERS";
        /// How much later than players watchers see the game, in milliseconds, so that nobody plays by what a friend
        /// sees from above. Without it, what the game says. Long: a room keeps an image of each tick of it.
        watch_delay_ms: maybe u32 = None, "watch-delay-ms", "TICKWIRE_WATCH_DELAY_MS", "MS";
        /// Bytes a second that one client is sent; 0 is no limit. Without it, what the game says. Where they do not
        /// suffice, what is far goes less often, and then all: few make a coarse world, many let one player's view
        /// cost what ten others do.
        client_bytes_per_second: maybe u32 = None, "client-bytes-per-second", "TICKWIRE_CLIENT_BYTES_PER_SECOND", "BYTES";
        /// The same for all clients of a room together, in equal parts.
        room_bytes_per_second: maybe u32 = None, "room-bytes-per-second", "TICKWIRE_ROOM_BYTES_PER_SECOND", "BYTES";
        /// Rooms at once. Each costs a tick's work whether played or not: too many and all are late; too few and
        /// newcomers are told that the server is full.
        rooms_max: one u32 = 64, "rooms-max", "TICKWIRE_ROOMS_MAX", "ROOMS";
        /// How long a room without people stays. Short: who reloads the page finds a new world. Long: rooms that
        /// somebody opened by mistake cost their ticks.
        room_idle_ms: one u32 = 60_000, "room-idle-ms", "TICKWIRE_ROOM_IDLE_MS", "MS";
        /// Threads that run rooms; 0 is one per core. A room lives on one of them. More than cores only makes ticks
        /// late.
        workers: one u32 = 0, "workers", "TICKWIRE_WORKERS", "THREADS";
        /// Ticks that a late room makes up for, one right after the other; what it is behind beyond that is dropped
        /// and counted as overruns. 0 slows the world after every hiccup, many make a hiccup a burst.
        catch_up_ticks: one u32 = 4, "catch-up-ticks", "TICKWIRE_CATCH_UP_TICKS", "TICKS";
        /// Joins that a room takes in one tick; others wait for the next ones, in order. Few make a crowd wait, many
        /// make the tick late in which a crowd arrives. So many seat a thousand within a second at 30 Hz.
        joins_per_tick: one u32 = Caps::DEFAULT.joins_per_tick, "joins-per-tick", "TICKWIRE_JOINS_PER_TICK", "JOINS";
        /// Bytes of rows that enter clients' worlds in one tick of a room, over all clients: half of them for those
        /// who came last and whose world is not whole yet, who waits longest first, and half in equal parts for all
        /// others. Few make newcomers wait for their world, many make ticks late when a crowd comes.
        enter_bytes_per_tick: one u32 = Caps::DEFAULT.enter_bytes_per_tick, "enter-bytes-per-tick", "TICKWIRE_ENTER_BYTES_PER_TICK", "BYTES";
    }
    "Connections" {
        /// Connections in all, pages among them. Each may cost up to 256 KiB; above what the machine has, everyone
        /// suffers. Who comes on top is refused with 503.
        connections_max: one u32 = 4_096, "connections-max", "TICKWIRE_CONNECTIONS_MAX", "CONNECTIONS";
        /// Connections of one address. Few lock out schools and offices behind one address, many let one machine
        /// take all places.
        connections_per_address_max: one u32 = 64, "connections-per-address-max", "TICKWIRE_CONNECTIONS_PER_ADDRESS_MAX", "CONNECTIONS";
        /// Whether connections from this machine are free of the limit per address. Behind a proxy on the same
        /// machine everyone comes from there, and the proxy has to limit.
        loopback_exempt: one bool = true, "loopback-exempt", "TICKWIRE_LOOPBACK_EXEMPT", "BOOL";
        /// Connections of one address that may be closed within a minute for breaking the rules (codes 1002, 1003, 1007,
        /// 1009 and 4029) before those that follow take turns: see `fault_wait_ms`. A client that works breaks none.
        /// Few make a broken one slow down others behind the same address, many let a hostile one come in again and
        /// again, each time with a handshake and a world; 0 is no limit. Free of it is who is free of the limit per
        /// address.
        faults_per_minute: one u32 = 10, "faults-per-minute", "TICKWIRE_FAULTS_PER_MINUTE", "CONNECTIONS";
        /// How long such an address waits from one connection to the next, until a part of it is forgiven. Who would
        /// wait longer than `handshake_ms` is refused with 429 and told when to come back. Short hardly slows who is
        /// hostile, long keeps others out that share the address.
        fault_wait_ms: one u32 = 1_000, "fault-wait-ms", "TICKWIRE_FAULT_WAIT_MS", "MS";
        /// Connections that are accepted in a second, a hundredth of them at once; others wait in order in the kernel's
        /// queue. Few make a crowd wait, many let it take the core from the ticks, where they share one.
        accepts_per_second: one u32 = 5_000, "accepts-per-second", "TICKWIRE_ACCEPTS_PER_SECOND", "CONNECTIONS";
        /// How long TLS and the head of a request may take. Short cuts off phones on a bad link, long lets idle
        /// sockets hold places.
        handshake_ms: one u32 = 5_000, "handshake-ms", "TICKWIRE_HANDSHAKE_MS", "MS";
        /// How long a client may take from the upgrade to its hello; then it is closed with 4502.
        hello_ms: one u32 = 3_000, "hello-ms", "TICKWIRE_HELLO_MS", "MS";
        /// How long the check of a ticket may take; then the client is told to come back later.
        ticket_ms: one u32 = 5_000, "ticket-ms", "TICKWIRE_TICKET_MS", "MS";
        /// Frames a second from one client, control frames and fragments among them. A client sends one per tick and
        /// one per snapshot; fewer close players, many let one client take the worker's time. Over it: 4029.
        frames_per_second: one u32 = 600, "frames-per-second", "TICKWIRE_FRAMES_PER_SECOND", "FRAMES";
        /// Frames that may come at once on top: what a link that stalled delivers when it goes on.
        frames_burst: one u32 = 3_000, "frames-burst", "TICKWIRE_FRAMES_BURST", "FRAMES";
        /// Bytes a second from one client, headers included. Over it: 4029.
        bytes_per_second: one u32 = 65_536, "bytes-per-second", "TICKWIRE_BYTES_PER_SECOND", "BYTES";
        /// Bytes that may come at once on top.
        bytes_burst: one u32 = 262_144, "bytes-burst", "TICKWIRE_BYTES_BURST", "BYTES";
        /// The kernel's buffer for what a client has not taken yet. Small starves fast clients far away (it bounds
        /// bytes per round trip), large lets a slow one hold megabytes of old world.
        send_buffer_bytes: one u32 = 65_536, "send-buffer-bytes", "TICKWIRE_SEND_BUFFER_BYTES", "BYTES";
        /// Bytes that may wait in the kernel unsent, where the platform can bound them. Small costs wake-ups, large
        /// makes what a slow client gets older.
        unsent_bytes: one u32 = 16_384, "unsent-bytes", "TICKWIRE_UNSENT_BYTES", "BYTES";
        /// Whether the sockets of a room are read and written many by one system call, through io_uring, where the system
        /// is a Linux that permits it; elsewhere, and with TLS, each is a system call of its own. Off is for who does
        /// not trust io_uring.
        io_uring: one bool = true, "io-uring", "TICKWIRE_IO_URING", "BOOL";
        /// How long a client may take not one byte of what waits for it; then it is closed with 4030. Short cuts off
        /// phones in a tunnel, long keeps the dead.
        unread_ms: one u32 = 5_000, "unread-ms", "TICKWIRE_UNREAD_MS", "MS";
        /// How long a client may be silent, its answers to pings among what is heard; then it is closed with 4008.
        /// Shorter than two ping intervals closes the healthy, long keeps ghosts in the game.
        silent_ms: one u32 = 15_000, "silent-ms", "TICKWIRE_SILENT_MS", "MS";
        /// The same for a client whose page is hidden and said so.
        away_ms: one u32 = 300_000, "away-ms", "TICKWIRE_AWAY_MS", "MS";
        /// How often a client is asked for a sign of life, from which the room sees who is silent (4008). Often is a
        /// waste, seldom finds half-open connections late.
        ping_ms: one u32 = 2_000, "ping-ms", "TICKWIRE_PING_MS", "MS";
        /// How long a closed connection may take to say goodbye before its socket is dropped.
        closing_ms: one u32 = 1_000, "closing-ms", "TICKWIRE_CLOSING_MS", "MS";
    }
    "What it tells" {
        /// What is logged: error, warn, info, debug or trace, also per module as `info,tickwire_server=debug`.
        /// From debug on, joins and leaves; at trace, frames.
        log: one String = "info".to_owned(), "log", "TICKWIRE_LOG", "FILTER";
    }
}

/// Why a configuration file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ConfigError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Config {
    /// The configuration of a file's text.
    ///
    /// # Errors
    /// Where it is not TOML, a key is unknown, or a value is not of its key's type.
    pub fn from_toml(text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let before = text.get(..at).unwrap_or_default();
            ConfigError {
                line: before.matches('\n').count() + 1,
                column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
                message: error.message().replace('\n', ", "),
            }
        })
    }

    /// What contradicts itself, in words, where something does.
    ///
    /// # Errors
    /// The sentence says what to change.
    pub fn check(&self) -> Result<(), String> {
        let zero = [
            ("rooms_max", self.rooms_max),
            ("joins_per_tick", self.joins_per_tick),
            ("enter_bytes_per_tick", self.enter_bytes_per_tick),
            ("accepts_per_second", self.accepts_per_second),
            ("connections_max", self.connections_max),
            ("connections_per_address_max", self.connections_per_address_max),
            ("handshake_ms", self.handshake_ms),
            ("hello_ms", self.hello_ms),
            ("ticket_ms", self.ticket_ms),
            ("frames_per_second", self.frames_per_second),
            ("bytes_per_second", self.bytes_per_second),
            ("unread_ms", self.unread_ms),
            ("ping_ms", self.ping_ms),
            ("closing_ms", self.closing_ms),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, value)| *value == 0) {
            return Err(format!(
                "{name} is 0, with which nobody could play: leave it out or set it to at least 1"
            ));
        }
        let most = [("workers", Some(self.workers), WORKERS_MAX), ("bots", self.bots, SLOTS_MAX as u32)];
        if let Some((name, Some(value), most)) = most.into_iter().find(|(_, value, most)| *value > Some(*most)) {
            return Err(format!("{name} is {value}: more than {most} cannot be, and far fewer are of use"));
        }
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err("TLS needs both tls_cert and tls_key: give the other one too, or neither".to_owned());
        }
        if let Some(bad) = self.origins.iter().find(|origin| !is_origin(origin)) {
            return Err(format!("the origin {bad:?} is not of the form https://example.com: leave out any path"));
        }
        Ok(())
    }
}

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}

fn given<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, flag: &str) -> Option<T> {
    matches
        .value_source(flag)
        .filter(|source| *source != ValueSource::DefaultValue)
        .and_then(|_| matches.get_one::<T>(flag).cloned())
}

/// A value as TOML; empty where there is none.
fn text<T: Shown>(value: &T) -> String {
    value.shown()
}

trait Shown {
    fn shown(&self) -> String;
}

macro_rules! shown {
    ($($ty:ty: $how:expr;)+) => { $( impl Shown for $ty { fn shown(&self) -> String { let how: fn(&$ty) -> String = $how; how(self) } } )+ };
}

shown! {
    u16: u16::to_string;
    u32: u32::to_string;
    u64: u64::to_string;
    bool: bool::to_string;
    String: |text| toml::Value::from(text.as_str()).to_string();
    IpAddr: |address| format!("\"{address}\"");
    PathBuf: |path| toml::Value::from(path.display().to_string()).to_string();
    Vec<String>: |list| toml::Value::from(list.clone()).to_string();
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map(Shown::shown).unwrap_or_default()
    }
}

fn help(doc: &str, default: &str) -> String {
    let doc = doc.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    match default {
        "" | "[]" => doc,
        default => format!("{doc} [default: {default}]"),
    }
}

fn describe(out: &mut String, doc: &str, name: &str, unit: &str, value: &str) {
    for line in doc.lines() {
        let _ = writeln!(out, "# {}", line.trim());
    }
    let _ = match value {
        "" => writeln!(out, "# {name} = {unit}"),
        value => writeln!(out, "{name} = {value}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_config_default_prints_is_the_default() {
        let printed = Config::default().to_toml();
        assert_eq!(Config::from_toml(&printed), Ok(Config::default()), "{printed}");
    }

    #[test]
    fn an_unknown_key_is_named_with_line_and_column() {
        let error = Config::from_toml("port = 1\n  prot = 2\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 3), "{error}");
        assert!(error.message.contains("`prot`"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_line_and_column() {
        let error = Config::from_toml("port = 1\nhost = 5\n").unwrap_err();
        assert_eq!(error.line, 2, "{error}");
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let given = clap::Command::new("t").args(Config::flags()).get_matches_from(["t", "--bots", "3"]);
        let mut config = Config::from_toml("bots = 9\nplayers_max = 8\n").unwrap();
        config.overlay(&given);
        assert_eq!((config.bots, config.players_max), (Some(3), Some(8)));
    }

    #[test]
    fn a_certificate_without_key_is_refused() {
        let config = Config { tls_cert: Some("c.pem".into()), ..Config::default() };
        assert!(config.check().unwrap_err().contains("tls_key"));
    }
}
