//! What an error of the core is to the client.

use himds::{Error, Kind, Source};

use super::refusal::Refusal;

/// Seconds after which an agent that restarts may be back.
const AGENT_RETRY: u64 = 5;

/// Maps an error to an answer: 403 and 400 for what somebody must change, 503 for what passes by itself, 429 for the
/// service's own limit. `source` is the service that the core asks, where it knows one.
pub(crate) fn refusal(error: &Error, source: Option<Source>) -> Refusal {
    let description = description(error);
    let passes = |retry: Option<u64>| Refusal {
        retry_after: retry,
        ..Refusal::new(503, "temporarily_unavailable", description.clone())
    };
    let asked = error.retry_after().map(|wait| wait.as_secs().max(1));
    match error.kind() {
        // The agent's program is here, so its service starts or restarts. Without one, nobody will ever answer.
        Kind::Unavailable if source == Some(Source::Himds) => passes(Some(AGENT_RETRY)),
        Kind::Timeout | Kind::Transport | Kind::Cancelled => passes(Some(AGENT_RETRY)),
        Kind::Throttled => {
            Refusal { retry_after: asked.or(Some(1)), ..Refusal::new(429, "too_many_requests", description) }
        }
        Kind::Service if error.http_status().is_some_and(|status| status >= 500) => passes(asked),
        Kind::Service if error.http_status() == Some(400) => Refusal::bad_request(description),
        Kind::InvalidArgument | Kind::NotFound => Refusal::bad_request(description),
        Kind::IdentityNotFound => Refusal::bad_request(format!("Identity not found. {description}")),
        Kind::IdentityMismatch => Refusal::bad_request(description),
        Kind::Internal => Refusal::new(500, "server_error", description),
        _ => Refusal::forbidden(description),
    }
}

/// The core's message, which holds no secret.
fn description(error: &Error) -> String {
    format!("{}. Run `himds diagnose` on this machine to see why.", error.message().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_must_change_is_403_or_400() {
        for kind in Kind::ALL {
            let answer = refusal(&Error::new(*kind, "network is Unreachable"), Some(Source::Himds));
            let expected = match kind {
                Kind::Unavailable | Kind::Timeout | Kind::Transport | Kind::Cancelled => 503,
                Kind::Throttled => 429,
                Kind::InvalidArgument | Kind::NotFound | Kind::IdentityNotFound | Kind::IdentityMismatch => 400,
                Kind::Internal => 500,
                _ => 403,
            };
            assert_eq!(answer.status, expected, "{kind}");
            assert_eq!(matches!(expected, 429 | 503), answer.retry_after.is_some(), "{kind}");
            assert!(!answer.description.contains("nreachable"), "{}", answer.description);
            assert!(answer.description.contains("himds diagnose"), "{}", answer.description);
        }
    }

    #[test]
    fn without_an_agent_nothing_will_pass() {
        let error = Error::new(Kind::Unavailable, "connection refused");
        assert_eq!(refusal(&error, None).status, 403);
        assert_eq!(refusal(&error, Some(Source::Imds)).status, 403);
    }
}
