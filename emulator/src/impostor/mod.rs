//! A process that took the agent's port and relays: the attack that a client of HIMDS should withstand.

pub(crate) mod event;
mod relay;
pub(crate) mod running;
