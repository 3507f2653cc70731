//! A whole run: everybody joins, plays, is measured second by second, and leaves.

use std::time::Duration;

use tickwire_client_demo::net::Address;

use super::panel::Panel;
use super::{Engine, Flood, Meter, Metrics, Plan, Scenario};
use crate::machine;
use crate::report::Figures;

/// What is run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who plays where.
    pub plan: Plan,
    /// What happens besides.
    pub scenario: Scenario,
    /// How many come on top, where the scenario lets one choose.
    pub extra: Option<usize>,
    /// Seconds to play before anything is measured.
    pub warm: f64,
    /// Seconds to measure.
    pub seconds: f64,
    /// The server's process, where its memory can be looked at.
    pub process: Option<u32>,
}

/// What came of it.
pub struct Outcome {
    /// The figures.
    pub figures: Figures,
    /// What they were made from.
    pub meter: Meter,
    /// What was measured in each second.
    pub timeline: Vec<Point>,
}

/// One second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Seconds since the measurement began, at the end of this one.
    pub second: f64,
    /// Players that were in.
    pub playing: usize,
    /// Snapshots per player.
    pub snapshots: f64,
    /// Between snapshots, 99th percentile, in milliseconds.
    pub interval_ms: f64,
    /// From an input to the snapshot that shows it, 99th percentile, in milliseconds.
    pub seen_ms: f64,
    /// Kilobytes to a player.
    pub kilobytes: f64,
    /// Connections that have ended so far.
    pub ended: u64,
}

impl Run {
    /// Does it, and shows on standard error how far it is.
    ///
    /// # Errors
    /// Where the system gives no sockets, or nobody gets in.
    pub fn go(&self) -> anyhow::Result<Outcome> {
        let (to, players) = (&self.plan.to, self.plan.players);
        let mut engine = Engine::new(self.plan.clone())?;
        let patience = 20.0 + players as f64 / self.plan.joins_per_second.max(1.0);
        if !engine.run_until_joined(Duration::from_secs_f64(patience))? {
            if engine.meter.joined == 0 {
                let why = engine.first_end.as_deref().unwrap_or("no answer");
                anyhow::bail!("nobody got in at {} ({why}): {}", to.host, hint(to.trust.is_some()));
            }
            eprintln!("only {} of {players} players are in", engine.playing());
        }
        engine.run_until(engine.at() + micros(self.warm))?;
        engine.reset()?;
        let before = look(to);
        let memory_before = self.memory();
        let start = engine.at();
        let flood = if self.scenario.floods() {
            Some(Flood::begin(self.scenario, &self.plan)?)
        } else {
            self.scenario.begin(&mut engine, players, self.extra);
            None
        };
        let (timeline, memory) = self.measure(&mut engine, start)?;
        let seconds = (engine.at() - start) as f64 / 1e6;
        let looks = before.and_then(|before| Some((before, look(to)?)));
        let playing = engine.playing();
        let flooded = flood.map(Flood::end).transpose()?;
        engine.leave()?;
        let mut figures = Figures::new();
        let looks = looks.as_ref().map(|(before, after)| (before, after));
        let ticks = looks.map(|(before, after)| after.since(before, "tickwire_tick_seconds_count").max(1.0));
        figures.set("scenario", self.scenario.name());
        engine.meter.tell(players, seconds, ticks.map(|ticks| ticks / seconds), &mut figures);
        figures.set("playing_at_the_end", playing);
        tell_server(looks, seconds, players, &mut figures);
        if let (Some(before), Some(most)) = (memory_before, memory) {
            figures.round("server_memory_before_mb", before as f64 / 1e6, 2);
            figures.round("server_memory_max_mb", most as f64 / 1e6, 2);
        }
        if let Some(flooded) = &flooded {
            figures.round("flood_core_share", flooded.cpu, 3);
        }
        if self.scenario != Scenario::Steady {
            let others = flooded.as_ref().map_or(&engine.others, |flooded| &flooded.meter);
            figures.set("others_joined", others.joined);
            figures.round("others_connect_p99_ms", others.connect.value_at_quantile(0.99) as f64 / 1e3, 3);
            for (code, count) in &others.disconnects {
                figures.set(&format!("others_ended_{code}"), *count);
            }
        }
        Ok(Outcome { figures, meter: engine.meter, timeline })
    }

    fn measure(&self, engine: &mut Engine, start: u64) -> anyhow::Result<(Vec<Point>, Option<u64>)> {
        let (mut panel, mut timeline, mut memory) = (Panel::new(self.seconds), Vec::new(), None);
        let stop = start + micros(self.seconds);
        let (mut from, mut bytes) = (start, engine.meter.bytes_in);
        while from < stop {
            let end = (from + 1_000_000).min(stop);
            engine.run_until(end)?;
            let players = self.plan.players.max(1) as f64;
            let (beat, ms) = (&engine.meter.beat, |micros: u64| micros as f64 / 1e3);
            let point = Point {
                second: (end - start) as f64 / 1e6,
                playing: engine.playing(),
                snapshots: beat.snapshots as f64 / players,
                interval_ms: ms(beat.interval.value_at_quantile(0.99)),
                seen_ms: ms(beat.seen.value_at_quantile(0.99)),
                kilobytes: (engine.meter.bytes_in - bytes) as f64 / players / 1e3,
                ended: engine.meter.disconnected() + engine.others.disconnected(),
            };
            engine.meter.beat.clear();
            (from, bytes) = (end, engine.meter.bytes_in);
            memory = memory.max(self.memory());
            panel.show(&point, self.plan.players);
            timeline.push(point);
        }
        Ok((timeline, memory))
    }

    fn memory(&self) -> Option<u64> {
        self.process.and_then(|process| machine::memory(process).ok())
    }
}

/// What the server says of itself now; where it cannot be asked, says why, once per look.
fn look(to: &Address) -> Option<Metrics> {
    let asked = Metrics::of(to);
    if let Err(why) = &asked {
        eprintln!(
            "{why:#}: what only the server knows is left out; name the server itself, not a proxy before it"
        );
    }
    asked.ok()
}

/// Writes what the server said of itself before and after into the figures; null where it could not be asked.
fn tell_server(looks: Option<(&Metrics, &Metrics)>, seconds: f64, players: usize, figures: &mut Figures) {
    let since = |name: &str| looks.map_or(f64::NAN, |(before, after)| after.since(before, name));
    let ticks = since("tickwire_tick_seconds_count");
    // Of NaN and 1, `max` would take 1.
    let ticks = if ticks < 1.0 { 1.0 } else { ticks };
    let cpu = since("tickwire_process_cpu_seconds_total");
    let ms = |name: &str| looks.map_or(f64::NAN, |(before, after)| after.quantile(before, name, 0.99) * 1e3);
    figures.round("ticks_per_second", ticks / seconds, 2);
    figures.round("cpu_us_per_client_tick", cpu * 1e6 / ticks / players.max(1) as f64, 3);
    figures.round("tick_p99_ms", ms("tickwire_tick_seconds"), 3);
    figures.round("tick_lateness_p99_ms", ms("tickwire_tick_lateness_seconds"), 3);
    let ends = looks.map(|(before, after)| after.grown(before, "tickwire_disconnects_total", "code"));
    for (code, count) in ends.into_iter().flatten() {
        figures.set(&format!("server_ended_{code}"), count);
    }
}

/// What to look at where nobody gets in.
fn hint(tls: bool) -> &'static str {
    if tls {
        "see that a server with TLS listens there, and that its certificate, for that host, is in --tls-trust"
    } else {
        "see that a server listens there, and say wss:// and --tls-trust where it speaks TLS"
    }
}

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_does_not_tell_is_null_and_a_dash_but_never_zero() {
        // Nobody listens on port 1.
        assert_eq!(look(&Address::of("ws://127.0.0.1:1").unwrap()), None);
        let mut figures = Figures::new();
        Meter::new().unwrap().tell(2, 1.0, None, &mut figures);
        tell_server(None, 1.0, 2, &mut figures);
        let of_server = [
            "bytes_per_client_tick",
            "ticks_per_second",
            "cpu_us_per_client_tick",
            "tick_p99_ms",
            "tick_lateness_p99_ms",
        ];
        for key in of_server {
            assert_eq!(figures.get(key), Some(&serde_json::Value::Null), "{key}");
            let text = figures.text();
            assert!(text.lines().any(|line| line.starts_with(key) && line.ends_with(" -")), "{key}: {text}");
        }
    }
}
