//! How exec tells of a failure of its own, and not of the command's: an exit status, and a line on stderr.

use std::io::Write as _;

/// The exit status if exec itself fails, as with `env` and `timeout`.
pub const FAILED: u8 = 125;
/// The exit status if the command cannot be run.
pub const CANNOT_RUN: u8 = 126;
/// The exit status if the command is not found.
pub const NOT_FOUND: u8 = 127;

/// A line on stderr. One that cannot be written is lost: there is nowhere to say so.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "himds exec: {text}");
}
