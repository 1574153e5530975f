//! The key file: the proof that this process may have the machine's identity.
//!
//! `rules` need no file; what the operating system must be asked is in `unix` and `windows`.

mod rules;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
mod windows_access;

#[cfg(feature = "fuzzing")]
pub(crate) use rules::key;
pub(crate) use rules::{KeyFile, name};
#[cfg(unix)]
pub(crate) use unix::{directory_readers, read};
#[cfg(windows)]
pub(crate) use windows::{directory_readers, read};
