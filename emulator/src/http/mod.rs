//! A listening port, a request as it came and an answer before it goes; none of them knows a service.

pub(crate) mod answer;
pub(crate) mod listener;
pub(crate) mod request;
