//! The section of the small ARM and Key Vault.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the small ARM and Key Vault serve.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureConfig {
    /// Whether they are served.
    pub enabled: bool,
    /// Port of ARM; 0 takes a free one.
    pub arm_port: u16,
    /// Port of Key Vault; 0 takes a free one.
    pub vault_port: u16,
    /// The PEM file for the certificate that clients must trust, in this user's or root's directory; none: in a private
    /// directory. A file of that name is replaced.
    pub ca_file: Option<PathBuf>,
    /// The vault's name.
    pub vault_name: String,
    /// The vault's secrets.
    pub secrets: BTreeMap<String, String>,
}

impl Default for AzureConfig {
    fn default() -> Self {
        let secrets = [
            ("psql-cmd", "psql -h localhost -U arcdemo -d demo"),
            ("psql-pgpass", "localhost:5432:demo:arcdemo:not-a-real-password"),
        ];
        Self {
            enabled: false,
            arm_port: 0,
            vault_port: 0,
            ca_file: None,
            vault_name: "arc-demo-vault".into(),
            secrets: secrets.map(|(name, value)| (name.into(), value.into())).into(),
        }
    }
}
