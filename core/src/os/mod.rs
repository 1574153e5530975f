//! What only the operating system can tell or do. Knows no protocol.

#[cfg(unix)]
pub(crate) mod account;
pub(crate) mod cause;
pub(crate) mod clock;
pub(crate) mod commands;
pub(crate) mod fork;
#[cfg(unix)]
pub(crate) mod sigpipe;
#[cfg(windows)]
pub(crate) mod windows;
