//! What is said to HIMDS and IMDS, and what their answers mean. Knows no cache.
//!
//! Each fact of the protocol, its public source and the scenario that holds it: `docs/protocol.md`.

pub(crate) mod challenge;
pub(crate) mod expiry;
pub(crate) mod get;
pub(crate) mod handshake;
pub(crate) mod key_file;
pub(crate) mod resource;
pub(crate) mod token_answer;
