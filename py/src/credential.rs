//! `himds.ManagedIdentityCredential`: what Azure SDK clients take as `credential=`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use himds::{Error, Kind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::call::{CancelHandle, Failure, guarded};
use crate::client::{Wishes, ensure_open, reduce, request_token};
use crate::config::{Config, optional_text};
use crate::error::Raiser;
use crate::token::{AccessToken, pair_object, token_object};

/// A credential with the signature of azure.identity's, over the same client.
#[pyclass(frozen, subclass, weakref, module = "himds")]
pub(crate) struct ManagedIdentityCredential {
    /// Made with the object where the environment allows it, else at the first call, which then tells what is wrong.
    inner: OnceLock<himds::Client>,
    config: Config,
    closed: AtomicBool,
    /// The first scope that was asked for, and its text. A program asks for the same `str` object again and again, and
    /// to take the text out of one costs a copy (the stable ABI before 3.10 knows no other way).
    usual_scope: OnceLock<(Py<PyString>, String)>,
}

#[pymethods]
impl ManagedIdentityCredential {
    #[new]
    #[pyo3(signature = (*, client_id=None, identity_config=None, source=None, endpoint=None, token_dir=None,
                        timeout=None, connect_timeout=None, max_attempts=None, user_agent=None, **_kwargs))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python constructor")]
    fn new(
        py: Python<'_>,
        client_id: Option<&Bound<'_, PyString>>,
        identity_config: Option<&Bound<'_, PyAny>>,
        source: Option<&Bound<'_, PyString>>,
        endpoint: Option<&Bound<'_, PyString>>,
        token_dir: Option<PathBuf>,
        timeout: Option<f64>,
        connect_timeout: Option<f64>,
        max_attempts: Option<i64>,
        user_agent: Option<&Bound<'_, PyString>>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let [config_client_id, object_id, resource_id] = identity_members(identity_config)?;
        let made = guarded(|| {
            if client_id.is_some() && config_client_id.is_some() {
                return Err(Error::new(Kind::Configuration, "client_id was given twice")
                    .with_hint("Give client_id, or identity_config with one member."));
            }
            let config = Config {
                source: optional_text("source", source)?,
                endpoint: optional_text("endpoint", endpoint)?,
                token_dir,
                client_id: optional_text("client_id", client_id.or(config_client_id.as_ref()))?,
                object_id: optional_text("object_id", object_id.as_ref())?,
                resource_id: optional_text("resource_id", resource_id.as_ref())?,
                timeout,
                connect_timeout,
                max_attempts,
                user_agent: optional_text("user_agent", user_agent)?,
            };
            config.check_arguments()?;
            let inner = OnceLock::new();
            if let Ok(client) = config.build() {
                let _ = inner.set(client);
            }
            Ok(ManagedIdentityCredential {
                inner,
                config,
                closed: AtomicBool::new(false),
                usual_scope: OnceLock::new(),
            })
        });
        made.map_err(|error| Raiser::Client.raise(py, error))
    }

    /// The pair (token, expires_on) for one scope, as azure-core defines it. Called by the SDK's clients.
    ///
    /// A managed identity has one tenant, and neither service takes part in continuous access evaluation: of the
    /// keywords only `claims` means anything. They are taken as they come, because to sort them into parameters costs
    /// as much as everything else here.
    #[pyo3(signature = (*scopes, **kwargs),
           text_signature = "($self, *scopes, claims=None, tenant_id=None, enable_cae=False, **kwargs)")]
    fn get_token(&self, scopes: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Py<PyAny>> {
        let py = scopes.py();
        let claims = match kwargs {
            None => None,
            Some(kwargs) => text_or_none(kwargs.get_item(intern!(py, "claims"))?)?,
        };
        pair_object(py, &*self.request(scopes, claims.as_ref(), None)?)
    }

    /// The token for one scope with more to say than get_token. Called by the SDK's clients.
    #[pyo3(signature = (*scopes, options=None))]
    fn get_token_info(
        &self,
        scopes: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<AccessToken>> {
        let py = scopes.py();
        token_object(py, &*self.request(scopes, claims_of(options)?.as_ref(), None)?)
    }

    /// The same two for himds.aio: the pair or the token, by asking, until `cancel` ends it.
    fn _request(
        &self,
        scope: &Bound<'_, PyString>,
        claims: Option<&Bound<'_, PyString>>,
        pair: bool,
        cancel: &Bound<'_, CancelHandle>,
    ) -> PyResult<Py<PyAny>> {
        let py = scope.py();
        let scopes = PyTuple::new(py, [scope])?;
        let token = self.request(&scopes, claims, Some(cancel))?;
        if pair { pair_object(py, &token) } else { Ok(token_object(py, &token)?.into_any()) }
    }

    /// For himds.aio: the cached pair or token; None where there is none, or, unless `stale` will do, where it is time
    /// to ask for a newer one. Never blocks.
    fn _cached(&self, scopes: &Bound<'_, PyTuple>, pair: bool, stale: bool) -> PyResult<Option<Py<PyAny>>> {
        let py = scopes.py();
        let found = self.one_scope(scopes).and_then(|scope| {
            let client = self.client()?;
            let Ok(scope) = scope.to_cow() else {
                return Ok(None);
            };
            Ok(if stale { client.peek(&scope) } else { client.peek_fresh(&scope) })
        });
        match found.map_err(|failure| self.raiser().raise(py, failure))? {
            None => Ok(None),
            Some(token) if pair => pair_object(py, &token).map(Some),
            Some(token) => Ok(Some(token_object(py, &token)?.into_any())),
        }
    }

    /// Forgets the cached tokens; later calls raise ClosedError.
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Some(client) = self.inner.get() {
            client.clear_cache();
        }
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, _exc_info: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("ManagedIdentityCredential({})", self.config.describe(py)?))
    }

    /// Pickles the arguments, never a token.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let arguments = slf.get().config.to_dict(py)?;
        let identity = PyDict::new(py);
        for name in ["object_id", "resource_id"] {
            if let Some(value) = arguments.get_item(name)? {
                identity.set_item(name, value)?;
                arguments.del_item(name)?;
                arguments.set_item("identity_config", &identity)?;
            }
        }
        reduce(slf.as_any(), arguments)
    }
}

impl ManagedIdentityCredential {
    fn request(
        &self,
        scopes: &Bound<'_, PyTuple>,
        claims: Option<&Bound<'_, PyString>>,
        cancel: Option<&Bound<'_, CancelHandle>>,
    ) -> PyResult<Arc<himds::AccessToken>> {
        let py = scopes.py();
        let token = self.one_scope(scopes).and_then(|scope| {
            let client = self.client()?;
            if claims.is_none() {
                if let Some(token) = self.cached(client, &scope) {
                    return Ok(token);
                }
            }
            let wishes = Wishes { force_refresh: false, claims, timeout: None, cancel };
            request_token(py, client, &scope, &wishes)
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
                let _ = self.usual_scope.set((scope.clone().unbind(), text));
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
        scope.cast_into().map_err(|error| Failure::Python(error.into()))
    }

    fn client(&self) -> Result<&himds::Client, Error> {
        ensure_open(&self.closed, "credential")?;
        if let Some(client) = self.inner.get() {
            return Ok(client);
        }
        let client = guarded(|| self.config.build())?;
        Ok(self.inner.get_or_init(|| client))
    }

    fn raiser(&self) -> Raiser {
        Raiser::Credential { has_selector: self.config.has_selector() }
    }
}

/// `client_id`, `object_id` and `resource_id` of `identity_config`; its other members mean nothing to a machine.
fn identity_members<'py>(mapping: Option<&Bound<'py, PyAny>>) -> PyResult<[Option<Bound<'py, PyString>>; 3]> {
    let member = |name: &str| -> PyResult<Option<Bound<'py, PyString>>> {
        let Some(mapping) = mapping else {
            return Ok(None);
        };
        text_or_none(Some(mapping.call_method1("get", (name,))?))
    };
    Ok([member("client_id")?, member("object_id")?, member("resource_id")?])
}

/// `claims` of azure-core's TokenRequestOptions.
fn claims_of<'py>(options: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyString>>> {
    let Some(options) = options else { return Ok(None) };
    let name = intern!(options.py(), "claims");
    match options.cast::<PyDict>() {
        Ok(options) => text_or_none(options.get_item(name)?),
        Err(_) => text_or_none(Some(options.call_method1("get", (name,))?)),
    }
}

fn text_or_none<'py>(value: Option<Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyString>>> {
    match value {
        Some(value) if !value.is_none() => Ok(Some(value.cast_into()?)),
        _ => Ok(None),
    }
}
