//! Ending a call from outside.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Ends the calls it was given to, from any thread. One-shot: once cancelled it stays so.
///
/// Not async-signal-safe; a handle made before `fork` belongs to the parent.
#[derive(Clone)]
pub struct CancelHandle(Arc<Inner>);

struct Inner {
    cancelled: AtomicBool,
    wake: Notify,
    poll: Option<(Duration, Box<dyn Fn() -> bool + Send + Sync>)>,
}

impl CancelHandle {
    /// A handle that waits for [`cancel`](Self::cancel).
    pub fn new() -> Self {
        CancelHandle(Arc::new(Inner { cancelled: AtomicBool::new(false), wake: Notify::new(), poll: None }))
    }

    /// A handle that is also cancelled when `ask` says `true`. A blocked call asks on its own thread, every `interval`:
    /// for hosts that can only be asked, as Python is for a pending signal.
    pub fn polling(interval: Duration, ask: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let poll = Some((interval, Box::new(ask) as Box<_>));
        CancelHandle(Arc::new(Inner { cancelled: AtomicBool::new(false), wake: Notify::new(), poll }))
    }

    /// Cancels: calls that hold this handle end with [`Kind::Cancelled`](crate::Kind::Cancelled) at once.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.wake.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Ends when the handle is cancelled.
    pub(crate) async fn cancelled(&self) {
        loop {
            let notified = self.0.wake.notified();
            if self.is_cancelled() {
                return;
            }
            match &self.0.poll {
                None => notified.await,
                Some((interval, ask)) => {
                    let _ = tokio::time::timeout(*interval, notified).await;
                    if ask() {
                        self.cancel();
                    }
                }
            }
        }
    }
}

impl Default for CancelHandle {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
