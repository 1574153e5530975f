//! What can be said about a single call.

use std::time::Duration;

use crate::CancelHandle;
use crate::cancel::Interrupt;

/// The limits of one call that may block.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelHandle>,
    pub(crate) interrupt: Option<Interrupt>,
}

impl CallOptions {
    /// No limits but the client's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time that this call may take, instead of the client's `timeout`. 0 is refused when the call is made.
    #[must_use]
    pub fn deadline(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// A handle that ends this call from outside.
    #[must_use]
    pub fn cancel(mut self, handle: &CancelHandle) -> Self {
        self.cancel = Some(handle.clone());
        self
    }

    /// A question that ends this call when its answer is `true`, as a cancel handle would. While the call blocks, its
    /// own thread puts the question every `interval`, with the call suspended: what is asked may make calls of its own.
    /// For hosts that can only be asked, as Python is for a pending signal; the asynchronous calls do not ask.
    #[must_use]
    pub fn interrupt(mut self, interval: Duration, ask: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.interrupt = Some(Interrupt::new(interval, ask));
        self
    }
}

/// A request for a token, with more to say than the resource.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    pub(crate) resource: String,
    pub(crate) force_refresh: bool,
    pub(crate) call: CallOptions,
}

impl TokenRequest {
    /// A token for this resource (`https://vault.azure.net`); a scope (`https://vault.azure.net/.default`) works too.
    pub fn new(resource: impl Into<String>) -> Self {
        TokenRequest { resource: resource.into(), force_refresh: false, call: CallOptions::default() }
    }

    /// Skips this client's cache, and asks the service to skip its own if it can (Arc agents from 1.66).
    #[must_use]
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.force_refresh = force;
        self
    }

    /// Answers a claims challenge. Neither service takes the claims themselves: the token is requested again.
    #[must_use]
    pub fn claims(mut self, claims: &str) -> Self {
        self.force_refresh |= !claims.is_empty();
        self
    }

    /// The time that this call may take, instead of the client's `timeout`. 0 is refused when the call is made.
    #[must_use]
    pub fn deadline(mut self, timeout: Duration) -> Self {
        self.call.timeout = Some(timeout);
        self
    }

    /// A handle that ends this call from outside.
    #[must_use]
    pub fn cancel(mut self, handle: &CancelHandle) -> Self {
        self.call.cancel = Some(handle.clone());
        self
    }

    /// Deadline and cancel handle in one.
    #[must_use]
    pub fn call_options(mut self, call: CallOptions) -> Self {
        self.call = call;
        self
    }
}

impl From<&str> for TokenRequest {
    fn from(resource: &str) -> Self {
        TokenRequest::new(resource)
    }
}
