//! The numbers as a table of a Markdown document.

use anyhow::Context as _;

use super::Line;

/// Between these lines of a document stands the table.
const BEGIN: &str =
    "<!-- numbers: written by `cargo run --release -p tickwire-benches --bin numbers -- --write` -->";
const END: &str = "<!-- numbers end -->";

/// The table, a line per workload.
#[must_use]
pub fn table(lines: &[Line]) -> String {
    let mut text = "| workload | rows | raw | varint deltas | with a zstd stream | postcard | bitcode | Tickwire | per row |\n\
                    |---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for line in lines {
        let others: Vec<String> = line.others.iter().map(|&bytes| number(bytes)).collect();
        text += &format!(
            "| `{}`: {} | {} | {} | **{}** | {:.2} |\n",
            line.name,
            line.words,
            number(line.rows),
            others.join(" | "),
            number(line.ours),
            line.ours / line.rows.max(1.0),
        );
    }
    text
}

/// The document with this table between its marks.
///
/// # Errors
/// Where the marks are missing.
pub fn into_document(document: &str, table: &str) -> anyhow::Result<String> {
    between(document, [BEGIN, END], table)
}

/// The document with this table between two lines, which stay.
///
/// # Errors
/// Where one of them is missing.
pub fn between(document: &str, [begin, end]: [&str; 2], table: &str) -> anyhow::Result<String> {
    let (before, rest) = document.split_once(begin).with_context(|| format!("there is no line {begin}"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("there is no line {end}"))?;
    Ok(format!("{before}{begin}\n{table}{end}{after}"))
}

/// Three digits or more, thousands apart.
fn number(value: f64) -> String {
    if value < 100.0 {
        return if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written_anew() {
        let document = format!("one\n{BEGIN}\nold\n{END}\ntwo\n");
        let written = into_document(&document, "new\n").unwrap();
        assert_eq!(written, format!("one\n{BEGIN}\nnew\n{END}\ntwo\n"));
        assert!(into_document("one\n", "new\n").is_err());
    }

    #[test]
    fn numbers_have_thousands_apart() {
        assert_eq!([0.063, 12.34, 123.4, 12_345.4].map(number), ["0.06", "12.3", "123", "12,345"]);
    }
}
