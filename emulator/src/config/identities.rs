//! The sections of the machine's identities.

use serde::{Deserialize, Serialize};

/// The machine's own identity.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SystemAssigned {
    /// Whether the machine has one.
    pub enabled: bool,
    /// The application id.
    pub client_id: String,
    /// The service principal's object id.
    pub object_id: String,
}

impl Default for SystemAssigned {
    fn default() -> Self {
        Self {
            enabled: true,
            client_id: "8f6a3c52-0f3b-4f0a-9d3e-51a1f00d0001".into(),
            object_id: "3d2b7c1e-6a41-4c55-8a0e-51a1f00d0002".into(),
        }
    }
}

/// An identity that a user assigned to the machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserAssigned {
    /// The application id, `client_id` in requests.
    pub client_id: String,
    /// The service principal's object id, `object_id` in requests.
    pub object_id: String,
    /// The full Azure resource id, `msi_res_id` in requests.
    pub resource_id: String,
}
