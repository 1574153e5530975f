//! When a token is kept, shared and renewed.

pub(crate) mod acquire;
pub(crate) mod single_flight;
pub(crate) mod store;
