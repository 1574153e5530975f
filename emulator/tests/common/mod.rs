//! A bare HTTP client, so that the tests see what is on the wire and not what a library makes of it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use himds_emulator::{Config, Emulator, Fault};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents as PublicKeyComponents};
use serde_json::Value;

pub(crate) const VAULT: &str = "https://vault.azure.net";
pub(crate) const HIMDS_TOKEN: &str =
    "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
pub(crate) const IMDS_TOKEN: &str =
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Every value of a header, its name spelled as given.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let prefix = format!("{name}: ");
        self.head.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }
}

/// An emulator by a configuration in TOML.
pub(crate) fn start(config: &str) -> Emulator {
    Emulator::start(Config::from_toml(config).expect("the configuration is right")).expect("it starts")
}

/// A fault in TOML.
pub(crate) fn fault(text: &str) -> Fault {
    toml::from_str(text).expect("the fault is right")
}

/// Sends a request on a connection of its own.
pub(crate) fn send(base: &str, method: &str, target: &str, headers: &[&str], body: &str) -> io::Result<Reply> {
    let host = base.strip_prefix("http://").expect("an http URL");
    let host = format!("Host: {host}");
    let headers: Vec<&str> = std::iter::once(host.as_str()).chain(headers.iter().copied()).collect();
    send_without_host(base, method, target, &headers, body)
}

/// As [`send`], with nothing but the headers given.
pub(crate) fn send_without_host(
    base: &str,
    method: &str,
    target: &str,
    headers: &[&str],
    body: &str,
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").expect("an http URL"))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes)
}

/// Takes an answer apart.
pub(crate) fn parse(bytes: &[u8]) -> io::Result<Reply> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let reply = Reply { status, head, body: bytes[end + 4..].to_vec() };
    let length = reply.header("Content-Length").first().and_then(|length| length.parse().ok());
    if length.is_some_and(|length: usize| length > reply.body.len()) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(reply)
}

/// A GET with the `Metadata` header.
pub(crate) fn get(base: &str, target: &str) -> Reply {
    send(base, "GET", target, &["Metadata: true"], "").expect("an answer")
}

/// The path in a challenge.
pub(crate) fn realm(reply: &Reply) -> String {
    let headers = reply.header("Www-Authenticate");
    assert_eq!(headers.len(), 1, "{}", reply.head);
    headers[0].strip_prefix("Basic realm=").expect("a Basic challenge").to_owned()
}

/// Both requests of a handshake.
pub(crate) fn handshake(base: &str, target: &str) -> Reply {
    let challenge = get(base, target);
    assert_eq!(challenge.status, 401, "{}", challenge.text());
    let key = std::fs::read_to_string(realm(&challenge)).expect("the key file");
    with_key(base, target, &key)
}

pub(crate) fn with_key(base: &str, target: &str, key: &str) -> Reply {
    send(base, "GET", target, &["Metadata: true", &format!("Authorization: Basic {key}")], "").expect("an answer")
}

/// The claims of a token, its signature verified by the published key.
pub(crate) fn verified_claims(base: &str, token: &str) -> HashMap<String, Value> {
    let configuration = get(base, "/common/.well-known/openid-configuration").json();
    let keys_url = configuration["jwks_uri"].as_str().expect("a JWKS address").to_owned();
    let keys = get(base, keys_url.strip_prefix(base).expect("served here")).json();
    let (signed, signature) = token.rsplit_once('.').expect("a JWT");
    let (header, claims) = signed.split_once('.').expect("a JWT");
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let header: Value = serde_json::from_slice(&decode(header)).expect("a header");
    assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &"JWT".into()));
    let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]).expect("the key");
    let member = |name: &str| decode(key[name].as_str().expect("a text"));
    let key = PublicKeyComponents { n: member("n"), e: member("e") };
    let verified = key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature));
    verified.expect("a good signature");
    let claims: HashMap<String, Value> = serde_json::from_slice(&decode(claims)).expect("claims");
    assert_eq!(claims["iss"], configuration["issuer"]);
    claims
}
