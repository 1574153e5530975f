//! The pure rules, in plain types.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::simulation::WALL;
use crate::cache::store::{FetchInfo, Lookup, Store};
use crate::discovery::drop_in;
use crate::discovery::endpoint::Endpoint;
use crate::http::answer::classify;
use crate::http::meaning::{Asked, What};
use crate::http::retry::{Decision, Policy, Progress, Retry, Times, decide};
use crate::protocol::expiry::{self, Expiry, Fields};
use crate::protocol::token_answer::{self, ParsedToken};
use crate::protocol::{challenge, key_file};
use crate::secret::Secret;
use crate::{AccessToken, Error, Identity, Source};

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
