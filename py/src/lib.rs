//! `himds._native`: the extension module under the Python package `himds`.
//!
//! The classes that must be fast are here (`Client`, `ManagedIdentityCredential`, `AccessToken`), and what is a view of
//! the core's (`Document`). Exceptions, the mapping over the metadata and `himds.aio` are Python, in `python/himds/`.

mod argument;
mod azure;
mod blocking;
mod built_once;
mod cancel;
mod client;
mod command;
mod config;
mod credential;
mod document;
mod error;
mod identity;
mod interpreter;
mod pickling;
mod request;
mod token;
mod token_objects;

use pyo3::prelude::*;

/// The compiled part of himds. Import `himds` instead.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::cancel::CancelHandle;
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::command::{needs_process_of_its_own, run_command};
    #[pymodule_export]
    use super::credential::ManagedIdentityCredential;
    #[pymodule_export]
    use super::document::Document;
    #[pymodule_export]
    use super::token::{AccessToken, decode_claims};
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        interpreter::refuse_subinterpreters(module.py())?;
        blocking::silence_panics();
        azure::remember_modules(module.py())?;
        credential::claims_name(module.py());
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
