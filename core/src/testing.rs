//! Fakes for the seams, so that every rule is tested in milliseconds.
#![allow(clippy::disallowed_methods, reason = "temporary directories are real")]
#![allow(clippy::disallowed_types, reason = "no test forks with these")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tempfile::TempDir;
use url::Url;

use crate::http::seams::Seams;
use crate::http::transport::{Request, Response, SendError, Session, Transport, TransportOptions};
use crate::os::clock::Clock;
use crate::os::peer::{Readers, Verdict};
use crate::secret::SecretBytes;
use crate::{Client, ClientBuilder, Error, Source};
use futures_core::future::BoxFuture;

/// An answer with these headers and body.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let mut bytes = SecretBytes::with_capacity(0);
    bytes.extend(body.as_bytes());
    Response { status, headers: map, body: bytes, address: None }
}

/// A clock that stands still but for what is slept.
#[derive(Default)]
pub(crate) struct FakeClock {
    now: Mutex<Duration>,
    /// Nobody's sleep ends.
    pub(crate) stopped: AtomicBool,
}

impl FakeClock {
    pub(crate) fn advance(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }
}

/// The wall clock when the fake clock is at 0.
pub(crate) const WALL: Duration = Duration::from_secs(1_700_000_000);

impl Clock for Arc<FakeClock> {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn wall(&self) -> Duration {
        WALL + self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = Arc::clone(self);
        let until = self.now().saturating_add(duration);
        Box::pin(async move {
            if clock.stopped.load(Ordering::Relaxed) {
                std::future::pending().await
            }
            let mut now = clock.now.lock().unwrap();
            *now = until.max(*now);
        })
    }
}

/// What a request is met with.
pub(crate) enum Reply {
    Answer(Response),
    Broken(SendError),
    /// No answer ever.
    Silence,
    /// What comes next in the list, when the request is polled once more.
    Later,
}

/// Answers from a list, in order, and keeps what was asked.
#[derive(Default)]
pub(crate) struct Script {
    replies: Mutex<VecDeque<Reply>>,
    /// The URL of each request, and the key if one was sent.
    pub(crate) requests: Mutex<Vec<(String, Option<String>)>>,
}

impl Script {
    pub(crate) fn push(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

struct Scripted(Arc<Script>);

impl Transport for Scripted {
    fn session(&self, _: &TransportOptions) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(Scripted(Arc::clone(&self.0))))
    }
}

impl Session for Scripted {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>> {
        let key = request.key.map(|key| key.secret.expose().to_owned());
        self.0.requests.lock().unwrap().push((request.url.to_string(), key));
        Box::pin(async move {
            loop {
                let reply = self.0.replies.lock().unwrap().pop_front();
                match reply.expect("a scripted reply for each request") {
                    Reply::Answer(response) => return Ok(response),
                    Reply::Broken(broken) => return Err(broken),
                    Reply::Silence => std::future::pending().await,
                    Reply::Later => tokio::task::yield_now().await,
                }
            }
        })
    }

    fn peer<'a>(&'a self, _: &'a Url, _: &'a Readers) -> BoxFuture<'a, Option<Verdict>> {
        Box::pin(async { None })
    }
}

/// A client on fakes.
pub(crate) struct TestClient {
    pub(crate) client: Client,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) script: Arc<Script>,
    #[cfg_attr(windows, allow(dead_code, reason = "only tests for Unix put files there"))]
    pub(crate) root: TempDir,
}

impl TestClient {
    pub(crate) fn new(options: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        TestClient::with_root(TempDir::new().unwrap(), options)
    }

    /// Of IMDS, by option.
    pub(crate) fn imds() -> Self {
        TestClient::new(|builder| builder.source(Source::Imds))
    }

    /// With nothing to go by, so that IMDS is a guess.
    pub(crate) fn guessing() -> Self {
        TestClient::new(|builder| {
            ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE"]
                .into_iter()
                .fold(builder, |builder, name| builder.environment_variable(name, None))
        })
    }

    /// Of HIMDS, with the key file `a.key` in its token directory.
    pub(crate) fn himds(key: &str) -> Self {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("a.key"), key).unwrap();
        let token_dir = root.path().to_owned();
        TestClient::with_root(root, |builder| {
            builder.source(Source::Himds).endpoint("http://127.0.0.1:1").token_dir(token_dir)
        })
    }

    /// With files in the place of the machine's.
    pub(crate) fn with_root(root: TempDir, options: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        let (clock, script) = (Arc::new(FakeClock::default()), Arc::new(Script::default()));
        let mut builder = options(Client::builder());
        builder.seams = Seams {
            clock: Arc::new(Arc::clone(&clock)),
            transport: Arc::new(Scripted(Arc::clone(&script))),
            root: root.path().to_owned(),
            random: || 0.5,
        };
        TestClient { client: builder.build().unwrap(), clock, script, root }
    }

    pub(crate) fn answer(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        self.script.push(Reply::Answer(response(status, headers, body)));
    }

    /// A challenge that names the key file of [`himds`](Self::himds).
    pub(crate) fn challenge(&self) {
        let realm = format!("Basic realm={}/a.key", self.root.path().display());
        self.answer(401, &[("www-authenticate", &realm)], "");
    }

    /// A token's answer with this life in seconds.
    pub(crate) fn token(&self, secret: &str, life: u32) {
        self.answer(200, &[], &format!(r#"{{"access_token":"{secret}","expires_in":{life},"token_type":"Bearer"}}"#));
    }

    /// The token that the client gives for this resource.
    pub(crate) fn secret(&self, resource: &str) -> String {
        self.client.token(resource).unwrap().secret().to_owned()
    }
}
