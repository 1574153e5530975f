//! Arguments as they come from Python, and what they mean to the core.

use std::path::PathBuf;
use std::time::Duration;

use himds::{Error, Kind};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A number of seconds, as yet unchecked.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) f64);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // A whole number that no float can hold is as unusable as infinity.
        Ok(Seconds(or_on_overflow(value, f64::INFINITY)?))
    }
}

impl Seconds {
    /// Finite and over 0, otherwise *invalid_argument*.
    pub(crate) fn duration(self, name: &str) -> Result<Duration, Error> {
        let usable = Duration::try_from_secs_f64(self.0).ok().filter(|duration| !duration.is_zero());
        usable.ok_or_else(|| self.unusable(name, "over 0"))
    }

    /// Finite, 0 or more, otherwise *invalid_argument*.
    pub(crate) fn duration_or_zero(self, name: &str) -> Result<Duration, Error> {
        Duration::try_from_secs_f64(self.0).map_err(|_| self.unusable(name, "from 0 on"))
    }

    fn unusable(self, name: &str, range: &str) -> Error {
        Error::new(Kind::InvalidArgument, format!("{name} must be a number of seconds {range}, not {}", self.0))
            .with_hint("Give a finite number of seconds, for example 30 or 0.5.")
    }
}

/// How many tries a call has, as yet unchecked; 0 stands for anything out of range.
#[derive(Clone, Copy)]
pub(crate) struct Attempts(pub(crate) u32);

impl<'py> FromPyObject<'_, 'py> for Attempts {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Attempts(or_on_overflow(value, 0)?))
    }
}

impl Attempts {
    /// At least 1, otherwise *invalid_argument*.
    pub(crate) fn number(self, name: &str) -> Result<u32, Error> {
        if self.0 == 0 {
            return Err(Error::new(Kind::InvalidArgument, format!("{name} must be from 1 to {}", u32::MAX))
                .with_hint("Give a whole number, 1 for a single try."));
        }
        Ok(self.0)
    }
}

/// A path as `open` takes it: `str`, `bytes` or `os.PathLike`.
pub(crate) struct Directory(pub(crate) PathBuf);

impl<'py> FromPyObject<'_, 'py> for Directory {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let path = value.py().import("os")?.call_method1("fsdecode", (value,))?;
        Ok(Directory(path.extract()?))
    }
}

fn or_on_overflow<'py, T>(value: Borrowed<'_, 'py, PyAny>, unusable: T) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    value.extract().or_else(|error: PyErr| match error.is_instance_of::<PyOverflowError>(value.py()) {
        true => Ok(unusable),
        false => Err(error),
    })
}

/// A TypeError that names the argument. Cold, to stay out of the way of the calls that have nothing to complain about.
#[cold]
pub(crate) fn must_be_str(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let kind = value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be str, not {kind}"))
}

/// A `str` as UTF-8. One with lone surrogates (undecodable bytes of the command line, say) has none.
pub(crate) fn text(name: &str, value: &Bound<'_, PyString>) -> Result<String, Error> {
    match value.to_cow() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Error::new(Kind::InvalidArgument, format!("{name} is not valid Unicode text"))
            .with_hint("The text has lone surrogates: it was decoded from bytes that are not UTF-8.")),
    }
}

/// The same for an optional argument.
pub(crate) fn optional_text(name: &str, value: Option<&Bound<'_, PyString>>) -> Result<Option<String>, Error> {
    value.map(|value| text(name, value)).transpose()
}
