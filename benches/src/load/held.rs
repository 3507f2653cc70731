//! How many players each scene holds on one core: the README's table and picture.

use std::path::Path;

use anyhow::Context as _;

use super::{Match, find_max};
use crate::numbers::between;
use crate::report::Figures;

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    /// The scene, as the command line names it.
    pub scene: &'static str,
    /// The same in words.
    pub words: &'static str,
    /// What [`find_max`] found.
    pub figures: Figures,
}

/// What is tried: the scene, the same in words, its rows, with how many players to begin.
const TRIED: [(&str, &str, u32, usize); 5] = [
    ("w1", "200 things, all seen by all", 200, 1_600),
    ("w1-60hz", "the same", 200, 800),
    ("w3", "1,000 things of which 50 move", 1_000, 1_600),
    ("w2", "5,000 things, those within 150 units", 5_000, 600),
    ("roam", "the demo game, everybody near others", 1_000, 500),
];

/// Finds all of them, each try as long as said.
///
/// # Errors
/// Where a server does not start.
pub fn all(seconds: f64) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (nth, (scene, words, entities, players)) in TRIED.into_iter().enumerate() {
        eprintln!("{} of {}: {scene}", nth + 1, TRIED.len());
        let scene_name = scene.to_owned();
        let what = Match {
            scene: scene_name,
            entities,
            players,
            seconds: seconds.min(TRY_MAX),
            workers: 1,
            rooms: 1,
            tls: false,
        };
        let figures = find_max(&what).with_context(|| format!("the scene {scene}"))?;
        lines.push(Line { scene, words, figures });
    }
    Ok(lines)
}

/// All of it as figures: `w1_players_held` and so on.
#[must_use]
pub fn figures(lines: &[Line]) -> Figures {
    let mut figures = Figures::new();
    for line in lines {
        for (key, value) in line.figures.iter().filter(|(key, _)| *key != "scene") {
            figures.set(&format!("{}_{key}", line.scene), value.clone());
        }
    }
    figures
}

/// Writes the table into the README and the picture beside it.
///
/// # Errors
/// Where a file cannot be read or written, or the README lacks the marks.
pub fn write(lines: &[Line], root: &Path) -> anyhow::Result<()> {
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme).context("README.md cannot be read")?;
    std::fs::write(&readme, between(&text, MARKS, &format!("\n{PICTURE}\n\n{}\n", table(lines)?))?)
        .context("README.md cannot be written")?;
    std::fs::write(root.join("assets/players.svg"), picture(lines)?).context("the picture cannot be written")
}

/// The table, a line per scene.
fn table(lines: &[Line]) -> anyhow::Result<String> {
    let mut text = "| scene | rate | players held by one core | bytes per player and tick | of the floor | at 80 % of them: ticks late, p99 | input to seen, p99 | what broke with more |\n\
                    |---|--:|--:|--:|--:|--:|--:|---|\n"
        .to_owned();
    for Line { scene, words, figures } in lines {
        let number = |key: &str| figures.number(key);
        let limit = figures.get("limit").and_then(|limit| limit.as_str()).unwrap_or_default();
        text += &format!(
            "| `{scene}`, {words} | {:.0} Hz | **{}** | {:.0} | {:.0} % | {:.2} ms | {:.0} ms | {limit} |\n",
            number("rate")?,
            thousands(number("players_held")?),
            number("bytes_per_client_tick")?,
            number("share")? * 100.0,
            number("lateness_p99_ms_at_80_percent")?,
            number("input_to_seen_p99_ms_at_80_percent")?,
        );
    }
    Ok(text)
}

fn thousands(number: f64) -> String {
    let number = number as u64;
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}

/// The picture: a bar for each scene, and the mark of what bare reads and writes would hold.
fn picture(lines: &[Line]) -> anyhow::Result<String> {
    let height = TOP + LINE * lines.len() as f64 + 30.0;
    let mut most = 1.0f64;
    for line in lines {
        most = most.max(bare(&line.figures)?);
    }
    let x = |players: f64| LEFT + (WIDTH - LEFT - RIGHT) * players / most;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" fill=\"#222\">\n<title>Players held by one core</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"600\">Players held by one core</text>\n\
         <rect x=\"12\" y=\"33\" width=\"11\" height=\"11\" fill=\"{OURS}\"/><text x=\"28\" y=\"43\">Tickwire</text>\
         <path d=\"M101 32V46\" stroke=\"{BARE}\" stroke-width=\"3\"/>\
         <text x=\"110\" y=\"43\">bare reads and writes of as many bytes, which play nothing</text>\n"
    );
    for (at, line) in lines.iter().enumerate() {
        let y = TOP + LINE * at as f64;
        let (held, bare) = (line.figures.number("players_held")?, bare(&line.figures)?);
        let rate = line.figures.number("rate")?;
        let middle = y + LINE / 2.0 + 4.0;
        // In the bar, where it is long enough.
        let inside = x(held) - LEFT > NUMBER;
        let (number, colour, anchor) =
            if inside { (x(held) - 6.0, "#fff", "end") } else { (x(held) + 6.0, OURS, "start") };
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{}, {rate:.0} Hz</text>\
             <rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{OURS}\"/>\
             <path d=\"M{:.1} {:.1}v{:.1}\" stroke=\"{BARE}\" stroke-width=\"3\"/>\
             <text x=\"{:.1}\" y=\"{middle:.1}\" fill=\"{colour}\" font-weight=\"600\" text-anchor=\"{anchor}\">{}</text>\
             <text x=\"{:.1}\" y=\"{middle:.1}\" fill=\"#666\">{}</text>\n",
            LEFT - 10.0,
            line.scene.trim_end_matches("-60hz"),
            y + 4.0,
            x(held) - LEFT,
            LINE - 8.0,
            x(bare),
            y + 2.0,
            LINE - 4.0,
            number,
            thousands(held),
            x(bare) + 7.0,
            thousands(bare),
        );
    }
    Ok(svg + "</svg>\n")
}

/// The players that bare reads and writes would hold.
fn bare(figures: &Figures) -> anyhow::Result<f64> {
    Ok(1e6 / (figures.number("rate")? * figures.number("floor_us_per_client_tick")?.max(0.01)))
}

/// Seconds of a try: five scenes are to be done within ten minutes.
const TRY_MAX: f64 = 4.0;
/// Between these lines of the README stands the table.
const MARKS: [&str; 2] = [
    "<!-- players: written by `cargo run --release -p tickwire-benches --bin load -- --find-max --all --write` -->",
    "<!-- players end -->",
];
const PICTURE: &str = "![Players held by one core, beside bare reads and writes](assets/players.svg)";
const WIDTH: f64 = 860.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 58.0;
const LINE: f64 = 30.0;
/// The width of a number.
const NUMBER: f64 = 50.0;
const OURS: &str = "#1565c0";
const BARE: &str = "#c2602b";

#[cfg(test)]
mod tests {
    use super::*;

    fn line(held: usize) -> Line {
        let mut figures = Figures::new();
        figures.set("rate", 30);
        figures.set("players_held", held);
        figures.set("limit", "the roof");
        for key in ["bytes_per_client_tick", "share", "lateness_p99_ms_at_80_percent"] {
            figures.set(key, 0.5);
        }
        figures.set("floor_us_per_client_tick", 10.0);
        figures.set("input_to_seen_p99_ms_at_80_percent", 40.0);
        Line { scene: "w1", words: "things", figures }
    }

    #[test]
    fn the_table_has_a_line_for_each_scene() {
        let table = table(&[line(2_800), line(950)]).unwrap();
        assert_eq!(table.lines().count(), 4);
        assert!(
            table.contains("**2,800**") && table.contains("**950**") && table.contains("| the roof |"),
            "{table}"
        );
    }

    #[test]
    fn more_players_make_a_longer_bar() {
        let width = |held| {
            let svg = picture(&[line(held)]).unwrap();
            let bar = svg.split("<rect x=\"110\"").nth(1).unwrap();
            bar.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
        };
        assert!((width(2_000) / width(1_000) - 2.0).abs() < 0.01);
        assert!(picture(&[line(1_000)]).unwrap().contains(">3,333<"));
    }
}
