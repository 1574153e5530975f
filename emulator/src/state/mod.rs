//! What changes while the emulator runs: key files, tokens, faults still to be used, the log.

pub(crate) mod directory;
pub(crate) mod identity;
pub(crate) mod key_files;
pub(crate) mod log;
pub(crate) mod secrets;
pub(crate) mod shared;
pub(crate) mod signing;
pub(crate) mod token;
