//! Asking the service, with retries, inside a call's limits.

use std::time::Duration;

use futures_core::future::BoxFuture;

use crate::call::limits::Call;
use crate::http::answer::{self, Failure};
use crate::http::meaning::{Asked, What};
use crate::http::probe::{self, Probe};
use crate::http::retry::{Decision, Policy, Progress, Retry, Times, decide};
use crate::http::seams::Seams;
use crate::http::transport::{Request, Response, Session, TransportOptions};
use crate::secret::Secret;
use crate::{Error, Kind, Source};

/// How a client asks: what all its requests have in common.
pub(crate) struct Http {
    pub(crate) seams: Seams,
    pub(crate) options: TransportOptions,
    pub(crate) max_attempts: u32,
    /// How long to wait for an absent service.
    pub(crate) wait_for_service: Duration,
    pub(crate) probe: Probe,
}

/// What one attempt needs.
pub(crate) struct Attempt<'a> {
    pub(crate) seams: &'a Seams,
    pub(crate) session: &'a dyn Session,
    pub(crate) source: Source,
    pub(crate) api_version: &'a str,
    probe: &'a Probe,
}

impl Attempt<'_> {
    /// Sends, and turns "no answer" into an error. While IMDS is only a guess, so does an answer that is not its.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, Failure> {
        let url = request.url;
        let sent = self.session.send(request).await.map_err(|error| answer::unsent(self.source, url, error));
        if let Ok(response) = &sent {
            self.probe.saw(response);
        }
        match (self.probe.is_open(), sent) {
            (false, sent) => sent,
            (true, Ok(response)) => {
                Err(Failure::last(probe::unconfirmed(Some(&response), None, self.seams.clock.wall())))
            }
            (true, Err(Failure { error, retry })) => {
                let retry = if retry == Retry::Absent { retry } else { Retry::Never };
                Err(Failure { error: probe::unconfirmed(None, Some(error), self.seams.clock.wall()), retry })
            }
        }
    }

    /// The error for an answer that is not a success.
    pub(crate) fn failure(&self, response: &Response, what: What<'_>, key: Option<&Secret>) -> Failure {
        let asked = Asked { source: self.source, what, api_version: self.api_version, key };
        answer::classify(asked, response, self.seams.clock.wall())
    }
}

/// Something that a service can be asked.
pub(crate) trait Operation: Sync {
    type Output: Send;

    /// The service that it is for.
    fn source(&self) -> Source;

    /// The api-version to begin with.
    fn api_version(&self) -> &str;

    /// One attempt: a request, or a handshake of two.
    fn attempt<'a>(&'a self, attempt: &'a Attempt<'a>) -> BoxFuture<'a, Result<Self::Output, Failure>>;
}

/// How often a call may ask.
#[derive(Clone, Copy)]
pub(crate) enum Attempts {
    /// With the client's retries.
    Full,
    /// Once, for an early refresh.
    Once,
}

/// An error, and whether it was the caller's own deadline or handle that ended the call.
pub(crate) struct CallError {
    pub(crate) error: Error,
    pub(crate) ended_by_caller: bool,
}

impl CallError {
    fn of_service(error: Error) -> Self {
        CallError { error, ended_by_caller: false }
    }

    fn of_caller(error: Error) -> Self {
        CallError { error, ended_by_caller: true }
    }
}

impl Http {
    /// Runs the operation to its end: its output and how many attempts it took.
    pub(crate) async fn run<O: Operation>(
        &self,
        call: &Call,
        attempts: Attempts,
        operation: &O,
    ) -> Result<(O::Output, u32), CallError> {
        let mut count = 0;
        match self.run_counted(call, attempts, operation, &mut count).await {
            Ok(output) => Ok((output, count)),
            Err(mut failed) => {
                let details = failed.error.details_mut();
                details.attempts = count;
                details.elapsed = call.elapsed();
                Err(failed)
            }
        }
    }

    async fn run_counted<O: Operation>(
        &self,
        call: &Call,
        attempts: Attempts,
        operation: &O,
        count: &mut u32,
    ) -> Result<O::Output, CallError> {
        let Http { seams, options, probe, .. } = self;
        let source = operation.source();
        let session = seams.transport.session(options).map_err(CallError::of_service)?;
        let policy = match attempts {
            Attempts::Full => Policy::full(source, self.max_attempts, self.wait_for_service),
            Attempts::Once => Policy::single(source),
        };
        let mut progress = Progress::default();
        let mut api_version = operation.api_version();
        loop {
            let attempt = Attempt { seams, session: &*session, source, api_version, probe };
            let one = async {
                if probe.is_needed() {
                    let absent = |error| Failure { error, retry: Retry::Absent };
                    probe.run(seams, &*session).await.map_err(absent)?;
                }
                *count += 1;
                crate::event!(attempt = *count, api_version, "asking {source}");
                operation.attempt(&attempt).await
            };
            let failure = match self.limit(call, one).await? {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            let times = Times { now: seams.clock.now(), deadline: call.deadline() };
            let retry_after = failure.error.retry_after();
            match decide(&policy, &mut progress, failure.retry, retry_after, times, (seams.random)()) {
                Decision::Stop => return Err(CallError::of_service(failure.error)),
                Decision::StopAtDeadline => return Err(CallError::of_caller(failure.error)),
                Decision::Repeat(version) => api_version = version,
                Decision::Wait(wait) => {
                    crate::event!(kind = failure.error.kind().name(), wait = wait.as_secs_f64(), "asking again");
                    call.limit(seams.clock.sleep(wait)).await.map_err(CallError::of_caller)?;
                }
            }
        }
    }

    /// One attempt inside the call's limits; while IMDS is only a guess, inside the guess's own too.
    async fn limit<T>(
        &self,
        call: &Call,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Result<Result<T, Failure>, CallError> {
        if !self.probe.is_open() {
            return call.limit(attempt).await.map_err(CallError::of_caller);
        }
        let guess = call.within(probe::LIMIT);
        match guess.limit(attempt).await {
            Ok(outcome) => Ok(outcome),
            Err(error) if error.kind() == Kind::Cancelled => Err(CallError::of_caller(error)),
            Err(error) => {
                let error = probe::unconfirmed(None, Some(error), self.seams.clock.wall());
                Err(CallError { error, ended_by_caller: guess.deadline() >= call.deadline() })
            }
        }
    }
}
