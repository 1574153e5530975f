//! A small ARM and Key Vault by HTTPS, so that all steps from a token to a secret run without Azure.
//!
//! They verify the token's signature, issuer, audience and lifetime as the real ones do, and answer with their errors.

mod arm;
mod bearer;
pub(crate) mod ports;
mod refusal;
pub(crate) mod tls;
mod vault;
