//! The client: the public calls, blocking and not.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::acquire::{acquire, without_asking};
use crate::builder::{ClientBuilder, Seams};
use crate::cache::Cache;
use crate::call::Call;
use crate::environment::Environment;
use crate::fetch::{self, Effort, Operation};
use crate::flights::Flights;
use crate::get::{GetOperation, InstanceOperation};
use crate::plan::{Plan, Target};
use crate::resource;
use crate::runtime::block_on;
use crate::transport::TransportOptions;
use crate::{AccessToken, CallOptions, Diagnosis, Error, Identity, Kind, Metadata, Source, TokenRequest};

/// Gets tokens and metadata from the service of this machine, and keeps the tokens.
///
/// Cheap to clone: clones share one cache. `Send` and `Sync`: any number of threads may call at once, and those that
/// want the same token share one request. The blocking calls run on the caller's thread and start no other; no
/// connection and no file descriptor outlives a call. After `fork` the child may go on using it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) seams: Seams,
    pub(crate) cache: Cache,
    pub(crate) flights: Flights,
}

/// What was settled when the client was built.
pub(crate) struct Settings {
    pub(crate) plan: Plan,
    pub(crate) identity: Identity,
    pub(crate) timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) transport: TransportOptions,
    pub(crate) environment: Environment,
    pub(crate) probed: AtomicBool,
}

impl Settings {
    /// Whether it must still be seen that anything is there.
    pub(crate) fn needs_probe(&self) -> bool {
        matches!(self.plan.target, Target::Imds { probe: true, .. }) && !self.probed.load(Ordering::Relaxed)
    }

    pub(crate) fn probe_succeeded(&self) {
        self.probed.store(true, Ordering::Relaxed);
    }
}

impl Client {
    /// Options for a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(settings: Settings, seams: Seams) -> Self {
        Client(Arc::new(Inner { settings, seams, cache: Cache::default(), flights: Flights::new() }))
    }

    /// A token for a resource (`https://vault.azure.net`; the scope `https://vault.azure.net/.default` will do).
    ///
    /// From the cache where it can be, without blocking; else blocks for at most the client's `timeout`. Any kind of
    /// error from 100 on; *invalid_argument* for an unusable resource, and on a thread that drives a tokio runtime.
    #[inline]
    pub fn token(&self, resource: &str) -> Result<Arc<AccessToken>, Error> {
        match self.0.cache.fresh(resource::key(resource), self.0.seams.clock.now()) {
            Some(token) => {
                crate::event!(resource, "token from the cache");
                Ok(token)
            }
            None => self.token_with(&TokenRequest::new(resource)),
        }
    }

    /// [`token`](Self::token), with a forced refresh, a deadline or a cancel handle.
    pub fn token_with(&self, request: &TokenRequest) -> Result<Arc<AccessToken>, Error> {
        let (call, key) = self.begin(request)?;
        match self.cached(request, key) {
            Some(token) => Ok(token),
            None => block_on(call.interrupt(), acquire(&self.0, &call, key, request.force_refresh))
                .unwrap_or_else(|error| without_asking(&self.0, key, request.force_refresh, error)),
        }
    }

    /// [`token_with`](Self::token_with) for programs with a tokio runtime (its time and io drivers enabled). Dropping
    /// the future cancels the request; another caller that waits for it then asks anew.
    pub fn token_async(
        &self,
        request: &TokenRequest,
    ) -> impl Future<Output = Result<Arc<AccessToken>, Error>> + Send + use<> {
        let (this, request) = (self.clone(), request.clone());
        async move {
            let (call, key) = this.begin(&request)?;
            match this.cached(&request, key) {
                Some(token) => Ok(token),
                None => acquire(&this.0, &call, key, request.force_refresh).await,
            }
        }
    }

    fn begin<'a>(&self, request: &'a TokenRequest) -> Result<(Call, &'a str), Error> {
        let key = resource::checked(&request.resource)?;
        Ok((self.call(&request.call)?, key))
    }

    fn cached(&self, request: &TokenRequest, key: &str) -> Option<Arc<AccessToken>> {
        let token = if request.force_refresh { None } else { self.0.cache.fresh(key, self.0.seams.clock.now()) };
        if token.is_some() {
            crate::event!(resource = key, "token from the cache");
        }
        token
    }

    fn call(&self, options: &CallOptions) -> Result<Call, Error> {
        Call::start(&self.0.seams.clock, options, self.0.settings.timeout)
    }

    /// The cached token for a resource, or nothing. Never blocks, takes no lock and asks nobody: for event loops,
    /// which leave the asking to a worker. A resource that [`token`](Self::token) refuses finds nothing.
    #[inline]
    pub fn peek(&self, resource: &str) -> Option<Arc<AccessToken>> {
        self.0.cache.served(resource::key(resource), self.0.seams.clock.now())
    }

    /// [`peek`](Self::peek), but nothing where [`token`](Self::token) would now ask for a newer one: a caller that
    /// must not block for long takes this, and calls `token` on a worker where it finds nothing.
    #[inline]
    pub fn peek_fresh(&self, resource: &str) -> Option<Arc<AccessToken>> {
        self.0.cache.fresh(resource::key(resource), self.0.seams.clock.now())
    }

    /// What `read` makes of the cached token, or nothing, as [`peek`](Self::peek). The token is borrowed, so threads
    /// that read the same one share nothing that they write.
    #[inline]
    pub fn with_cached<T>(&self, resource: &str, read: impl FnOnce(&AccessToken) -> T) -> Option<T> {
        self.0.cache.with_served(resource::key(resource), self.0.seams.clock.now(), read)
    }

    /// Forgets all cached tokens. A request under way is not stopped.
    pub fn clear_cache(&self) {
        self.0.cache.clear();
    }

    /// The instance metadata. Asks each time, and blocks for at most the client's `timeout`.
    pub fn metadata(&self) -> Result<Metadata, Error> {
        self.metadata_with(&CallOptions::default())
    }

    /// [`metadata`](Self::metadata), with a deadline or a cancel handle.
    pub fn metadata_with(&self, options: &CallOptions) -> Result<Metadata, Error> {
        let call = self.call(options)?;
        block_on(call.interrupt(), self.run(&InstanceOperation, &call))?
    }

    /// [`metadata_with`](Self::metadata_with) for programs with a tokio runtime.
    pub async fn metadata_async(&self, options: &CallOptions) -> Result<Metadata, Error> {
        let call = self.call(options)?;
        self.run(&InstanceOperation, &call).await
    }

    /// The answer's body for any other path below `/metadata/`, for example `/metadata/identity/info` (api-version
    /// `2018-02-01`) or `/metadata/instance/compute/name?format=text`. Blocks for at most the client's `timeout`.
    /// *invalid_argument* for the token's path, and for one that leads out of `/metadata/`.
    pub fn get(&self, path: &str, api_version: Option<&str>) -> Result<String, Error> {
        self.get_with(path, api_version, &CallOptions::default())
    }

    /// [`get`](Self::get), with a deadline or a cancel handle.
    pub fn get_with(&self, path: &str, api_version: Option<&str>, options: &CallOptions) -> Result<String, Error> {
        let (operation, call) = (GetOperation::new(path, api_version)?, self.call(options)?);
        block_on(call.interrupt(), self.run(&operation, &call))?
    }

    /// [`get_with`](Self::get_with) for programs with a tokio runtime.
    pub async fn get_async(
        &self,
        path: &str,
        api_version: Option<&str>,
        options: &CallOptions,
    ) -> Result<String, Error> {
        let (operation, call) = (GetOperation::new(path, api_version)?, self.call(options)?);
        self.run(&operation, &call).await
    }

    async fn run<O: Operation>(&self, operation: &O, call: &Call) -> Result<O::Output, Error> {
        let Inner { settings, seams, .. } = &*self.0;
        let answer = fetch::run(settings, seams, call, Effort::Full, operation).await;
        answer.map(|(output, _)| output).map_err(|ended| ended.error)
    }

    /// The service that was chosen; `None` on another host with a managed identity of its own, where every call is
    /// *unavailable*.
    pub fn source(&self) -> Option<Source> {
        self.0.settings.plan.source()
    }

    /// Why that service was chosen, in a sentence.
    pub fn source_reason(&self) -> &str {
        &self.0.settings.plan.reason
    }

    /// The base URL of the service, without a trailing slash; empty where there is none.
    pub fn endpoint(&self) -> String {
        let endpoint = self.0.settings.plan.endpoint();
        endpoint.map_or_else(String::new, |endpoint| endpoint.base.as_str().trim_end_matches('/').to_owned())
    }

    /// What stands between this process and a token for the resource, and what to do about it. Blocks for at most the
    /// client's `timeout`; what is wrong is in the findings, an error is for unusable arguments and cancelled calls.
    pub fn diagnose(&self, resource: &str) -> Result<Diagnosis, Error> {
        self.diagnose_with(resource, &CallOptions::default())
    }

    /// [`diagnose`](Self::diagnose), with a deadline or a cancel handle.
    pub fn diagnose_with(&self, resource: &str, options: &CallOptions) -> Result<Diagnosis, Error> {
        let (key, call) = (resource::checked(resource)?, self.call(options)?);
        match block_on(call.interrupt(), crate::diagnose::diagnose(&self.0, &call, key)) {
            Err(error) if error.kind() == Kind::Transport => Ok(crate::diagnose::without_asking(&self.0, key, error)),
            diagnosis => diagnosis?,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("source", &self.source())
            .field("source_reason", &self.source_reason())
            .field("endpoint", &self.endpoint())
            .field("identity", &self.0.settings.identity)
            .finish_non_exhaustive()
    }
}
