//! Sending requests: the seam between policy and network.

use std::net::IpAddr;
use std::time::Duration;

use hyper::header::HeaderMap;
use url::Url;
use zeroize::Zeroizing;

use crate::Error;
use crate::os::cause::Cause;
use crate::os::peer::{Readers, Verdict};
use crate::secret::{Secret, SecretBytes};
use futures_core::future::BoxFuture;

/// The most that a token's answer may hold.
pub(crate) const TOKEN_BODY_LIMIT: usize = 1 << 20;
/// The most that a metadata answer may hold: machines with long tag and network lists stay far below.
pub(crate) const METADATA_BODY_LIMIT: usize = 4 << 20;

/// One GET.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a Url,
    /// `Metadata: true`, which the presence probe leaves out.
    pub(crate) metadata_header: bool,
    pub(crate) key: Option<ShownKey<'a>>,
    /// The one address to ask, if an earlier request decided it.
    pub(crate) address: Option<IpAddr>,
    pub(crate) body_limit: usize,
}

/// A key, and who can read it anyway: it is shown to nobody else.
#[derive(Clone, Copy)]
pub(crate) struct ShownKey<'a> {
    pub(crate) secret: &'a Secret,
    pub(crate) readers: &'a Readers,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: SecretBytes,
    /// Who answered.
    pub(crate) address: Option<IpAddr>,
}

impl Response {
    /// A header that is sent once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `Content-Encoding`, which nobody requested: it explains a body that cannot be read.
    pub(crate) fn encoding(&self) -> Option<&str> {
        self.header("content-encoding").filter(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    }

    /// The body, which may hold a secret.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        self.start(usize::MAX)
    }

    /// So many bytes of the body, as text: UTF-8, or what proxies on Windows and old ones send.
    pub(crate) fn start(&self, most: usize) -> Zeroizing<String> {
        let body = self.body.as_slice();
        let body = &body[..body.len().min(most)];
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let wide = |unit: fn([u8; 2]) -> u16| {
            let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        Zeroizing::new(match body {
            [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
            [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
            _ if ["iso-8859-1", "windows-1252"].iter().any(|latin| kind.contains(latin)) => {
                body.iter().copied().map(char::from).collect()
            }
            _ => String::from_utf8_lossy(body).into_owned(),
        })
    }
}

/// Why there is no complete answer.
#[derive(Debug)]
pub(crate) enum SendError {
    /// Refused, unreachable, or not connected in time: nothing was sent.
    NotConnected(Cause),
    /// The connection broke, or what came back is not HTTP.
    Interrupted(Cause),
    /// The answer is too large.
    TooLarge(String),
    /// The key was not sent: the process at the other end could not read it itself.
    Stranger(Box<Error>),
}

/// What all requests of a client have in common.
#[derive(Clone, Debug)]
pub(crate) struct TransportOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) user_agent: String,
    /// A key is shown only to a process that can read it anyway.
    pub(crate) verify_peer: bool,
}

/// Opens sessions. Nothing of a session outlives it: no connection, no descriptor, no thread.
pub(crate) trait Transport: Send + Sync {
    fn session(&self, options: &TransportOptions) -> Result<Box<dyn Session>, Error>;
}

/// Requests of one call, on one connection if the server keeps it open.
pub(crate) trait Session: Send + Sync {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>>;

    /// Whose process takes a connection to this URL, which it opens for that. `None` if there is none.
    fn peer<'a>(&'a self, url: &'a Url, readers: &'a Readers) -> BoxFuture<'a, Option<Verdict>>;
}
