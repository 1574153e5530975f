//! `himds exec`: a command whose requests to 169.254.169.254 are answered, and nobody else's.
//!
//! Two ways lead the command's requests to the [front](crate::front). In mode `connect` (Linux) its calls of `connect`
//! to that address are led to a listener of ours: nothing in the command changes. In mode `env` (every system) variables
//! name a listener on loopback, with a secret.
//!
//! On Linux three processes take part. The one that was started stays in the foreground: it hands signals on, stops when
//! the command stops, and ends as the command ends. Its child, the supervisor, serves, and is the parent of the command;
//! it stays in the background for as long as descendants of the command live. (It must be their ancestor: with Yama's
//! usual setting nobody else may read their memory.)

pub mod address;
mod environment;
#[cfg(target_os = "linux")]
mod linux;
mod options;
mod peers;
#[cfg(not(target_os = "linux"))]
mod plain;
mod serving;
mod tree_policy;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use plain as system;

pub use options::{Mode, Options};

/// The exit status if exec itself fails, as with `env` and `timeout`.
pub const FAILED: i32 = 125;
/// The exit status if the command cannot be run.
pub const CANNOT_RUN: i32 = 126;
/// The exit status if the command is not found.
pub const NOT_FOUND: i32 = 127;

/// Runs the command and returns its exit status, on Windows with all its 32 bits; [`FAILED`], [`CANNOT_RUN`] or [`NOT_FOUND`] with a line on stderr if
/// there is none. If a signal ended the command, the same signal ends this process.
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

/// A line on stderr. One that cannot be written is lost: there is nowhere to say so.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "himds exec: {text}");
}

/// Why the command does not run, as a shell tells it: exit status and words.
fn cannot_run(program: &std::ffi::OsStr, error: &std::io::Error) -> (i32, String) {
    let program = program.to_string_lossy();
    let is_path = program.contains(std::path::is_separator);
    match error.kind() {
        std::io::ErrorKind::NotFound if is_path => (NOT_FOUND, format!("{program}: No such file or directory")),
        std::io::ErrorKind::NotFound => (NOT_FOUND, format!("{program}: command not found")),
        _ => (CANNOT_RUN, format!("{program}: {}", words(error))),
    }
}

/// What the system says, without its number.
fn words(error: &std::io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}
