//! The impostor against a naive client, which trusts any process that holds the agent's port.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::*;
use himds_emulator::{Emulator, Impostor, ImpostorConfig, ImpostorEvent};

/// A user that can read no key.
const STRANGER: u32 = 54_321;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// An impostor that acts as another user, if this test may.
fn impostor(config: ImpostorConfig) -> Impostor {
    Impostor::start(ImpostorConfig { user: is_root().then_some(STRANGER), ..config }).unwrap()
}

fn next(impostor: &Impostor) -> ImpostorEvent {
    impostor.next_event(Duration::from_secs(10)).expect("an event")
}

/// A client's one connection, which stays as long as the server lets it.
struct Naive {
    stream: TcpStream,
    host: String,
}

impl Naive {
    fn connect(url: &str) -> Self {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { stream, host }
    }

    fn get(&mut self, authorization: &str) -> Reply {
        let Self { stream, host } = self;
        write!(stream, "GET {HIMDS_TOKEN} HTTP/1.1\r\nHost: {host}\r\nMetadata: true\r\n{authorization}\r\n").unwrap();
        let mut bytes = Vec::new();
        loop {
            let mut byte = [0; 4096];
            let read = stream.read(&mut byte).unwrap();
            assert!(read > 0, "closed early: {}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&byte[..read]);
            match parse(&bytes) {
                Ok(reply) => return reply,
                Err(_) => continue,
            }
        }
    }

    /// The handshake as many clients do it: the key goes to the process that challenged.
    fn handshake(mut self) -> Reply {
        let challenge = self.get("");
        assert_eq!(challenge.status, 401);
        let key = fs::read_to_string(realm(&challenge)).unwrap();
        if challenge.header("Connection").contains(&"close".to_owned()) {
            let mut rest = Vec::new();
            assert_eq!(self.stream.read_to_end(&mut rest).unwrap(), 0, "closed, as it says");
            self = Self::connect(&format!("http://{}", self.host));
        }
        self.get(&format!("Authorization: Basic {key}\r\n"))
    }
}

/// What the impostor saw of a client that it fooled, and that it got the token.
fn assert_obtained(impostor: &Impostor, emulator: &Emulator, reply: &Reply, expected: &[ImpostorEvent]) {
    let key_file = emulator.requests().iter().find_map(|request| request.key_file.clone());
    let mut seen = Vec::new();
    for expected in expected {
        let event = next(impostor);
        match (&event, expected) {
            (ImpostorEvent::Challenge { key_file: named, readable, .. }, ImpostorEvent::Challenge { .. }) => {
                assert_eq!((named, *readable), (&key_file, !is_root()));
            }
            _ => assert_eq!(&event, expected),
        }
        seen.push(event);
    }
    assert!(reply.json()["access_token"].is_string(), "the client notices nothing");
    let told = format!("{seen:?}{}", serde_json::to_string(&seen).unwrap());
    assert_eq!(emulator.secrets().len(), 2, "a key and a token");
    emulator.secrets().iter().for_each(|secret| assert!(!told.contains(secret), "nothing secret is told"));
}

fn challenge(connection: u64) -> ImpostorEvent {
    ImpostorEvent::Challenge { connection, key_file: None, readable: false }
}

#[test]
fn a_naive_client_hands_it_the_token() {
    for ipv6 in [false, true] {
        if ipv6 && TcpListener::bind("[::1]:0").is_err() {
            println!("skipped: ::1 not found");
            continue;
        }
        let emulator = start("");
        let impostor = impostor(ImpostorConfig { agent: emulator.himds_url(), ipv6, ..ImpostorConfig::default() });
        assert!(impostor.url().starts_with(if ipv6 { "http://[::1]:" } else { "http://127.0.0.1:" }));
        let address = impostor.url().strip_prefix("http://").unwrap().parse().unwrap();
        let reply = Naive::connect(&impostor.url()).handshake();
        let (connection, status) = (0, 200);
        let expected = [
            ImpostorEvent::Listening { address },
            ImpostorEvent::Connected { connection },
            challenge(0),
            ImpostorEvent::Key { connection },
            ImpostorEvent::Token { connection, obtained: true, status },
            ImpostorEvent::Closed { connection },
        ];
        assert_obtained(&impostor, &emulator, &reply, &expected);
    }
}

#[test]
fn the_key_goes_to_whoever_listens_next() {
    let emulator = start("");
    let agent = emulator.himds_url();
    let impostor = impostor(ImpostorConfig { agent, close_after_challenge: true, ..ImpostorConfig::default() });
    assert!(matches!(next(&impostor), ImpostorEvent::Listening { .. }));
    let reply = Naive::connect(&impostor.url()).handshake();
    let expected = [
        ImpostorEvent::Connected { connection: 0 },
        challenge(0),
        ImpostorEvent::Closed { connection: 0 },
        ImpostorEvent::Connected { connection: 1 },
        ImpostorEvent::Key { connection: 1 },
        ImpostorEvent::Token { connection: 1, obtained: true, status: 200 },
        ImpostorEvent::Closed { connection: 1 },
    ];
    assert_obtained(&impostor, &emulator, &reply, &expected);
}

/// The agent restarts: its port is taken in between, and one connection kept.
#[test]
fn a_kept_connection_outlives_the_agents_return() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let agent = format!("http://127.0.0.1:{port}");
    let impostor = impostor(ImpostorConfig { agent, port, release_port: true, ..ImpostorConfig::default() });
    assert!(matches!(next(&impostor), ImpostorEvent::Listening { .. }));
    let client = std::thread::spawn({
        let client = Naive::connect(&impostor.url());
        move || client.handshake()
    });
    let connection = 0;
    assert_eq!(next(&impostor), ImpostorEvent::Connected { connection });
    assert_eq!(next(&impostor), ImpostorEvent::PortReleased);
    assert_eq!(next(&impostor), ImpostorEvent::AgentAwaited { connection });
    let emulator = start(&format!("himds = {{ port = {port} }}"));
    let reply = client.join().unwrap();
    let status = 200;
    let expected = [
        challenge(0),
        ImpostorEvent::Key { connection },
        ImpostorEvent::Token { connection, obtained: true, status },
        ImpostorEvent::Closed { connection },
    ];
    assert_obtained(&impostor, &emulator, &reply, &expected);
}

#[test]
fn a_client_that_keeps_its_key_is_not_fooled() {
    let emulator = start("");
    let impostor = impostor(ImpostorConfig { agent: emulator.himds_url(), ..ImpostorConfig::default() });
    assert!(matches!(next(&impostor), ImpostorEvent::Listening { .. }));
    let mut client = Naive::connect(&impostor.url());
    assert_eq!(client.get("").status, 401);
    drop(client);
    let seen: Vec<ImpostorEvent> = (0..3).map(|_| next(&impostor)).collect();
    let connection = 0;
    assert!(matches!(seen[1], ImpostorEvent::Challenge { .. }), "{seen:?}");
    assert_eq!((&seen[0], &seen[2]), (&ImpostorEvent::Connected { connection }, &ImpostorEvent::Closed { connection }));
    let metadata = get(&impostor.url(), "/metadata/instance?api-version=2020-06-01");
    assert!(metadata.json()["compute"].is_object(), "metadata goes through too");
    assert_eq!(next(&impostor), ImpostorEvent::Connected { connection: 1 });
    assert_eq!(next(&impostor), ImpostorEvent::Answer { connection: 1, status: 200 });
}

/// What a client can ask the kernel: which user has the other end of its connection.
#[cfg(target_os = "linux")]
#[test]
fn its_end_of_a_connection_belongs_to_the_user() {
    if !is_root() {
        println!("skipped: root not found");
        return;
    }
    let emulator = start("");
    let impostor = impostor(ImpostorConfig { agent: emulator.himds_url(), ..ImpostorConfig::default() });
    let mut client = Naive::connect(&impostor.url());
    assert_eq!(client.get("").status, 401);
    let port = |address: std::net::SocketAddr| format!("0100007F:{:04X}", address.port());
    let (ours, theirs) = (port(client.stream.local_addr().unwrap()), port(client.stream.peer_addr().unwrap()));
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = rows.iter().find(|row| row[1] == theirs && row[2] == ours).expect("the connection");
    assert_eq!(row[7], STRANGER.to_string());
}

#[test]
fn what_cannot_be_is_refused() {
    for agent in ["", "localhost:40342", "https://localhost", "file:///x"] {
        let config = ImpostorConfig { agent: agent.into(), ..ImpostorConfig::default() };
        let text = Impostor::start(config).err().expect("no such agent").to_string();
        assert!(text.contains("http://127.0.0.1:40342"), "{agent:?}: {text}");
    }
}

#[test]
fn the_program_prints_a_line_for_each_event() {
    let emulator = start("");
    let mut command = Command::new(env!("CARGO_BIN_EXE_himds-emulator"));
    command.args(["impostor", "--agent", &emulator.himds_url(), "--port", "0"]).stdout(Stdio::piped());
    if is_root() {
        command.args(["--user", &STRANGER.to_string()]);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut event = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap()).unwrap();
    let listening = event();
    assert_eq!(listening["event"], "listening");
    let reply = Naive::connect(&format!("http://{}", listening["address"].as_str().unwrap())).handshake();
    assert_eq!(reply.status, 200);
    let (seen, names): (Vec<_>, Vec<_>) =
        (0..5).map(|_| event()).map(|line| (line.clone(), line["event"].clone())).unzip();
    assert_eq!(names, ["connected", "challenge", "key", "token", "closed"]);
    assert_eq!((&seen[3]["obtained"], &seen[1]["readable"]), (&true.into(), &(!is_root()).into()));
    let told = serde_json::to_string(&seen).unwrap();
    emulator.secrets().iter().for_each(|secret| assert!(!told.contains(secret), "nothing secret is told"));
    child.kill().unwrap();
    child.wait().unwrap();
    let refused =
        Command::new(env!("CARGO_BIN_EXE_himds-emulator")).args(["impostor", "--agent", "x"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}
