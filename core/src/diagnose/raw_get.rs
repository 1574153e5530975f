//! Requesting what needs no key.

use std::time::Duration;

use crate::call::limits::Call;
use crate::discovery::endpoint::below;
use crate::discovery::plan::Service;
use crate::http::answer::Failure;
use crate::http::attempt::{Attempt, Attempts, Http, Operation};
use crate::http::date::date;
use crate::http::meaning::What;
use crate::http::retry::Retry;
use crate::http::transport::{METADATA_BODY_LIMIT, Request};
use crate::{Error, Source};
use futures_core::future::BoxFuture;

/// Metadata comes from memory in both services: one that takes longer is not well.
const LIMIT: Duration = Duration::from_secs(5);
/// It takes no more than this part of what is left, so that time for the token remains.
const SHARE: u32 = 4;

/// A complete answer, whatever its status.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: u16,
    pub(super) text: String,
    /// The server's `Date`, in seconds since 1970.
    pub(super) date: Option<u64>,
    /// This machine's clock when the answer came, in seconds since 1970.
    pub(super) wall: u64,
    /// What a status that is not a success means.
    pub(super) error: Option<Error>,
}

/// One request without retries, whose answer is wanted even if it is an error.
pub(super) struct RawGet<'a> {
    pub(super) service: &'a Service,
    pub(super) path: &'a str,
    /// Without one, the service says which it knows.
    pub(super) with_api_version: bool,
}

impl RawGet<'_> {
    /// *timeout* if there is no answer within a share of the call's time.
    pub(super) async fn run(&self, http: &Http, call: &Call) -> Result<RawAnswer, Error> {
        let left = call.deadline().saturating_sub(http.seams.clock.now());
        let call = call.within(LIMIT.min(left / SHARE));
        let result = http.run(&call, Attempts::Once, self).await;
        result.map(|(answer, _)| answer).map_err(|failed| failed.error)
    }
}

impl Operation for RawGet<'_> {
    type Output = RawAnswer;

    fn source(&self) -> Source {
        self.service.source()
    }

    fn api_version(&self) -> &str {
        if self.with_api_version { self.source().metadata_api_version() } else { "" }
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<RawAnswer, Failure>> {
        Box::pin(async move {
            let mut url = below(&self.service.endpoint().base, self.path);
            if self.with_api_version {
                url.query_pairs_mut().append_pair("api-version", attempt.api_version);
            }
            let request =
                Request { url: &url, metadata_header: true, key: None, address: None, body_limit: METADATA_BODY_LIMIT };
            let response = attempt.send(request).await?;
            let error = match response.status {
                200..=299 => None,
                _ => match attempt.failure(&response, What::Metadata, None) {
                    // The retry that every call makes.
                    failure @ Failure { retry: Retry::ApiVersion(_), .. } if self.with_api_version => {
                        return Err(failure);
                    }
                    failure => Some(failure.error),
                },
            };
            Ok(RawAnswer {
                status: response.status,
                text: response.text().to_string(),
                date: response.header("date").and_then(date),
                wall: attempt.seams.clock.wall().as_secs(),
                error,
            })
        })
    }
}
