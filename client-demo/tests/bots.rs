//! The bots as a person starts them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test of a process"
)]

use std::process::Command;

/// What a run that fails says on standard error.
#[track_caller]
fn refused(flags: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tickwire-client-demo")).args(flags).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    told
}

#[test]
fn where_no_server_listens_that_is_said() {
    // Nobody listens on port 1.
    let told = refused(&["ws://127.0.0.1:1", "--players", "2", "--for", "0.3"]);
    assert!(told.contains("nothing came from ws://127.0.0.1:1"), "{told}");
    assert!(refused(&["--players", "0"]).contains("--players is 0"));
    assert!(refused(&["here"]).contains("`here`"));
}
