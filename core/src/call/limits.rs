//! The limits of one call under way: its deadline and its cancel handle.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::cancel::Interrupt;
use crate::os::clock::Clock;
use crate::{CallOptions, CancelHandle, Error, Kind};

/// Further than any deadline or wait need be: it keeps sums of times from overflowing, here and in other languages.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A call that has begun.
#[derive(Clone)]
pub(crate) struct Call {
    clock: Arc<dyn Clock>,
    started: Duration,
    deadline: Duration,
    cancel: Option<CancelHandle>,
    interrupt: Option<Interrupt>,
}

impl Call {
    /// *invalid_argument* for a deadline of 0.
    pub(crate) fn start(clock: &Arc<dyn Clock>, options: &CallOptions, timeout: Duration) -> Result<Self, Error> {
        let timeout = options.timeout.unwrap_or(timeout);
        check_timeout("the deadline", timeout)?;
        let started = clock.now();
        let deadline = started + timeout.min(MAX_TIME);
        let (cancel, interrupt) = (options.cancel.clone(), options.interrupt.clone());
        Ok(Call { clock: Arc::clone(clock), started, deadline, cancel, interrupt })
    }

    /// The same call with at most this much time from now.
    pub(crate) fn within(&self, limit: Duration) -> Self {
        Call { deadline: self.deadline.min(self.clock.now() + limit), ..self.clone() }
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn interrupt(&self) -> Option<&Interrupt> {
        self.interrupt.as_ref()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.now().saturating_sub(self.started)
    }

    /// *cancelled* if the call was.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.handles().into_iter().flatten().any(CancelHandle::is_cancelled) {
            true => Err(self.ended(cancelled())),
            false => Ok(()),
        }
    }

    /// The caller's own, and that of the program's signals.
    fn handles(&self) -> [Option<&CancelHandle>; 2] {
        [self.cancel.as_ref(), self.interrupt.as_ref().map(|interrupt| &interrupt.handle)]
    }

    /// The future's output, or *timeout* or *cancelled*, whichever comes first.
    pub(crate) async fn limit<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        self.check()?;
        tokio::select! {
            biased;
            output = future => Ok(output),
            error = self.end() => Err(error),
        }
    }

    /// *timeout* or *cancelled*, as soon as the call is.
    async fn end(&self) -> Error {
        let [cancel, interrupt] = self.handles();
        let left = self.deadline.saturating_sub(self.clock.now());
        let cancelled_by = async |handle: Option<&CancelHandle>| match handle {
            Some(handle) => handle.cancelled().await,
            None => std::future::pending().await,
        };
        self.ended(tokio::select! {
            biased;
            () = cancelled_by(cancel) => cancelled(),
            () = cancelled_by(interrupt) => cancelled(),
            () = self.clock.sleep(left) => self.timeout(),
        })
    }

    /// The error with the time that this call took.
    pub(crate) fn ended(&self, mut error: Error) -> Error {
        error.details_mut().elapsed = self.elapsed();
        error
    }

    fn timeout(&self) -> Error {
        let time = self.deadline.saturating_sub(self.started).as_millis();
        let (seconds, thousandths) = (time / 1000, time % 1000);
        Error::new(Kind::Timeout, format!("no answer within the deadline of {seconds}.{thousandths:03} s")).with_hint(
            "Check whether the service is overloaded or hanging, or allow more time with the option timeout.",
        )
    }
}

fn cancelled() -> Error {
    Error::new(Kind::Cancelled, "the call was cancelled")
}

/// *invalid_argument* for a time of 0.
pub(crate) fn check_timeout(name: &str, time: Duration) -> Result<(), Error> {
    match time.is_zero() {
        true => Err(Error::new(Kind::InvalidArgument, format!("{name} is 0"))
            .with_hint("Give a time over 0, or leave it out for the default.")),
        false => Ok(()),
    }
}
