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
}

impl CancelHandle {
    /// A handle that waits for [`cancel`](Self::cancel).
    pub fn new() -> Self {
        CancelHandle(Arc::new(Inner { cancelled: AtomicBool::new(false), wake: Notify::new() }))
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
            notified.await;
        }
    }
}

/// A question to the caller's host, put again and again while a call blocks: shall the call end?
#[derive(Clone)]
pub(crate) struct Interrupt {
    pub(crate) interval: Duration,
    ask: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Cancelled by a yes.
    pub(crate) handle: CancelHandle,
}

impl Interrupt {
    pub(crate) fn new(interval: Duration, ask: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Interrupt { interval, ask: Arc::new(ask), handle: CancelHandle::new() }
    }

    pub(crate) fn ask(&self) {
        if (self.ask)() {
            self.handle.cancel();
        }
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").field("interval", &self.interval).finish_non_exhaustive()
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
