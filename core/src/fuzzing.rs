//! What the fuzz targets, the properties and the simulations reach inside for: pure functions, and a client on fakes.
//! Not a part of the API, and compiled with the feature `fuzzing` alone.

#![allow(missing_docs, reason = "for this repository's own tests")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::cache::store::{FetchInfo, Lookup, Store};
use crate::discovery::drop_in;
use crate::discovery::endpoint::Endpoint;
use crate::http::answer::classify;
use crate::http::meaning::{Asked, What};
use crate::http::retry::{Decision, Policy, Progress, Retry, Times, decide};
use crate::http::seams::Seams;
use crate::http::transport::{Request, Response, SendError, Session, Transport, TransportOptions};
use crate::os::clock::{Clock, SystemClock};
use crate::os::peer::{Readers, Verdict};
use crate::protocol::expiry::{self, Expiry, Fields};
use crate::protocol::token_answer::{self, ParsedToken};
use crate::protocol::{challenge, key_file};
use crate::secret::{Secret, SecretBytes};
use crate::{AccessToken, Client, ClientBuilder, Error, Identity, Source};

/// A server's answer, complete.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Header lines that HTTP could not carry are left out.
    fn response(&self) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value)) {
                headers.append(name, value);
            }
        }
        let mut body = SecretBytes::with_capacity(self.body.len());
        body.extend(&self.body);
        Response { status: self.status, headers, body, address: None }
    }
}

/// The realm that a challenge names.
pub fn challenge(headers: &[&[u8]]) -> Result<String, Error> {
    challenge::realm(headers).map(str::to_owned)
}

/// The key file's name.
pub fn key_file_name(realm: &str, directory: &str) -> Result<String, Error> {
    key_file::name(realm, directory).map(str::to_owned)
}

/// The key in a file of this content.
pub fn key_file_content(content: &[u8]) -> Result<String, Error> {
    key_file::key(content, Path::new("/tokens/a.key")).map(|key| key.expose().to_owned())
}

/// The token in a 2xx answer: its secret, its expiry and what is left of it. The wall clock is at 1 700 000 000.
pub fn token(
    source: Source,
    identity: &Identity,
    answer: &Answer,
    key: Option<&str>,
) -> Result<(String, u64, Duration), Error> {
    let key = key.map(|key| Secret::new(key.to_owned()));
    let parsed = token_answer::parse(source, identity, &answer.response(), key.as_ref(), WALL)?;
    Ok((parsed.secret.expose().to_owned(), parsed.expiry.expires_on, parsed.expiry.life))
}

/// The error that an answer becomes, to a token's request for this resource or to one for metadata.
pub fn error(source: Source, resource: Option<&str>, answer: &Answer, key: Option<&str>) -> Error {
    let key = key.map(|key| Secret::new(key.to_owned()));
    let what =
        resource.map_or(What::Metadata, |resource| What::Token { resource, identity: &Identity::SystemAssigned });
    let asked = Asked { source, what, api_version: "2020-06-01", key: key.as_ref() };
    classify(asked, &answer.response(), WALL).error
}

/// Both variables in the text of a systemd drop-in.
pub fn drop_in(text: &str) -> Option<(String, String)> {
    drop_in::endpoints(text)
}

/// The token's URL and the base URL of an endpoint that may be used.
pub fn endpoint(source: Source, text: &str) -> Result<(Url, Url), Error> {
    Endpoint::from_option(source, text).map(|endpoint| (endpoint.token, endpoint.base))
}

/// Expiry, what is left, and when to refresh early: `expires_in`, `expires_on`, `refresh_in`, the JWT's `exp`.
pub fn expiry(fields: [Option<&Value>; 4], now: u64) -> Option<(u64, Duration, Option<Duration>)> {
    let [expires_in, expires_on, refresh_in, jwt_exp] = fields;
    let fields = Fields { expires_in, expires_on, refresh_in, jwt_exp };
    expiry::parse(&fields, now).map(|expiry| (expiry.expires_on, expiry.life, expiry.refresh_in))
}

/// The cache of one client, without the client.
#[derive(Default)]
pub struct Cache(Store);

/// What the cache has for a resource: the token's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    Fresh(String),
    Due(String),
    Expiring(String),
    Nothing,
}

impl Cache {
    /// Keeps a token with so much left, requested and received now; `random` is in [0, 1).
    pub fn keep(&self, resource: &str, secret: &str, life: [Option<Duration>; 2], now: Duration, random: f64) {
        let ([life, refresh_in], server_time) = (life, (WALL + now).as_secs());
        let life = life.unwrap_or_default();
        let expiry = Expiry { expires_on: server_time + life.as_secs(), life, refresh_in };
        let secret = Secret::new(secret.to_owned());
        let parsed = ParsedToken { secret, token_type: "Bearer".to_owned(), expiry, server_time };
        self.0.keep(resource, parsed, FetchInfo { attempts: 1, asked: now, now, random });
    }

    pub fn lookup(&self, resource: &str, now: Duration) -> Cached {
        let secret = |token: &Arc<AccessToken>| token.secret().to_owned();
        match self.0.lookup(resource, now) {
            Lookup::Fresh(token) => Cached::Fresh(secret(&token)),
            Lookup::Due(entry) => Cached::Due(secret(entry.token())),
            Lookup::Expiring(entry) => Cached::Expiring(secret(entry.token())),
            Lookup::Nothing => Cached::Nothing,
        }
    }

    /// What is served without asking anybody.
    pub fn served(&self, resource: &str, now: Duration) -> Option<String> {
        self.0.served(resource, now).map(|token| token.secret().to_owned())
    }

    /// A refresh ahead of need failed.
    pub fn pause(&self, resource: &str, now: Duration) {
        if let Lookup::Due(entry) = self.0.lookup(resource, now) {
            entry.pause(now);
        }
    }

    pub fn clear(&self) {
        self.0.clear();
    }
}

/// What a failed try means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    Never,
    Backoff,
    Gone,
    Absent,
    ApiVersion,
}

/// What a call does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Stop,
    StopAtDeadline,
    Wait(Duration),
    Repeat,
}

/// The tries of one call.
pub struct Tries {
    policy: Policy,
    progress: Progress,
}

impl Tries {
    pub fn full(source: Source, max_attempts: u32, wait_for_service: Duration) -> Self {
        Tries { policy: Policy::full(source, max_attempts, wait_for_service), progress: Progress::default() }
    }

    pub fn single(source: Source) -> Self {
        Tries { policy: Policy::single(source), progress: Progress::default() }
    }

    pub fn decide(
        &mut self,
        failed: Failed,
        retry_after: Option<Duration>,
        now: Duration,
        deadline: Duration,
        random: f64,
    ) -> Next {
        let retry = match failed {
            Failed::Never => Retry::Never,
            Failed::Backoff => Retry::Backoff,
            Failed::Gone => Retry::Gone,
            Failed::Absent => Retry::Absent,
            Failed::ApiVersion => Retry::ApiVersion("2019-11-01"),
        };
        match decide(&self.policy, &mut self.progress, retry, retry_after, Times { now, deadline }, random) {
            Decision::Stop => Next::Stop,
            Decision::StopAtDeadline => Next::StopAtDeadline,
            Decision::Wait(wait) => Next::Wait(wait),
            Decision::Repeat(_) => Next::Repeat,
        }
    }
}

/// The wall clock when a simulated one is at 0.
pub const WALL: Duration = Duration::from_secs(1_700_000_000);

/// A client whose clock runs so many times as fast as the machine's, and whose files lie below this root.
pub fn hurried(mut builder: ClientBuilder, factor: u32, root: &Path) -> Result<Client, Error> {
    builder.seams =
        Seams { clock: Arc::new(Hurried(factor)), root: root.to_owned(), random: || 0.0, ..Seams::default() };
    builder.build()
}

struct Hurried(u32);

impl Clock for Hurried {
    fn now(&self) -> Duration {
        SystemClock.now() * self.0
    }

    fn wall(&self) -> Duration {
        SystemClock.wall()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration / self.0)
    }
}

/// A clock that stands still but for what is slept.
#[derive(Clone, Default)]
pub struct Time(Arc<Mutex<Duration>>);

impl Time {
    pub fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn reach(&self, moment: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = moment.max(*now);
    }
}

impl Clock for Time {
    fn now(&self) -> Duration {
        Time::now(self)
    }

    fn wall(&self) -> Duration {
        WALL + self.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (time, until) = (self.clone(), self.now().saturating_add(duration));
        Box::pin(async move { time.reach(until) })
    }
}

/// What a simulated service answers to a URL; nothing if nobody listens.
pub type Service = Arc<dyn Fn(&Url) -> Option<Answer> + Send + Sync>;

/// A client on this clock that asks this service.
pub fn simulated(
    mut builder: ClientBuilder,
    time: &Time,
    service: Service,
    random: fn() -> f64,
) -> Result<Client, Error> {
    let transport = Arc::new(Simulated(service));
    builder.seams = Seams { clock: Arc::new(time.clone()), transport, root: PathBuf::from("/nowhere"), random };
    builder.build()
}

struct Simulated(Service);

impl Transport for Simulated {
    fn session(&self, _: &TransportOptions) -> Result<Box<dyn Session>, Error> {
        Ok(Box::new(Simulated(Arc::clone(&self.0))))
    }
}

impl Session for Simulated {
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Response, SendError>> {
        let answer = (self.0)(request.url);
        let refused = || SendError::NotConnected("nobody listens".into());
        Box::pin(async move { answer.map(|answer| answer.response()).ok_or_else(refused) })
    }

    fn peer<'a>(&'a self, _: &'a Url, _: &'a Readers) -> BoxFuture<'a, Option<Verdict>> {
        Box::pin(async { None })
    }
}
