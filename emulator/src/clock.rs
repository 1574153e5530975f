//! This machine's clock.

use std::time::{Duration, SystemTime};

/// Since 1970.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Unix seconds.
pub(crate) fn unix_now() -> i64 {
    since_1970().as_secs() as i64
}
