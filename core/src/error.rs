//! The one error type: kind, message, hint and what the server said.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Kind;

/// Why a call failed, and what to do about it.
///
/// Neither [`Display`](fmt::Display) nor [`Debug`](fmt::Debug) nor any attribute ever shows a token or a key: the
/// server's words are redacted when the error is made.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: Kind,
    message: String,
    details: Details,
}

/// The optional attributes of an [`Error`]; crate code fills in what it knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) hint: Option<String>,
    pub(crate) http_status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) error_description: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) os_error: Option<i32>,
    pub(crate) file: Option<PathBuf>,
}

impl Error {
    /// An error without further attributes. Bindings use it for their own argument checks.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), details: Details::default() }))
    }

    /// The same error with this hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.details.hint = Some(hint.into());
        self
    }

    pub(crate) fn details_mut(&mut self) -> &mut Details {
        &mut self.0.details
    }

    /// The numbered kind.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What happened, in one sentence without a trailing line break.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.details.hint.as_deref()
    }

    /// The HTTP status of the last answer.
    pub fn http_status(&self) -> Option<u16> {
        self.0.details.http_status
    }

    /// The server's `error` member (or `code`), its secrets redacted.
    pub fn error(&self) -> Option<&str> {
        self.0.details.error.as_deref()
    }

    /// The server's `error_description` (or `message`), its secrets redacted.
    pub fn error_description(&self) -> Option<&str> {
        self.0.details.error_description.as_deref()
    }

    /// The server's correlation id, to quote in a support request.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.details.correlation_id.as_deref()
    }

    /// The body of the last answer, invalid UTF-8 replaced and secrets redacted.
    pub fn body(&self) -> Option<&str> {
        self.0.details.body.as_deref()
    }

    /// How many attempts were made; a handshake of two requests is one. 0 if no request was made.
    pub fn attempts(&self) -> u32 {
        self.0.details.attempts
    }

    /// The time that the call took.
    pub fn elapsed(&self) -> Duration {
        self.0.details.elapsed
    }

    /// How long the server asked to wait before the next try (its `Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.details.retry_after
    }

    /// The operating system's error number, if one was the cause: a key file that cannot be
    /// opened, a connection that was refused or broke.
    pub fn os_error(&self) -> Option<i32> {
        self.0.details.os_error
    }

    /// The file that the error is about (the key file or its directory).
    pub fn file(&self) -> Option<&Path> {
        self.0.details.file.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0.details;
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &details.hint)
            .field("http_status", &details.http_status)
            .field("error", &details.error)
            .field("error_description", &details.error_description)
            .field("attempts", &details.attempts)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}
