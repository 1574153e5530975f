//! Time, as one seam: what a token has left, what the wall clock says, and waiting.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_core::future::BoxFuture;

/// Where the time comes from.
pub(crate) trait Clock: Send + Sync {
    /// Time since some fixed moment, on a clock that nobody sets and that runs on while the machine sleeps.
    fn now(&self) -> Duration;
    /// The wall clock, since 1970.
    fn wall(&self) -> Duration;
    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clocks.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[cfg(target_os = "linux")]
    fn now(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
    }

    /// `CLOCK_MONOTONIC` runs on in sleep on macOS.
    #[cfg(all(unix, not(target_os = "linux")))]
    fn now(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
    }

    #[cfg(windows)]
    fn now(&self) -> Duration {
        crate::os::windows::time_since_boot()
    }

    #[allow(clippy::disallowed_methods, reason = "the seam itself")]
    fn wall(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    #[allow(clippy::disallowed_methods, reason = "the seam itself")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
