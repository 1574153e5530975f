//! Whose process is at the other end of a connection of this machine, and whether it can read the key file anyway.
//!
//! `verdict` is pure. `linux` and `windows` ask the kernel; elsewhere nobody can be asked.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
mod nobody;
mod verdict;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
mod windows_process;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::verdict;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
pub(crate) use nobody::verdict;
pub(crate) use verdict::{Readers, Verdict};
#[cfg(windows)]
pub(crate) use windows::verdict;
#[cfg(windows)]
pub(crate) use windows_process::sid;
