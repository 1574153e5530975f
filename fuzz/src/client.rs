//! The whole client, over a real connection, against a server that says what the bytes say.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use himds::{Client, Source, fuzzing};
use tempfile::TempDir;

use crate::oracle::{assert_hides, assert_usable};

/// Between two answers of a script.
const NEXT: &str = "\n~~~~\n";
/// What the script's end is told by.
const END: &[u8] = b"END\r\n\r\n";
const KEY: &str = "c0ffee15-b4d2-4e1f-8a77-1029384756af";
/// The client's clock runs so much faster: its half minute is over in 50 ms.
const HURRY: u32 = 600;
/// Handshakes of one call, two requests each, and one that repeats an api-version.
const MOST_REQUESTS: usize = 2 * 5 + 2;

/// The first byte chooses the service; then follow answers, each for one request. `{path}` is the key file's.
pub(crate) fn client(data: &[u8]) {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Mutex::new(Server::start())).lock().unwrap_or_else(PoisonError::into_inner);
    let Some((service, script)) = data.split_first() else { return };
    let source = if service % 2 == 0 { Source::Himds } else { Source::Imds };
    let path = server.directory.path().join("a.key").display().to_string();
    let script = String::from_utf8_lossy(script).replace("{path}", &path);
    let answers: Vec<String> = script.split(NEXT).take(32).map(str::to_owned).collect();
    server.scripts.send(answers).expect("the server runs");
    let builder = Client::builder().source(source).endpoint(&server.url).token_dir(server.directory.path());
    let client = fuzzing::hurried(builder, HURRY, Path::new("/nowhere")).expect("options that can be used");
    match client.token("https://vault.azure.net") {
        Ok(token) => {
            assert!(script.contains(token.secret()) || script.contains('\\'), "the token is what the server said");
            assert!(!format!("{token:?} {client:?}").contains(token.secret()) || token.secret().len() < 12);
        }
        Err(error) => {
            assert_usable(&error);
            assert_hides(&error, KEY);
        }
    }
    // A connection of our own tells the server that the script is over.
    let mut last = TcpStream::connect(server.url.trim_start_matches("http://")).expect("the server listens");
    last.write_all(END).expect("the server reads");
    let requests = server.requests.recv_timeout(Duration::from_secs(60)).expect("the server answers");
    assert!(requests <= MOST_REQUESTS, "{requests} requests");
}

struct Server {
    url: String,
    directory: TempDir,
    scripts: Sender<Vec<String>>,
    requests: Receiver<usize>,
}

impl Server {
    fn start() -> Self {
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("a.key"), KEY).expect("a key file");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let ((scripts, next), (count, requests)) = (channel(), channel());
        thread::spawn(move || {
            for script in next {
                if count.send(play(&listener, script)).is_err() {
                    break;
                }
            }
        });
        Server { url, directory, scripts, requests }
    }
}

/// Gives an answer to each request, and counts the requests, until the script is over.
fn play(listener: &TcpListener, script: Vec<String>) -> usize {
    let (mut answers, mut requests) = (script.into_iter(), 0);
    loop {
        let (mut stream, _) = listener.accept().expect("a connection");
        while let Some(request) = request(&mut stream) {
            if request == END {
                return requests;
            }
            requests += 1;
            let Some(answer) = answers.next() else { break };
            // A server knows a key from the request that brings it.
            let sent = if String::from_utf8_lossy(&request).contains(KEY) { KEY } else { "none" };
            if stream.write_all(answer.replace("{sent_key}", sent).as_bytes()).is_err() || answers.len() == 0 {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// A request's head. A client that has given up has closed its end, and sends none.
fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut head, mut bytes) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut bytes) {
            Ok(count @ 1..) => head.extend_from_slice(&bytes[..count]),
            _ => return None,
        }
    }
    Some(head)
}
