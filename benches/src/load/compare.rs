//! A run beside earlier ones: what changed by more than noise explains.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::report::Figures;

/// Runs of before: the figures that each printed with `--json`, an object a line.
#[derive(Clone, Debug, Default)]
pub struct Base(Vec<Value>);

/// What became of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Within,
    Better,
    Worse,
}

/// A single run says little about noise: so much of it is taken for that, to either side.
const BAND_OF_ONE: f64 = 0.15;
/// So much more than what several runs differed by.
const BAND_BEYOND: f64 = 0.05;

impl Base {
    /// Reads a file of what `--json` printed.
    ///
    /// # Errors
    /// Where it cannot be read, or holds something else.
    pub fn of(file: &Path) -> anyhow::Result<Base> {
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Base::read(&text).with_context(|| format!("{} cannot be compared with", file.display()))
    }

    /// Reads what `--json` printed.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn read(text: &str) -> anyhow::Result<Base> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let run = |(nth, line): (usize, &str)| {
            let words = || format!("line {} is not what --json prints, a run a line", nth + 1);
            let run: Value = serde_json::from_str(line).with_context(words)?;
            anyhow::ensure!(run.is_object(), words());
            Ok(run)
        };
        let runs = lines.map(run).collect::<anyhow::Result<Vec<Value>>>()?;
        anyhow::ensure!(!runs.is_empty(), "there is no run in it: write one with --json");
        Ok(Base(runs))
    }

    /// What the runs of before said a figure may be: the least, the median and the most, with the noise around them.
    fn band(&self, key: &str) -> Option<(f64, f64, f64)> {
        let mut values: Vec<f64> = self.0.iter().filter_map(|run| run.get(key)?.as_f64()).collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let wider = if values.len() == 1 { BAND_OF_ONE } else { BAND_BEYOND };
        let median = *values.get(values.len() / 2)?;
        Some((least - least.abs() * wider, median, most + most.abs() * wider))
    }

    /// Writes on standard error what changed, and into the figures how many changed for the worse and the better.
    pub fn judge(&self, figures: &mut Figures) {
        let (mut worse, mut better) = (0, 0);
        let numbers: Vec<(String, f64)> =
            figures.iter().filter_map(|(key, value)| Some((key.to_owned(), value.as_f64()?))).collect();
        for (key, is) in numbers {
            let Some((least, median, most)) = self.band(&key) else { continue };
            let word = match change(&key, least, is, most) {
                Change::Within => continue,
                Change::Better => {
                    better += 1;
                    "better"
                }
                Change::Worse => {
                    worse += 1;
                    "worse"
                }
            };
            eprintln!("{word}: {key} is {is}, was {median} (noise: {least:.3} to {most:.3})");
        }
        figures.set("compared_with", self.0.len());
        figures.set("compared_better", better);
        figures.set("compared_worse", worse);
    }
}

fn change(key: &str, least: f64, is: f64, most: f64) -> Change {
    let more_is_better = MORE_IS_BETTER.contains(&key);
    if NEITHER.contains(&key) || (least..=most).contains(&is) {
        Change::Within
    } else if (is > most) == more_is_better {
        Change::Better
    } else {
        Change::Worse
    }
}

const MORE_IS_BETTER: [&str; 5] =
    ["snapshots_share", "ticks_per_second", "playing_at_the_end", "players_held", "share"];
/// What says how much was measured, not how well it went.
const NEITHER: [&str; 8] = [
    "players",
    "joined",
    "seconds",
    "margin_mean_ticks",
    "frames_compared",
    "hashes_compared",
    "reconnects",
    "others_joined",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_within_the_noise_of_before_is_no_change() {
        let base = Base::read("{\"a_ms\":10.0,\"share\":1}\n{\"a_ms\":12.0,\"share\":1}\n").unwrap();
        let judged = |a: f64, share: f64| {
            let mut figures = Figures::new();
            figures.set("a_ms", a);
            figures.set("share", share);
            figures.set("new", 1);
            base.judge(&mut figures);
            (figures.number("compared_worse").unwrap(), figures.number("compared_better").unwrap())
        };
        assert_eq!(judged(11.0, 1.0), (0.0, 0.0));
        assert_eq!(judged(12.5, 1.0), (0.0, 0.0));
        assert_eq!(judged(13.0, 0.5), (2.0, 0.0));
        assert_eq!(judged(9.0, 1.5), (0.0, 2.0));
    }

    #[test]
    fn zeros_have_no_noise() {
        let base = Base::read("{\"hash_mismatches\":0}").unwrap();
        let mut figures = Figures::new();
        figures.set("hash_mismatches", 1);
        base.judge(&mut figures);
        assert_eq!(figures.number("compared_worse").unwrap(), 1.0);
        assert!(Base::read("\n").is_err() && Base::read("{}\n7").is_err());
        assert!(Base::read("{}\n\n{\"a\":").is_err_and(|error| error.to_string().contains("line 3")));
    }
}
