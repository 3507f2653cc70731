//! How far a run is: a panel that is drawn over itself in a terminal, a line a second elsewhere.

use std::io::{IsTerminal as _, Write as _};

use super::run::Point;

/// Shows a run on standard error.
pub(super) struct Panel {
    terminal: bool,
    drawn: usize,
    seconds: f64,
    points: Vec<Point>,
}

impl Panel {
    pub(super) fn new(seconds: f64) -> Panel {
        Panel { terminal: std::io::stderr().is_terminal(), drawn: 0, seconds, points: Vec::new() }
    }

    /// Another second.
    pub(super) fn show(&mut self, point: &Point, players: usize) {
        self.points.push(*point);
        let text = if self.terminal { self.panel(point, players) } else { line(point, players, self.seconds) };
        // Whoever closed standard error does not want to see it.
        let _ = write!(std::io::stderr(), "{text}");
    }

    fn panel(&mut self, point: &Point, players: usize) -> String {
        let Point { second, playing, snapshots, interval_ms, seen_ms, kilobytes, ended } = *point;
        let row = |of: fn(&Point) -> f64| sparks(&self.points.iter().map(of).collect::<Vec<_>>());
        let lines = [
            format!("{second:5.0} of {:.0} s   {playing} of {players} players   {ended} ended", self.seconds),
            format!("  snapshots        {snapshots:8.1} /s    {}", row(|point| point.snapshots)),
            format!("  interval, p99    {interval_ms:8.1} ms    {}", row(|point| point.interval_ms)),
            format!("  input seen, p99  {seen_ms:8.1} ms    {}", row(|point| point.seen_ms)),
            format!("  to a player      {kilobytes:8.1} kB/s  {}", row(|point| point.kilobytes)),
        ];
        let up = if self.drawn > 0 { format!("\x1b[{}A", self.drawn) } else { String::new() };
        self.drawn = lines.len();
        // In a narrow terminal a line is cut: one that goes on in the next would not be drawn over.
        let text = lines.iter().fold(up + UNWRAPPED, |text, line| text + "\x1b[2K" + line + "\n");
        text + WRAPPED
    }
}

fn line(point: &Point, players: usize, seconds: f64) -> String {
    let Point { second, playing, snapshots, interval_ms, seen_ms, kilobytes, ended } = *point;
    format!(
        "{second:.0} of {seconds:.0} s: {playing} of {players} in, {snapshots:.1} snapshots and {kilobytes:.1} kB to \
         each, p99 of intervals {interval_ms:.1} ms, of inputs {seen_ms:.1} ms, {ended} ended\n"
    )
}

const UNWRAPPED: &str = "\x1b[?7l";
const WRAPPED: &str = "\x1b[?7h";

/// The last seconds of a figure as bars, from nothing to its largest.
fn sparks(values: &[f64]) -> String {
    /// With these and what stands before them a line has less than 80 columns.
    const BARS_MAX: usize = 45;
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let last = &values[values.len().saturating_sub(BARS_MAX)..];
    let most = last.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    last.iter().map(|value| BARS[((value / most * 7.0) as usize).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_values() {
        assert_eq!(sparks(&[0.0, 1.0, 2.0]), "▁▄█");
        assert_eq!(sparks(&[0.0, 0.0]), "▁▁");
        assert_eq!(sparks(&[1.0; 100]).chars().count(), 45);
    }

    #[test]
    fn the_panel_is_drawn_over_itself_and_a_line_is_one_line() {
        let mut panel = Panel { terminal: true, drawn: 0, seconds: 9.0, points: Vec::new() };
        assert!(!panel.panel(&Point::default(), 3).contains("\x1b[5A"));
        assert!(panel.panel(&Point::default(), 3).starts_with("\x1b[5A"));
        let line = line(&Point::default(), 3, 9.0);
        assert!(!line.contains('\x1b') && line.ends_with('\n') && line.lines().count() == 1);
    }
}
