//! Which service, at which address, and why. Touches the machine in `agent`, `drop_in` and `smbios`; all else is pure.

pub(crate) mod agent;
pub(crate) mod choose;
pub(crate) mod drop_in;
pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod plan;
pub(crate) mod smbios;
pub(crate) mod token_dir;
