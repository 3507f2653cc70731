//! What happens during a run besides playing.

use std::fmt;
use std::str::FromStr;

use super::Engine;

/// A run's scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing.
    #[default]
    Steady,
    /// A crowd joins within a second: as many as `--extra` says, else 1,000.
    JoinStorm,
    /// A tenth as many again read 32 kbit/s, and 20 more never read.
    SlowReaders,
    /// All are cut off at once and come back within a second.
    ReconnectStorm,
    /// Everybody holds every control at its upper end, which in the scenes drives all into one corner.
    OneSpot,
    /// One player in ten asks for a keyframe, as one does that has lost its place.
    Resyncs,
    /// Four sockets send fragments that carry nothing, as fast as the server takes them.
    FloodFragments,
    /// Four sockets send pings, as fast as the server takes them.
    FloodPings,
    /// Four sockets send the largest frames that are allowed, as fast as the server takes them.
    FloodFrames,
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// It plays, and is measured.
    Plays,
    /// It plays, and is one of a crowd.
    Crowds,
    /// It plays, and reads so many bytes a second.
    Dawdles(usize),
    /// It never reads after it is in.
    Ignores,
    /// It sends frames with this first byte and so many bytes, as fast as the server takes them.
    Floods(u8, usize),
}

impl Scenario {
    /// All of them.
    pub const ALL: [Scenario; 9] = [
        Scenario::Steady,
        Scenario::JoinStorm,
        Scenario::SlowReaders,
        Scenario::ReconnectStorm,
        Scenario::OneSpot,
        Scenario::Resyncs,
        Scenario::FloodFragments,
        Scenario::FloodPings,
        Scenario::FloodFrames,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::Steady => "steady",
            Scenario::JoinStorm => "join-storm",
            Scenario::SlowReaders => "slow-readers",
            Scenario::ReconnectStorm => "reconnect-storm",
            Scenario::OneSpot => "one-spot",
            Scenario::Resyncs => "resyncs",
            Scenario::FloodFragments => "flood-fragments",
            Scenario::FloodPings => "flood-pings",
            Scenario::FloodFrames => "flood-frames",
        }
    }

    /// Whether it is a flood, which comes from a thread of its own: see [`super::Flood`].
    #[must_use]
    pub const fn floods(self) -> bool {
        matches!(self, Scenario::FloodFragments | Scenario::FloodPings | Scenario::FloodFrames)
    }

    /// Lets it happen from now on.
    pub fn begin(self, engine: &mut Engine, players: usize, extra: Option<usize>) {
        match self {
            Scenario::Steady | Scenario::OneSpot => {}
            Scenario::JoinStorm => {
                let crowd = extra.unwrap_or(CROWD);
                engine.add(Habit::Crowds, crowd, crowd as f64);
            }
            Scenario::SlowReaders => {
                engine.add(Habit::Dawdles(DAWDLER_BYTES_PER_SECOND), extra.unwrap_or(players / 10), 1_000.0);
                engine.add(Habit::Ignores, IGNORERS, 1_000.0);
            }
            Scenario::ReconnectStorm => engine.cut_all(players as f64),
            Scenario::Resyncs => engine.resync(players.div_ceil(10)),
            Scenario::FloodFragments => engine.add(Habit::Floods(0x00, 0), FLOODERS, 1_000.0),
            Scenario::FloodPings => engine.add(Habit::Floods(0x89, 14), FLOODERS, 1_000.0),
            Scenario::FloodFrames => engine.add(Habit::Floods(0x82, FRAME_BYTES), FLOODERS, 1_000.0),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Scenario, String> {
        let names = || Scenario::ALL.map(Scenario::name).join(", ");
        Scenario::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name || name == "flood-max" && *scenario == Scenario::FloodFrames)
            .ok_or_else(|| format!("there is no scenario `{name}`: choose one of {}", names()))
    }
}

/// The players of a join storm.
const CROWD: usize = 1_000;
/// 32 kbit/s.
const DAWDLER_BYTES_PER_SECOND: usize = 4_000;
const IGNORERS: usize = 20;
const FLOODERS: usize = 4;
const FRAME_BYTES: usize = tickwire_protocol::limits::CLIENT_FRAME_BYTES_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_its_name() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.name().parse(), Ok(scenario));
        }
        assert!("calm".parse::<Scenario>().is_err_and(|error| error.contains("join-storm")));
    }
}
