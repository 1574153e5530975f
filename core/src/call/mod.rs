//! One call: its limits, and the thread that drives it.

pub(crate) mod blocking;
pub(crate) mod limits;
