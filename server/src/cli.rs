//! The command line: flags, environment, file; what is said at the start; how it ends.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use tickwire_protocol::game::{self, Game};
use tickwire_protocol::snapshot::Trained;

use crate::config::Config;
use crate::shell::shutdown::Asked;
use crate::train::{self, Lessons};
use crate::{Running, Server, StartError, lan_address, shell};

/// Runs the program: exit code 0 where it was told to stop, 1 where it could not do what it was asked to.
pub(crate) fn run<G: Game>(server: Server<G>) -> ExitCode {
    match command::<G>().try_get_matches_from(std::env::args_os()) {
        Ok(given) => match act(server, &given) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        },
        Err(error) if !error.use_stderr() => {
            // Help or version; a closed pipe behind it is not our trouble.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        Err(error) => {
            let of = std::env::args_os().nth(1).filter(|of| ["train", "config"].iter().any(|name| of == name));
            eprintln!("{}", sentence(&error, of.as_deref().and_then(OsStr::to_str)));
            ExitCode::FAILURE
        }
    }
}

fn command<G: Game>() -> Command {
    Command::new("tickwire")
        .version(env!("CARGO_PKG_VERSION"))
        .about(format!("Serves the game {:?}: open the printed address in a browser to play.", G::NAME))
        .after_help("Every flag can also be set in the environment (--players-max is TICKWIRE_PLAYERS_MAX) or in the file of --config (players_max).\n-h shows the everyday flags, --help all of them. Ctrl-C stops the server.")
        .subcommand_negates_reqs(true)
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .env("TICKWIRE_CONFIG")
                .hide_env(true)
                .value_parser(value_parser!(PathBuf))
                .help("A TOML file with any of these settings; `config --default` prints one to start from"),
        )
        .subcommand(training())
        .arg(Arg::new("schema").long("schema").action(ArgAction::SetTrue).help(
            "Prints what the game puts on the wire, with bits and precision, and ends",
        ))
        .args(Config::flags())
        .subcommand(
            Command::new("config")
                .about("Prints or checks a configuration")
                .arg(Arg::new("default").long("default").action(ArgAction::SetTrue).help("Prints every setting with its default and its reason"))
                .arg(
                    Arg::new("check")
                        .long("check")
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help("Says whether a file can be used"),
                )
                .group(ArgGroup::new("what").args(["default", "check"]).required(true).multiple(true)),
        )
}

fn training() -> Command {
    let number = |name: &'static str, default: &'static str| {
        let at_least_one = value_parser!(u32).range(1..);
        Arg::new(name).long(name).value_name("NUMBER").default_value(default).value_parser(at_least_one)
    };
    Command::new("train")
        .about("Plays rooms with bots and writes the codebook that the game may ship")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("What the game then embeds: `include_bytes!` in its `Game::codebook`"),
        )
        .arg(
            Arg::new("seeds")
                .long("seeds")
                .value_name("FIRST..=LAST")
                .default_value("101..=120")
                .value_parser(seeds)
                .help("The seeds of the rooms, one each; every fourth only measures"),
        )
        .arg(number("ticks", "1800").help("Ticks for which each room is played"))
        .arg(number("players", "20").help("Players in each room"))
        .arg(number("bytes-max", "2000").help("Bytes of the codebook at the most; every welcome carries it"))
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let ends = text.split_once("..=").and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    let (first, last) = ends.ok_or("seeds are FIRST..=LAST, as 101..=120")?;
    if first <= last { Ok(first..=last) } else { Err("the last seed is before the first".to_owned()) }
}

/// Trains a codebook as the flags say and writes it.
fn train<G: Game>(options: BTreeMap<String, String>, given: &ArgMatches) -> Result<(), String> {
    let number = |name| given.get_one::<u32>(name).copied().unwrap_or_default();
    let (Some(file), Some(seeds)) =
        (given.get_one::<PathBuf>("file"), given.get_one::<RangeInclusive<u64>>("seeds").cloned())
    else {
        return Ok(());
    };
    shell::may_be_written(file).map_err(|why| cannot_be_written(file, &why))?;
    let last = *seeds.end();
    let [ticks, players, bytes_max] = ["ticks", "players", "bytes-max"].map(number);
    let lessons = Lessons { seeds, ticks, players, bytes_max: bytes_max as usize, options };
    let trained = train::train::<G>(&lessons, |seed| eprintln!("Seed {seed} of those up to {last} was played."));
    let Trained { file: bytes, share } = trained.ok_or(
        "no codebook saves as much as it takes: more --ticks, --seeds or --players may show more, or ship none",
    )?;
    shell::write_file(file, &bytes).map_err(|why| cannot_be_written(file, &why))?;
    say(format_args!(
        "{}: {} bytes for schema {:#018x}. With it snapshots take {:.1} % of what they take with the built-in codes.",
        file.display(),
        bytes.len(),
        game::schema::<G>().hash(),
        100.0 * share
    ));
    Ok(())
}

fn cannot_be_written(file: &Path, why: &io::Error) -> String {
    format!("{} cannot be written ({why}): check its path and rights", file.display())
}

/// What clap has to say, in one sentence, and where to find more: of the program, or of one of its subcommands.
fn sentence(error: &clap::Error, of: Option<&str>) -> String {
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !["Usage:", "For more"].iter().any(|end| line.starts_with(end)));
    let words: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = words.join(" ");
    let of = of.map(|name| format!("{name} ")).unwrap_or_default();
    format!("{}: {of}--help lists every flag", said.trim_start_matches("error: "))
}

/// A line on standard output. Whoever does not want to read on has closed the pipe: that is no failure.
fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn act<G: Game>(server: Server<G>, given: &ArgMatches) -> Result<(), String> {
    if let Some(("config", given)) = given.subcommand() {
        if given.get_flag("default") {
            say(Config::default().to_toml().trim_end());
        }
        if let Some(file) = given.get_one::<PathBuf>("check") {
            let wrong = |why| format!("{}: {why}", file.display());
            let config = from_file(file)?;
            config.check().and_then(|()| shell::log_filter(&config.log).map(drop)).map_err(wrong)?;
            say(format_args!("{} can be used", file.display()));
        }
        return Ok(());
    }
    if let Some(("train", given)) = given.subcommand() {
        crate::possible::<G>()?;
        return train::<G>(server.options, given);
    }
    if given.get_flag("schema") {
        say(schema_text::<G>().trim_end());
        return Ok(());
    }
    crate::possible::<G>()?;
    let file = given.get_one::<PathBuf>("config");
    let mut config = file.map(|file| from_file(file)).transpose()?.unwrap_or_default();
    config.overlay(given);
    config.check()?;
    shell::log_to_console(&config.log)?;
    let asked = given.value_source("port").is_some_and(|source| source != ValueSource::DefaultValue)
        || config.port != Config::default().port;
    let wanted = config.port;
    let listener = shell::bind(&config, !asked).map_err(|error| error.to_string())?;
    let (bots, tls) = (config.bots.unwrap_or(G::rules().bots), config.tls_cert.is_some());
    let running =
        shell::start(server.into_game(), config, listener).map_err(|error: StartError| error.to_string())?;
    if running.addr.port() != wanted && wanted != 0 {
        say(format_args!("Port {wanted} is taken, so this server is on {}.", running.addr.port()));
    }
    // Before anything is said: who reads it may answer with a signal.
    let asked = running.wait(async { Asked::listen() });
    greet::<G>(&running, bots, tls);
    match asked {
        Some(Ok(asked)) => running.wait(asked.wait()),
        Some(Err(error)) => return Err(format!("signals cannot be heard ({error}): check the system's limits")),
        None => None,
    };
    say("Stopping: every client is told.");
    running.stop();
    Ok(())
}

fn from_file(file: &Path) -> Result<Config, String> {
    let text = shell::read_text(file)
        .map_err(|why| format!("{} cannot be read ({why}): check its path and rights", file.display()))?;
    Config::from_toml(&text).map_err(|error| format!("{}, {error}", file.display()))
}

fn greet<G: Game>(running: &Running, bots: u32, tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    let addr = running.addr;
    let here = if addr.ip().is_unspecified() { format!("localhost:{}", addr.port()) } else { addr.to_string() };
    say(format_args!("{} is being served. Play at:", G::NAME));
    say(format_args!("  {scheme}://{here}/"));
    if let Some(lan) = lan_address(addr) {
        say(format_args!("  {scheme}://{lan}/  (others on your network)"));
        if let Some(code) = io::stdout().is_terminal().then(|| qr_code(&format!("{scheme}://{lan}/"))).flatten() {
            say(code);
        }
    }
    say(format_args!("{} ticks a second, {bots} bots, seed {}.", G::TICK_RATE.get(), running.seed));
    if cfg!(debug_assertions) {
        say("This is a debug build: it is many times slower. Use cargo run --release.");
    }
    for warning in game::schema::<G>().warnings().into_iter().chain(train::left_out::<G>()) {
        eprintln!("Note: {warning}.");
    }
    say("Ctrl-C stops it.");
}

/// The address as a pattern of blocks that a phone's camera reads, light on a dark terminal.
fn qr_code(address: &str) -> Option<String> {
    use qrcode::render::unicode::Dense1x2;
    let code = qrcode::QrCode::new(address).ok()?;
    Some(code.render().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// What the game puts on the wire, for people.
fn schema_text<G: Game>() -> String {
    let schema = game::schema::<G>();
    let told = schema.errors().into_iter().map(|error| format!("\nThis cannot be: {error}.\n"));
    let told = told.chain(schema.warnings().into_iter().map(|warning| format!("\n{warning}.\n")));
    schema.describe() + &told.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_flag_is_told_in_one_sentence() {
        let flags = Command::new("t").args(Config::flags());
        let arguments = [std::ffi::OsString::from("t"), "--port".into(), "many".into()];
        let error = flags.try_get_matches_from(arguments).unwrap_err();
        let told = sentence(&error, None);
        assert!(told.contains("'many'") && told.contains("--port") && !told.contains('\n'), "{told}");
    }
}
