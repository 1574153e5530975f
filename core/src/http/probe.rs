//! A guess stays a guess until something that looks like IMDS has answered.
//!
//! If nothing on the machine says which service it has, IMDS is assumed, and the address that it shares with other
//! clouds, portals and proxies is asked with care: one cheap probe first, and all of it within [`LIMIT`], so that a chain
//! of credentials goes on quickly on a laptop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use crate::http::answer;
use crate::http::prose::one_line;
use crate::http::recognise::{looks_like_imds, other_cloud};
use crate::http::seams::Seams;
use crate::http::transport::{Request, Response, SendError, Session, TOKEN_BODY_LIMIT};
use crate::http::words::ServerMessage;
use crate::{Error, Kind, Source};

/// What a call may take while IMDS is only a guess: a lost SYN is repeated after 1 s, and a real IMDS answers the probe
/// in milliseconds.
pub(crate) const LIMIT: Duration = Duration::from_millis(2400);
/// The silence after which the probe leaves it to the request itself.
const SILENCE: Duration = Duration::from_secs(2);

/// What is known of the service's presence.
pub(crate) struct Probe {
    /// Where to ask; `None` if the choice of the service is certain.
    url: Option<Url>,
    /// Something answered: it is not probed again.
    answered: AtomicBool,
    /// It looked like IMDS: the choice is certain from then on.
    confirmed: AtomicBool,
}

impl Probe {
    pub(crate) fn new(url: Option<Url>) -> Self {
        Probe { url, answered: AtomicBool::new(false), confirmed: AtomicBool::new(false) }
    }

    /// Whether nothing that looks like IMDS has answered yet.
    pub(crate) fn is_open(&self) -> bool {
        self.url.is_some() && !self.confirmed.load(Ordering::Relaxed)
    }

    /// Whether nothing has answered yet.
    pub(crate) fn is_needed(&self) -> bool {
        self.is_open() && !self.answered.load(Ordering::Relaxed)
    }

    /// Takes note of an answer, which is kept for the client's life.
    pub(crate) fn saw(&self, response: &Response) {
        if self.is_open() {
            self.answered.store(true, Ordering::Relaxed);
            // Never back to a guess: another thread's answer may have come between.
            self.confirmed.fetch_or(looks_like_imds(response), Ordering::Relaxed);
        }
    }

    /// Asks without the `Metadata` header: the service refuses that at once and throttles it less than a real request.
    /// Any answer counts as present, and so does a connection that stays silent.
    pub(crate) async fn run(&self, seams: &Seams, session: &dyn Session) -> Result<(), Error> {
        let Some(url) = &self.url else { return Ok(()) };
        let request = Request { url, metadata_header: false, key: None, address: None, body_limit: TOKEN_BODY_LIMIT };
        let answer = tokio::select! {
            biased;
            answer = session.send(request) => answer,
            () = seams.clock.sleep(SILENCE) => return Ok(()),
        };
        match answer {
            Ok(response) => self.saw(&response),
            Err(error @ SendError::NotConnected(_)) => return Err(answer::unsent(Source::Imds, url, error).error),
            Err(_) => {}
        }
        Ok(())
    }
}

/// The error if the guess was not confirmed. `response` is what came instead, `why` what went wrong without one.
pub(crate) fn unconfirmed(response: Option<&Response>, why: Option<Error>, now: Duration) -> Error {
    let hint = "This machine shows no sign of Azure. On an Azure VM, set the source imds; on an Azure Arc-enabled server, set the source himds; elsewhere, use another credential.";
    let unavailable = |what: String| Error::new(Kind::Unavailable, what).with_hint(hint);
    match (response, why) {
        (_, Some(error)) if matches!(error.kind(), Kind::Unavailable | Kind::NotAzure) => error,
        (Some(response), _) => {
            let message = ServerMessage::of(response, None);
            let error = other_cloud(response).map_or_else(
                || {
                    let said = message.said().map_or_else(String::new, |said| format!(": {said}"));
                    let status = response.status;
                    unavailable(format!(
                        "what answers at IMDS's address does not look like Azure's metadata service: HTTP {status}{}",
                        one_line(&said)
                    ))
                },
                answer::not_azure,
            );
            message.into_error(error, response, now)
        }
        (None, Some(why)) => {
            let mut error =
                unavailable(format!("nothing that looks like Azure's IMDS answers here: {}", why.message()));
            error.details_mut().os_error = why.os_error();
            error
        }
        (None, None) => unavailable("nothing that looks like Azure's IMDS answers here".to_owned()),
    }
}
