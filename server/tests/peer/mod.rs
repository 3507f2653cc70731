//! What the loopback tests share: a small game, and clients on real sockets, plain or with TLS.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tickwire_client::{Client, Join, Output, State};
use tickwire_protocol::prelude::*;
use tickwire_protocol::wire::client::encode_hello;
use tickwire_protocol::wire::{CloseCode, Hello, VERSION};
use tickwire_server::config::Config;
use tickwire_server::{Running, Server};
use tungstenite::error::Error;
use tungstenite::protocol::WebSocket;
use tungstenite::{Bytes, Message};

#[derive(Replicate, Clone, Default, PartialEq)]
pub struct Runner {
    #[rep(place, range = 0.0..=100.0, step = 0.01, lerp)]
    pub pos: Vec2,
    #[rep(whole, max = 24)]
    pub name: String,
}

#[derive(World, Default)]
pub struct Field {
    pub runners: Table<Runner>,
}

#[derive(Input, Clone, Copy, Default, PartialEq)]
pub struct Keys {
    #[rep(range = -1..=1)]
    pub x: i8,
}

#[derive(Message, Serialize, Deserialize, Debug, PartialEq)]
pub enum Ask {
    Echo(String),
    Outside(String),
    Told(String),
    Panic,
    Close,
}

#[derive(Message, Serialize, Deserialize, Debug, PartialEq)]
pub struct Said(pub String);

#[derive(Serialize, Deserialize)]
pub struct Run;

impl Game for Run {
    const NAME: &'static str = "run";
    const TICK_RATE: TickRate = TickRate::hz(60);
    type World = Field;
    type Input = Keys;
    type Request = Ask;
    type Event = Said;

    fn open(_: &mut Field, _: &mut Host<Run>) -> Run {
        Run
    }

    fn join(&mut self, field: &mut Field, _: &mut Host<Run>, player: &Player) -> Result<(), Refusal> {
        if player.role == Role::Plays {
            field.runners.spawn_for(player.id, Runner { pos: vec2(50.0, 50.0), name: player.name.clone() });
        }
        Ok(())
    }

    fn drive(field: &mut Field, me: PlayerId, keys: &Keys, _: Tick) {
        for (_, runner) in field.runners.of_mut(me) {
            runner.pos.x += f32::from(keys.x) * 0.1;
        }
    }

    fn request(&mut self, _: &mut Field, host: &mut Host<Run>, from: Caller, request: Ask) {
        match (from, request) {
            (Caller::Player(player), Ask::Echo(text)) => host.tell(To::One(player), Said(text)),
            (_, Ask::Outside(text)) => host.tell(To::Outside, Said(text)),
            (_, Ask::Echo(text) | Ask::Told(text)) => host.tell(To::Everyone, Said(text)),
            (_, Ask::Panic) => panic!("a game with a mistake, as the test wants it"),
            (_, Ask::Close) => host.close("the game is over"),
        }
    }
}

/// A server on any free port of this machine.
pub fn serve(change: impl FnOnce(&mut Config)) -> Running {
    start(Server::new(), change)
}

pub fn start(server: Server<Run>, change: impl FnOnce(&mut Config)) -> Running {
    let mut config = Config { port: 0, host: [127, 0, 0, 1].into(), seed: Some(7), ..Config::default() };
    change(&mut config);
    server.start(config).unwrap()
}

/// Anything that a WebSocket runs over.
pub trait Link: Read + Write + Send {}
impl<T: Read + Write + Send> Link for T {}

/// How a client connects.
#[derive(Clone, Default)]
pub struct Way(pub Option<Arc<rustls::ClientConfig>>);

pub type Socket = WebSocket<Box<dyn Link>>;

/// A WebSocket whose reads wait at most `wait`, and the TCP socket below it.
pub fn socket(addr: SocketAddr, way: &Way, wait: Duration) -> (Socket, TcpStream) {
    let tcp = TcpStream::connect(addr).unwrap();
    tcp.set_nodelay(true).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let below = tcp.try_clone().unwrap();
    let (link, scheme): (Box<dyn Link>, _) = match &way.0 {
        None => (Box::new(tcp), "ws"),
        Some(config) => {
            let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
            let tls = rustls::ClientConnection::new(Arc::clone(config), name).unwrap();
            (Box::new(rustls::StreamOwned::new(tls, tcp)), "wss")
        }
    };
    let (socket, _) = tungstenite::client(format!("{scheme}://localhost:{}/ws", addr.port()), link).unwrap();
    below.set_read_timeout(Some(wait)).unwrap();
    (socket, below)
}

/// A hello as a client without a schema says it.
pub fn hello() -> Hello {
    Hello {
        version: VERSION,
        schema_hash: 0,
        room: String::new(),
        name: "raw".to_owned(),
        role: Role::Plays,
        ticket: Vec::new(),
        options: Default::default(),
        resume: None,
    }
}

pub fn hello_frame(hello: &Hello) -> Message {
    let mut bytes = Vec::new();
    encode_hello(hello, &mut bytes);
    Message::Binary(bytes.into())
}

/// Reads until the connection ends; the close code, 1006 where there was none.
pub fn close_code(socket: &mut Socket, within: Duration) -> (u16, String) {
    let until = Instant::now() + within;
    while Instant::now() < until {
        match socket.read() {
            Ok(Message::Close(Some(frame))) => return (frame.code.into(), frame.reason.to_string()),
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return (1006, error.to_string()),
        }
    }
    (0, "still open".to_owned())
}

/// A real client: session, prediction and all, on a real socket.
pub struct Peer {
    pub client: Client<Run>,
    socket: Option<(Socket, TcpStream)>,
    addr: SocketAddr,
    way: Way,
    began: Instant,
}

impl Peer {
    pub fn new(addr: SocketAddr, way: &Way, join: Join) -> Peer {
        Peer { client: Client::new(join), socket: None, addr, way: way.clone(), began: Instant::now() }
    }

    /// One that is in the room.
    pub fn joined(addr: SocketAddr, way: &Way, join: Join) -> Peer {
        let mut peer = Peer::new(addr, way, join);
        peer.run_until("joined", |client| client.tick().0 > 0);
        peer
    }

    fn at(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap()
    }

    /// Plays until `done`; panics where that takes too long.
    pub fn run_until(&mut self, what: &str, mut done: impl FnMut(&mut Client<Run>) -> bool) {
        let until = Instant::now() + Duration::from_secs(10);
        while !done(&mut self.client) {
            assert!(Instant::now() < until, "not in time: {what}; {:?}", self.client.state());
            self.turn();
        }
    }

    /// Plays for some time.
    pub fn run_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        self.run_until("time passes", |_| Instant::now() >= until);
    }

    fn turn(&mut self) {
        let at = self.at();
        self.client.update(at);
        while let Some(output) = self.client.poll() {
            match output {
                Output::Connect => {
                    self.socket = Some(socket(self.addr, &self.way, Duration::from_millis(2)));
                    self.client.connected(at);
                }
                Output::Send(bytes) => {
                    if let Some((socket, _)) = &mut self.socket {
                        let _ = socket.send(Message::Binary(Bytes::from(bytes)));
                    }
                }
                Output::Close(code, reason) => {
                    if let Some((mut socket, _)) = self.socket.take() {
                        let frame =
                            tungstenite::protocol::CloseFrame { code: code.code().into(), reason: reason.into() };
                        let _ = socket.close(Some(frame));
                    }
                }
            }
        }
        match self.socket.as_mut().map(|(socket, _)| socket.read()) {
            Some(Ok(Message::Binary(bytes))) => self.client.receive(at, &bytes),
            Some(Ok(Message::Close(frame))) => {
                let (code, reason) =
                    frame.map_or((1006, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
                self.socket = None;
                self.client.lost(at, code, &reason);
            }
            Some(Ok(_)) => {}
            Some(Err(Error::Io(error))) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            }
            Some(Err(_)) => {
                self.socket = None;
                self.client.lost(at, 1006, "");
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }

    /// The network is gone: the socket ends without a word.
    pub fn drop_link(&mut self) {
        let at = self.at();
        if let Some((_, tcp)) = self.socket.take() {
            tcp.shutdown(std::net::Shutdown::Both).unwrap();
        }
        self.client.lost(at, 1006, "");
    }

    pub fn say_bye(&mut self) {
        let at = self.at();
        self.client.bye(at);
        self.turn();
    }

    /// Where this player's runner is, as the server told it.
    pub fn pos(&mut self) -> Option<Vec2> {
        let me = self.client.player();
        self.client.world().runners.of(me).next().map(|(_, runner)| runner.pos)
    }

    /// The close code with which it was told to go.
    pub fn ended_with(&mut self) -> u16 {
        let mut found = 0;
        self.run_until("the end", |client| match client.state() {
            State::Closed { code, .. } | State::Waiting { code, .. } => {
                found = *code;
                true
            }
            _ => false,
        });
        found
    }
}

/// A client that keeps playing on a thread of its own, and says at the end whether snapshots kept coming.
pub struct Watched {
    stop: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<(u32, Duration)>,
}

impl Watched {
    pub fn begin(addr: SocketAddr, way: &Way) -> Watched {
        let (stop, stopped) = std::sync::mpsc::channel();
        let mut peer = Peer::joined(addr, way, Join::player("watched"));
        let thread = std::thread::spawn(move || {
            let (mut ticks, mut longest, mut last, mut since) =
                (0, Duration::ZERO, peer.client.tick(), Instant::now());
            while stopped.try_recv().is_err() {
                // It moves, so that there is something to tell in every tick.
                peer.client.set_input(&Keys { x: if ticks % 60 < 30 { 1 } else { -1 } });
                peer.turn();
                assert_eq!(*peer.client.state(), State::Joined, "somebody else's mischief ended this connection");
                if peer.client.tick() != last {
                    ticks += 1;
                    longest = longest.max(since.elapsed());
                    (last, since) = (peer.client.tick(), Instant::now());
                }
            }
            (ticks, longest)
        });
        Watched { stop, thread }
    }

    /// Fails where snapshots stopped coming for longer than a slow machine explains.
    pub fn end(self) {
        self.stop.send(()).unwrap();
        let (ticks, longest) = self.thread.join().unwrap();
        assert!(ticks > 3, "only {ticks} snapshots came");
        assert!(longest < Duration::from_millis(1_500), "no snapshot for {longest:?}");
    }
}

/// A certificate for `localhost` in two files, and a client that trusts it.
pub fn certificate(folder: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf, Way) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (cert, key, Way(Some(Arc::new(config))))
}

/// An empty folder of this test's own.
pub fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub const SOON: Duration = Duration::from_secs(5);

pub fn code(code: CloseCode) -> u16 {
    code.code()
}

/// The head and the body of an answer.
pub fn get(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (String, String) {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let mut head = format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n");
    if !headers.iter().any(|(name, _)| *name == "connection") {
        head.push_str("connection: close\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
        if is_whole(&answer) {
            break;
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_lowercase(), body.to_owned())
}

/// Whether an answer has as many bytes as it said.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let size = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let size = size.and_then(|size| size.trim().parse().ok()).unwrap_or(0);
    answer.len() >= head.len() + 4 + size
}
