//! Why the emulator does not start.

use std::path::Path;

/// Why the emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration says something impossible.
    #[error("{0}")]
    Invalid(String),
    /// The operating system refused something.
    #[error("{what}: {}", in_words(source))]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The crypto library refused something.
    #[error("cannot make the signing key or a certificate: {0}")]
    Crypto(String),
}

impl Error {
    /// Makes the error of something that the operating system refused, for `map_err`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// The same for a file or directory.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        Self::io(path.display().to_string())
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}

/// What the system said, without its number and without the name of a temporary file, which tell people nothing.
fn in_words(error: &std::io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}
