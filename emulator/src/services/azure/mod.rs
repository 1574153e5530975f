//! A small ARM and Key Vault by HTTPS, so that the whole way from token to secret runs without Azure.
//!
//! They verify the token's signature, issuer, audience and life as the real ones do, and answer with their errors.

mod arm;
mod bearer;
pub(crate) mod ports;
mod refusal;
pub(crate) mod tls;
mod vault;
