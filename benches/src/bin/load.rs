//! Load: thousands of players over real WebSockets, verified.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tickwire_benches::floor;
use tickwire_benches::load::{
    Base, Match, Plan, Run, Scenario, Served, against_floor, find_max, held, html, in_turns, pairs, serve_floor,
};
use tickwire_benches::report::{Output, end, may_be_written, replace};
use tickwire_benches::scenes;
use tickwire_benches::serve::{Serve, serve};
use tickwire_client_demo::net::{Address, Trust};
use tickwire_protocol::game::Role;
use tickwire_protocol::link::Preset;

/// Loads a server and measures what its players see.
#[derive(Parser)]
struct Flags {
    /// Where the server is, as ws://host:port; wss://host:port with --tls-trust.
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
    /// Ticks a second, for scenes that come at several rates.
    #[arg(long)]
    hz: Option<u32>,
    /// Threads that run rooms, of a server of one's own; each has a room, over which the players are spread.
    #[arg(long, default_value_t = 1)]
    workers: u32,
    /// A server of one's own speaks TLS.
    #[arg(long)]
    tls: bool,
    /// The certificates that are trusted where the URL begins with wss://, PEM.
    #[arg(long)]
    tls_trust: Option<PathBuf>,
    /// Start the scene with these workers and with one, and compare their CPU time.
    #[arg(long)]
    against_one_worker: bool,
    /// Start the scene with TLS and without, and compare their CPU time.
    #[arg(long)]
    against_plain: bool,
    /// With --find-max: every scene of the README's table.
    #[arg(long, requires = "find_max")]
    all: bool,
    /// With --all: write the table into README.md and the picture into assets/.
    #[arg(long, requires = "all")]
    write: bool,
    /// The repository.
    #[arg(long, hide = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    root: PathBuf,
    /// What happens besides playing: steady, join-storm, slow-readers, reconnect-storm, one-spot, resyncs,
    /// flood-fragments, flood-pings or flood-frames. A flood comes from a thread of its own, as nice as can be, so that
    /// it does not make the measurement late: flood_core_share says how much of a core it took.
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
    /// The certificate of what this process serves.
    #[arg(long, hide = true)]
    tls_cert: Option<PathBuf>,
    /// Its key.
    #[arg(long, hide = true)]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

fn main() -> ExitCode {
    end(run(&Flags::parse()))
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    if let Some(child) = &flags.child {
        return flags.serve(child).map(|()| ExitCode::SUCCESS);
    }
    flags.check()?;
    let what = flags.what()?;
    let base = flags.compare.as_deref().map(Base::of).transpose()?;
    let mut figures = if flags.against_floor {
        against_floor(&what)?
    } else if flags.against_one_worker {
        in_turns(&what, ("one_worker", &Match { workers: 1, ..what.clone() }))?
    } else if flags.against_plain {
        in_turns(&Match { tls: true, ..what.clone() }, ("plain", &Match { tls: false, ..what.clone() }))?
    } else if flags.all {
        let lines = held::all(flags.seconds)?;
        if flags.write {
            held::write(&lines, &flags.root)?;
        }
        held::figures(&lines)
    } else if flags.find_max {
        find_max(&what)?
    } else if let Some(count) = flags.pairs {
        pairs(&what, flags.scenario, flags.extra, count)?
    } else {
        let own = if flags.url.is_none() && flags.scene.is_some() { Some(what.serve()?) } else { None };
        let outcome = flags.plan(own.as_ref())?.go()?;
        if let Some(file) = &flags.html {
            let title = format!("{} players for {} s: {}", flags.players, flags.seconds, flags.scenario);
            replace(file, html(&title, &outcome).as_bytes())?;
        }
        outcome.figures
    };
    if let Some(base) = base {
        base.judge(&mut figures);
    }
    flags.output.finish(&figures)
}

impl Flags {
    fn scene(&self) -> String {
        self.scene.clone().unwrap_or_else(|| "w1".to_owned())
    }

    /// What can be known before anything is measured.
    fn check(&self) -> anyhow::Result<()> {
        let ours = [
            (self.against_floor, "--against-floor"),
            (self.against_one_worker, "--against-one-worker"),
            (self.against_plain, "--against-plain"),
            (self.find_max, "--find-max"),
            (self.pairs.is_some(), "--pairs"),
        ];
        if let Some((_, name)) = ours.iter().find(|(given, _)| *given) {
            anyhow::ensure!(self.url.is_none(), "{name} starts servers of its own: say --scene instead of --url");
            anyhow::ensure!(self.html.is_none(), "{name} has no report with curves: leave out --html");
        }
        anyhow::ensure!(self.players > 0, "--players is 0, with which nothing is measured: say at least 1");
        for (name, value) in [("--for", self.seconds), ("--ramp", self.ramp)] {
            let fits = value.is_finite() && value > 0.0;
            anyhow::ensure!(fits, "{name} is {value}, with which nothing is measured: say more than 0");
        }
        anyhow::ensure!(
            self.pairs.is_none() || self.scenario != Scenario::Steady,
            "--pairs compares a scenario with none: say which with --scenario, slow-readers for example"
        );
        if let Some(scene) = &self.scene {
            scenes::tick_rate(scene)?;
        }
        if let Some(file) = &self.html {
            may_be_written(file)?;
        }
        Ok(())
    }

    /// Serves, as another one of this program wants it.
    fn serve(&self, child: &str) -> anyhow::Result<()> {
        if child == "floor" {
            let plan = floor::Plan { players: self.players, bytes: self.floor_bytes, rate: self.rate };
            return serve_floor(plan, self.core);
        }
        let (tls_cert, tls_key, workers) = (self.tls_cert.clone(), self.tls_key.clone(), self.workers);
        serve(&Serve { workers, tls_cert, tls_key, ..Serve::of(self.scene(), self.entities, self.core) })
    }

    /// What a server of one's own serves.
    fn what(&self) -> anyhow::Result<Match> {
        let scene = self.scene();
        Ok(Match {
            scene: self.hz.map_or(Ok(scene.clone()), |hz| scenes::at_rate(&scene, hz))?,
            entities: self.entities,
            players: self.players,
            seconds: self.seconds,
            workers: self.workers,
            rooms: self.workers.max(1) as usize,
            tls: self.tls,
        })
    }

    /// The run that they ask for, against a server of ours where there is one.
    fn plan(&self, own: Option<&Served>) -> anyhow::Result<Run> {
        if let Some(core) = self.core {
            tickwire_benches::machine::pin(core)?;
        }
        let to = match (own, &self.url) {
            (Some(own), _) => own.address.clone(),
            (None, url) => {
                let url = url.as_deref().context("say --url ws://host:port, or --scene")?;
                match &self.tls_trust {
                    Some(file) => Address::trusting(url, &Trust::file(file)?)?,
                    None if url.starts_with("wss://") => {
                        anyhow::bail!("{url} speaks TLS: say --tls-trust FILE with the certificate to trust, PEM")
                    }
                    None => Address::of(url)?,
                }
            }
        };
        let preset = |name: &String| {
            let names = || Preset::ALL.map(Preset::name).join(", ");
            Preset::named(name).with_context(|| format!("there is no preset `{name}`: choose one of {}", names()))
        };
        let plan = Plan {
            to,
            scene: self.scene.is_some().then(|| self.what()).transpose()?.map(|what| what.scene),
            room: self.room.clone(),
            rooms: if own.is_some() { self.workers.max(1) as usize } else { 1 },
            role: if self.watch { Role::Watches } else { Role::Plays },
            players: self.players,
            joins_per_second: self.ramp,
            decode_every: self.decode_every,
            shared: self.workers <= 1 && self.scene.as_deref().is_some_and(scenes::all_see_the_same),
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
