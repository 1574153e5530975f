//! `himds._native`: the extension module under the Python package `himds`.
//!
//! The classes that must be fast are made here (`Client`, `ManagedIdentityCredential`, `AccessToken`); exceptions,
//! the mapping over the metadata and `himds.aio` are Python, in `python/himds/`.

mod argument;
mod call;
mod client;
mod command;
mod config;
mod credential;
mod error;
mod identity;
mod interpreter;
mod made;
mod token;

use pyo3::prelude::*;

/// The compiled part of himds. Import `himds` instead.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::call::CancelHandle;
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::command::run_command;
    #[pymodule_export]
    use super::credential::ManagedIdentityCredential;
    #[pymodule_export]
    use super::token::{AccessToken, decode_claims};
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        interpreter::refuse_subinterpreters(module.py())?;
        call::silence_panics();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
