//! Asking the service for what needs no key.

use std::time::Duration;

use crate::call::limits::Call;
use crate::client::Inner;
use crate::discovery::endpoint::below;
use crate::http::answer::Failure;
use crate::http::attempt::{self, Effort, Operation, Try};
use crate::http::date::date;
use crate::http::retry::Retry;
use crate::http::transport::{METADATA_BODY_LIMIT, Request};
use crate::os::clock::BoxFuture;
use crate::{Error, Kind, Source};

/// Metadata comes from memory in both services: one that takes longer is not well.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// A look takes no more than this part of what is left, so that time for the token remains.
const LOOK_SHARE: u32 = 4;

/// A complete answer, whatever its status.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) text: String,
    /// The server's `Date`, in seconds since 1970.
    pub(super) date: Option<u64>,
    /// This machine's clock when the answer came, in seconds since 1970.
    pub(super) wall: u64,
    /// What a status that is no success means.
    pub(super) error: Option<Error>,
}

/// One request without retries, whose answer is wanted even where it is an error.
pub(super) struct Look<'a> {
    pub(super) path: &'a str,
    /// Without one, the service says which it knows.
    pub(super) with_api_version: bool,
}

impl Look<'_> {
    /// *timeout* where there is no answer within a share of the call's time.
    pub(super) async fn run(&self, client: &Inner, call: &Call) -> Result<Seen, Error> {
        let left = call.deadline().saturating_sub(client.seams.clock.now());
        let call = call.within(LOOK_LIMIT.min(left / LOOK_SHARE));
        let result = attempt::run(&client.settings, &client.seams, &call, Effort::Once, self).await;
        result.map(|(seen, _)| seen).map_err(|ended| ended.error)
    }
}

impl Operation for Look<'_> {
    type Output = Seen;

    fn api_version(&self, source: Source) -> &str {
        if self.with_api_version { source.metadata_api_version() } else { "" }
    }

    fn attempt<'a>(&'a self, this: &'a Try<'a>) -> BoxFuture<'a, Result<Seen, Failure>> {
        Box::pin(async move {
            let Some(endpoint) = this.settings.plan.endpoint() else {
                return Err(Failure::last(Error::new(Kind::Unavailable, "no source was chosen")));
            };
            let mut url = below(&endpoint.base, self.path);
            if self.with_api_version {
                url.query_pairs_mut().append_pair("api-version", this.api_version);
            }
            let request =
                Request { url: &url, metadata_header: true, key: None, address: None, body_limit: METADATA_BODY_LIMIT };
            let response = this.send(request).await?;
            let error = match response.status {
                200..=299 => None,
                _ => match this.failure(&response, false, None) {
                    // The retry that every call makes.
                    failure @ Failure { retry: Retry::ApiVersion(_), .. } if self.with_api_version => {
                        return Err(failure);
                    }
                    failure => Some(failure.error),
                },
            };
            Ok(Seen {
                status: response.status,
                text: response.text().to_string(),
                date: response.header("date").and_then(date),
                wall: this.seams.clock.wall().as_secs(),
                error,
            })
        })
    }
}
