//! From the core's error to the Python exception.

use himds::{Error, Kind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Why a call ended without a value: what Python raised meanwhile, or an error of the core.
pub(crate) enum Failure {
    Python(PyErr),
    Himds(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Himds(error)
    }
}

/// What raises: a credential's errors must also be azure-core's, if that is in use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raiser {
    Client,
    Credential { has_selector: bool },
}

impl Raiser {
    /// The exception for `failure`.
    pub(crate) fn raise(self, py: Python<'_>, failure: impl Into<Failure>) -> PyErr {
        match failure.into() {
            Failure::Python(error) => error,
            Failure::Himds(error) => self.exception(py, &error).unwrap_or_else(|failed| failed),
        }
    }

    fn exception(self, py: Python<'_>, error: &Error) -> PyResult<PyErr> {
        // Looked up each time: a test may have imported the package again, and catches what that one raises.
        let from_native = py.import("himds._errors")?.getattr("from_native")?;
        let attributes = PyDict::new(py);
        attributes.set_item("kind", error.kind().name())?;
        attributes.set_item("status", error.kind().number())?;
        attributes.set_item("message", error.message())?;
        attributes.set_item("hint", error.hint())?;
        attributes.set_item("http_status", error.http_status())?;
        attributes.set_item("error", error.error())?;
        attributes.set_item("error_description", error.error_description())?;
        attributes.set_item("correlation_id", error.correlation_id())?;
        attributes.set_item("body", error.body())?;
        attributes.set_item("attempts", error.attempts())?;
        attributes.set_item("elapsed", error.elapsed().as_secs_f64())?;
        attributes.set_item("retry_after", error.retry_after().map(|wait| wait.as_secs_f64()))?;
        attributes.set_item("os_error", error.os_error())?;
        attributes.set_item("file", error.file().map(|path| path.as_os_str()))?;
        let azure = match self {
            Raiser::Client => None,
            Raiser::Credential { has_selector } => Some(moves_a_chain_on(error.kind(), has_selector)),
        };
        Ok(PyErr::from_value(from_native.call1((attributes, azure))?))
    }
}

/// Whether a chain of credentials shall try the next one: there is no managed identity here, or the machine has none.
/// If an identity that was named is not there, that is a mistake which must not stay hidden.
fn moves_a_chain_on(kind: Kind, has_selector: bool) -> bool {
    match kind {
        Kind::Unavailable | Kind::NotAzure => true,
        Kind::IdentityNotFound => !has_selector,
        _ => false,
    }
}
