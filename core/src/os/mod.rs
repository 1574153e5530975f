//! What only the operating system can tell or do. Knows no protocol.

#[cfg(unix)]
pub(crate) mod account;
pub(crate) mod cause;
pub(crate) mod clock;
pub(crate) mod commands;
#[cfg(unix)]
pub(crate) mod descriptor;
pub(crate) mod fork;
pub(crate) mod peer;
pub(crate) mod privilege;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) mod proc_tcp;
#[cfg(unix)]
pub(crate) mod sigpipe;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub mod sock_diag;
#[cfg(windows)]
pub(crate) mod windows;
