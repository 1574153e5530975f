//! What comes in from outside, so that every rule is tested in milliseconds: time, network, files, chance.

use std::path::PathBuf;
use std::sync::Arc;

use crate::http::session::HttpTransport;
use crate::http::transport::Transport;
use crate::os::clock::{Clock, SystemClock};

/// The seams to the outside world.
#[derive(Clone)]
pub(crate) struct Seams {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) transport: Arc<dyn Transport>,
    /// The root of the file system for what lies in fixed places.
    pub(crate) root: PathBuf,
    /// A number in [0, 1) for jitter.
    pub(crate) random: fn() -> f64,
}

impl Default for Seams {
    fn default() -> Self {
        Seams {
            clock: Arc::new(SystemClock),
            transport: Arc::new(HttpTransport),
            root: PathBuf::from("/"),
            random: system_random,
        }
    }
}

/// From the operating system each time: after a `fork`, parent and child must not wait alike.
fn system_random() -> f64 {
    let number = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}
