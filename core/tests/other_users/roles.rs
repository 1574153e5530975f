//! What the processes do: an agent, somebody who took its port, and a client.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use himds::{Client, ClientBuilder, Source};

use crate::people::say;
use crate::sandbox;

pub(crate) const RESOURCE: &str = "https://vault.azure.net";
const TOKEN: &str = r#"{"access_token":"a-token","expires_in":"3600","token_type":"Bearer"}"#;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Takes the role that the variable names.
pub(crate) fn take(role: &str) {
    match role {
        "whoami" => {
            let metadata = fs::metadata("/proc/self").expect("this process");
            say("uid", &format!("{} {}", metadata.uid(), metadata.gid()));
        }
        "agent" => serve(agent),
        "relay" => serve(relay),
        "client" => client(),
        other => panic!("no role {other}"),
    }
}

/// Listens, says where, and answers each connection until the test closes our input.
fn serve(answer: fn(TcpStream)) {
    let listener = TcpListener::bind(variable("LISTEN").as_deref().unwrap_or("127.0.0.1:0")).expect("a port");
    say("ready", &listener.local_addr().expect("its address").to_string());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// The agent: a key file for each challenge, a token for its content.
fn agent(mut stream: TcpStream) {
    let directory = PathBuf::from(variable("TOKEN_DIR").expect("its directory"));
    let mut number = 0;
    while let Some(request) = read_request(&mut stream) {
        let sent = match key_in(&request) {
            Some(key) if spend(&directory, key) => write!(stream, "{}", answer(200, "", TOKEN)),
            Some(_) => write!(stream, "{}", answer(401, "", "{}")),
            None => {
                number += 1;
                let port = stream.peer_addr().expect("a client").port();
                let path = write_key(&directory, &format!("k{port}-{number}"));
                let header = format!("WWW-Authenticate: Basic realm={}\r\n", path.display());
                write!(stream, "{}", answer(401, &header, "{}"))
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The key is the file's name, so that nothing need be kept.
fn write_key(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(format!("{name}.key"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&path).expect("a key file");
    file.write_all(name.as_bytes()).expect("a key");
    path
}

fn spend(directory: &Path, key: &str) -> bool {
    fs::remove_file(directory.join(format!("{key}.key"))).is_ok()
}

/// Somebody who took the port: hands on the real agent's challenge, or one of his own, and what comes for it.
fn relay(mut stream: TcpStream) {
    let close = variable("CLOSE").is_some();
    while let Some(request) = read_request(&mut stream) {
        if let Some(key) = key_in(&request) {
            return say("stole", key);
        }
        let challenge = match (variable("REALM"), variable("AGENT")) {
            (Some(realm), _) => realm,
            (None, Some(agent)) => challenge_of(&agent),
            (None, None) => panic!("no challenge"),
        };
        say("challenged", "");
        let extra = if close { "Connection: close\r\n" } else { "" };
        let header = format!("WWW-Authenticate: Basic realm={challenge}\r\n{extra}");
        if write!(stream, "{}", answer(401, &header, "{}")).is_err() || close {
            return;
        }
    }
    say("saw", "the end");
}

/// What the agent tells anybody who asks.
pub(crate) fn challenge_of(agent: &str) -> String {
    let mut stream = TcpStream::connect(agent).expect("the agent");
    let path = "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=x";
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nConnection: close\r\n\r\n").expect("written");
    let head = read_request(&mut stream).expect("an answer");
    let (_, realm) = head.split_once("realm=").expect("a realm");
    realm.lines().next().expect("a line").to_owned()
}

/// The client: says the token, or the error's kind, message and hint.
fn client() {
    if let Some(denied) = variable("DENIED") {
        sandbox::deny(&denied);
    }
    let with = |name: &str| variable(name);
    let mut builder: ClientBuilder = Client::builder().max_attempts(2);
    if with("NO_SOURCE").is_none() {
        builder = builder.source(Source::Himds);
    }
    if let Some(endpoint) = with("ENDPOINT") {
        builder = builder.endpoint(endpoint);
    }
    if let Some(directory) = with("TOKEN_DIR") {
        builder = builder.token_dir(directory);
    }
    if with("UNVERIFIED").is_some() {
        builder = builder.verify_peer(false);
    }
    for name in ["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"] {
        if let Some(value) = with(&format!("OPTION_{name}")) {
            builder = builder.environment_variable(name, Some(value));
        }
    }
    let client = builder.build().expect("options that can be used");
    say("endpoint", &client.endpoint());
    if with("DIAGNOSE").is_some() {
        say("diagnosis", &client.diagnose(RESOURCE).expect("a diagnosis").to_json());
    }
    match client.token(RESOURCE) {
        Ok(token) => say("result", token.secret()),
        Err(error) => {
            say("result", &format!("{}: {} | {}", error.kind().name(), error.message(), error.hint().unwrap_or("")));
        }
    }
}

/// A server of this process that challenges once, with `Connection: close`, after `before_answer`.
pub(crate) fn challenge_once(listener: TcpListener, realm: String, before_answer: impl FnOnce(SocketAddr)) {
    let (mut stream, _) = listener.accept().expect("a client");
    let address = listener.local_addr().expect("its address");
    read_request(&mut stream).expect("a request");
    drop(listener);
    before_answer(address);
    let header = format!("WWW-Authenticate: Basic realm={realm}\r\nConnection: close\r\n");
    write!(stream, "{}", answer(401, &header, "{}")).expect("written");
}

fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => text.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn key_in(request: &str) -> Option<&str> {
    request.lines().find_map(|line| line.strip_prefix("authorization: Basic "))
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}
