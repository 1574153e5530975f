//! `himds.Client`.

use std::sync::atomic::{AtomicBool, Ordering};

use himds::{Error, Kind};
use pyo3::exceptions::{PyRecursionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::argument::{Attempts, Directory, Seconds, optional_text, text};
use crate::blocking::{blocking, guarded};
use crate::built_once::BuiltOnce;
use crate::cancel::CancelHandle;
use crate::config::Config;
use crate::error::{Failure, Raiser};
use crate::pickling::{reduce, restore};
use crate::request::{TokenOptions, request_token};
use crate::token::{AccessToken, load_json};
use crate::token_objects::token_object;

/// The resource that `diagnose` tries unless another one is named: Azure Resource Manager.
const ARM: &str = "https://management.azure.com";

/// Gets tokens of this machine's managed identity, and its instance metadata.
///
/// One client per program is enough: it caches the tokens, and any number of threads may use it at once, after
/// ``fork`` too. All arguments are keywords:
///
/// - ``source``: ``"himds"`` (Arc agent), ``"imds"`` (Azure VM), or None to choose by what is on this machine
/// - ``endpoint``: the service's base URL, at a loopback address (or, for IMDS, 169.254.169.254)
/// - ``token_dir``: the agent's token directory, an absolute path
/// - ``client_id``, ``object_id``, ``resource_id``: a user-assigned identity; one of them at most
/// - ``timeout``: seconds for a whole call, waits and retries included
/// - ``connect_timeout``: seconds for connecting; by default 1 for HIMDS and 2 for IMDS
/// - ``max_attempts``: how many tries a call has; a handshake of two requests is one try
/// - ``user_agent``: the ``User-Agent`` to send
/// - ``verify_peer``: whether a key is sent only to a process that can read it anyway; False for a relay that an
///   administrator runs
/// - ``wait_for_service``: how many seconds a call waits, within ``timeout``, for a service that is not running yet;
///   None or 0 for not at all
///
/// Creating a client does not block: it asks no service. Raises ConfigurationError if an argument or the
/// environment names a bad or forbidden endpoint or if arguments contradict each other, InvalidArgumentError for
/// a value out of range; both are ValueErrors.
///
/// Pickled or copied, a client carries its arguments and no token.
#[pyclass(frozen, subclass, weakref, module = "himds")]
pub(crate) struct Client(BuiltOnce<State>);

struct State {
    inner: himds::Client,
    config: Config,
    closed: AtomicBool,
}

#[pymethods]
impl Client {
    /// Takes what the `__init__` of a subclass may want.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs),
           text_signature = "(*, source=None, endpoint=None, token_dir=None, client_id=None, object_id=None, \
                             resource_id=None, timeout=30.0, connect_timeout=None, max_attempts=5, user_agent=None, \
                             verify_peer=True, wait_for_service=None)")]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Client(BuiltOnce::not_yet())
    }

    #[pyo3(signature = (*, source=None, endpoint=None, token_dir=None, client_id=None, object_id=None, resource_id=None,
                        timeout=Seconds(30.0), connect_timeout=None, max_attempts=Attempts(5), user_agent=None,
                        verify_peer=true, wait_for_service=None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python constructor")]
    fn __init__(
        &self,
        py: Python<'_>,
        source: Option<&Bound<'_, PyString>>,
        endpoint: Option<&Bound<'_, PyString>>,
        token_dir: Option<Directory>,
        client_id: Option<&Bound<'_, PyString>>,
        object_id: Option<&Bound<'_, PyString>>,
        resource_id: Option<&Bound<'_, PyString>>,
        timeout: Option<Seconds>,
        connect_timeout: Option<Seconds>,
        max_attempts: Option<Attempts>,
        user_agent: Option<&Bound<'_, PyString>>,
        verify_peer: bool,
        wait_for_service: Option<Seconds>,
    ) -> PyResult<()> {
        let made = guarded(|| {
            let config = Config {
                source: optional_text("source", source)?,
                endpoint: optional_text("endpoint", endpoint)?,
                token_dir: token_dir.map(|directory| directory.0),
                client_id: optional_text("client_id", client_id)?,
                object_id: optional_text("object_id", object_id)?,
                resource_id: optional_text("resource_id", resource_id)?,
                timeout,
                connect_timeout,
                max_attempts,
                user_agent: optional_text("user_agent", user_agent)?,
                unverified_peer: !verify_peer,
                wait_for_service,
            };
            Ok(State { inner: config.build()?, config, closed: AtomicBool::new(false) })
        });
        self.0.set(made.map_err(|error| Raiser::Client.raise(py, error))?)
    }

    /// Return a token for this resource, from the cache if a fresh one is there.
    ///
    /// Otherwise it asks the service, or waits for a thread that requests the same token: it blocks, without the GIL,
    /// for at most ``timeout`` seconds. Ctrl+C ends it at once, and so does ``cancel`` from another thread.
    ///
    /// - ``resource``: for example ``https://vault.azure.net``; a scope
    ///   (``https://vault.azure.net/.default``) works too
    /// - ``force_refresh``: bypass the cache, and the service's own if it can (Arc agents from 1.66)
    /// - ``claims``: a claims challenge; the token is requested again, as by ``force_refresh``
    /// - ``timeout``: seconds over 0, instead of the client's
    ///
    /// Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
    /// on. What a signal handler raises meanwhile ends this call.
    #[pyo3(signature = (resource, *, force_refresh=false, claims=None, timeout=None, cancel=None))]
    fn token(
        &self,
        resource: &Bound<'_, PyString>,
        force_refresh: bool,
        claims: Option<&Bound<'_, PyString>>,
        timeout: Option<Seconds>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<Py<AccessToken>> {
        let py = resource.py();
        let client = self.open(py)?;
        let options = TokenOptions { force_refresh, claims, timeout, cancel };
        let token = request_token(py, client, resource, &options).map_err(|error| Raiser::Client.raise(py, error))?;
        token_object(py, &token)
    }

    /// Return the cached token, or None. Never blocks.
    ///
    /// From 5 minutes before it expires a token is not found any more. Raises ClosedError.
    fn peek(&self, resource: &Bound<'_, PyString>) -> PyResult<Option<Py<AccessToken>>> {
        let py = resource.py();
        let client = self.open(py)?;
        let Ok(resource) = resource.to_cow() else {
            return Ok(None);
        };
        client.peek(&resource).map(|token| token_object(py, &token)).transpose()
    }

    /// For himds.aio: the cached token; None if there is none, if another is wanted or if, unless ``stale``, it is
    /// due.
    fn _cached(
        &self,
        resource: &Bound<'_, PyString>,
        force_refresh: bool,
        claims: Option<&Bound<'_, PyString>>,
        stale: bool,
    ) -> PyResult<Option<Py<AccessToken>>> {
        let py = resource.py();
        let client = self.open(py)?;
        let Ok(resource) = resource.to_cow() else {
            return Ok(None);
        };
        if force_refresh || claims.is_some() {
            return Ok(None);
        }
        let found = if stale { client.peek(&resource) } else { client.peek_fresh(&resource) };
        found.map(|token| token_object(py, &token)).transpose()
    }

    /// For himds.aio: the seconds that a call with this argument may take.
    #[pyo3(signature = (timeout=None))]
    fn _limit(&self, py: Python<'_>, timeout: Option<Seconds>) -> PyResult<f64> {
        self.0.get()?.config.limit(timeout).map_err(|error| Raiser::Client.raise(py, error))
    }

    /// Request the instance metadata and return it as a Metadata.
    ///
    /// It is requested each time: blocks, without the GIL, for at most ``timeout`` seconds. Ctrl+C ends it at once,
    /// and so does ``cancel`` from another thread.
    ///
    /// - ``api_version``: the document's version, for example ``2021-02-01``; None for the one that himds uses
    /// - ``timeout``: seconds over 0, instead of the client's
    ///
    /// Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
    /// on; a ServiceError (kind ``response_invalid``) names the line and column of what is unusable.
    #[pyo3(signature = (*, api_version=None, timeout=None, cancel=None))]
    fn metadata<'py>(
        &self,
        py: Python<'py>,
        api_version: Option<&Bound<'_, PyString>>,
        timeout: Option<Seconds>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.open(py)?;
        let api_version = optional_text("api_version", api_version).map_err(Failure::from);
        let json = api_version.and_then(|api_version| {
            blocking(py, timeout, cancel.map(Bound::get), |options| {
                client.metadata_at(api_version.as_deref(), &options).map(|metadata| metadata.json().to_owned())
            })
        });
        let json = json.map_err(|failure| Raiser::Client.raise(py, failure))?;
        py.import("himds._metadata")?.getattr("Metadata")?.call1((json,))
    }

    /// Request another path of the metadata service, for example ``/metadata/identity/info``.
    ///
    /// Returns the parsed answer if that is a JSON object or array, otherwise its text. Only reads: himds sends no
    /// POST. It is requested each time: blocks, without the GIL, for at most ``timeout`` seconds. Ctrl+C ends it at
    /// once, and so does ``cancel`` from another thread.
    ///
    /// - ``path``: below ``/metadata/``, percent-encoded, with or without a query; not the token's
    /// - ``api_version``: for example ``2018-02-01``; None for the one of the instance metadata
    /// - ``timeout``: seconds over 0, instead of the client's
    ///
    /// Raises ClosedError, InvalidArgumentError for an unusable argument, and any Error with a ``status`` from 100
    /// on.
    #[pyo3(signature = (path, api_version=None, *, timeout=None, cancel=None))]
    fn get<'py>(
        &self,
        path: &Bound<'py, PyString>,
        api_version: Option<&Bound<'_, PyString>>,
        timeout: Option<Seconds>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let body = self.get_text(path, api_version, timeout, cancel)?;
        let py = path.py();
        // A leaf requested with `format=text` stays text, even if it looks like a number.
        let json = body.trim_start_matches('\u{feff}').trim_start();
        if !json.starts_with(['{', '[']) {
            return Ok(PyString::new(py, &body).into_any());
        }
        load_json(py, json).or_else(|error| {
            // Not JSON, or nested more deeply than Python reads it.
            let unreadable = error.is_instance_of::<PyValueError>(py) || error.is_instance_of::<PyRecursionError>(py);
            if unreadable { Ok(PyString::new(py, &body).into_any()) } else { Err(error) }
        })
    }

    /// Do the same as ``get``, and return the answer's text as the server sent it.
    #[pyo3(signature = (path, api_version=None, *, timeout=None, cancel=None))]
    fn get_text(
        &self,
        path: &Bound<'_, PyString>,
        api_version: Option<&Bound<'_, PyString>>,
        timeout: Option<Seconds>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<String> {
        let py = path.py();
        let client = self.open(py)?;
        let arguments = text("path", path).and_then(|path| Ok((path, optional_text("api_version", api_version)?)));
        let body = arguments.map_err(Failure::from).and_then(|(path, api_version)| {
            blocking(py, timeout, cancel.map(Bound::get), |options| {
                client.get_with(&path, api_version.as_deref(), &options)
            })
        });
        body.map_err(|failure| Raiser::Client.raise(py, failure))
    }

    /// Find out what is wrong on this machine and how to fix it.
    ///
    /// Requests a token for ``resource`` (by default ``https://management.azure.com``): blocks, without the GIL, for
    /// at most ``timeout`` seconds. Returns a dict:
    ///
    /// - ``ok``: True if there was a token
    /// - ``source`` (``"himds"``, ``"imds"`` or None) and ``source_reason`` (a sentence)
    /// - ``findings``: a list of dicts with ``name``, ``status`` (``"ok"``, ``"warning"`` or ``"failed"``),
    ///   ``detail``, ``fix`` (``""`` if there is nothing to do) and ``elapsed_ms`` (a float)
    ///
    /// Problems are in the findings. Raises ClosedError, InvalidArgumentError for an unusable argument, and
    /// CancelledError.
    #[pyo3(signature = (resource=None, *, timeout=None, cancel=None))]
    fn diagnose<'py>(
        &self,
        py: Python<'py>,
        resource: Option<&Bound<'py, PyString>>,
        timeout: Option<Seconds>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.open(py)?;
        let resource = optional_text("resource", resource).map_err(Failure::from);
        let diagnosis = resource.and_then(|resource| {
            let resource = resource.as_deref().unwrap_or(ARM);
            blocking(py, timeout, cancel.map(Bound::get), |options| client.diagnose_with(resource, &options))
        });
        load_json(py, &diagnosis.map_err(|failure| Raiser::Client.raise(py, failure))?.to_json())
    }

    /// Forget the cached tokens. Never blocks; a request under way is not stopped. Raises ClosedError.
    fn clear_cache(&self, py: Python<'_>) -> PyResult<()> {
        self.open(py)?.clear_cache();
        Ok(())
    }

    /// The service that was chosen: ``"himds"``, ``"imds"``, or None if there is none here.
    #[getter]
    fn source(&self) -> PyResult<Option<&'static str>> {
        Ok(self.0.get()?.inner.source().map(himds::Source::name))
    }

    /// Why that service was chosen, in a sentence.
    #[getter]
    fn source_reason(&self) -> PyResult<&str> {
        Ok(self.0.get()?.inner.source_reason())
    }

    /// The base URL of the service, without a trailing slash; None if no service was chosen.
    #[getter]
    fn endpoint(&self) -> PyResult<Option<String>> {
        Ok(Some(self.0.get()?.inner.endpoint()).filter(|endpoint| !endpoint.is_empty()))
    }

    /// Forget the cached tokens; later calls raise ClosedError. Never blocks; a second time it does nothing.
    fn close(&self) -> PyResult<()> {
        let state = self.0.get()?;
        state.closed.store(true, Ordering::Release);
        state.inner.clear_cache();
        Ok(())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, _exc_info: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Client({})", self.0.get()?.config.describe(py)?))
    }

    /// Pickle the arguments, never a token: a client that is unpickled on another machine chooses its source there.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(slf.as_any(), slf.get().0.get()?.config.to_dict(slf.py())?)
    }

    #[classmethod]
    fn _restore<'py>(cls: &Bound<'py, PyType>, arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        restore(cls, &cls.py().get_type::<Self>(), arguments)
    }
}

impl Client {
    fn open(&self, py: Python<'_>) -> PyResult<&himds::Client> {
        let state = self.0.get()?;
        if state.closed.load(Ordering::Acquire) {
            let error = Error::new(Kind::Closed, "this client was closed")
                .with_hint("Make a new client, or call close() later.");
            return Err(Raiser::Client.raise(py, error));
        }
        Ok(&state.inner)
    }
}
