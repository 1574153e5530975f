//! `himds.AccessToken`, and the claims of a token.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::argument::text;
use crate::error::Raiser;

/// An access token and what is known of it: what Client.token and a credential's get_token_info return.
///
/// It cannot change, its repr shows no secret, and it cannot be pickled. Any thread may use it. If the program
/// has imported azure-core, what get_token_info returns is an azure.core.credentials.AccessTokenInfo too.
///
/// himds creates these; ``AccessToken(token)`` copies another one.
#[pyclass(frozen, subclass, module = "himds")]
pub(crate) struct AccessToken {
    /// The token itself, for an ``Authorization: Bearer`` header: a secret.
    #[pyo3(get)]
    pub(crate) token: Py<PyString>,
    /// The resource that the token was requested for, without a trailing ``/.default``.
    #[pyo3(get)]
    resource: Py<PyString>,
    /// The server's ``token_type``: ``Bearer``.
    #[pyo3(get)]
    token_type: Py<PyString>,
    /// When it expires, in seconds since 1970.
    #[pyo3(get)]
    pub(crate) expires_on: u64,
    /// When the client starts to refresh it early, in seconds since 1970, or None.
    ///
    /// It is None for a token that lives less than two hours, if the server named no time.
    #[pyo3(get)]
    refresh_on: Option<u64>,
}

#[pymethods]
impl AccessToken {
    #[new]
    fn copied(token: &Bound<'_, AccessToken>) -> Self {
        let (py, token) = (token.py(), token.get());
        AccessToken {
            token: token.token.clone_ref(py),
            resource: token.resource.clone_ref(py),
            token_type: token.token_type.clone_ref(py),
            expires_on: token.expires_on,
            refresh_on: token.refresh_on,
        }
    }

    /// Return the claims of the token as a new dict, **not verified**: for people to read, not for decisions.
    ///
    /// Never blocks. Raises ServiceError (kind ``response_invalid``) if the token is not a JWT.
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

    /// Refuse with a TypeError: a token is a secret.
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("an access token is a secret and cannot be pickled: pickle the client or credential"))
    }

    /// Return this object: it cannot change.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Return this object: it cannot change.
    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}

impl AccessToken {
    pub(crate) fn new(py: Python<'_>, token: &himds::AccessToken) -> Self {
        AccessToken {
            token: PyString::new(py, token.secret()).unbind(),
            resource: PyString::new(py, token.resource()).unbind(),
            token_type: PyString::new(py, token.token_type()).unbind(),
            expires_on: token.expires_on_unix(),
            refresh_on: token.refresh_on_unix(),
        }
    }
}

/// Return the claims of a JWT as a new dict, **not verified**: for people to read, not for decisions.
///
/// Never blocks; the text is not kept. Raises ServiceError (kind ``response_invalid``) if the text is not a JWT.
#[pyfunction]
pub(crate) fn decode_claims<'py>(token: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    let py = token.py();
    let claims = text("token", token).and_then(|token| himds::decode_claims(&token));
    let claims = claims.map_err(|error| Raiser::Client.raise(py, error))?;
    load_json(py, &serde_json::Value::Object(claims).to_string())
}

/// JSON text as Python objects, by Python's own parser: it keeps what ours would round, as whole numbers of any
/// size.
pub(crate) fn load_json<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}
