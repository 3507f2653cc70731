//! The program as a person starts and stops it.
#![cfg(all(unix, feature = "demo"))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test of a process"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-server"));
    command.env_remove("TICKWIRE_PORT").env("RUST_BACKTRACE", "1");
    command
}

/// Everything that a run with these flags says and how it ends.
fn run(flags: &[&str]) -> Output {
    command().args(flags).output().unwrap()
}

/// Fails where it is not one sentence on standard error and exit code 1.
#[track_caller]
fn refused(flags: &[&str]) -> String {
    let output = run(flags);
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!told.contains('\n') && !told.contains("panicked"), "{told}");
    told
}

/// A server that runs, and its port.
fn started(flags: &[&str]) -> (Child, u16) {
    started_with(flags, Stdio::null())
}

fn started_with(flags: &[&str], log: Stdio) -> (Child, u16) {
    let mut child =
        command().args(["--host", "127.0.0.1"]).args(flags).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut port = None;
    while port.is_none() {
        let mut line = String::new();
        let said = out.read_line(&mut line).unwrap();
        if said == 0 || line.starts_with("Ctrl-C") {
            let _ = child.kill();
            panic!("it said no address");
        }
        let address = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        port = address.and_then(|port| port.parse().ok());
    }
    // What it says later has to go somewhere.
    std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
    (child, port.unwrap())
}

fn stop(mut child: Child, signal: rustix::process::Signal) -> Duration {
    let pid = rustix::process::Pid::from_child(&child);
    let began = Instant::now();
    rustix::process::kill_process(pid, signal).unwrap();
    assert!(child.wait().unwrap().success());
    began.elapsed()
}

#[test]
fn mistakes_are_told_in_one_sentence_with_exit_code_1() {
    assert!(refused(&["--prot", "1"]).contains("--prot"));
    assert!(refused(&["--prot", "1"]).contains("a similar argument exists: '--port'"));
    assert!(refused(&["--io-uring", "no"]).contains("true, false"));
    assert!(refused(&["train"]).contains("<FILE>: train --help lists every flag"));
    assert!(refused(&["train", "any.book", "--ticks", "0"]).contains("'--ticks <NUMBER>'"));
    assert!(refused(&["config"]).contains("--check <FILE>"));
    assert!(refused(&["--port", "0", "--log", "inof"]).contains("\"inof\" is none of off"));
    assert!(refused(&["--port", "0", "--workers", "9999999"]).contains("workers is 9999999: more than 1024"));
    assert!(refused(&["--port", "0", "--bots", "4000000000"]).contains("bots is 4000000000: more than 65536"));
    assert!(refused(&["--port", "many"]).contains("many"));
    assert!(refused(&["--config", "/does/not/exist.toml"]).contains("/does/not/exist.toml"));
    assert!(refused(&["--port", "0", "--tls-cert", "c.pem"]).contains("tls_key"));
    assert!(refused(&["--port", "0", "--page", "/does/not/exist"]).contains("/does/not/exist"));
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("unknown-key.toml");
    std::fs::write(&file, "bots = 3\n prot = 1\n").unwrap();
    let told = refused(&["--config", file.to_str().unwrap()]);
    assert!(told.contains("line 2, column 2") && told.contains("prot"), "{told}");
    std::fs::write(&file, "log = \"inof\"\n").unwrap();
    let file = file.to_str().unwrap();
    let told = refused(&["config", "--check", file]);
    assert!(told.contains(file) && told.contains("inof"), "{told}");
    let told = refused(&["--port", "0", "--tls-cert", "/does/not/exist.pem", "--tls-key", file]);
    assert!(told.starts_with("/does/not/exist.pem cannot be read"), "{told}");
    let told = refused(&["--port", "0", "--tls-cert", file, "--tls-key", file]);
    assert!(told.contains(file) && told.contains("has no certificate"), "{told}");
}

#[test]
fn where_the_codebook_cannot_be_written_is_told_before_it_is_trained() {
    let told = refused(&["train", "/does/not/exist/my-game.book", "--seeds", "1..=2", "--ticks", "10"]);
    assert!(told.starts_with("/does/not/exist/my-game.book cannot be written"), "{told}");
}

#[test]
fn whoever_reads_only_the_first_line_makes_nothing_fail() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command().args(["config", "--default"]).stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_config_default_prints_passes_config_check() {
    let printed = run(&["config", "--default"]);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("default.toml");
    std::fs::write(&file, &printed.stdout).unwrap();
    let checked = run(&["config", "--check", file.to_str().unwrap()]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn train_writes_the_same_codebook_every_time() {
    let train = |name: &str| {
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let flags = ["train", "--seeds", "101..=102", "--ticks", "240", "--players", "3", file.to_str().unwrap()];
        let output = run(&flags);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(&file).unwrap()
    };
    let book = train("first.book");
    assert!(book.starts_with(b"TWcb") && book.len() > 100);
    assert_eq!(train("second.book"), book);
    assert!(refused(&["train", "any.book", "--seeds", "9..=3"]).contains("before the first"));
}

#[test]
fn help_and_schema_are_printed() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("--players-max") && help.contains("Ctrl-C"), "{help}");
    assert!(run(&["--schema"]).stdout.len() > 100);
}

#[test]
fn a_port_that_was_asked_for_is_taken_or_refused_and_signals_end_it_within_a_second() {
    let (child, port) = started(&["--port", "0", "--bots", "2"]);
    let told = refused(&["--host", "127.0.0.1", "--port", &port.to_string()]);
    assert!(told.contains(&port.to_string()) && told.contains("taken"), "{told}");
    let took = stop(child, rustix::process::Signal::TERM);
    assert!(took < Duration::from_secs(1), "{took:?}");
    let (child, _) = started(&["--port", "0", "--bots", "2"]);
    let took = stop(child, rustix::process::Signal::INT);
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_log_that_goes_to_no_terminal_has_no_colours() {
    let (mut child, _) = started_with(&["--port", "0", "--log", "trace"], Stdio::piped());
    let mut log = child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    stop(child, rustix::process::Signal::TERM);
    let log = log.join().unwrap();
    assert!(log.contains("TRACE") || log.contains("DEBUG") || log.contains("INFO"), "{log:?}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn the_environment_stands_behind_the_flags() {
    let output = command().env("TICKWIRE_TLS_CERT", "c.pem").args(["--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tls_key"));
}
