//! A real server that runs a scene.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use tickwire_server::config::Config;
use tickwire_server::{Running, Server};

use crate::scenes::{self, Scene, Visit};

/// What is served.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    /// The scene.
    #[arg(long, default_value = "w1")]
    pub scene: String,
    /// Rows, where the scene lets one choose.
    #[arg(long, default_value_t = 1_000)]
    pub entities: u32,
    /// The port; 0 is any free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The room's seed.
    #[arg(long, default_value_t = scenes::SEED)]
    pub seed: u64,
    /// Threads that run rooms.
    #[arg(long, default_value_t = 1)]
    pub workers: u32,
    /// Bots that fill the room; without it, what the scene says.
    #[arg(long)]
    pub bots: Option<u32>,
    /// Players in one room; the next one opens another room.
    #[arg(long, default_value_t = 100_000)]
    pub players_max: u32,
    /// Bind the server to this core.
    #[arg(long)]
    pub core: Option<usize>,
    /// The certificate chain, PEM: then the port speaks TLS only.
    #[arg(long, requires = "tls_key")]
    pub tls_cert: Option<std::path::PathBuf>,
    /// The key of the certificate, PEM.
    #[arg(long, requires = "tls_cert")]
    pub tls_key: Option<std::path::PathBuf>,
}

impl Serve {
    /// A scene of so many rows on any free port, with one worker.
    #[must_use]
    pub fn of(scene: String, entities: u32, core: Option<usize>) -> Serve {
        Serve {
            scene,
            entities,
            port: 0,
            seed: scenes::SEED,
            workers: 1,
            bots: None,
            players_max: 100_000,
            core,
            tls_cert: None,
            tls_key: None,
        }
    }
}

/// Serves a scene: prints `READY <port>`, then goes on until told to stop.
///
/// # Errors
/// Where there is no such scene or the port is taken.
pub fn serve(what: &Serve) -> anyhow::Result<()> {
    if let Some(core) = what.core {
        crate::machine::pin(core)?;
    }
    let running = scenes::visit(&what.scene, Starting(what))??;
    println!("READY {}", running.addr.port());
    std::io::stdout().flush()?;
    running.wait(told_to_stop());
    running.stop();
    Ok(())
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// The server's knobs, as the environment has them: so that two settings of one can be compared.
fn knobs() -> Config {
    let mut config = Config::default();
    let given = clap::Command::new("scene").no_binary_name(true).args(Config::flags());
    config.overlay(&given.get_matches_from(std::iter::empty::<&str>()));
    config
}

struct Starting<'a>(&'a Serve);

impl Visit for Starting<'_> {
    type Out = anyhow::Result<Running>;

    fn visit<G: Scene>(self) -> anyhow::Result<Running> {
        let what = self.0;
        let mut server = Server::<G>::new();
        for (name, value) in scenes::options(what.entities) {
            server = server.option(name, value);
        }
        if what.scene == "board" {
            // Its rows are strokes, and it has none where nobody asks for them.
            server = server.option("strokes", what.entities.to_string());
        }
        // The process around the room answers at once.
        server = server.outside(|_, event| async { G::answer(event) });
        let config = Config {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: what.port,
            seed: Some(what.seed),
            workers: what.workers,
            bots: what.bots,
            players_max: Some(what.players_max),
            watchers_max: Some(what.players_max),
            connections_max: CONNECTIONS_MAX,
            tls_cert: what.tls_cert.clone(),
            tls_key: what.tls_key.clone(),
            ..knobs()
        };
        Ok(server.start(config)?)
    }
}

const CONNECTIONS_MAX: u32 = 100_000;
