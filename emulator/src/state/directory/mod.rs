//! A directory that stays the one that was opened, whatever another user does to its path.
//!
//! The emulator may run as root, and every user of the machine may ask it for faults. So a directory is opened once,
//! without following a link in its place, and refused if somebody other than this process's user or root could put
//! files into it. From then on everything happens below the open directory, and a file appears under its name when it
//! is complete and has its final mode and owner.

mod access;
#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

pub(crate) use access::{Access, Trust};
#[cfg(not(unix))]
pub(crate) use elsewhere::Directory;
#[cfg(unix)]
pub(crate) use unix::Directory;
