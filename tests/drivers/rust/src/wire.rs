//! The line protocol: words separated by tabs, percent-encoded names and values.

use std::fmt;
use std::time::Duration;

use himds::{Error, Kind};
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

    /// A field; what is not UTF-8 cannot even be said in Rust, so it is refused here.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let Some((_, value)) = self.fields.iter().find(|(field, _)| field == name) else { return Ok(None) };
        String::from_utf8(value.clone()).map(Some).map_err(|_| invalid(name))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, value)| field == name && value == b"1")
    }

    /// A duration in decimal seconds; what no `Duration` can hold is refused here.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, Error> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let seconds: f64 = text.parse().map_err(|_| invalid(name))?;
        Duration::try_from_secs_f64(seconds).map(Some).map_err(|_| invalid(name))
    }

    pub(crate) fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let names = self.fields.iter().filter_map(|(name, _)| Some((name, name.strip_prefix("env.")?)));
        names.map(|(field, name)| Ok((name.to_owned(), self.text(field)?.unwrap_or_default()))).collect()
    }
}

pub(crate) fn invalid(name: &str) -> Error {
    Error::new(Kind::InvalidArgument, format!("{name} cannot be expressed in Rust")).with_hint("Give another value.")
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

    pub(crate) fn unsupported() -> Self {
        Answer("unsupported".to_owned())
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
