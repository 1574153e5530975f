//! The numbered kinds of error, the same in every language.

use std::fmt;

/// What went wrong. The numbers are part of the contract of every binding: they are grouped by layer and never reused.
///
/// Calls retry by themselves inside their deadline. Whether it is worth calling again after that:
///
/// | kinds | worth another call |
/// |---|---|
/// | 1 to 5 | no: the program has to change |
/// | `timeout`, `transport`, `throttled` | yes, after a pause; after [`retry_after`](crate::Error::retry_after) if it is set |
/// | `unavailable` | yes while the machine starts or the agent restarts; if it persists, this machine has no managed identity |
/// | `cancelled` | if you want to |
/// | `challenge_invalid`, `key_file_rejected`, `not_azure` | no: something other than the agent is answering |
/// | `key_file_unreadable` | once if [`os_error`](crate::Error::os_error) is ENOENT: the agent may have replaced its key; otherwise no: this process lacks a right, as the hint says |
/// | `key_refused` | once: the agent may have replaced its key |
/// | `service` | yes if [`http_status`](crate::Error::http_status) is 408, 500, 502, 503 or 504, or from IMDS 410, or 404 for a token |
/// | `identity_not_found` | after minutes, if the identity was assigned just now |
/// | `identity_mismatch`, `response_invalid`, `internal` | no |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Kind {
    /// An argument is unusable: empty or over-long resource, control characters, a value out of range.
    InvalidArgument = 1,
    /// An option or the environment names a bad or forbidden endpoint, or options contradict each other.
    Configuration = 2,
    /// The caller's buffer is too small (C only).
    BufferTooSmall = 3,
    /// A JSON pointer that leads nowhere.
    NotFound = 4,
    /// The object was closed before this call.
    Closed = 5,
    /// There is no managed-identity endpoint here, or nothing is listening there.
    Unavailable = 100,
    /// The deadline passed without an answer.
    Timeout = 101,
    /// The call was cancelled through its [`CancelHandle`](crate::CancelHandle).
    Cancelled = 102,
    /// The connection broke before the answer was complete, or the answer was too large.
    Transport = 103,
    /// No challenge, a malformed or an ambiguous one, or a token without any challenge.
    ChallengeInvalid = 110,
    /// The key file breaks a rule on its path, type, size, mode or content.
    KeyFileRejected = 111,
    /// The key file or its directory is missing, or this process may not read it.
    KeyFileUnreadable = 112,
    /// The agent answered 401 again after it was sent the key.
    KeyRefused = 113,
    /// Any other HTTP error.
    Service = 200,
    /// The requested identity is not assigned to this machine.
    IdentityNotFound = 201,
    /// The answer does not confirm the requested identity.
    IdentityMismatch = 202,
    /// The service answered 429 to the end.
    Throttled = 203,
    /// A complete answer of status 2xx that cannot be used.
    ResponseInvalid = 204,
    /// Another cloud's metadata service answers at this address.
    NotAzure = 205,
    /// A bug in this library, caught.
    Internal = 900,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: &[Kind] = &[
        Kind::InvalidArgument,
        Kind::Configuration,
        Kind::BufferTooSmall,
        Kind::NotFound,
        Kind::Closed,
        Kind::Unavailable,
        Kind::Timeout,
        Kind::Cancelled,
        Kind::Transport,
        Kind::ChallengeInvalid,
        Kind::KeyFileRejected,
        Kind::KeyFileUnreadable,
        Kind::KeyRefused,
        Kind::Service,
        Kind::IdentityNotFound,
        Kind::IdentityMismatch,
        Kind::Throttled,
        Kind::ResponseInvalid,
        Kind::NotAzure,
        Kind::Internal,
    ];

    /// The number that C, Python's `status` and the tables of the documentation use.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The name in snake case, for example `key_file_unreadable`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::InvalidArgument => "invalid_argument",
            Kind::Configuration => "configuration",
            Kind::BufferTooSmall => "buffer_too_small",
            Kind::NotFound => "not_found",
            Kind::Closed => "closed",
            Kind::Unavailable => "unavailable",
            Kind::Timeout => "timeout",
            Kind::Cancelled => "cancelled",
            Kind::Transport => "transport",
            Kind::ChallengeInvalid => "challenge_invalid",
            Kind::KeyFileRejected => "key_file_rejected",
            Kind::KeyFileUnreadable => "key_file_unreadable",
            Kind::KeyRefused => "key_refused",
            Kind::Service => "service",
            Kind::IdentityNotFound => "identity_not_found",
            Kind::IdentityMismatch => "identity_mismatch",
            Kind::Throttled => "throttled",
            Kind::ResponseInvalid => "response_invalid",
            Kind::NotAzure => "not_azure",
            Kind::Internal => "internal",
        }
    }

    /// The kind that has this number.
    pub fn from_number(number: i32) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
