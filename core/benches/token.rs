//! The cached path, and the handshake next to the same two requests by hand.
//!
//! `cargo bench -p himds`; what was measured is in README.md next to this file.
#![allow(clippy::disallowed_types, reason = "a benchmark does not fork")]
#![allow(clippy::disallowed_methods, reason = "the raw loop does by hand what the library does")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

use divan::{Bencher, black_box};
use himds::{Client, Source};
use himds_emulator::{Config, Emulator};

const VAULT: &str = "https://vault.azure.net";

static AGENT: LazyLock<Emulator> =
    LazyLock::new(|| Emulator::start(Config::default()).expect("an emulator on free ports"));

static WARM: LazyLock<Client> = LazyLock::new(|| {
    let client = client();
    client.token(VAULT).expect("a token");
    client
});

fn client() -> Client {
    let builder = Client::builder().source(Source::Himds).endpoint(AGENT.himds_url());
    builder.token_dir(AGENT.token_dir()).build().expect("options that suit the emulator")
}

fn main() {
    LazyLock::force(&WARM);
    divan::main();
}

#[divan::bench_group(threads = [1, 2, 8])]
mod cached {
    use super::*;

    #[divan::bench]
    fn token(bencher: Bencher) {
        bencher.bench(|| WARM.token(black_box(VAULT)));
    }

    #[divan::bench]
    fn peek(bencher: Bencher) {
        bencher.bench(|| WARM.peek(black_box(VAULT)));
    }

    #[divan::bench]
    fn borrowed(bencher: Bencher) {
        bencher.bench(|| WARM.with_cached(black_box(VAULT), |token| token.secret().len()));
    }
}

#[divan::bench_group(sample_count = 300, sample_size = 1)]
mod handshake {
    use super::*;

    /// A handshake of a client that has done others. The emulated agent has the token at hand, so that making it is
    /// not what is measured.
    #[divan::bench]
    fn warm(bencher: Bencher) {
        let client = client();
        bencher.bench(|| {
            client.clear_cache();
            client.token(VAULT).expect("a token")
        });
    }

    /// Building the client included.
    #[divan::bench]
    fn cold(bencher: Bencher) {
        bencher.bench(|| client().token(VAULT).expect("a token"));
    }

    /// Two requests on one connection and the key file, by hand.
    #[divan::bench]
    fn raw_sockets(bencher: Bencher) {
        let address = AGENT.himds_url().trim_start_matches("http://").to_owned();
        bencher.bench(|| {
            let mut stream = TcpStream::connect(&address).expect("the emulator");
            stream.set_nodelay(true).expect("nodelay");
            let challenge = ask(&mut stream, "");
            let path = challenge.split("realm=").nth(1).and_then(|rest| rest.lines().next()).expect("a realm");
            let key = std::fs::read_to_string(path.trim()).expect("the key");
            let answer = ask(&mut stream, &format!("Authorization: Basic {}\r\n", key.trim()));
            assert!(answer.contains("access_token"));
            answer
        });
    }

    fn ask(stream: &mut TcpStream, header: &str) -> String {
        let path = "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nMetadata: true\r\n{header}\r\n").expect("written");
        let (mut answer, mut buffer) = (Vec::new(), [0; 8192]);
        loop {
            let count = stream.read(&mut buffer).expect("read");
            answer.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&answer);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    return text.into_owned();
                }
            }
        }
    }
}
