//! Which service, at which address, and why.

pub(crate) mod drop_in;
pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod plan;
