//! A token as a Python object, made once for each token of the core.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use crate::argument::text;
use crate::error::Raiser;

/// An access token and what is known of it. Its repr shows no secret, and it cannot be pickled.
#[pyclass(frozen, module = "himds")]
pub(crate) struct AccessToken {
    /// The token itself, for an `Authorization: Bearer` header.
    #[pyo3(get)]
    token: Py<PyString>,
    /// The resource that was asked for, without a trailing `/.default`.
    #[pyo3(get)]
    resource: Py<PyString>,
    /// The server's `token_type`: `Bearer`.
    #[pyo3(get)]
    token_type: Py<PyString>,
    /// When it expires, in seconds since 1970.
    #[pyo3(get)]
    expires_on: u64,
    /// From when on a newer one is asked for ahead of need, in seconds since 1970; None where there is no such time.
    #[pyo3(get)]
    refresh_on: Option<u64>,
}

#[pymethods]
impl AccessToken {
    /// The claims of the token, not verified: for people to read, not for decisions.
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode_claims(self.token.bind(py))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let refresh_on = self.refresh_on.map_or("None".to_owned(), |seconds| seconds.to_string());
        Ok(format!(
            "AccessToken(token='[redacted]', resource={}, expires_on={}, refresh_on={refresh_on}, token_type={})",
            self.resource.bind(py).repr()?,
            self.expires_on,
            self.token_type.bind(py).repr()?,
        ))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("an access token is a secret and cannot be pickled: pickle the client or credential"))
    }

    // An immutable object is its own copy; without these, copying would go through __reduce__.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}

impl AccessToken {
    fn new(py: Python<'_>, token: &himds::AccessToken) -> Self {
        AccessToken {
            token: PyString::new(py, token.secret()).unbind(),
            resource: PyString::new(py, token.resource()).unbind(),
            token_type: PyString::new(py, token.token_type()).unbind(),
            expires_on: token.expires_on_unix(),
            refresh_on: token.refresh_on_unix(),
        }
    }
}

/// The claims of a JWT, not verified. The text is not kept.
#[pyfunction]
pub(crate) fn decode_claims<'py>(token: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    let py = token.py();
    let claims = text("token", token).and_then(|token| himds::decode_claims(&token));
    let claims = claims.map_err(|error| Raiser::Client.raise(py, error))?;
    load_json(py, &serde_json::Value::Object(claims).to_string())
}

/// JSON text as Python objects, by Python's own parser: it keeps what ours would round, as whole numbers of any size.
pub(crate) fn load_json<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

/// The Python objects of one token of the core. They live as long as that one is cached, so that a cached call makes
/// neither the secret's `str` nor the pair anew. They hold no reference to the core's token: that would be a cycle.
struct Objects {
    token: Py<AccessToken>,
    pair: PyOnceLock<Py<PyAny>>,
}

/// The `himds.AccessToken` for this token.
pub(crate) fn token_object(py: Python<'_>, token: &himds::AccessToken) -> PyResult<Py<AccessToken>> {
    Ok(objects(py, token)?.token.clone_ref(py))
}

/// The pair `(token, expires_on)`, as azure-core's `get_token` returns it.
pub(crate) fn pair_object(py: Python<'_>, token: &himds::AccessToken) -> PyResult<Py<PyAny>> {
    let objects = objects(py, token)?;
    if let Some(pair) = objects.pair.get(py) {
        return Ok(pair.clone_ref(py));
    }
    let native = objects.token.get();
    let pair = py.import("himds._pair")?.getattr("TokenPair")?.call1((native.token.bind(py), native.expires_on))?;
    Ok(objects.pair.get_or_init(py, || pair.unbind()).clone_ref(py))
}

fn objects<'a>(py: Python<'_>, token: &'a himds::AccessToken) -> PyResult<&'a Objects> {
    let attachment = token.attachment();
    if attachment.get().is_none() {
        // Made before the cell is taken: making Python objects may let another thread run, which would then wait for
        // the cell with the GIL held. Who comes second throws its object away.
        let made = Objects { token: Py::new(py, AccessToken::new(py, token))?, pair: PyOnceLock::new() };
        let _ = attachment.set(Box::new(made));
    }
    let objects = attachment.get().and_then(|any| any.downcast_ref());
    objects.ok_or_else(|| PyTypeError::new_err("the token belongs to another binding"))
}
