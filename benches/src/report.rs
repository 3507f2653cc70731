//! What a command prints: figures under stable names, as JSON or as text, and whether they are good enough.

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The exit code of a figure that misses an `--assert`.
const MISSED: u8 = 2;

/// The flags that every command has.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Output {
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
    /// Fail with exit code 2 unless this holds; several may be given. KEY=V, KEY<=V, KEY<V, KEY>=V or KEY>V.
    #[arg(long = "assert", value_name = "CONDITION")]
    pub asserts: Vec<Condition>,
}

impl Output {
    /// Prints the figures on standard output and says how the process ends.
    ///
    /// # Errors
    /// Where a condition names a figure that is not there.
    pub fn finish(&self, figures: &Figures) -> anyhow::Result<ExitCode> {
        // Whoever does not want to read on has closed the pipe: that is no failure.
        let _ = writeln!(io::stdout(), "{}", if self.json { figures.json() } else { figures.text() });
        Ok(ending(self.missed(figures, "")?))
    }

    /// As [`Output::finish`], for runs that differ in what names them: prints the least, the middle and the largest
    /// of each figure; the conditions must hold for each run.
    ///
    /// # Errors
    /// Where a condition names a figure that is not there.
    pub fn finish_all(&self, runs: &[(String, Figures)]) -> anyhow::Result<ExitCode> {
        let spread = Figures::spread(runs.iter().map(|(_, figures)| figures));
        let _ = writeln!(io::stdout(), "{}", if self.json { spread.json() } else { spread.text() });
        let mut missed = false;
        for (name, figures) in runs {
            missed |= self.missed(figures, &format!("{name}: "))?;
        }
        Ok(ending(missed))
    }

    /// Whether a condition does not hold; says which.
    fn missed(&self, figures: &Figures, whose: &str) -> anyhow::Result<bool> {
        let mut missed = false;
        for condition in &self.asserts {
            let is = figures.number(&condition.key)?;
            if !condition.holds(is) {
                eprintln!(
                    "{whose}{} is {is}, which is not {}{}",
                    condition.key, condition.relation, condition.than
                );
                missed = true;
            }
        }
        Ok(missed)
    }
}

fn ending(missed: bool) -> ExitCode {
    if missed { ExitCode::from(MISSED) } else { ExitCode::SUCCESS }
}

/// Ends a command: an error is one sentence on standard error and exit code 1.
#[must_use]
pub fn end(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Finds out whether [`replace`] can put something there, before it took long to make it. What is there stays.
///
/// # Errors
/// Where it cannot: the folder does not exist, or may not be written to.
pub fn may_be_written(file: &Path) -> anyhow::Result<()> {
    let tried = if file.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else {
        let beside = beside(file);
        std::fs::write(&beside, "").and_then(|()| std::fs::remove_file(&beside))
    };
    tried.with_context(|| cannot(file))
}

/// Writes a file, whole or not at all: until it is written, what was there before stays.
///
/// # Errors
/// Where it cannot be written.
pub fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = beside(file);
    std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file)).with_context(|| cannot(file))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn cannot(file: &Path) -> String {
    format!("{} cannot be written: see that its folder exists and may be written to", file.display())
}

/// Named figures, in the order in which they were set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(Vec<(String, Value)>);

impl Figures {
    /// No figures.
    #[must_use]
    pub fn new() -> Figures {
        Figures::default()
    }

    /// Sets a figure. A number that is not finite becomes null.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, place)) => *place = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Sets a figure, rounded to so many decimals.
    pub fn round(&mut self, key: &str, value: f64, decimals: i32) {
        let scale = 10f64.powi(decimals);
        self.set(key, (value * scale).round() / scale);
    }

    /// The figure called `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The least, the middle and the largest of each figure that is a number, over several runs of the same command.
    #[must_use]
    pub fn spread<'a>(runs: impl Iterator<Item = &'a Figures>) -> Figures {
        let runs: Vec<&Figures> = runs.collect();
        let mut spread = Figures::new();
        spread.set("runs", runs.len());
        for (key, _) in runs.first().map(|first| first.iter()).into_iter().flatten() {
            let mut values: Vec<f64> = runs.iter().filter_map(|run| run.number(key).ok()).collect();
            values.sort_by(f64::total_cmp);
            if let [least, .., largest] = values.as_slice() {
                let middle = values.get(values.len() / 2);
                spread.set(key, serde_json::json!({ "min": least, "median": middle, "max": largest }));
            }
        }
        spread
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The figure called `key` as a number.
    ///
    /// # Errors
    /// Where there is none of that name, or it is no number.
    pub fn number(&self, key: &str) -> anyhow::Result<f64> {
        let names = || self.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let value = self.get(key).with_context(|| format!("there is no figure `{key}`, only {}", names()))?;
        value.as_f64().with_context(|| format!("the figure `{key}` is {value}, not a number"))
    }

    /// One JSON object on one line.
    #[must_use]
    pub fn json(&self) -> String {
        let members: Vec<String> =
            self.0.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
        format!("{{{}}}", members.join(","))
    }

    /// A line per figure; `-` is what is not known.
    #[must_use]
    pub fn text(&self) -> String {
        let width = self.0.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        let line = |(key, value): &(String, Value)| match value {
            Value::String(text) => format!("{key:width$}  {text}"),
            Value::Null => format!("{key:width$}  -"),
            other => format!("{key:width$}  {other}"),
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// What a figure must be: `KEY<=V` and the like.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    key: String,
    relation: Relation,
    than: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Is,
    AtMost,
    Below,
    AtLeast,
    Above,
}

impl Relation {
    /// The longer signs first: `<=` is not `<` and a rest.
    const ALL: [Relation; 5] =
        [Relation::AtMost, Relation::AtLeast, Relation::Below, Relation::Above, Relation::Is];

    const fn sign(self) -> &'static str {
        match self {
            Relation::Is => "=",
            Relation::AtMost => "<=",
            Relation::Below => "<",
            Relation::AtLeast => ">=",
            Relation::Above => ">",
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

impl Condition {
    /// Whether it holds of these figures.
    ///
    /// # Errors
    /// Where there is no such figure.
    pub fn holds_of(&self, figures: &Figures) -> anyhow::Result<bool> {
        Ok(self.holds(figures.number(&self.key)?))
    }

    fn holds(&self, is: f64) -> bool {
        match self.relation {
            Relation::Is => is == self.than,
            Relation::AtMost => is <= self.than,
            Relation::Below => is < self.than,
            Relation::AtLeast => is >= self.than,
            Relation::Above => is > self.than,
        }
    }
}

impl FromStr for Condition {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> anyhow::Result<Condition> {
        for relation in Relation::ALL {
            if let Some((key, than)) = text.split_once(relation.sign()) {
                let than = than.trim();
                let than = than.parse().with_context(|| format!("`{than}` in `{text}` is not a number"))?;
                return Ok(Condition { key: key.trim().to_owned(), relation, than });
            }
        }
        bail!("`{text}` is not a condition: write KEY=V, KEY<=V, KEY<V, KEY>=V or KEY>V")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, is: f64) -> bool {
        condition.parse::<Condition>().unwrap().holds(is)
    }

    #[test]
    fn a_report_takes_the_place_of_the_last_one_only_when_it_is_whole() {
        let folder = std::env::temp_dir().join(format!("tickwire-report-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("run.html");
        let holds = || std::fs::read_dir(&folder).unwrap().count();
        may_be_written(&file).unwrap();
        assert_eq!(holds(), 0, "asking leaves nothing behind");
        std::fs::write(&file, "of yesterday").unwrap();
        may_be_written(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of yesterday");
        replace(&file, b"of today").unwrap();
        assert_eq!((std::fs::read_to_string(&file).unwrap().as_str(), holds()), ("of today", 1));
        for bad in [folder.join("nowhere/run.html"), folder.clone()] {
            let why = format!("{:#}", may_be_written(&bad).unwrap_err());
            assert!(why.contains(&bad.display().to_string()) && why.contains("folder exists"), "{why}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn conditions_read_as_they_are_written() {
        assert!(holds("mismatches=0", 0.0) && !holds("mismatches=0", 1.0));
        assert!(holds("ratio<=1.5", 1.5) && !holds("ratio<1.5", 1.5));
        assert!(holds("ratio >= 1.5", 1.5) && !holds("ratio>1.5", 1.5));
        assert!("ratio".parse::<Condition>().is_err() && "ratio<=x".parse::<Condition>().is_err());
    }

    #[test]
    fn several_runs_are_told_by_least_middle_and_largest() {
        let runs = [3, 1, 2].map(|n| {
            let mut figures = Figures::new();
            figures.set("apes", n);
            figures
        });
        let spread = Figures::spread(runs.iter());
        assert_eq!(spread.get("apes").unwrap(), &serde_json::json!({ "min": 1.0, "median": 2.0, "max": 3.0 }));
    }

    #[test]
    fn figures_keep_their_order_and_name_what_is_missing() {
        let mut figures = Figures::new();
        figures.set("zebra", 1);
        figures.round("ape", 1.0 / 3.0, 2);
        figures.set("zebra", 2);
        assert_eq!(figures.json(), r#"{"zebra":2,"ape":0.33}"#);
        let error = figures.number("bee").unwrap_err().to_string();
        assert_eq!(error, "there is no figure `bee`, only zebra, ape");
    }
}
