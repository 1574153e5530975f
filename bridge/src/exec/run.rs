//! From the options to the exit status.

use super::failure::{FAILED, say};
#[cfg(target_os = "linux")]
use super::linux as system;
use super::options::Options;
#[cfg(not(target_os = "linux"))]
use super::plain as system;

/// Runs the command and returns its exit status, on Windows with all its 32 bits; [`FAILED`],
/// [`CANNOT_RUN`](super::CANNOT_RUN) or [`NOT_FOUND`](super::NOT_FOUND) with a line on stderr if there is none. If a signal
/// ended the command, on Linux the same signal ends this process.
///
/// Blocks until the command has ended. It forks, so it is for a program of its own: call it on the main thread, before
/// any other thread is started.
pub fn run(options: &Options) -> i32 {
    match options.check() {
        Ok(()) => system::run(options),
        Err(problem) => {
            say(&problem);
            FAILED
        }
    }
}

/// Whether [`run`] would refuse, because this process has other threads. A fresh process can run it.
pub fn other_threads_forbid_it() -> bool {
    system::has_other_threads()
}
