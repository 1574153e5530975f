//! What a client or credential is made from.

use std::path::PathBuf;

use himds::{Client, ClientBuilder, DEFAULT_TIMEOUT, Error, Identity, Kind, Source};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::argument::{Attempts, Seconds};

/// The keyword arguments, kept as they were given: they are what is pickled.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) source: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) token_dir: Option<PathBuf>,
    pub(crate) client_id: Option<String>,
    pub(crate) object_id: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) connect_timeout: Option<Seconds>,
    pub(crate) max_attempts: Option<Attempts>,
    pub(crate) wait_for_service: Option<Seconds>,
    pub(crate) user_agent: Option<String>,
    /// Only what differs from the default is kept.
    pub(crate) unverified_peer: bool,
}

impl Config {
    /// The identities that were named; more than one is a contradiction.
    fn identities(&self) -> impl Iterator<Item = Identity> {
        let client_id = self.client_id.clone().map(Identity::ClientId);
        let object_id = self.object_id.clone().map(Identity::ObjectId);
        let resource_id = self.resource_id.clone().map(Identity::ResourceId);
        [client_id, object_id, resource_id].into_iter().flatten()
    }

    /// Whether a user-assigned identity is named.
    pub(crate) fn has_selector(&self) -> bool {
        self.identities().next().is_some()
    }

    /// The seconds that a call may take: this argument, otherwise the client's own.
    pub(crate) fn limit(&self, timeout: Option<Seconds>) -> Result<f64, Error> {
        let limit = timeout.or(self.timeout).map(|seconds| seconds.duration("timeout")).transpose()?;
        Ok(limit.unwrap_or(DEFAULT_TIMEOUT).as_secs_f64())
    }

    /// The core's client. Reads the process's environment: call it with the GIL held, as `os.environ` writes to it.
    pub(crate) fn build(&self) -> Result<Client, Error> {
        self.builder()?.build()
    }

    /// The errors of the arguments alone, whatever the environment says: it does not count if both a source and an
    /// endpoint are given. What is forbidden to IMDS is forbidden to both.
    pub(crate) fn check_arguments(&self) -> Result<(), Error> {
        let mut builder = self.builder()?;
        if self.source.is_none() {
            builder = builder.source(Source::Imds);
        }
        if self.endpoint.is_none() {
            builder = builder.endpoint("http://127.0.0.1");
        }
        builder.build().map(|_| ())
    }

    fn builder(&self) -> Result<ClientBuilder, Error> {
        if self.identities().count() > 1 {
            return Err(Error::new(Kind::Configuration, "more than one identity was named")
                .with_hint("Give one of client_id, object_id and resource_id."));
        }
        let mut builder = Client::builder();
        if let Some(source) = &self.source {
            builder = builder.source(source.parse()?);
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(directory) = &self.token_dir {
            builder = builder.token_dir(directory);
        }
        for identity in self.identities() {
            let (Identity::ClientId(id) | Identity::ObjectId(id) | Identity::ResourceId(id)) = &identity else {
                continue;
            };
            if id.is_empty() {
                return Err(Error::new(Kind::InvalidArgument, "the id of the identity is empty")
                    .with_hint("Give the id of a user-assigned identity, or None for the machine's own identity."));
            }
            builder = builder.identity(identity);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout.duration("timeout")?);
        }
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout.duration("connect_timeout")?);
        }
        if let Some(attempts) = self.max_attempts {
            builder = builder.max_attempts(attempts.number("max_attempts")?);
        }
        if let Some(wait) = self.wait_for_service {
            builder = builder.wait_for_service(wait.duration_or_zero("wait_for_service")?);
        }
        if let Some(agent) = &self.user_agent {
            builder = builder.user_agent(agent);
        }
        builder = builder.verify_peer(!self.unverified_peer);
        Ok(builder)
    }

    /// The arguments that were given, as keyword arguments.
    pub(crate) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, value) in [
            ("source", &self.source),
            ("endpoint", &self.endpoint),
            ("client_id", &self.client_id),
            ("object_id", &self.object_id),
            ("resource_id", &self.resource_id),
            ("user_agent", &self.user_agent),
        ] {
            if let Some(value) = value {
                dict.set_item(name, value)?;
            }
        }
        if let Some(directory) = &self.token_dir {
            dict.set_item("token_dir", directory.as_os_str())?;
        }
        for (name, value) in [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("wait_for_service", self.wait_for_service),
        ] {
            if let Some(Seconds(value)) = value {
                dict.set_item(name, value)?;
            }
        }
        if let Some(Attempts(attempts)) = self.max_attempts {
            dict.set_item("max_attempts", attempts)?;
        }
        if self.unverified_peer {
            dict.set_item("verify_peer", false)?;
        }
        Ok(dict)
    }

    /// `name='value', ...`, for a repr. None of it is a secret.
    pub(crate) fn describe(&self, py: Python<'_>) -> PyResult<String> {
        let dict = self.to_dict(py)?;
        let parts: PyResult<Vec<_>> =
            dict.iter().map(|(name, value)| Ok(format!("{name}={}", value.repr()?))).collect();
        Ok(parts?.join(", "))
    }
}
