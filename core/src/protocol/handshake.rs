//! Requesting a token: the handshake with the Arc agent, and the single request to IMDS.
//!
//! Facts and sources: `docs/protocol.md`, "HIMDS: the handshake".

use futures_core::future::BoxFuture;
use url::Url;

use crate::discovery::plan::Service;
use crate::http::answer::Failure;
use crate::http::attempt::{Attempt, Operation};
use crate::http::meaning::What;
use crate::http::retry::Retry;
use crate::http::transport::{Request, Response, ShownKey, TOKEN_BODY_LIMIT};
use crate::http::words::ServerMessage;
use crate::protocol::challenge;
use crate::protocol::key_file::{self, KeyFile};
use crate::protocol::token_answer::{self, ParsedToken};
use crate::secret::Secret;
use crate::{Error, Identity, Kind, Source};

/// A token for a resource.
pub(crate) struct TokenOperation<'a> {
    pub(crate) service: &'a Service,
    pub(crate) identity: &'a Identity,
    pub(crate) resource: &'a str,
    /// Ask the service to skip its own cache, if it can: HIMDS alone.
    pub(crate) bypass_cache: bool,
}

impl Operation for TokenOperation<'_> {
    type Output = ParsedToken;

    fn source(&self) -> Source {
        self.service.source()
    }

    fn api_version(&self) -> &str {
        self.source().token_api_version()
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<ParsedToken, Failure>> {
        Box::pin(async move {
            match self.service {
                Service::Himds { token_dir, .. } => {
                    let token_dir = token_dir.to_string_lossy();
                    let url = self.url(attempt.api_version, self.bypass_cache);
                    match self.handshake(attempt, &url, &token_dir).await {
                        Err(refused) if self.bypass_cache && is_plain_400(&refused) => {
                            let url = self.url(attempt.api_version, false);
                            self.handshake(attempt, &url, &token_dir).await
                        }
                        outcome => outcome,
                    }
                }
                Service::Imds { .. } => {
                    let response = attempt.send(request(&self.url(attempt.api_version, false))).await?;
                    self.token(attempt, &response, None)
                }
            }
        })
    }
}

impl TokenOperation<'_> {
    fn what(&self) -> What<'_> {
        What::Token { resource: self.resource, identity: self.identity }
    }

    fn url(&self, api_version: &str, bypass_cache: bool) -> Url {
        let mut url = self.service.endpoint().token.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("api-version", api_version).append_pair("resource", self.resource);
        if let Some((name, id)) = self.identity.selector() {
            query.append_pair(name, id);
        }
        if bypass_cache {
            query.append_pair("bypass_cache", "true");
        }
        drop(query);
        url
    }

    /// Ask, get a 401 that names a key file, read the file, ask again with its content. The key goes to the address that
    /// challenged, once: whatever goes wrong with the second request, a further attempt begins with the first.
    async fn handshake(&self, attempt: &Attempt<'_>, url: &Url, token_dir: &str) -> Result<ParsedToken, Failure> {
        let first = attempt.send(request(url)).await?;
        match first.status {
            401 => {}
            200..=299 => {
                let error = challenge::invalid("the service returned a token without asking for the key");
                let message = ServerMessage::of(&first, None);
                return Err(Failure::last(message.into_error(error, &first, attempt.seams.clock.wall())));
            }
            _ => return Err(attempt.failure(&first, self.what(), None)),
        }
        let key = answer_challenge(attempt, &first, token_dir).map_err(Failure::last)?;
        let shown = ShownKey { secret: &key.secret, readers: &key.readers };
        let second = attempt.send(Request { key: Some(shown), address: first.address, ..request(url) }).await;
        let second = second.map_err(after_challenge)?;
        self.token(attempt, &second, Some(&key.secret))
    }

    fn token(&self, attempt: &Attempt<'_>, response: &Response, key: Option<&Secret>) -> Result<ParsedToken, Failure> {
        if !(200..300).contains(&response.status) {
            return Err(attempt.failure(response, self.what(), key));
        }
        let wall = attempt.seams.clock.wall();
        token_answer::parse(self.source(), self.identity, response, key, wall).map_err(Failure::last)
    }
}

/// An agent that does not know `bypass_cache` may refuse it; the same request without it tells.
fn is_plain_400(failure: &Failure) -> bool {
    failure.retry == Retry::Never && failure.error.kind() == Kind::Service && failure.error.http_status() == Some(400)
}

/// An agent that challenged and then refuses the connection is being restarted: worth another handshake.
fn after_challenge(failure: Failure) -> Failure {
    match failure.error.kind() {
        Kind::Unavailable => Failure { retry: Retry::Backoff, ..failure },
        _ => failure,
    }
}

/// The key that the challenge names.
fn answer_challenge(attempt: &Attempt<'_>, response: &Response, token_dir: &str) -> Result<KeyFile, Error> {
    let headers: Vec<&[u8]> =
        response.headers.get_all("www-authenticate").iter().map(|value| value.as_bytes()).collect();
    let key = challenge::realm(&headers)
        .and_then(|realm| key_file::name(realm, token_dir))
        .and_then(|name| key_file::read(token_dir.as_ref(), name, &attempt.seams.root));
    key.map_err(|mut error| match error.kind() {
        Kind::ChallengeInvalid => {
            ServerMessage::of(response, None).into_error(error, response, attempt.seams.clock.wall())
        }
        // The challenge was right, so its words ("Missing Basic Authorization header") would mislead.
        _ => {
            error.details_mut().http_status = Some(response.status);
            error
        }
    })
}

fn request(url: &Url) -> Request<'_> {
    Request { url, metadata_header: true, key: None, address: None, body_limit: TOKEN_BODY_LIMIT }
}
