//! The report of a run as one file that needs no other: percentile curves, a timeline, all figures.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::run::{Outcome, Point};

/// The report.
#[must_use]
pub fn html(title: &str, outcome: &Outcome) -> String {
    let Outcome { figures, meter, timeline } = outcome;
    let curves = [
        ("input → seen", curve(&meter.seen)),
        ("input → seen, beyond its margin", curve(&meter.seen_beyond)),
        ("between snapshots", curve(&meter.interval)),
        ("their jitter", curve(&meter.jitter)),
        ("age of the world on arrival", curve(&meter.age)),
        ("lateness of the generator", curve(&meter.lateness)),
    ];
    let line = |of: fn(&Point) -> f64| timeline.iter().map(|point| (point.second, of(point))).collect();
    let lines: [(&str, Curve); 3] = [
        ("between snapshots, p99, ms", line(|point| point.interval_ms)),
        ("input → seen, p99, ms", line(|point| point.seen_ms)),
        ("snapshots per player", line(|point| point.snapshots)),
    ];
    let quantile = |x: f64| format!("{}", 1.0 - 0.1_f64.powf(x)).chars().take(7).collect::<String>();
    let mut rows = String::new();
    for (key, value) in figures.iter() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(rows, "<tr><td>{}</td><td>{}</td></tr>", escape(key), escape(&text));
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         <h1>{title}</h1><h2>Percentiles, in milliseconds</h2>{}<h2>Second by second</h2>{}\
         <h2>Figures</h2><table>{rows}</table></html>\n",
        chart(&curves, "quantile", &quantile),
        chart(&lines, "seconds", &|x| format!("{x:.0}")),
        title = escape(title),
    )
}

/// Points of a line.
type Curve = Vec<(f64, f64)>;

/// A step of 1, 2 or 5 and its power of ten, and how many of them reach as far as `most`: four to ten.
fn scale(most: f64) -> (f64, u32) {
    let power = 10.0_f64.powf((most / 4.0).log10().floor());
    let step = [5.0, 2.0].map(|times| times * power).into_iter().find(|step| *step <= most / 4.0).unwrap_or(power);
    (step, (most / step).ceil() as u32)
}

/// Quantiles by the number of nines: 0.9 is 1, 0.99 is 2.
fn curve(histogram: &Histogram<u64>) -> Curve {
    if histogram.is_empty() {
        return Vec::new();
    }
    let nines = (0..=60).map(|step| f64::from(step) / 15.0);
    nines.map(|x| (x, histogram.value_at_quantile(1.0 - 0.1_f64.powf(x)) as f64 / 1e3)).collect()
}

fn chart(curves: &[(&str, Curve)], across: &str, label: &dyn Fn(f64) -> String) -> String {
    let all = || curves.iter().flat_map(|(_, curve)| curve);
    let right = all().map(|point| point.0).fold(1.0, f64::max);
    let (step, steps) = scale(all().map(|point| point.1).fold(1.0, f64::max));
    let top = step * f64::from(steps);
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value / right;
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 10.0) * value / top;
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
    for nth in 0..=steps {
        let value = step * f64::from(nth);
        let words = (value * 1e3).round() / 1e3;
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">\
             {words}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y(value) + 4.0,
            y = y(value),
        );
    }
    for at in (0..=4).map(|step| right * f64::from(step) / 4.0) {
        let (x, y) = (x(at), HEIGHT - BOTTOM + 16.0);
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>", label(at));
    }
    let mut legend = String::new();
    for ((name, curve), colour) in curves.iter().zip(COLOURS).filter(|((_, curve), _)| !curve.is_empty()) {
        let points: Vec<String> = curve.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        let _ = write!(svg, "<polyline stroke=\"{colour}\" points=\"{}\"/>", points.join(" "));
        let _ = write!(legend, "<span><b style=\"background:{colour}\"></b>{}</span> ", escape(name));
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{across}</text></svg>",
        WIDTH - RIGHT,
        HEIGHT - 2.0
    );
    format!("<p>{legend}</p>{svg}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 30.0;
const BOTTOM: f64 = 36.0;
/// Told apart by people who see few colours as well (after Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#777777"];
const STYLE: &str = "body{font:15px system-ui;max-width:960px;margin:2em auto;padding:0 1em;color:#222;\
background:#fff}svg{width:100%}polyline{fill:none;stroke-width:2}.grid{stroke:#ddd;fill:none}\
text{font-size:12px;fill:#555}span{margin-right:1.2em;white-space:nowrap}p{line-height:1.6}b{display:inline-block;width:.8em;height:.8em;\
margin-right:.4em}td{padding:.1em 1.5em .1em 0;border-bottom:1px solid #eee}td+td{text-align:right}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Meter;
    use crate::report::Figures;

    #[test]
    fn an_axis_has_round_steps_that_reach_its_largest_value() {
        assert_eq!(
            [1.0, 4.0, 46.7, 100.0, 219.0].map(scale),
            [(0.2, 5), (1.0, 4), (10.0, 5), (20.0, 5), (50.0, 5)]
        );
        assert_eq!(scale(90.0).1, 5);
    }

    #[test]
    fn a_report_holds_all_it_shows_and_nothing_from_elsewhere() {
        let mut meter = Meter::new().unwrap();
        (1..1_000).for_each(|micros| meter.seen.record(micros * 10).unwrap());
        let mut figures = Figures::new();
        figures.set("a<b", "x & y");
        let timeline = vec![Point { second: 1.0, ..Point::default() }, Point { second: 2.0, ..Point::default() }];
        let page = html("a run", &Outcome { figures, meter, timeline });
        assert_eq!(page.matches("<polyline").count(), 4, "one curve has values, and three lines");
        assert!(page.contains("a&lt;b") && page.contains("x &amp; y"));
        assert!(!page.contains("http") && !page.contains("src=") && !page.contains("NaN"));
    }
}
