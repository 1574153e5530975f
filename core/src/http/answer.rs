//! What an answer that is no success means.

use std::time::Duration;

use crate::http::retry::Retry;
use crate::http::transport::{Response, SendError};
use crate::http::words::{ServerMessage, one_line};
use crate::os::cause::{Cause, no_socket};
use crate::os::commands::{AGENT_LOG, AGENT_RESTART, AGENT_STATUS};
use crate::secret::Secret;
use crate::{Error, Kind, Source};

/// A failed try: the error, and what it means for the next one.
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

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) source: Source,
    pub(crate) is_token: bool,
    pub(crate) api_version: &'a str,
    /// The key that was sent along: a server may repeat it.
    pub(crate) key: Option<&'a Secret>,
}

/// The api-versions of HIMDS that this library can speak, newest first.
pub(crate) const HIMDS_API_VERSIONS: [&str; 3] = ["2020-06-01", "2019-11-01", "2019-08-15"];

/// The error for an answer whose status is not 2xx, nor a challenge.
pub(crate) fn classify(asked: Asked<'_>, response: &Response, now: Duration) -> Failure {
    let words = ServerMessage::of(response, asked.key);
    if asked.source == Source::Imds {
        if let Some(cloud) = other_cloud(response, &words.body) {
            return Failure::last(words.into_error(not_azure(cloud), response, now));
        }
        if response.status == 403 && words.body.to_ascii_lowercase().contains("unreachable") {
            return Failure::last(words.into_error(unreachable_imds(), response, now));
        }
    }
    let (kind, retry, hint) = meaning(asked, response, &words);
    let what = if asked.is_token { "token" } else { "metadata" };
    let said = match (&words.error, &words.error_description) {
        (Some(error), Some(description)) => format!(": {error}: {description}"),
        (Some(one), None) | (None, Some(one)) => format!(": {one}"),
        (None, None) => String::new(),
    };
    let message = match kind {
        Kind::KeyRefused => "the Arc agent refused the key from its own key file".to_owned(),
        _ => format!("the {what} request was answered with HTTP {}{}", response.status, one_line(&said)),
    };
    let error = words.into_error(Error::new(kind, message).with_hint(hint), response, now);
    Failure { error, retry }
}

fn meaning(asked: Asked<'_>, response: &Response, words: &ServerMessage) -> (Kind, Retry, String) {
    let himds = asked.source == Source::Himds;
    let service = |retry, hint: &str| (Kind::Service, retry, hint.to_owned());
    match response.status {
        _ if asked.is_token && is_identity_not_found(response.status, words) => {
            let hint = if himds {
                "Assign this identity to the machine in Azure, and look at the agent's version (user-assigned \
                 identities need 1.66): `azcmagent show`."
            } else {
                "Assign this identity to the virtual machine (`az vm identity assign`), or ask for another one; a \
                 newly assigned identity takes a few minutes to appear."
            };
            (Kind::IdentityNotFound, Retry::Never, hint.to_owned())
        }
        400 if himds => match other_api_version(asked.api_version, words) {
            Some(version) => service(Retry::ApiVersion(version), "Update the Connected Machine agent."),
            None => service(Retry::Never, "Look at the resource: is it the one that the service documents?"),
        },
        400 => service(Retry::Never, "Look at the resource: is it the one that the service documents?"),
        401 if himds && asked.key.is_some() => (
            Kind::KeyRefused,
            Retry::Never,
            format!("Try again. If it stays, restart the agent (`{AGENT_RESTART}`) and look at {AGENT_LOG}."),
        ),
        404 if !himds && asked.is_token => {
            service(Retry::Backoff, "The metadata service is being updated. Try again in a minute.")
        }
        404 => service(Retry::Never, "This service does not know that path. Look at its letter case and api-version."),
        410 if !himds => service(Retry::Gone, "The metadata service is being updated; it is ready again within 70 s."),
        429 => (
            Kind::Throttled,
            Retry::Backoff,
            "Too many requests were made on this machine. Keep one client for the whole program: it caches the token."
                .to_owned(),
        ),
        408 | 500 | 502..=504 => service(
            Retry::Backoff,
            if himds {
                "Try again later. If it stays, look at the agent with `azcmagent show` and /var/opt/azcmagent/log/himds.log."
            } else {
                "Try again later. If it stays, look at the virtual machine's health in Azure."
            },
        ),
        300..=399 => {
            service(Retry::Never, "A redirect is never followed. Something else than the service is answering.")
        }
        _ => service(Retry::Never, "The server's words are in the error's description and body."),
    }
}

fn is_identity_not_found(status: u16, words: &ServerMessage) -> bool {
    let error = words.error.as_deref().unwrap_or_default();
    let description = words.error_description.as_deref().unwrap_or_default().to_ascii_lowercase();
    match status {
        404 => error.eq_ignore_ascii_case("identity_not_found"),
        400 => {
            error.eq_ignore_ascii_case("identity_not_found")
                || error.eq_ignore_ascii_case("invalid_request")
                    && description.contains("identity")
                    && description.contains("not found")
        }
        _ => false,
    }
}

/// The newest api-version that we speak, that the answer names and that was not the one refused.
fn other_api_version(refused: &str, words: &ServerMessage) -> Option<&'static str> {
    let text = &words.body;
    let names_versions =
        ["api-version", "api version", "apiversion"].iter().any(|name| text.to_ascii_lowercase().contains(name));
    HIMDS_API_VERSIONS.into_iter().find(|version| names_versions && *version != refused && text.contains(version))
}

/// Whose metadata service answers at the address that clouds share.
fn other_cloud(response: &Response, body: &str) -> Option<&'static str> {
    if response.header("metadata-flavor").is_some_and(|flavor| flavor.eq_ignore_ascii_case("google")) {
        return Some("Google Cloud");
    }
    if response.header("server").is_some_and(|server| server.eq_ignore_ascii_case("EC2ws")) {
        return Some("Amazon EC2");
    }
    // OpenStack's is a Python web service whose errors have always had this text.
    if response.status == 404 && body.contains("<h1>404 Not Found</h1>") && body.contains("could not be found") {
        return Some("OpenStack");
    }
    (response.status == 401).then_some("another cloud")
}

pub(crate) fn not_azure(cloud: &str) -> Error {
    Error::new(Kind::NotAzure, format!("the metadata service of {cloud} answers here, not Azure's")).with_hint(
        "This machine has no Azure identity of its own. Connect it to Azure Arc, or use another credential here.",
    )
}

fn unreachable_imds() -> Error {
    Error::new(Kind::Unavailable, "a proxy of the container host says that 169.254.169.254 is unreachable")
        .with_hint("This is no Azure VM (Docker Desktop answers so). Use another credential here.")
}

/// The error for a request without a complete answer.
pub(crate) fn unsent(source: Source, error: SendError) -> Failure {
    match error {
        SendError::NotConnected(why) if why.is_out_of_descriptors() => Failure::last(no_socket(why)),
        SendError::NotConnected(why) => Failure::last(unavailable(source, &why)),
        SendError::Interrupted(why) => {
            let message = format!("the connection broke before the answer was complete: {}", why.text);
            let hint = "Try again. If it stays, look at what listens on that port.";
            let mut error = Error::new(Kind::Transport, message).with_hint(hint);
            error.details_mut().os_error = why.os_error;
            Failure { error, retry: Retry::Backoff }
        }
        SendError::TooLarge(why) => Failure::last(
            Error::new(Kind::Transport, format!("the answer is over the bounds: {why}"))
                .with_hint("Such an answer is not the service's. Look at what listens on that port."),
        ),
    }
}

fn unavailable(source: Source, why: &Cause) -> Error {
    let (message, hint) = match source {
        Source::Himds => (
            format!("the Arc agent does not answer: {}", why.text),
            format!(
                "Is the Connected Machine agent installed and its service running? Look with `{AGENT_STATUS}` and \
                 `azcmagent show`. In a container, the host's network is needed (`--network host`)."
            ),
        ),
        Source::Imds => (
            format!("there is no metadata service of an Azure VM here: {}", why.text),
            "On an Azure Arc-enabled server, say so with the source himds (or set IDENTITY_ENDPOINT and \
             IMDS_ENDPOINT). Elsewhere, use another credential. In a container, 169.254.169.254 must be routed."
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
