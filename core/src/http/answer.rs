//! Error responses and requests without an answer, turned into errors.

use std::time::Duration;

use url::Url;

use crate::http::meaning::{Asked, What, meaning};
use crate::http::prose::one_line;
use crate::http::recognise::{looks_like_imds, other_cloud};
use crate::http::retry::Retry;
use crate::http::transport::{Response, SendError};
use crate::http::words::ServerMessage;
use crate::os::cause::{Cause, may_not, no_socket};
use crate::os::commands::AGENT_STATUS;
use crate::{Error, Kind, Source};

/// A failed attempt: the error, and what it means for the next one.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) retry: Retry,
}

impl Failure {
    pub(crate) fn last(error: Error) -> Self {
        Failure { error, retry: Retry::Never }
    }
}

/// The error for an answer whose status is not 2xx, nor a challenge.
pub(crate) fn classify(asked: Asked<'_>, response: &Response, now: Duration) -> Failure {
    let message = ServerMessage::of(response, asked.key);
    if asked.source == Source::Imds {
        if let Some(cloud) = other_cloud(response) {
            return Failure::last(message.into_error(not_azure(cloud), response, now));
        }
        let says_so = || message.body.to_ascii_lowercase().contains("unreachable");
        if response.status == 403 && says_so() && !looks_like_imds(response) {
            return Failure::last(message.into_error(unreachable_imds(), response, now));
        }
    }
    let (kind, retry, hint) = meaning(asked, response.status, &message);
    let what = match (kind, asked.what) {
        (Kind::KeyRefused, _) => "the Arc agent refused the key from its own key file".to_owned(),
        (_, What::Token { .. }) => format!("the token request was answered with HTTP {}", response.status),
        (_, What::Metadata) => format!("the metadata request was answered with HTTP {}", response.status),
    };
    let said = message.said().map_or_else(String::new, |said| format!(": {said}"));
    let error = Error::new(kind, format!("{what}{}", one_line(&said))).with_hint(hint);
    Failure { error: message.into_error(error, response, now), retry }
}

pub(crate) fn not_azure(cloud: &str) -> Error {
    Error::new(Kind::NotAzure, format!("the metadata service of {cloud} answers here, not Azure's")).with_hint(
        "This machine has no Azure identity of its own. Connect it to Azure Arc, or use another credential here.",
    )
}

fn unreachable_imds() -> Error {
    Error::new(Kind::Unavailable, "a proxy of the container host says that 169.254.169.254 is unreachable")
        .with_hint("This is not an Azure VM (Docker Desktop gives this answer). Use another credential here.")
}

/// The error for a request without a complete answer.
pub(crate) fn unsent(source: Source, url: &Url, error: SendError) -> Failure {
    match error {
        SendError::NotConnected(why) if why.is_shortage() => Failure::last(no_socket(why)),
        SendError::NotConnected(why) if why.is_denied() || why.is_unreachable() && source == Source::Himds => {
            let port = url.port_or_known_default().unwrap_or_default();
            Failure::last(may_not(&format!("connect to {}:{port}", url.host_str().unwrap_or_default()), why))
        }
        SendError::NotConnected(why) => Failure { error: unavailable(source, &why), retry: Retry::Absent },
        SendError::Interrupted(why) => {
            let message = format!("the connection broke before the answer was complete: {}", why.text);
            let hint = "Try again. If it happens again, check what listens on that port.";
            let mut error = Error::new(Kind::Transport, message).with_hint(hint);
            error.details_mut().os_error = why.os_error;
            Failure { error, retry: Retry::Backoff }
        }
        SendError::Stranger(error) => Failure::last(*error),
        SendError::TooLarge(why) => Failure::last(
            Error::new(Kind::Transport, format!("the response is too large: {why}"))
                .with_hint("The service does not send such a response. Check what listens on that port."),
        ),
    }
}

fn unavailable(source: Source, why: &Cause) -> Error {
    let (message, hint) = match source {
        Source::Himds => (
            format!("the Arc agent does not answer: {}", why.text),
            format!(
                "Is the Connected Machine agent installed and its service running? Check with `{AGENT_STATUS}` and \
                 `azcmagent show`. In a container, the host's network is needed (`--network host`)."
            ),
        ),
        Source::Imds => (
            format!("no Azure VM metadata service answers here: {}", why.text),
            "On an Azure Arc-enabled server, set the source himds (or IDENTITY_ENDPOINT and IMDS_ENDPOINT). Elsewhere, use another credential. In a container, 169.254.169.254 must be routed."
                .to_owned(),
        ),
    };
    let mut error = Error::new(Kind::Unavailable, message).with_hint(hint);
    error.details_mut().os_error = why.os_error;
    error
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
