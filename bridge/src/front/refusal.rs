//! Why a request is not answered.

use std::fmt;

/// A refusal, in the service's own shape: `{"error": ..., "error_description": ...}`.
///
/// 403 and 400 are for what somebody must change. Old clients repeat a request for minutes after a 404, 410, 429 or 5xx,
/// so those are kept for what the service itself would answer so, and for what passes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The `error` member.
    pub error: &'static str,
    /// The `error_description` member. Never holds a token or a key.
    pub description: String,
    /// Seconds for a `Retry-After` header.
    pub retry_after: Option<u64>,
    /// Whether the connection ends after it, because the rest of its bytes cannot be trusted.
    pub close: bool,
}

impl Refusal {
    /// A request that is malformed or breaks a rule.
    pub fn bad_request(description: impl Into<String>) -> Self {
        Refusal::new(400, "invalid_request", description)
    }

    /// A request that somebody must allow first.
    pub fn forbidden(description: impl Into<String>) -> Self {
        Refusal::new(403, "access_denied", description)
    }

    /// A path that is not served.
    pub fn not_found() -> Self {
        Refusal::new(404, "not_found", "Not found")
    }

    pub(crate) fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Refusal { status, error, description: plain(description.into()), retry_after: None, close: false }
    }

    /// The same, and the connection ends.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }
}

/// "Unreachable" in a 403 means to some clients that no service is here at all. The name of a unit may hold it, too.
fn plain(mut text: String) -> String {
    const WORD: &str = "unreachable";
    while let Some(at) = text.to_ascii_lowercase().find(WORD) {
        text.replace_range(at..at + WORD.len(), "not reached");
    }
    text
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_refusal_says_that_no_service_is_here() {
        let refusal = Refusal::forbidden("No rule is for uid 5, unit Unreachable.service: unreachable.");
        assert_eq!(refusal.description, "No rule is for uid 5, unit not reached.service: not reached.");
    }
}
