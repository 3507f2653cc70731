//! The numbers as a picture: bytes per row and tick of every format, a line per workload, on a scale of powers of ten.

use super::Line;
use crate::beside;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 62.0;
const LINE: f64 = 26.0;

/// Words and colours of the other formats, in the order of [`beside::NAMES`].
const OTHERS: [(&str, &str); beside::NAMES.len()] = [
    ("raw", "#9aa0a6"),
    ("varint deltas", "#e8a33d"),
    ("with a zstd stream", "#c2602b"),
    ("postcard", "#6aa84f"),
    ("bitcode", "#8e63ce"),
];
const OURS: &str = "#1565c0";

/// The picture as SVG.
#[must_use]
pub fn picture(lines: &[Line]) -> String {
    let axis = Axis::of(lines);
    let height = TOP + LINE * lines.len() as f64 + 34.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" fill=\"#222\">\n<title>Bytes per row and tick</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"600\">Bytes per row and tick: ours with everything, the others' changes alone</text>\n"
    );
    legend(&mut svg);
    let bottom = height - 28.0;
    for power in axis.from..=axis.to {
        let x = axis.x(10f64.powi(power));
        svg += &format!("<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/>");
        let words = format!("{}", 10f64.powi(power));
        svg += &format!("<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{words}</text>\n", bottom + 16.0);
    }
    for (at, line) in lines.iter().enumerate() {
        let y = TOP + LINE * (at as f64 + 0.5);
        let rows = line.rows.max(1.0);
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 12.0,
            y + 4.0,
            line.name
        );
        let (ours, most) =
            (line.ours / rows, line.others.iter().fold(0.0f64, |most, &bytes| most.max(bytes)) / rows);
        let (from, to) = (axis.x(ours), axis.x(most));
        svg += &format!("<path d=\"M{from:.1} {y}H{to:.1}\" stroke=\"#ccc\"/>");
        for (&bytes, (_, colour)) in line.others.iter().zip(OTHERS) {
            svg += &format!("<circle cx=\"{:.1}\" cy=\"{y}\" r=\"4.5\" fill=\"{colour}\"/>", axis.x(bytes / rows));
        }
        svg += &format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"11\" height=\"11\" fill=\"{OURS}\"/>",
            from - 5.5,
            y - 5.5
        );
        svg += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{OURS}\" font-weight=\"600\" stroke=\"#fff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{ours:.2}</text>\n",
            from - 9.0,
            y + 4.0
        );
    }
    svg + "</svg>\n"
}

fn legend(svg: &mut String) {
    let mut x = 16.0;
    *svg += &format!("<rect x=\"{:.1}\" y=\"36\" width=\"11\" height=\"11\" fill=\"{OURS}\"/>", x - 4.0);
    *svg += &format!("<text x=\"{:.1}\" y=\"46\" font-weight=\"600\">Tickwire</text>", x + 12.0);
    x += 90.0;
    for (words, colour) in OTHERS {
        *svg += &format!(
            "<circle cx=\"{x}\" cy=\"42\" r=\"4.5\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"46\">{words}</text>",
            x + 10.0
        );
        x += 42.0 + 7.0 * words.len() as f64;
    }
    svg.push('\n');
}

/// Powers of ten from left to right.
struct Axis {
    from: i32,
    to: i32,
}

impl Axis {
    fn of(lines: &[Line]) -> Axis {
        let each = lines.iter().flat_map(|line| {
            line.others
                .iter()
                .chain([&line.ours])
                .map(|bytes| bytes / line.rows.max(1.0))
                .filter(|bytes| *bytes > 0.0)
        });
        let (low, high) = each.fold((1.0f64, 1.0f64), |(low, high), bytes| (low.min(bytes), high.max(bytes)));
        Axis { from: low.log10().floor() as i32, to: (high.log10().ceil() as i32).max(1) }
    }

    fn x(&self, bytes: f64) -> f64 {
        let power = bytes.max(10f64.powi(self.from)).log10();
        let share = (power - f64::from(self.from)) / f64::from(self.to - self.from);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_bytes_stand_further_left() {
        let line = |ours| Line {
            name: "w".into(),
            words: "",
            rows: 100.0,
            ours,
            others: [2_000.0, 900.0, 800.0, 1_000.0, 950.0],
            mismatches: 0.0,
        };
        let lines = [line(160.0), line(40.0)];
        let axis = Axis::of(&lines);
        assert!(axis.x(0.4) < axis.x(1.6) && axis.x(1.6) < axis.x(20.0));
        let svg = picture(&lines);
        assert!(svg.contains(">1.60<") && svg.contains(">0.40<"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 5 + 2 * 5);
    }
}
