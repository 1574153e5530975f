//! What only the operating system can tell or do.

#[cfg(unix)]
pub(crate) mod account;
pub(crate) mod clock;
pub(crate) mod commands;
#[cfg(unix)]
pub(crate) mod sigpipe;
#[cfg(windows)]
pub(crate) mod windows;
