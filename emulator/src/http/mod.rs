//! A request as it came and an answer before it goes: data, which knows neither a service nor a socket.

pub(crate) mod answer;
pub(crate) mod request;
