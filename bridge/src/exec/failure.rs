//! How exec tells of a failure of its own, and not of the command's: an exit status, and a line on stderr.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path;

use crate::words::words;

/// The exit status if exec itself fails, as with `env` and `timeout`.
pub const FAILED: i32 = 125;
/// The exit status if the command cannot be run.
pub const CANNOT_RUN: i32 = 126;
/// The exit status if the command is not found.
pub const NOT_FOUND: i32 = 127;

/// A line on stderr. One that cannot be written is lost: there is nowhere to say so.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "himds exec: {text}");
}

/// Why the command does not run, as a shell tells it: exit status and words.
pub(super) fn cannot_run(program: &OsStr, error: &io::Error) -> (i32, String) {
    let program = program.to_string_lossy();
    let is_path = program.contains(path::is_separator);
    match error.kind() {
        io::ErrorKind::NotFound if is_path => (NOT_FOUND, format!("{program}: No such file or directory")),
        io::ErrorKind::NotFound => (NOT_FOUND, format!("{program}: command not found")),
        _ => (CANNOT_RUN, format!("{program}: {}", words(error))),
    }
}
