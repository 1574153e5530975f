//! Descriptors that nobody takes for standard input, output or error.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;

const FIRST: i32 = 3;

/// The same file by a descriptor from 3 on. Where a program has closed 0, 1 or 2, a new file gets that number, and what
/// another thread prints would go into it.
pub(crate) fn above_standard(descriptor: OwnedFd) -> rustix::io::Result<OwnedFd> {
    match descriptor.as_raw_fd() < FIRST {
        true => fcntl_dupfd_cloexec(&descriptor, FIRST),
        false => Ok(descriptor),
    }
}
