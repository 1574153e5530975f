//! The front over a real socket, with another core and another policy in place of the machine's.

#![allow(missing_docs, reason = "a test")]

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use himds::{Error, Identity, Kind, Source};
use himds_bridge::front::{
    Ask, ConnectionLimits, Core, Front, Issued, Policy, Report, Surface, Verdict, listen, serve,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const TOKEN: &str = "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://a.b HTTP/1.1\r\n\
                     Host: 169.254.169.254\r\nMetadata: true\r\n";

/// Gives tokens until it is told to fail.
#[derive(Default)]
struct FakeCore {
    fails: Option<Kind>,
}

impl Core for FakeCore {
    fn token(&self, _: &str, _: &Identity, _: bool) -> impl Future<Output = Result<Issued, Error>> {
        let issued = Issued {
            secret: String::from("eyJ.a.b").into(),
            token_type: "Bearer".into(),
            expires_on: 4_000_000_000,
            not_before: 1,
            client_id: "C".into(),
            fingerprint: "0123abcd".into(),
        };
        let answer = self.fails.map_or(Ok(issued), |kind| Err(Error::new(kind, "a reason")));
        async { answer }
    }

    async fn instance(&self) -> Result<Rc<Value>, Error> {
        Ok(Rc::new(json!({"compute": {"name": "n"}})))
    }

    async fn tenant_id(&self) -> Result<Rc<String>, Error> {
        Ok(Rc::new("t".into()))
    }
}

/// Allows so many decisions, then refuses.
struct Countdown {
    left: Cell<u32>,
    known: bool,
    log: Rc<RefCell<Vec<u16>>>,
}

impl Policy for Countdown {
    type Caller = ();

    fn caller(&self, _: SocketAddr, _: SocketAddr) -> Option<()> {
        self.known.then_some(())
    }

    fn decide(&self, (): &(), _: &Ask) -> Verdict {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if left > 0 { Verdict::Allow } else { Verdict::Refuse("no longer".into()) }
    }

    fn answered(&self, (): &(), report: &Report<'_>) {
        self.log.borrow_mut().push(report.status);
    }
}

/// What a client gets for these bytes, from a front with this core and so many decisions.
fn exchange(core: FakeCore, decisions: u32, known: bool, bytes: &[u8]) -> (String, Vec<u16>) {
    exchange_on(|port| Surface::imds(port, Identity::SystemAssigned), core, decisions, known, bytes)
}

fn exchange_on(
    surface: impl FnOnce(u16) -> Surface,
    core: FakeCore,
    decisions: u32,
    known: bool,
    bytes: &[u8],
) -> (String, Vec<u16>) {
    let limits = ConnectionLimits { request: Duration::from_millis(300), ..ConnectionLimits::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = Rc::new(RefCell::new(Vec::new()));
    let policy = Countdown { left: Cell::new(decisions), known, log: Rc::clone(&log) };
    let answer = tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let front = Rc::new(Front::new(surface(address.port()), Rc::new(core), Some(Source::Himds), policy));
        let bytes = bytes.to_vec();
        let client = std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(&bytes).unwrap();
            let mut answer = String::new();
            // A reset is an end too.
            let _ = stream.read_to_string(&mut answer);
            answer
        });
        tokio::task::spawn_local(listen(listener, front, limits));
        while !client.is_finished() {
            tokio::task::yield_now().await;
        }
        client.join().unwrap()
    });
    let log = log.borrow().clone();
    (answer, log)
}

fn closing(request: &str) -> String {
    format!("{request}Connection: close\r\n\r\n")
}

#[test]
fn a_token_is_decided_on_twice_and_logged() {
    let (answer, log) = exchange(FakeCore::default(), 2, true, closing(TOKEN).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("eyJ.a.b"), "{answer}");
    assert_eq!(log, [200]);
}

#[test]
fn a_rule_removed_while_the_core_is_busy_holds() {
    let (answer, log) = exchange(FakeCore::default(), 1, true, closing(TOKEN).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n") && !answer.contains("eyJ"), "{answer}");
    assert_eq!(log, [403]);
}

#[test]
fn rule_removed_on_kept_connection() {
    let two = format!("{TOKEN}\r\n{}", closing(TOKEN));
    let (answer, log) = exchange(FakeCore::default(), 2, true, two.as_bytes());
    assert_eq!(log, [200, 403]);
    assert_eq!(answer.matches("eyJ.a.b").count(), 1, "{answer}");
    assert!(answer.contains("Connection: keep-alive\r\n") && answer.contains("no longer"), "{answer}");
}

#[test]
fn a_stranger_gets_not_a_word() {
    let (answer, log) = exchange(FakeCore::default(), 9, false, closing(TOKEN).as_bytes());
    assert_eq!((answer.as_str(), log.len()), ("", 0));
    let (answer, _) = exchange(FakeCore::default(), 9, false, b"\x16\x03\x01\x00\r\n\r\n");
    assert_eq!(answer, "");
}

#[test]
fn a_stranger_who_says_nothing_or_half_a_request_holds_nothing_for_long() {
    for begun in ["", "GET /metadata"] {
        let limits = ConnectionLimits { request: Duration::from_secs(60), ..ConnectionLimits::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let policy = Countdown { left: Cell::new(9), known: false, log: Rc::default() };
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let (mut client, server) = tokio::io::duplex(64);
            let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
            let surface = Surface::imds(1, Identity::SystemAssigned);
            let front = Rc::new(Front::new(surface, Rc::new(FakeCore::default()), None, policy));
            tokio::task::spawn_local(serve(server, (nobody, nobody), front, limits));
            client.write_all(begun.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let closed = tokio::time::timeout(Duration::from_secs(10), client.read_to_end(&mut answer)).await;
            assert_eq!(closed.expect("it is closed").unwrap(), 0);
        });
    }
}

#[test]
fn errors_of_the_core_have_their_status() {
    for (kind, status) in
        [(Kind::Unavailable, "503"), (Kind::KeyFileUnreadable, "403"), (Kind::IdentityMismatch, "400")]
    {
        let (answer, _) = exchange(FakeCore { fails: Some(kind) }, 9, true, closing(TOKEN).as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains("himds diagnose"), "{answer}");
        assert_eq!(answer.contains("\r\nRetry-After: "), status == "503", "{answer}");
    }
}

#[test]
fn a_head_request_has_no_body() {
    let request = closing(TOKEN).replacen("GET", "HEAD", 1);
    let (answer, _) = exchange(FakeCore::default(), 9, true, request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert!(!answer.contains("eyJ") && !answer.contains("Content-Length: 0\r\n"), "{answer}");
}

#[test]
fn a_request_that_does_not_arrive_ends_and_silence_too() {
    let (answer, log) = exchange(FakeCore::default(), 9, true, b"GET /metadata");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("5 s"), "{answer}");
    assert_eq!(log, [400]);
    let (answer, log) = exchange(FakeCore::default(), 9, true, b"");
    assert_eq!((answer.as_str(), log.len()), ("", 0));
}

/// Many requests in one piece must not hold up who sends one.
#[test]
fn pipelined_requests_take_turns_with_others() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = Rc::new(RefCell::new(Vec::new()));
    let policy = Countdown { left: Cell::new(9), known: true, log: Rc::clone(&log) };
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let surface = Surface::imds(address.port(), Identity::SystemAssigned);
        let front = Rc::new(Front::new(surface, Rc::new(FakeCore::default()), Some(Source::Himds), policy));
        let send = |bytes: &[u8]| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(bytes).unwrap();
            stream
        };
        // Both are there before anybody is answered.
        let nothing = "GET /x HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n".repeat(60);
        let _clients = [send(nothing.as_bytes()), send(closing(TOKEN).as_bytes())];
        tokio::task::spawn_local(listen(listener, front, ConnectionLimits::default()));
        while log.borrow().len() < 61 {
            tokio::task::yield_now().await;
        }
    });
    let turn = log.borrow().iter().position(|status| *status == 200).expect("a token");
    assert!(turn < 10, "it came after {turn} answers to somebody else");
}

#[test]
fn what_is_not_http_is_answered_once() {
    let (answer, log) = exchange(FakeCore::default(), 9, true, b"\x16\x03\x01\x00\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert_eq!((answer.matches("HTTP/1.1").count(), log), (1, vec![400]));
}

/// A page of another site may have its browser post anything, also what reads like a request that has what a page cannot
/// send: `Metadata: true` and the right `Host`.
#[test]
fn the_body_of_a_refused_post_is_not_a_request() {
    let inside = closing(TOKEN);
    for (target, lines) in [
        ("/oauth2/token", "Host: 169.254.169.254\r\nMetadata: true\r\nOrigin: http://a.page\r\n"),
        ("/oauth2/token", "Host: a.page\r\nMetadata: true\r\n"),
        ("/oauth2/token", "Host: 169.254.169.254\r\nMetadata: true\r\nVia: 1.1 a\r\n"),
        ("/oauth2/token", "Host: 169.254.169.254\r\n"),
        ("/nothing", "Host: 169.254.169.254\r\nMetadata: true\r\n"),
        ("/a//b", "Host: 169.254.169.254\r\nMetadata: true\r\n"),
        ("http://169.254.169.254/oauth2/token", "Host: 169.254.169.254\r\nMetadata: true\r\n"),
    ] {
        let request = format!("POST {target} HTTP/1.1\r\n{lines}Content-Length: {}\r\n\r\n{inside}", inside.len());
        let surface = |port| Surface::imds(port, Identity::SystemAssigned).with_cloud_shell(true);
        let (answer, log) = exchange_on(surface, FakeCore::default(), 2, true, request.as_bytes());
        assert!(!answer.contains("eyJ") && log.len() == 1, "{request}\n{answer}");
    }
}
