//! The system calls that no safe crate has: the only `unsafe` code of this crate.

pub(super) mod process;
pub(super) mod seccomp;
pub(super) mod start;
