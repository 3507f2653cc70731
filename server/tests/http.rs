//! What the port answers besides WebSockets, and what is refused before it becomes one.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test of the shell has sockets and a clock"
)]

mod peer;

use std::time::Duration;

use peer::{Peer, SOON, Way, certificate, close_code, folder, get, serve, socket, start};
use tickwire_client::Join;
use tickwire_server::config::Config;
use tickwire_server::{Server, StartError};

const UPGRADE: [(&str, &str); 4] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// The status of an upgrade in which one header is another one.
fn upgrade(addr: std::net::SocketAddr, change: (&str, &str)) -> (u16, String) {
    let mut headers: Vec<(&str, &str)> = UPGRADE.into_iter().filter(|(name, _)| *name != change.0).collect();
    headers.push(change);
    let (head, body) = get(addr, "/ws", &headers);
    (status(&head), format!("{head}\n{body}"))
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[test]
fn an_upgrade_is_answered_as_the_standard_wants_it() {
    let server = serve(|_| {});
    let (status, answer) = upgrade(server.addr, ("x", "y"));
    assert_eq!(status, 101);
    assert!(answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{answer}");
}

#[test]
fn a_refused_upgrade_is_an_http_answer_that_says_what_to_do() {
    let server = serve(|config| config.origins = vec!["https://friend.example".to_owned()]);
    assert_eq!(upgrade(server.addr, ("origin", "https://friend.example")).0, 101);
    assert_eq!(upgrade(server.addr, ("origin", "https://evil.example")).0, 403);
    assert_eq!(upgrade(server.addr, ("sec-websocket-key", "x")).0, 400);
    let (status, answer) = upgrade(server.addr, ("sec-websocket-version", "8"));
    assert!(status == 426 && answer.contains("sec-websocket-version: 13"), "{answer}");
}

#[test]
fn a_server_that_is_full_says_so_and_lets_others_in_later() {
    let server = serve(|config| config.connections_max = 2);
    let way = Way::default();
    let first = Peer::joined(server.addr, &way, Join::player("first"));
    let second = Peer::joined(server.addr, &way, Join::player("second"));
    assert_eq!(upgrade(server.addr, ("x", "y")).0, 503);
    drop(first);
    let mut tries = 0..100;
    while upgrade(server.addr, ("x", "y")).0 != 101 {
        assert!(tries.next().is_some(), "no place became free");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(second);
}

#[test]
fn one_address_cannot_take_all_places() {
    let server = serve(|config| (config.connections_per_address_max, config.loopback_exempt) = (1, false));
    let _first = Peer::joined(server.addr, &Way::default(), Join::player("first"));
    assert_eq!(upgrade(server.addr, ("x", "y")).0, 503);
}

#[test]
fn an_address_that_breaks_rules_again_and_again_is_let_in_slowly() {
    let server = serve(|config| {
        (config.faults_per_minute, config.fault_wait_ms) = (3, 60_000);
        config.loopback_exempt = false;
    });
    for _ in 0..3 {
        let (mut socket, _) = socket(server.addr, &Way::default(), Duration::from_millis(50));
        socket.send(tungstenite::Message::text("hello")).unwrap();
        assert_eq!(close_code(&mut socket, SOON).0, 1003);
    }
    let honest = Peer::joined(server.addr, &Way::default(), Join::player("honest"));
    let (status, answer) = upgrade(server.addr, ("x", "y"));
    let after = answer.lines().find_map(|line| line.strip_prefix("retry-after: "));
    let after: u32 = after.and_then(|after| after.trim().parse().ok()).unwrap_or(0);
    assert!(status == 429 && (50..=56).contains(&after), "{answer}");
    // Pages are for everybody.
    assert_eq!(get(server.addr, "/healthz", &[]).1, "ok\n");
    drop(honest);
}

#[test]
fn the_port_answers_health_rooms_schema_and_metrics() {
    let server = serve(|_| {});
    let _player = Peer::joined(server.addr, &Way::default(), Join::player("one").in_room("blue"));
    assert_eq!(get(server.addr, "/healthz", &[]).1, "ok\n");
    assert_eq!(get(server.addr, "/readyz", &[]).1, "ready\n");
    assert_eq!(status(&get(server.addr, "/nothing/here", &[]).0), 404);
    let rooms: serde_json::Value = serde_json::from_str(&get(server.addr, "/api/rooms", &[]).1).unwrap();
    let names: Vec<&str> = rooms.as_array().unwrap().iter().filter_map(|room| room["name"].as_str()).collect();
    assert_eq!(names, ["blue", "main"]);
    let schema: serde_json::Value = serde_json::from_str(&get(server.addr, "/api/schema", &[]).1).unwrap();
    assert_eq!(schema["game"], "run");
    let metrics = get(server.addr, "/metrics", &[]).1;
    for name in
        ["tickwire_ticks_total", "tickwire_overruns_total", "tickwire_tick_lateness_seconds_bucket{le=\"+Inf\"}"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    assert!(metrics.contains("tickwire_connections{state=\"open\"} 1"), "{metrics}");
}

#[test]
fn a_page_comes_with_its_policy_and_is_not_sent_twice() {
    let pages = folder("page");
    std::fs::write(pages.join("index.html"), "<!doctype html>mine").unwrap();
    std::fs::write(pages.join("game.wasm"), [0, 1, 2]).unwrap();
    let server =
        start(Server::new().page(&pages), |config| config.origins = vec!["https://friend.example".to_owned()]);
    let (head, body) = get(server.addr, "/", &[]);
    assert_eq!(body, "<!doctype html>mine");
    let policy = format!(
        "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self' ws://{0} wss://{0}; base-uri 'none'; frame-src 'self'; \
         frame-ancestors 'self'\r",
        server.addr
    );
    assert!(head.contains(&policy) && head.contains("cache-control: no-cache"), "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    assert_eq!(status(&get(server.addr, "/", &[("if-none-match", tag)]).0), 304);
    let (head, _) = get(server.addr, "/game.wasm", &[("origin", "https://friend.example")]);
    assert!(head.contains("content-type: application/wasm"), "{head}");
    assert!(head.contains("access-control-allow-origin: https://friend.example"), "{head}");
    let (head, _) = get(server.addr, "/game.wasm", &[("origin", "https://evil.example")]);
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    assert_eq!(status(&get(server.addr, "/../Cargo.toml", &[]).0), 404);
    assert_eq!(status(&get(server.addr, "/%2e%2e/Cargo.toml", &[]).0), 404);
}

#[test]
fn a_page_comes_in_gzip_to_whoever_takes_it() {
    let pages = folder("gzip");
    let page = format!("<!doctype html>{}", "mine ".repeat(1_000));
    std::fs::write(pages.join("index.html"), &page).unwrap();
    let server = start(Server::new().page(&pages), |_| {});
    let length = |head: &str| -> usize {
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().trim().parse().unwrap()
    };
    for none in [&[][..], &[("accept-encoding", "br")], &[("accept-encoding", "gzip;q=0, br")]] {
        let (head, body) = get(server.addr, "/", none);
        assert!(!head.contains("content-encoding") && head.contains("vary: accept-encoding"), "{head}");
        assert_eq!(body, page);
    }
    let (head, _) = get(server.addr, "/", &[("accept-encoding", "br;q=1.0, gzip;q=0.8")]);
    assert!(head.contains("content-encoding: gzip") && length(&head) < page.len() / 10, "{head}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().trim();
    let known = [("accept-encoding", "gzip"), ("if-none-match", tag)];
    assert_eq!(status(&get(server.addr, "/", &known).0), 304);
}

#[test]
fn a_port_that_is_taken_is_told_in_one_sentence() {
    let server = serve(|_| {});
    let port = server.addr.port();
    let config = Config { port, host: [127, 0, 0, 1].into(), ..Config::default() };
    let Err(error) = Server::<peer::Run>::new().start(config) else { panic!("started on a port that is taken") };
    assert!(matches!(error, StartError::PortTaken { .. }));
    assert_eq!(
        error.to_string(),
        format!("port {port} is taken: stop what listens there, or choose another one with --port")
    );
}

#[test]
fn a_file_that_cannot_be_used_is_told_in_one_sentence() {
    let config = Config { port: 0, page: Some("/does/not/exist".into()), ..Config::default() };
    let Err(error) = Server::<peer::Run>::new().start(config) else { panic!("started without its page") };
    assert!(error.to_string().contains("/does/not/exist"), "{error}");
    let missing = Some("/does/not/exist.pem".into());
    let config = Config { port: 0, tls_cert: missing.clone(), tls_key: missing, ..Config::default() };
    let Err(error) = Server::<peer::Run>::new().start(config) else { panic!("started without its certificate") };
    assert!(error.to_string().contains("/does/not/exist.pem"), "{error}");
}

#[test]
fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
    let files = folder("reload");
    let (cert, key, old) = certificate(&files);
    let server = serve(|config| (config.tls_cert, config.tls_key) = (Some(cert.clone()), Some(key)));
    Peer::joined(server.addr, &old, Join::player("old"));
    std::fs::write(&cert, "not a certificate").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    Peer::joined(server.addr, &old, Join::player("still the old one"));
    let (_, _, new) = certificate(&files);
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    Peer::joined(server.addr, &new, Join::player("new"));
}
