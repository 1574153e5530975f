//! `himds.ManagedIdentityCredential`: what Azure SDK clients take as `credential=`.

use std::sync::Arc;

use himds::{Error, Kind};
use once_cell::race::OnceBox;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{CastIntoError, intern};

use crate::argument::{Attempts, Directory, Seconds, must_be_str, optional_text};
use crate::blocking::guarded;
use crate::built_once::BuiltOnce;
use crate::cancel::CancelHandle;
use crate::config::Config;
use crate::error::{Failure, Raiser};
use crate::identity::identity;
use crate::pickling::{reduce, restore};
use crate::request::{TokenOptions, request_token};
use crate::token_objects::{Shape, credential_object};

/// What Azure SDK clients take as ``credential=``, with the signature of azure.identity's class of this name.
///
/// One credential per program is enough: it caches the tokens, and any number of threads may use it at once,
/// after ``fork`` too. All arguments are keywords:
///
/// - ``client_id``: a user-assigned identity; None for the machine's own
/// - ``identity_config``: the same as a mapping, with one of ``client_id``, ``object_id`` and ``resource_id``
/// - ``object_id``, ``resource_id``, ``source``, ``endpoint``, ``token_dir``, ``timeout``, ``connect_timeout``,
///   ``max_attempts``, ``user_agent``, ``verify_peer``, ``wait_for_service``: as for Client
/// - others of azure-identity's are ignored, unless they may name an identity
///
/// Creating a credential does not block, and never fails because of the environment: a wrong environment is an
/// error of the first call. Raises ConfigurationError for contradictions and for an identity that is not
/// understood, InvalidArgumentError for a value out of range; both are ValueErrors.
///
/// If the program has imported azure-core, what its methods return and raise is azure-core's too. Pickled or
/// copied, a credential carries its arguments and no token.
#[pyclass(frozen, subclass, weakref, module = "himds")]
pub(crate) struct ManagedIdentityCredential(BuiltOnce<State>);

struct State {
    /// Built with the object if the environment allows it, otherwise by the first call, which then says what is
    /// wrong.
    inner: OnceBox<himds::Client>,
    config: Config,
    /// The first scope that was requested, and its text. A program passes the same `str` object again and again,
    /// and to take the text out of one costs a copy (the stable ABI before 3.10 knows no other way).
    usual_scope: OnceBox<(Py<PyString>, String)>,
}

#[pymethods]
impl ManagedIdentityCredential {
    /// Takes what the `__init__` of a subclass may want.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs),
           text_signature = "(*, client_id=None, identity_config=None, object_id=None, resource_id=None, source=None, \
                             endpoint=None, token_dir=None, timeout=None, connect_timeout=None, max_attempts=None, \
                             user_agent=None, verify_peer=True, wait_for_service=None, **kwargs)")]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        ManagedIdentityCredential(BuiltOnce::not_yet())
    }

    #[pyo3(signature = (*, client_id=None, identity_config=None, object_id=None, resource_id=None, source=None,
                        endpoint=None, token_dir=None, timeout=None, connect_timeout=None, max_attempts=None,
                        user_agent=None, verify_peer=true, wait_for_service=None, **kwargs))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python constructor")]
    fn __init__(
        &self,
        py: Python<'_>,
        client_id: Option<&Bound<'_, PyString>>,
        identity_config: Option<&Bound<'_, PyAny>>,
        object_id: Option<&Bound<'_, PyString>>,
        resource_id: Option<&Bound<'_, PyString>>,
        source: Option<&Bound<'_, PyString>>,
        endpoint: Option<&Bound<'_, PyString>>,
        token_dir: Option<Directory>,
        timeout: Option<Seconds>,
        connect_timeout: Option<Seconds>,
        max_attempts: Option<Attempts>,
        user_agent: Option<&Bound<'_, PyString>>,
        verify_peer: bool,
        wait_for_service: Option<Seconds>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let keywords = [("client_id", client_id), ("object_id", object_id), ("resource_id", resource_id)];
        let identity =
            identity(keywords, identity_config, kwargs).map_err(|failure| Raiser::Client.raise(py, failure))?;
        let selector = |name| identity.as_ref().filter(|(named, _)| *named == name).map(|(_, id)| id.clone());
        let made = guarded(|| {
            let config = Config {
                source: optional_text("source", source)?,
                endpoint: optional_text("endpoint", endpoint)?,
                token_dir: token_dir.map(|directory| directory.0),
                client_id: selector("client_id"),
                object_id: selector("object_id"),
                resource_id: selector("resource_id"),
                timeout,
                connect_timeout,
                max_attempts,
                user_agent: optional_text("user_agent", user_agent)?,
                unverified_peer: !verify_peer,
                wait_for_service,
            };
            config.check_arguments()?;
            let inner = OnceBox::new();
            if let Ok(client) = config.build() {
                let _ = inner.set(Box::new(client));
            }
            Ok(State { inner, config, usual_scope: OnceBox::new() })
        });
        self.0.set(made.map_err(|error| Raiser::Client.raise(py, error))?)
    }

    /// Return the pair ``(token, expires_on)`` for one scope, as azure-core defines it; the SDK's clients call this.
    ///
    /// From the cache if a fresh token is there; otherwise it blocks, without the GIL, for at most the credential's
    /// ``timeout``. ``expires_on`` is in seconds since 1970. A non-empty ``claims`` requests the token again;
    /// ``tenant_id``, ``enable_cae`` and others mean nothing to a managed identity and are ignored.
    ///
    /// If the program has imported azure-core, the pair is an azure.core.credentials.AccessToken too, and an error a
    /// ClientAuthenticationError: azure-identity's CredentialUnavailableError if there is no managed identity here.
    /// Raises InvalidArgumentError for other than one scope, and any Error with a ``status`` from 100 on.
    #[pyo3(signature = (*scopes, **kwargs),
           text_signature = "($self, *scopes, claims=None, tenant_id=None, enable_cae=False, **kwargs)")]
    fn get_token(&self, scopes: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Py<PyAny>> {
        let py = scopes.py();
        // Taken as they come: to sort them into parameters costs as much as everything else here.
        let claims = match kwargs {
            None => None,
            Some(kwargs) => claims_or_none(kwargs.get_item(claims_name(py))?)?,
        };
        let options = TokenOptions { claims: claims.as_ref(), ..TokenOptions::default() };
        credential_object(py, &*self.0.get()?.request(scopes, &options)?, Shape::Pair)
    }

    /// Return the token for one scope with more about it than ``get_token``; the SDK's clients call this.
    ///
    /// Blocks and raises as ``get_token`` does; of ``options`` only ``claims`` means anything. If the program has
    /// imported azure-core, the token is an azure.core.credentials.AccessTokenInfo too.
    #[pyo3(signature = (*scopes, options=None))]
    fn get_token_info(&self, scopes: &Bound<'_, PyTuple>, options: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        let claims = claims_of(options)?;
        let options = TokenOptions { claims: claims.as_ref(), ..TokenOptions::default() };
        credential_object(scopes.py(), &*self.0.get()?.request(scopes, &options)?, Shape::Info)
    }

    /// For himds.aio: request what get_token (``pair``) or get_token_info returns, until ``cancel`` ends it.
    fn _request(
        &self,
        scope: &Bound<'_, PyString>,
        claims: Option<&Bound<'_, PyString>>,
        pair: bool,
        timeout: Seconds,
        cancel: &Bound<'_, CancelHandle>,
    ) -> PyResult<Py<PyAny>> {
        let py = scope.py();
        let scopes = PyTuple::new(py, [scope])?;
        let options = TokenOptions { force_refresh: false, claims, timeout: Some(timeout), cancel: Some(cancel) };
        credential_object(py, &*self.0.get()?.request(&scopes, &options)?, shape(pair))
    }

    /// For himds.aio: the cached object; None if there is none or if, unless ``stale``, it is due.
    fn _cached(&self, scopes: &Bound<'_, PyTuple>, pair: bool, stale: bool) -> PyResult<Option<Py<PyAny>>> {
        let py = scopes.py();
        let state = self.0.get()?;
        let found = state.one_scope(scopes).and_then(|scope| {
            let client = state.client()?;
            let Ok(scope) = scope.to_cow() else {
                return Ok(None);
            };
            Ok(if stale { client.peek(&scope) } else { client.peek_fresh(&scope) })
        });
        let found = found.map_err(|failure| state.raiser().raise(py, failure))?;
        found.map(|token| credential_object(py, &token, shape(pair))).transpose()
    }

    /// For himds.aio: the seconds that a call may take.
    fn _limit(&self, py: Python<'_>) -> PyResult<f64> {
        let state = self.0.get()?;
        state.config.limit(None).map_err(|error| state.raiser().raise(py, error))
    }

    /// Do nothing: a credential holds no connection. It may be used again, as azure-identity's may.
    ///
    /// Its tokens stay cached, because some libraries close a credential after each request.
    fn close(&self) -> PyResult<()> {
        self.0.get().map(drop)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, _exc_info: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("ManagedIdentityCredential({})", self.0.get()?.config.describe(py)?))
    }

    /// Pickle the arguments, never a token.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        reduce(slf.as_any(), slf.get().0.get()?.config.to_dict(slf.py())?)
    }

    #[classmethod]
    fn _restore<'py>(cls: &Bound<'py, PyType>, arguments: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        restore(cls, &cls.py().get_type::<Self>(), arguments)
    }
}

impl State {
    fn request(
        &self,
        scopes: &Bound<'_, PyTuple>,
        options: &TokenOptions<'_, '_>,
    ) -> PyResult<Arc<himds::AccessToken>> {
        let py = scopes.py();
        let token = self.one_scope(scopes).and_then(|scope| {
            let client = self.client()?;
            if options.claims.is_none() {
                if let Some(token) = self.cached(client, &scope) {
                    return Ok(token);
                }
            }
            request_token(py, client, &scope, options)
        });
        token.map_err(|failure| self.raiser().raise(py, failure))
    }

    fn cached(&self, client: &himds::Client, scope: &Bound<'_, PyString>) -> Option<Arc<himds::AccessToken>> {
        match self.usual_scope.get() {
            Some((usual, text)) if usual.is(scope) => client.peek_fresh(text),
            Some(_) => client.peek_fresh(&scope.to_cow().ok()?),
            None => {
                let text = scope.to_cow().ok()?.into_owned();
                let found = client.peek_fresh(&text);
                let _ = self.usual_scope.set(Box::new((scope.clone().unbind(), text)));
                found
            }
        }
    }

    fn one_scope<'py>(&self, scopes: &Bound<'py, PyTuple>) -> Result<Bound<'py, PyString>, Failure> {
        if scopes.len() != 1 {
            return Err(Error::new(Kind::InvalidArgument, "a managed identity takes exactly one scope per request")
                .with_hint("Give one scope, for example https://vault.azure.net/.default.")
                .into());
        }
        let scope = scopes.get_item(0).map_err(Failure::Python)?;
        scope.cast_into().map_err(|error| Failure::Python(not_text("a scope", error)))
    }

    fn client(&self) -> Result<&himds::Client, Error> {
        if let Some(client) = self.inner.get() {
            return Ok(client);
        }
        let client = guarded(|| self.config.build())?;
        Ok(self.inner.get_or_init(|| Box::new(client)))
    }

    fn raiser(&self) -> Raiser {
        Raiser::Credential { has_selector: self.config.has_selector() }
    }
}

fn shape(pair: bool) -> Shape {
    if pair { Shape::Pair } else { Shape::Info }
}

/// The name of the keyword. Interned behind a lock, so first when this module is imported: a forked child could
/// wait for the lock for ever.
pub(crate) fn claims_name(py: Python<'_>) -> &Bound<'_, PyString> {
    intern!(py, "claims")
}

/// `claims` of azure-core's TokenRequestOptions.
fn claims_of<'py>(options: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyString>>> {
    let Some(options) = options else { return Ok(None) };
    let name = claims_name(options.py());
    match options.cast::<PyDict>() {
        Ok(options) => claims_or_none(options.get_item(name)?),
        Err(_) => claims_or_none(Some(options.call_method1("get", (name,))?)),
    }
}

fn claims_or_none<'py>(value: Option<Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyString>>> {
    match value {
        Some(value) if !value.is_none() => value.cast_into().map(Some).map_err(|error| not_text("claims", error)),
        _ => Ok(None),
    }
}

#[cold]
fn not_text(name: &str, error: CastIntoError<'_>) -> PyErr {
    must_be_str(name, &error.into_inner())
}
