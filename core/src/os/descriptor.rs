//! Descriptors that nobody takes for standard input, output or error.

use std::os::fd::{AsFd, AsRawFd};

/// What `open` opens, by a descriptor from 3 on. If a program has closed 0, 1 or 2, a new file gets that number, and
/// what another thread prints would go into it. It is not moved but opened again while the low number is taken: a
/// thread that has looked that number up would still reach what was moved.
pub(crate) fn above_standard<F: AsFd, E>(mut open: impl FnMut() -> Result<F, E>) -> Result<F, E> {
    let mut low = Vec::new();
    loop {
        let file = open()?;
        if file.as_fd().as_raw_fd() > 2 {
            return Ok(file);
        }
        low.push(file);
    }
}
