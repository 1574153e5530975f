//! The identity that a credential's keywords name. One that is not understood is an error: ignoring it would mean
//! taking the machine's own identity instead.

use himds::{Error, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use crate::argument::{must_be_str, text};
use crate::error::Failure;

/// The members of `identity_config`, with the names that IMDS itself has for the resource id, and what each is here.
const MEMBERS: [(&str, &str); 5] = [
    ("client_id", "client_id"),
    ("object_id", "object_id"),
    ("resource_id", "resource_id"),
    ("msi_res_id", "resource_id"),
    ("mi_res_id", "resource_id"),
];

/// What is in the name of a keyword that may mean an identity.
const SIGNS: [&str; 8] =
    ["client_id", "clientid", "object", "principal", "resource_id", "resourceid", "res_id", "identity"];

/// The identity named by the keywords and `identity_config` together, as one of our keywords and its value; None for
/// the machine's own.
pub(crate) fn identity<'py>(
    keywords: [(&'static str, Option<&Bound<'py, PyString>>); 3],
    config: Option<&Bound<'py, PyAny>>,
    unknown: Option<&Bound<'py, PyDict>>,
) -> Result<Option<(&'static str, String)>, Failure> {
    let mut named = Vec::new();
    for (name, value) in keywords {
        if let Some(value) = value {
            named.push((name, text(name, value)?));
        }
    }
    for (key, value) in given(config)? {
        let member = format!("identity_config[{key:?}]");
        let Some((_, name)) = MEMBERS.iter().find(|(known, _)| key == *known) else {
            return Err(not_known(&member));
        };
        let value = value.cast::<PyString>().map_err(|_| Failure::Python(must_be_str(&member, &value)))?;
        named.push((name, text(name, value)?));
    }
    for (key, _) in given(unknown.map(|dict| dict.as_any()))? {
        // What begins with an underscore is between azure-identity's own classes.
        let lower = key.to_lowercase();
        if !key.starts_with('_') && SIGNS.iter().any(|sign| lower.contains(sign)) {
            return Err(not_known(&format!("the keyword {key}")));
        }
    }
    match named.len() {
        0 | 1 => Ok(named.pop()),
        _ => Err(Error::new(Kind::Configuration, "more than one identity was named")
            .with_hint("Give one of client_id, object_id and resource_id, once.")
            .into()),
    }
}

/// The members of a mapping whose value is not None.
fn given<'py>(mapping: Option<&Bound<'py, PyAny>>) -> Result<Vec<(String, Bound<'py, PyAny>)>, Failure> {
    let Some(mapping) = mapping else { return Ok(Vec::new()) };
    let mapping = mapping
        .cast::<PyMapping>()
        .map_err(|_| Failure::Python(PyTypeError::new_err("identity_config must be a mapping, for example a dict")))?;
    let mut members = Vec::new();
    for item in mapping.items().map_err(Failure::Python)? {
        let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract().map_err(Failure::Python)?;
        if !value.is_none() {
            let key = key.str().map_err(Failure::Python)?;
            members.push((key.to_string_lossy().into_owned(), value));
        }
    }
    Ok(members)
}

fn not_known(what: &str) -> Failure {
    Error::new(Kind::Configuration, format!("{what} is not known here, and may name an identity"))
        .with_hint("Give client_id, object_id or resource_id: without one of them it is the machine's own identity.")
        .into()
}
