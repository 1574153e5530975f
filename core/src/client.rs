//! The client: the public calls, blocking and not.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::acquire::{Acquire, Tokens};
use crate::call::blocking::block_on;
use crate::call::limits::Call;
use crate::diagnose::Diagnose;
use crate::discovery::environment::Environment;
use crate::discovery::plan::{Plan, Service};
use crate::http::attempt::{Attempts, Http, Operation};
use crate::protocol::get::{GetOperation, InstanceOperation, MetadataPath};
use crate::protocol::resource;
use crate::{AccessToken, CallOptions, Diagnosis, Error, Identity, Kind, Metadata, Source, TokenRequest};

/// Gets tokens and metadata from the service of this machine, and keeps the tokens.
///
/// Cheap to clone: clones share one cache. `Send` and `Sync`: any number of threads may call at once, and those that
/// want the same token share one request. The blocking calls run on the caller's thread and start no other; no
/// connection and no file descriptor outlives a call. After `fork` the child may go on using it.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// What was settled when the client was built, and the tokens since.
pub(crate) struct Inner {
    pub(crate) plan: Plan,
    pub(crate) identity: Identity,
    pub(crate) timeout: Duration,
    pub(crate) environment: Environment,
    pub(crate) http: Http,
    pub(crate) tokens: Tokens,
}

impl Client {
    pub(crate) fn new(inner: Inner) -> Self {
        Client(Arc::new(inner))
    }

    /// A token for a resource (`https://vault.azure.net`; the scope `https://vault.azure.net/.default` works too).
    ///
    /// From the cache if possible, without blocking; otherwise blocks for at most the client's `timeout`. Any kind of
    /// error from 100 on; *invalid_argument* for an unusable resource, and on a thread that drives a tokio runtime.
    ///
    /// ```no_run
    /// # let client = himds::Client::builder().build()?;
    /// let token = client.token("https://vault.azure.net")?;
    /// let header = format!("Bearer {}", token.secret());
    /// # Ok::<(), himds::Error>(())
    /// ```
    #[inline]
    pub fn token(&self, resource: &str) -> Result<Arc<AccessToken>, Error> {
        match self.peek_fresh(resource) {
            Some(token) => {
                crate::event!(resource, "token from the cache");
                Ok(token)
            }
            None => self.acquire(resource::checked(resource)?, &self.call(&CallOptions::default())?, false),
        }
    }

    /// [`token`](Self::token), with a forced refresh, a deadline or a cancel handle.
    ///
    /// ```no_run
    /// # let client = himds::Client::builder().build()?;
    /// use std::time::Duration;
    /// use himds::{CancelHandle, TokenRequest};
    ///
    /// let cancel = CancelHandle::new(); // `cancel.cancel()` on another thread ends the call
    /// let request = TokenRequest::new("https://vault.azure.net")
    ///     .force_refresh(true)
    ///     .deadline(Duration::from_secs(5))
    ///     .cancel(&cancel);
    /// let token = client.token_with(&request)?;
    /// # Ok::<(), himds::Error>(())
    /// ```
    pub fn token_with(&self, request: &TokenRequest) -> Result<Arc<AccessToken>, Error> {
        let (resource, call) = self.begin(request)?;
        match self.cached(request, resource) {
            Some(token) => Ok(token),
            None => self.acquire(resource, &call, request.force_refresh),
        }
    }

    /// [`token_with`](Self::token_with) for programs with a tokio runtime (its time and io drivers enabled). Dropping
    /// the future cancels the request; another caller that waits for it then begins one of its own.
    pub fn token_async(
        &self,
        request: &TokenRequest,
    ) -> impl Future<Output = Result<Arc<AccessToken>, Error>> + Send + use<> {
        let (this, request) = (self.clone(), request.clone());
        async move {
            let (resource, call) = this.begin(&request)?;
            match this.cached(&request, resource) {
                Some(token) => Ok(token),
                None => this.acquisition(resource, &call, request.force_refresh)?.run().await,
            }
        }
    }

    /// The arguments of a request, checked even if the cache then has the token.
    fn begin<'a>(&self, request: &'a TokenRequest) -> Result<(&'a str, Call), Error> {
        Ok((resource::checked(&request.resource)?, self.call(&request.call)?))
    }

    fn cached(&self, request: &TokenRequest, resource: &str) -> Option<Arc<AccessToken>> {
        let token = if request.force_refresh { None } else { self.peek_fresh(resource) };
        if token.is_some() {
            crate::event!(resource, "token from the cache");
        }
        token
    }

    /// What the cache cannot give at once.
    fn acquire(&self, resource: &str, call: &Call, forced: bool) -> Result<Arc<AccessToken>, Error> {
        let acquisition = self.acquisition(resource, call, forced)?;
        block_on(call.interrupt(), acquisition.run()).unwrap_or_else(|error| acquisition.cached_instead_of(error))
    }

    fn acquisition<'a>(&'a self, resource: &'a str, call: &'a Call, forced: bool) -> Result<Acquire<'a>, Error> {
        let Inner { identity, http, tokens, .. } = &*self.0;
        Ok(Acquire { tokens, http, service: self.service(call)?, identity, call, resource, forced })
    }

    /// The service to ask: decided when the client was built, told at the first call.
    fn service(&self, call: &Call) -> Result<&Service, Error> {
        self.0.plan.service().map_err(|error| call.ended(error))
    }

    fn call(&self, options: &CallOptions) -> Result<Call, Error> {
        Call::start(&self.0.http.seams.clock, options, self.0.timeout)
    }

    fn now(&self) -> Duration {
        self.0.http.seams.clock.now()
    }

    /// The cached token for a resource, or nothing. Never blocks, takes no lock and sends nothing: for event loops,
    /// which leave the request to a worker. A resource that [`token`](Self::token) refuses finds nothing.
    #[inline]
    pub fn peek(&self, resource: &str) -> Option<Arc<AccessToken>> {
        self.0.tokens.store.served(resource::without_scope(resource), self.now())
    }

    /// [`peek`](Self::peek), but nothing if [`token`](Self::token) would now request a newer one: a caller that
    /// must not block for long takes this, and calls `token` on a worker if it finds nothing.
    #[inline]
    pub fn peek_fresh(&self, resource: &str) -> Option<Arc<AccessToken>> {
        self.0.tokens.store.fresh(resource::without_scope(resource), self.now())
    }

    /// What `read` makes of the cached token, or nothing, as [`peek`](Self::peek). The token is borrowed, so threads
    /// that read the same one share nothing that they write.
    #[inline]
    pub fn with_cached<T>(&self, resource: &str, read: impl FnOnce(&AccessToken) -> T) -> Option<T> {
        self.0.tokens.store.with_served(resource::without_scope(resource), self.now(), read)
    }

    /// Forgets all cached tokens. A request under way is not stopped.
    pub fn clear_cache(&self) {
        self.0.tokens.store.clear();
    }

    /// The instance metadata. Requested each time; blocks for at most the client's `timeout`.
    ///
    /// ```no_run
    /// # let client = himds::Client::builder().build()?;
    /// let metadata = client.metadata()?;
    /// println!("{:?} in {:?}", metadata.name(), metadata.location());
    /// let sku = metadata.pointer("/compute/sku")?;
    /// # Ok::<(), himds::Error>(())
    /// ```
    pub fn metadata(&self) -> Result<Metadata, Error> {
        self.metadata_with(&CallOptions::default())
    }

    /// [`metadata`](Self::metadata), with a deadline or a cancel handle.
    pub fn metadata_with(&self, options: &CallOptions) -> Result<Metadata, Error> {
        self.metadata_at(None, options)
    }

    /// [`metadata_with`](Self::metadata_with), in another version of the API than the default (HIMDS `2020-06-01`, IMDS
    /// `2021-02-01`), for members that came later. *invalid_argument* for a malformed version.
    pub fn metadata_at(&self, api_version: Option<&str>, options: &CallOptions) -> Result<Metadata, Error> {
        let call = self.call(options)?;
        block_on(call.interrupt(), self.run(&InstanceOperation::new(self.service(&call)?, api_version)?, &call))?
    }

    /// [`metadata_with`](Self::metadata_with) for programs with a tokio runtime.
    pub async fn metadata_async(&self, options: &CallOptions) -> Result<Metadata, Error> {
        let call = self.call(options)?;
        self.run(&InstanceOperation::new(self.service(&call)?, None)?, &call).await
    }

    /// The answer's body for any other path below `/metadata/`, for example `/metadata/identity/info` (api-version
    /// `2018-02-01`) or `/metadata/instance/compute/name?format=text`. Blocks for at most the client's `timeout`.
    /// *invalid_argument* for the token's path, and for one that leads out of `/metadata/` or holds anything but letters,
    /// digits and `/-._~`. The api-version may stand in the path's query; two that differ are *invalid_argument* too.
    ///
    /// ```no_run
    /// # let client = himds::Client::builder().build()?;
    /// let info = client.get("/metadata/identity/info", Some("2018-02-01"))?;
    /// # Ok::<(), himds::Error>(())
    /// ```
    pub fn get(&self, path: &str, api_version: Option<&str>) -> Result<String, Error> {
        self.get_with(path, api_version, &CallOptions::default())
    }

    /// [`get`](Self::get), with a deadline or a cancel handle.
    pub fn get_with(&self, path: &str, api_version: Option<&str>, options: &CallOptions) -> Result<String, Error> {
        let (path, call) = (MetadataPath::new(path, api_version)?, self.call(options)?);
        let operation = GetOperation { service: self.service(&call)?, path };
        block_on(call.interrupt(), self.run(&operation, &call))?
    }

    /// [`get_with`](Self::get_with) for programs with a tokio runtime.
    pub async fn get_async(
        &self,
        path: &str,
        api_version: Option<&str>,
        options: &CallOptions,
    ) -> Result<String, Error> {
        let (path, call) = (MetadataPath::new(path, api_version)?, self.call(options)?);
        let operation = GetOperation { service: self.service(&call)?, path };
        self.run(&operation, &call).await
    }

    async fn run<O: Operation>(&self, operation: &O, call: &Call) -> Result<O::Output, Error> {
        let answer = self.0.http.run(call, Attempts::Full, operation).await;
        answer.map(|(output, _)| output).map_err(|failed| failed.error)
    }

    /// The service that was chosen; `None` on another host with a managed identity of its own, on which every call is
    /// *unavailable*.
    pub fn source(&self) -> Option<Source> {
        self.0.plan.source()
    }

    /// Why that service was chosen, in a sentence.
    pub fn source_reason(&self) -> &str {
        self.0.plan.reason()
    }

    /// The base URL of the service, without a trailing slash; empty if there is none.
    pub fn endpoint(&self) -> String {
        let service = self.0.plan.service();
        service
            .map_or_else(|_| String::new(), |service| service.endpoint().base.as_str().trim_end_matches('/').to_owned())
    }

    /// What stands between this process and a token for the resource, and what to do about it. Blocks for at most the
    /// client's `timeout`; what is wrong is in the findings, an error is for unusable arguments and cancelled calls.
    pub fn diagnose(&self, resource: &str) -> Result<Diagnosis, Error> {
        self.diagnose_with(resource, &CallOptions::default())
    }

    /// [`diagnose`](Self::diagnose), with a deadline or a cancel handle.
    pub fn diagnose_with(&self, resource: &str, options: &CallOptions) -> Result<Diagnosis, Error> {
        let (resource, call) = (resource::checked(resource)?, self.call(options)?);
        let Inner { plan, identity, environment, http, tokens, .. } = &*self.0;
        let diagnose = Diagnose { plan, identity, environment, http, tokens, call: &call, resource };
        match block_on(call.interrupt(), diagnose.run()) {
            Err(error) if matches!(error.kind(), Kind::Transport | Kind::Unavailable) => {
                Ok(diagnose.without_asking(error))
            }
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
            .field("identity", &self.0.identity)
            .finish_non_exhaustive()
    }
}
