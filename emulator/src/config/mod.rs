//! What the emulator serves, as data: the configuration file's sections and their defaults.

pub(crate) mod azure;
pub(crate) mod file;
pub(crate) mod himds;
pub(crate) mod identities;
pub(crate) mod imds;
pub(crate) mod machine;
