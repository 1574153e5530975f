//! Why the command ends without an answer, in a line, and the exit status.

use std::io;

use himds::{Error, Kind};
use himds_bridge::words;

use crate::printable::printable;

/// What a subcommand gives: its exit status, or why there is none of its own.
pub(crate) type Outcome = Result<i32, Failure>;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments cannot be understood.
    Usage(String),
    /// An error of the library.
    Himds(Error),
    /// stdout cannot be written to.
    Answer(io::Error),
    /// The file, named in the text, cannot be written.
    File(String, io::Error),
}

impl Failure {
    /// An argument that can be understood, but not used.
    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::new(Kind::InvalidArgument, message)
    }

    /// What went wrong, in one line.
    pub(crate) fn line(&self) -> String {
        match self {
            Failure::Usage(message) => printable(message),
            Failure::Himds(error) => format!("{}: {}", error.kind(), printable(error.message())),
            Failure::Answer(error) => format!("the answer cannot be written: {}", words(error)),
            Failure::File(file, error) => format!("cannot write {}: {}", printable(file), words(error)),
        }
    }

    /// The exit status; the table is in the help.
    pub(crate) fn status(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Answer(error) if error.kind() == io::ErrorKind::BrokenPipe => 141,
            Failure::Answer(_) | Failure::File(..) => 74,
            Failure::Himds(error) => match error.kind().number() {
                ..100 => 2,
                100..110 => 3,
                110..200 => 4,
                200..300 => 5,
                _ => 70,
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Himds(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Answer(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_exit_status() {
        for kind in Kind::ALL {
            let expected = match kind.name() {
                "invalid_argument" | "configuration" | "buffer_too_small" | "not_found" | "closed" => 2,
                "unavailable" | "timeout" | "cancelled" | "transport" => 3,
                "challenge_invalid" | "key_file_rejected" | "key_file_unreadable" | "key_refused" => 4,
                "internal" => 70,
                _ => 5,
            };
            assert_eq!(Failure::Himds(Error::new(*kind, "x")).status(), expected, "{kind}");
        }
    }
}
