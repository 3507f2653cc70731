//! Headless bots: the demo game's own players against any server, many on one thread.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    bots::main()
}

/// The browser has the library; it never starts this.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod bots {
    use std::process::ExitCode;
    use std::thread;
    use std::time::{Duration, Instant};

    use anyhow::Context as _;
    use clap::Parser;
    use tickwire_client::{Client, Join, Session, State};
    use tickwire_client_demo::net::{Address, Fleet, Seated};
    use tickwire_dogfight::Dogfight;
    use tickwire_protocol::id::Tick;

    /// Bots of the demo game that play over real sockets, as a browser would.
    #[derive(Parser, Clone)]
    struct Flags {
        /// Where the server is, as ws://host:port.
        #[arg(default_value = "ws://127.0.0.1:8080")]
        url: String,
        /// How many.
        #[arg(long, default_value_t = 10)]
        players: usize,
        /// The room; any with space where it is left out.
        #[arg(long, default_value = "")]
        room: String,
        /// Seconds to play; without it, until stopped.
        #[arg(long = "for")]
        seconds: Option<f64>,
        /// Threads to play on.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    }

    pub(super) fn main() -> ExitCode {
        match run(&Flags::parse()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    fn run(flags: &Flags) -> anyhow::Result<()> {
        anyhow::ensure!(flags.players > 0, "--players is 0, with which nobody plays: say at least 1");
        let to = Address::of(&flags.url)?;
        let threads = flags.threads.clamp(1, flags.players.max(1));
        let fleets: Vec<_> = (0..threads)
            .map(|thread| {
                let (flags, to) = (flags.clone(), to.clone());
                thread::spawn(move || fly(&flags, &to, (thread..flags.players).step_by(threads)))
            })
            .collect();
        for fleet in fleets {
            fleet.join().ok().context("a thread of bots ended by a panic")??;
        }
        Ok(())
    }

    /// Plays these bots until the time is over or none is left.
    fn fly(flags: &Flags, to: &Address, numbers: impl Iterator<Item = usize>) -> anyhow::Result<()> {
        let mut fleet = Fleet::new()?;
        for number in numbers {
            fleet.add(Pilot::new(&flags.room, number), to);
        }
        let start = Instant::now();
        let mut told = start;
        while flags.seconds.is_none_or(|seconds| start.elapsed().as_secs_f64() < seconds) {
            fleet.turn(Duration::from_millis(20))?;
            if told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                println!("{}", summary(&mut fleet));
            }
            if let Some(reason) = all_gone(&mut fleet) {
                anyhow::bail!("no bot is let in: {reason}");
            }
        }
        println!("{}", summary(&mut fleet));
        let nobody = fleet.players().all(|pilot| pilot.client.stats().bytes_in == 0);
        anyhow::ensure!(
            !nobody,
            "nothing came from {}: see that a server of the demo game listens there",
            flags.url
        );
        let at = fleet.at();
        fleet.players().for_each(|pilot| pilot.client.bye(at));
        fleet.turn(Duration::from_millis(50))
    }

    fn summary(fleet: &mut Fleet<Pilot>) -> String {
        let (mut joined, mut bytes, mut corrections, mut mismatches, mut rtt) = (0, 0, 0, 0, 0.0);
        for pilot in fleet.players() {
            joined += usize::from(*pilot.client.state() == State::Joined);
            let stats = pilot.client.stats();
            bytes += stats.bytes_in;
            corrections += stats.corrections;
            mismatches += stats.hash_mismatches;
            rtt += stats.rtt_ms;
        }
        let rtt = rtt / joined.max(1) as f64;
        format!(
            "{joined} play, {bytes} bytes received, {corrections} corrections, {mismatches} mismatches, round trip {rtt:.1} ms"
        )
    }

    /// Why, where every bot was sent away for good.
    fn all_gone(fleet: &mut Fleet<Pilot>) -> Option<String> {
        let mut last = None;
        for pilot in fleet.players() {
            match pilot.client.state() {
                State::Closed { reason, .. } => last = Some(reason.clone()),
                State::Connecting | State::Joining | State::Joined | State::Waiting { .. } => return None,
            }
        }
        last
    }

    /// One bot.
    struct Pilot {
        client: Client<Dogfight>,
        flown: Tick,
    }

    impl Pilot {
        fn new(room: &str, number: usize) -> Pilot {
            let join = Join::player(&format!("bot {}", number + 1)).in_room(room);
            Pilot { client: Client::new(join), flown: Tick::NONE }
        }
    }

    impl Seated for Pilot {
        fn session(&mut self) -> &mut Session {
            &mut self.client
        }

        /// Looks around once per snapshot.
        fn turn(&mut self) {
            while self.client.next_event().is_some() {}
            if self.client.tick() != self.flown {
                self.flown = self.client.tick();
                let input = self.client.bot_input();
                self.client.set_input(&input);
            }
        }
    }
}
