//! The line protocol: words separated by tabs, percent-encoded names and values.

use std::fmt;
use std::time::Duration;

use himds::Error;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// One line that was read.
pub(crate) struct Request {
    pub(crate) operation: String,
    fields: Vec<(String, Vec<u8>)>,
}

impl Request {
    pub(crate) fn parse(line: &[u8]) -> Self {
        let mut words = line.trim_ascii_end().split(|byte| *byte == b'\t');
        let operation = String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
        let field = |word: &[u8]| {
            let (name, value) = word.split_at(word.iter().position(|byte| *byte == b'=').unwrap_or(word.len()));
            let name = String::from_utf8_lossy(&percent_decode(name).collect::<Vec<_>>()).into_owned();
            (name, percent_decode(value.get(1..).unwrap_or_default()).collect())
        };
        Request { operation, fields: words.map(field).collect() }
    }

    /// A field as text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Stop> {
        let Some((_, value)) = self.fields.iter().find(|(field, _)| field == name) else { return Ok(None) };
        String::from_utf8(value.clone()).map(Some).map_err(|_| Stop::not_in_rust(name))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, value)| field == name && value == b"1")
    }

    /// A duration in decimal seconds.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, Stop> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let seconds: f64 = text.parse().map_err(|_| Stop::not_in_rust(name))?;
        Duration::try_from_secs_f64(seconds).map(Some).map_err(|_| Stop::not_in_rust(name))
    }

    pub(crate) fn environment(&self) -> Result<Vec<(String, String)>, Stop> {
        let names = self.fields.iter().filter_map(|(name, _)| Some((name, name.strip_prefix("env.")?)));
        names.map(|(field, name)| Ok((name.to_owned(), self.text(field)?.unwrap_or_default()))).collect()
    }
}

/// Why a request has no answer of its own.
pub(crate) enum Stop {
    Error(Error),
    /// The operation or a value of it does not exist in Rust.
    Unsupported(String),
}

impl Stop {
    pub(crate) fn not_in_rust(name: &str) -> Self {
        Stop::Unsupported(format!("no value of Rust's can be this {name}"))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

/// One line to be written.
pub(crate) struct Answer(String);

impl Answer {
    pub(crate) fn ok() -> Self {
        Answer("ok".to_owned())
    }

    pub(crate) fn error() -> Self {
        Answer("error".to_owned())
    }

    pub(crate) fn unsupported(why: &str) -> Self {
        Answer("unsupported".to_owned()).with("message", why)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0 += &format!("\t{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        self
    }

    pub(crate) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
