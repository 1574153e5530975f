//! What the emulator serves, as data: the configuration file's sections and their defaults.

pub(crate) mod file;
pub(crate) mod machine;
