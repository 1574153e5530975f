//! Asking for a token: the handshake with the Arc agent, and the single request to IMDS.

use url::Url;

use crate::discovery::plan::Target;
use crate::http::answer::Failure;
use crate::http::attempt::{Operation, Try};
use crate::http::transport::{Request, Response, TOKEN_BODY_LIMIT};
use crate::http::words::ServerMessage;
use crate::os::clock::BoxFuture;
use crate::protocol::challenge;
use crate::protocol::key_file;
use crate::protocol::token_answer::{self, Received};
use crate::secret::Secret;
use crate::{Error, Kind, Source};

/// A token for a resource.
pub(crate) struct TokenOperation<'a> {
    pub(crate) resource: &'a str,
    /// Ask the service to skip its own cache, where it can.
    pub(crate) bypass_cache: bool,
}

impl Operation for TokenOperation<'_> {
    type Output = Received;

    fn api_version(&self, source: Source) -> &str {
        source.token_api_version()
    }

    fn attempt<'a>(&'a self, this: &'a Try<'a>) -> BoxFuture<'a, Result<Received, Failure>> {
        Box::pin(async move {
            match &this.settings.plan.target {
                Target::Himds { endpoint, token_dir } => {
                    let url = self.url(&endpoint.token, this);
                    handshake(this, &url, &token_dir.to_string_lossy()).await
                }
                Target::Imds { endpoint, .. } => {
                    let url = self.url(&endpoint.token, this);
                    let response = this.send(request(&url)).await?;
                    token(this, &response, None)
                }
                Target::Elsewhere { host } => Err(Failure::last(crate::discovery::plan::elsewhere(host))),
            }
        })
    }
}

impl TokenOperation<'_> {
    fn url(&self, endpoint: &Url, this: &Try<'_>) -> Url {
        let mut url = endpoint.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("api-version", this.api_version).append_pair("resource", self.resource);
        if let Some((name, id)) = this.settings.identity.selector() {
            query.append_pair(name, id);
        }
        if self.bypass_cache && this.source == Source::Himds {
            query.append_pair("bypass_cache", "true");
        }
        drop(query);
        url
    }
}

/// Ask, get a 401 that names a key file, read the file, ask again with its content. The key goes to the address that
/// challenged, once: whatever goes wrong with the second request, a further try begins with the first.
async fn handshake(this: &Try<'_>, url: &Url, token_dir: &str) -> Result<Received, Failure> {
    let first = this.send(request(url)).await?;
    match first.status {
        401 => {}
        200..=299 => {
            let error = challenge::invalid("a token was given without one");
            return Err(Failure::last(ServerMessage::of(&first, None).into_error(
                error,
                &first,
                this.seams.clock.wall(),
            )));
        }
        _ => return Err(this.failure(&first, true, None)),
    }
    let key = answer_challenge(this, &first, token_dir).map_err(Failure::last)?;
    let second = this.send(Request { key: Some(&key), address: first.address, ..request(url) }).await?;
    token(this, &second, Some(&key))
}

/// The key that the challenge names.
fn answer_challenge(this: &Try<'_>, response: &Response, token_dir: &str) -> Result<Secret, Error> {
    let headers: Vec<&[u8]> =
        response.headers.get_all("www-authenticate").iter().map(|value| value.as_bytes()).collect();
    let key = challenge::realm(&headers)
        .and_then(|realm| key_file::name(realm, token_dir))
        .and_then(|name| key_file::read(token_dir.as_ref(), name, &this.seams.root));
    key.map_err(|mut error| match error.kind() {
        Kind::ChallengeInvalid => {
            ServerMessage::of(response, None).into_error(error, response, this.seams.clock.wall())
        }
        // The challenge was right, so its words ("Missing Basic Authorization header") would lead astray.
        _ => {
            error.details_mut().http_status = Some(response.status);
            error
        }
    })
}

fn token(this: &Try<'_>, response: &Response, key: Option<&Secret>) -> Result<Received, Failure> {
    if !(200..300).contains(&response.status) {
        return Err(this.failure(response, true, key));
    }
    token_answer::parse(this.source, &this.settings.identity, response, key, this.seams.clock.wall())
        .map_err(Failure::last)
}

fn request(url: &Url) -> Request<'_> {
    Request { url, metadata_header: true, key: None, address: None, body_limit: TOKEN_BODY_LIMIT }
}
