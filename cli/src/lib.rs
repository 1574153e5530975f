//! The command `himds`, as a library: the native program and the Python package's command both are [`run`].
//!
//! ```
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let mut streams = himds_cli::Streams::new(None, Some(&mut out), &mut err);
//! let status = himds_cli::run(["token".into(), "--timeout".into(), "0".into()], &mut streams);
//! assert_eq!(status, 2);
//! drop(streams);
//! assert!(out.is_empty(), "nothing but an answer goes to stdout");
//! ```
//!
//! Each subcommand is a file of its own, and one line of the table in `command.rs`. That table, with the options in it, is
//! all that there is to say about the command: arguments are read by it (`arguments.rs`), and help, shell completion and
//! the manual page are written from it.

mod arguments;
mod command;
mod common;
mod failure;
mod format;
mod help;
mod interrupt;
mod json;
mod manual;
mod new_file;
mod printable;
mod report;
mod streams;

mod bridge;
mod claims;
mod completion;
mod diagnose;
mod exec;
mod git_credential;
mod metadata;
mod source;
mod token;
mod token_file;

pub use command::{needs_process_of_its_own, run};
pub use manual::manual;
pub use streams::Streams;
