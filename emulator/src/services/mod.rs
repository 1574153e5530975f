//! What each service answers: HIMDS, IMDS, their metadata, Entra's public documents, the small ARM and Key Vault.

pub(crate) mod azure;
pub(crate) mod himds;
pub(crate) mod imds;
pub(crate) mod metadata;
pub(crate) mod openid;
