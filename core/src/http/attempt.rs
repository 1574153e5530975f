//! Asking the service, with retries, inside a call's limits.

use std::time::Duration;

use crate::builder::Seams;
use crate::call::limits::Call;
use crate::client::Settings;
use crate::discovery::endpoint::TOKEN_PATH;
use crate::discovery::endpoint::below;
use crate::discovery::plan::{Target, elsewhere};
use crate::http::answer::{self, Asked, Failure};
use crate::http::retry::{Decision, Policy, Progress, Times, decide};
use crate::http::transport::{Broken, Request, Response, Session, TOKEN_BODY_LIMIT};
use crate::os::clock::BoxFuture;
use crate::{Error, Source};

/// The silence after which the presence probe leaves it to the request itself.
const PROBE_SILENCE: Duration = Duration::from_secs(2);
/// The probe's own time-out must not hide the connection's.
const PROBE_SLACK: Duration = Duration::from_millis(200);

/// What one try needs.
pub(crate) struct Try<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) seams: &'a Seams,
    pub(crate) session: &'a dyn Session,
    pub(crate) source: Source,
    pub(crate) api_version: &'a str,
}

impl Try<'_> {
    /// Sends, and turns "no answer" into an error.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, Failure> {
        self.session.send(request).await.map_err(|broken| answer::broken(self.source, broken))
    }

    /// The error for an answer that is no success.
    pub(crate) fn failure(&self, response: &Response, token: bool, key: Option<&crate::secret::Secret>) -> Failure {
        let asked = Asked { source: self.source, token, api_version: self.api_version, key };
        answer::classify(asked, response, self.seams.clock.wall())
    }
}

/// Something that can be asked for, once.
pub(crate) trait Operation: Sync {
    type Output: Send;

    /// The api-version to begin with.
    fn api_version(&self, source: Source) -> &str;

    /// One try: a request, or a handshake of two.
    fn attempt<'a>(&'a self, this: &'a Try<'a>) -> BoxFuture<'a, Result<Self::Output, Failure>>;
}

/// How often a call may ask.
#[derive(Clone, Copy)]
pub(crate) enum Effort {
    /// With the client's retries.
    Full,
    /// Once, for a refresh ahead of need.
    Once,
}

/// An error, and whether it was the call's own deadline or handle that ended it.
pub(crate) struct Ended {
    pub(crate) error: Error,
    pub(crate) cut_short: bool,
}

/// Runs the operation to its end: its output and how many tries it took.
pub(crate) async fn run<O: Operation>(
    settings: &Settings,
    seams: &Seams,
    call: &Call,
    effort: Effort,
    operation: &O,
) -> Result<(O::Output, u32), Ended> {
    let mut attempts = 0;
    match run_counted(settings, seams, call, effort, operation, &mut attempts).await {
        Ok(output) => Ok((output, attempts)),
        Err(mut ended) => {
            let details = ended.error.details_mut();
            details.attempts = attempts;
            details.elapsed = call.elapsed();
            Err(ended)
        }
    }
}

async fn run_counted<O: Operation>(
    settings: &Settings,
    seams: &Seams,
    call: &Call,
    effort: Effort,
    operation: &O,
    attempts: &mut u32,
) -> Result<O::Output, Ended> {
    let last = |error| Ended { error, cut_short: false };
    let cut_short = |error| Ended { error, cut_short: true };
    let source = match (&settings.plan.target, settings.plan.source()) {
        (Target::Elsewhere { host }, _) => return Err(last(elsewhere(host))),
        (_, Some(source)) => source,
        (_, None) => Source::Imds,
    };
    let session = seams.transport.session(&settings.transport).map_err(last)?;
    if settings.needs_probe() {
        call.limit(probe(settings, seams, &*session)).await.map_err(cut_short)?.map_err(last)?;
    }
    let policy = match effort {
        Effort::Full => Policy::full(source, settings.max_attempts),
        Effort::Once => Policy::single(source),
    };
    let mut progress = Progress::default();
    let mut api_version = operation.api_version(source);
    loop {
        let this = Try { settings, seams, session: &*session, source, api_version };
        let attempt = async {
            *attempts += 1;
            crate::event!(attempt = *attempts, api_version, "asking {source}");
            operation.attempt(&this).await
        };
        let failure = match call.limit(attempt).await.map_err(cut_short)? {
            Ok(output) => {
                // The best of answers, also where the probe met silence.
                settings.probe_succeeded();
                return Ok(output);
            }
            Err(failure) => failure,
        };
        let times = Times { now: seams.clock.now(), deadline: call.deadline() };
        let retry_after = failure.error.retry_after();
        match decide(&policy, &mut progress, failure.retry, retry_after, times, (seams.random)()) {
            Decision::Stop => return Err(last(failure.error)),
            Decision::StopAtDeadline => return Err(cut_short(failure.error)),
            Decision::Repeat(version) => api_version = version,
            Decision::Wait(wait) => {
                crate::event!(kind = failure.error.kind().name(), wait = wait.as_secs_f64(), "asking again");
                call.limit(seams.clock.sleep(wait)).await.map_err(cut_short)?;
            }
        }
    }
}

/// Whether anything is at IMDS's address, where it was only guessed. Asked without the `Metadata` header: the service
/// refuses that at once and throttles it less than a real request. Any answer is a yes, also a silent connection.
async fn probe(settings: &Settings, seams: &Seams, session: &dyn Session) -> Result<(), Error> {
    let Some(endpoint) = settings.plan.endpoint() else { return Ok(()) };
    let url = below(&endpoint.base, TOKEN_PATH);
    let request = Request { url: &url, metadata_header: false, key: None, address: None, body_limit: TOKEN_BODY_LIMIT };
    let silence = PROBE_SILENCE.max(settings.transport.connect_timeout.saturating_add(PROBE_SLACK));
    let answer = tokio::select! {
        biased;
        answer = session.send(request) => answer,
        () = seams.clock.sleep(silence) => return Ok(()),
    };
    if let Err(broken @ Broken::NotConnected(_)) = answer {
        return Err(answer::broken(Source::Imds, broken).error);
    }
    settings.probe_succeeded();
    Ok(())
}
