//! A small ARM and Key Vault, so that the whole way from token to secret runs without Azure.

use serde::{Deserialize, Serialize};

/// What the small ARM and Key Vault serve.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureConfig {
    /// Whether they are served.
    pub enabled: bool,
}
