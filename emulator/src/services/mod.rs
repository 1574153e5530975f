//! What each service answers: HIMDS, IMDS, their metadata, Entra's public documents, the small ARM and Key Vault.

mod api_version;
pub(crate) mod azure;
pub(crate) mod himds;
pub(crate) mod imds;
mod instance;
mod metadata;
pub(crate) mod openid;
