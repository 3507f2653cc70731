//! What neither the compiler nor clippy can say about this repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file: beyond that it has more than one reason to change.
const FILE_LINES_MAX: usize = 400;

/// The one file that may be longer: pages of other games import it, or copy it, as one.
const LONG_FILE: &str = "assets/demo/tickwire.js";

/// Lines of a function, its signature among them.
const FUNCTION_LINES_MAX: usize = 70;

/// What stands at the top of the repository, beside files whose names begin with a dot.
const TOP_LEVEL: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "server",
    "protocol",
    "client-demo",
    "benches",
    "assets",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CHANGELOG.md",
    "deny.toml",
];

/// The modules of `protocol`, each with those it may import. `math` may be imported by all.
const IMPORTS: [(&str, &[&str]); 12] = [
    ("id", &["limits"]),
    ("limits", &["id"]),
    ("math", &[]),
    ("link", &["id", "limits"]),
    ("schema", &["id", "limits", "quantize"]),
    ("quantize", &["id", "limits", "schema"]),
    ("wire", &["id", "limits", "schema", "quantize"]),
    ("image", &["id", "limits", "schema", "quantize", "wire"]),
    ("blend", &["id", "limits", "schema", "quantize", "wire", "image"]),
    ("snapshot", &["id", "limits", "schema", "quantize", "wire", "image"]),
    ("world", &["id", "limits", "schema", "quantize", "wire", "image"]),
    ("game", &["id", "limits", "schema", "quantize", "wire", "image", "blend", "world"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_path_buf()
}

/// Every file of the repository with its path from the root, but for what is built or kept by git.
fn files() -> Vec<(String, PathBuf)> {
    let (root, mut found, mut folders) = (root(), Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.strip_prefix(&root).expect("it lies in the root").to_string_lossy().into_owned();
            if ["target", ".git", "node_modules"].iter().any(|skipped| path.ends_with(skipped)) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((name, path));
            }
        }
    }
    found.sort();
    found
}

/// The text files whose names end in one of `endings`.
fn texts(endings: &[&str]) -> Vec<(String, String)> {
    let wanted = |name: &str| endings.iter().any(|ending| name.ends_with(ending));
    let read = |(name, path): (String, PathBuf)| fs::read_to_string(path).ok().map(|text| (name, text));
    files().into_iter().filter(|(name, _)| wanted(name)).filter_map(read).collect()
}

/// A file without the tests at its foot.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Fails with all complaints at once.
fn nothing_in(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn files_have_one_reason_to_change() {
    let long = texts(&[".rs", ".js"]).into_iter().filter_map(|(name, text)| {
        let lines = text.lines().count();
        (lines > FILE_LINES_MAX && name != LONG_FILE)
            .then(|| format!("{name} has {lines} lines, {FILE_LINES_MAX} are allowed: divide it"))
    });
    nothing_in(long.collect());
}

#[test]
fn functions_fit_on_a_screen() {
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs"]) {
        for (line, function, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                complaints.push(format!(
                    "{name}:{line}: `{function}` has {length} lines, {FUNCTION_LINES_MAX} are allowed: divide it"
                ));
            }
        }
    }
    nothing_in(complaints);
}

/// The functions of a formatted file: where each begins, its name, its lines.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        let begins = words.iter().position(|word| *word == "fn");
        let modifiers = ["pub", "const", "async", "unsafe", "extern", "\"C\""];
        let Some(begins) = begins else { continue };
        if !words[..begins].iter().all(|word| modifiers.contains(word) || word.starts_with("pub(")) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let end = lines[at..].iter().position(|line| *line == closing || (*line == lines[at] && one_line(line)));
        if let Some(length) = end {
            let named = words.get(begins + 1).copied().unwrap_or("");
            let function = named.split(['(', '<']).next().unwrap_or(named);
            found.push((at + 1, function.to_owned(), length + 1));
        }
    }
    found
}

fn one_line(line: &str) -> bool {
    line.trim_end().ends_with('}') || line.trim_end().ends_with(';')
}

#[test]
fn modules_of_the_protocol_import_only_what_lies_below_them() {
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs"]) {
        let Some(rest) = name.strip_prefix("protocol/src/") else { continue };
        let module = rest.split(['/', '.']).next().unwrap_or(rest);
        let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == module) else {
            if module != "lib" {
                complaints.push(format!("{name}: the module `{module}` has no place in the order of imports"));
            }
            continue;
        };
        for (number, line) in code_lines(without_tests(&text)) {
            for part in line.split("crate::").skip(1) {
                let import = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(part);
                let known = IMPORTS.iter().any(|(known, _)| *known == import);
                if known && import != module && import != "math" && !allowed.contains(&import) {
                    complaints.push(format!("{name}:{number}: `{module}` may not import `{import}`"));
                }
            }
        }
    }
    nothing_in(complaints);
}

#[test]
fn the_pure_half_of_the_server_knows_no_shell() {
    let pure = ["server/src/room/", "server/src/lobby", "server/src/check", "server/src/train"];
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs"]) {
        if !pure.iter().any(|pure| name.starts_with(pure)) {
            continue;
        }
        for (number, line) in code_lines(without_tests(&text)) {
            let banned = ["crate::shell", "std::net", "std::thread", "tokio::", "mio::"];
            for banned in banned.into_iter().filter(|banned| line.contains(banned)) {
                complaints.push(format!("{name}:{number}: `{banned}` has no place in the core"));
            }
        }
    }
    nothing_in(complaints);
}

/// The lines that are not comments, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn bincode_is_imported_by_the_codec_alone() {
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs"]) {
        let allowed = name.starts_with("protocol/src/wire/codec") || name == "benches/tests/tidy.rs";
        let uses = code_lines(&text).any(|(_, line)| line.contains("bincode::"));
        if uses && !allowed {
            complaints.push(format!("{name} imports bincode: that is for protocol/src/wire/codec.rs"));
        }
    }
    nothing_in(complaints);
}

#[test]
fn nothing_names_a_machine() {
    let places = ["/home/", "/root/", "/Users/"];
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs", ".md", ".js", ".toml", ".html", ".css", ".json", "run", "check", "load"]) {
        if name == "benches/tests/tidy.rs" {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            for place in places.into_iter().filter(|place| line.contains(place)) {
                complaints.push(format!("{name}:{number}: a path of some machine: {place}"));
            }
        }
    }
    nothing_in(complaints);
}

#[test]
fn nothing_is_left_to_be_done() {
    let marks = ["todo!(", "unimplemented!(", "dbg!(", "TODO", "FIXME"];
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".rs", ".js"]) {
        if name == "benches/tests/tidy.rs" {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            for mark in marks.into_iter().filter(|mark| line.contains(mark)) {
                complaints.push(format!("{name}:{number}: {mark}"));
            }
        }
    }
    nothing_in(complaints);
}

#[test]
fn the_top_level_holds_what_it_should() {
    let entries = fs::read_dir(root()).expect("the root can be read").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let known = |name: &String| name.starts_with('.') || name == "target" || TOP_LEVEL.contains(&name.as_str());
    nothing_in(names.filter(|name| !known(name)).map(|name| format!("{name} does not belong there")).collect());
}

#[test]
fn documents_mention_only_files_that_exist() {
    let all: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    let mut complaints = Vec::new();
    for (name, text) in texts(&[".md"]) {
        for (number, line) in (1..).zip(text.lines()) {
            for mention in mentions(line) {
                let end = format!("/{mention}");
                let mut known = all.iter();
                if !known.any(|file| *file == mention || file.ends_with(&end)) && !root().join(&mention).exists() {
                    complaints.push(format!("{name}:{number}: there is no {mention}"));
                }
            }
        }
    }
    nothing_in(complaints);
}

/// What looks like a path of this repository: relative links, and code that names a file in a folder.
fn mentions(line: &str) -> Vec<String> {
    let endings = [".rs", ".md", ".js", ".toml", ".html", ".css", ".wasm", ".svg", ".json"];
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links =
        links.filter(|link| !link.contains("://") && !link.starts_with('#') && !link.starts_with("mailto:"));
    let code = line.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
        plain
            && text.contains('/')
            && !text.starts_with('/')
            && endings.iter().any(|ending| text.ends_with(ending))
    };
    let trimmed = |text: &str| text.split('#').next().unwrap_or(text).trim_start_matches("./").to_owned();
    links.map(trimmed).chain(code.filter(is_path).map(trimmed)).collect()
}

#[test]
fn the_checks_themselves_find_what_they_are_for() {
    let long =
        format!("impl X {{\n    fn a(\n        &self,\n    ) {{\n{}    }}\n}}\n", "        x();\n".repeat(80));
    assert_eq!(functions(&long), [(2, "a".to_owned(), 84)]);
    assert_eq!(functions("fn b() { c() }\nfn d();\n"), [(1, "b".to_owned(), 1), (2, "d".to_owned(), 1)]);
    assert_eq!(
        mentions("see [it](docs/x.md#y) and `a/b.rs`, `/ws`, [net](https://a.b/c.md)"),
        ["docs/x.md", "a/b.rs"]
    );
}
