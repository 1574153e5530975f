//! Deviations from the normal behaviour: what they are, the recorded answers that they name, and what they do to a socket.

pub(crate) mod fault;
pub(crate) mod key_fault;
pub mod presets;
pub(crate) mod queue;
pub mod template;
pub(crate) mod wire;
