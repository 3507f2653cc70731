//! Load: thousands of players over real WebSockets, verified.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::floor;
use tickwire_benches::load::{
    Base, Match, Plan, Run, Scenario, Served, against_floor, find_max, html, pairs, serve_floor,
};
use tickwire_benches::report::{Output, end};
use tickwire_benches::scenes;
use tickwire_benches::serve::{Serve, serve};
use tickwire_client_demo::net::Address;
use tickwire_protocol::game::Role;
use tickwire_protocol::link::Preset;

/// Loads a server and measures what its players see.
#[derive(Parser)]
struct Flags {
    /// Where the server is, as ws://host:port.
    #[arg(long)]
    url: Option<String>,
    /// The scene it runs; inputs are valid ones by chance where it is not named.
    #[arg(long)]
    scene: Option<String>,
    /// Players.
    #[arg(long, default_value_t = 200)]
    players: usize,
    /// Seconds to measure.
    #[arg(long = "for", default_value_t = 10.0)]
    seconds: f64,
    /// Seconds to play before that.
    #[arg(long, default_value_t = 2.0)]
    warm: f64,
    /// Players that begin to connect in a second.
    #[arg(long, default_value_t = 500.0)]
    ramp: f64,
    /// The room; any with space where it is left out.
    #[arg(long, default_value = "")]
    room: String,
    /// Come to watch.
    #[arg(long)]
    watch: bool,
    /// One player in so many decodes everything.
    #[arg(long, default_value_t = 100)]
    decode_every: usize,
    /// Rows of the scene, for a server of one's own.
    #[arg(long, default_value_t = 1_000)]
    entities: u32,
    /// Start the scene and the bare floor on one core, and compare their CPU time.
    #[arg(long)]
    against_floor: bool,
    /// Start the scene, and find the most players that it holds.
    #[arg(long)]
    find_max: bool,
    /// What happens besides playing: steady, join-storm, slow-readers, reconnect-storm, one-spot, flood-fragments,
    /// flood-pings or flood-frames.
    #[arg(long, default_value = "steady")]
    scenario: Scenario,
    /// How many come on top of the players, where the scenario lets one choose.
    #[arg(long)]
    extra: Option<usize>,
    /// Start the scene, and compare so many runs with the scenario with as many without, in turns.
    #[arg(long)]
    pairs: Option<usize>,
    /// The network between each player and its socket: lan, wifi, 4g, transatlantic or train.
    #[arg(long)]
    preset: Option<String>,
    /// A file of earlier runs' --json, a line each: say what is better or worse by more than noise.
    #[arg(long)]
    compare: Option<PathBuf>,
    /// Write a report with curves into this file.
    #[arg(long)]
    html: Option<PathBuf>,
    /// What this process serves for another one of itself.
    #[arg(long, hide = true)]
    child: Option<String>,
    /// Bytes of a frame of the floor.
    #[arg(long, hide = true, default_value_t = 0)]
    floor_bytes: usize,
    /// Ticks a second of the floor.
    #[arg(long, hide = true, default_value_t = 30)]
    rate: u32,
    /// The core to run on.
    #[arg(long)]
    core: Option<usize>,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    let scene = || flags.scene.clone().unwrap_or_else(|| "w1".to_owned());
    if let Some(child) = &flags.child {
        let plan = floor::Plan { players: flags.players, bytes: flags.floor_bytes, rate: flags.rate };
        match child.as_str() {
            "floor" => serve_floor(plan, flags.core)?,
            _ => serve(&Serve::of(scene(), flags.entities, flags.core))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let what = Match { scene: scene(), entities: flags.entities, players: flags.players, seconds: flags.seconds };
    let mut figures = if flags.against_floor {
        against_floor(&what)?
    } else if flags.find_max {
        find_max(&what)?
    } else if let Some(count) = flags.pairs {
        pairs(&what, flags.scenario, flags.extra, count)?
    } else {
        let own = if flags.url.is_none() && flags.scene.is_some() { Some(what.serve()?) } else { None };
        let outcome = flags.plan(own.as_ref())?.go()?;
        if let Some(file) = &flags.html {
            let title = format!("{} players for {} s: {}", flags.players, flags.seconds, flags.scenario);
            std::fs::write(file, html(&title, &outcome))
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        outcome.figures
    };
    if let Some(file) = &flags.compare {
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Base::read(&text)?.judge(&mut figures);
    }
    flags.output.finish(&figures)
}

impl Flags {
    /// The run that they ask for, against a server of ours where there is one.
    fn plan(&self, own: Option<&Served>) -> anyhow::Result<Run> {
        if let Some(core) = self.core {
            tickwire_benches::machine::pin(core)?;
        }
        let to = match (own, &self.url) {
            (Some(own), _) => own.address.clone(),
            (None, url) => Address::of(url.as_deref().context("say --url ws://host:port, or --scene")?)?,
        };
        let preset = |name: &String| {
            let names = || Preset::ALL.map(Preset::name).join(", ");
            Preset::named(name).with_context(|| format!("there is no preset `{name}`: choose one of {}", names()))
        };
        let plan = Plan {
            to,
            scene: self.scene.clone(),
            room: self.room.clone(),
            role: if self.watch { Role::Watches } else { Role::Plays },
            players: self.players,
            joins_per_second: self.ramp,
            decode_every: self.decode_every,
            shared: self.scene.as_deref().is_some_and(scenes::all_see_the_same),
            link: self.preset.as_ref().map(preset).transpose()?.map(Preset::conditions),
            one_spot: self.scenario == Scenario::OneSpot,
        };
        Ok(Run {
            plan,
            scenario: self.scenario,
            extra: self.extra,
            warm: self.warm,
            seconds: self.seconds,
            process: own.map(Served::process),
        })
    }
}
