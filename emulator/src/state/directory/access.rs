//! What is trusted, and what is set.

use std::ffi::{OsStr, OsString};
#[cfg(unix)]
use std::io;

use crate::state::secrets::random_id;

/// Who may do what with a new file.
#[cfg_attr(not(unix), allow(dead_code, reason = "modes and groups are not set there"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    /// The file's mode if the group cannot be set, or none is wanted.
    pub(crate) mode: u32,
    /// The group, and the mode that goes with it.
    pub(crate) group: Option<(u32, u32)>,
    /// The owner; needs root.
    pub(crate) owner: Option<u32>,
}

/// Which directories are taken for safe.
#[cfg_attr(not(unix), allow(dead_code, reason = "there is no check there"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Any that exists: the configuration file names it.
    Any,
    /// This user's or root's, in which others can neither replace nor add files.
    Private,
    /// This user's or root's, in which others can add files and not replace ours, as in `/tmp`.
    Sticky,
}

#[cfg(unix)]
pub(super) fn refused(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason.into())
}

/// The temporary name of a file that is not complete yet.
pub(super) fn partial_name(name: &OsStr) -> OsString {
    let mut partial = OsString::from(".");
    partial.push(name.to_string_lossy().replace(['/', '\\'], "-"));
    partial.push(format!(".{}", random_id()));
    partial
}
