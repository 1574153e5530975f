//! The section of the machine that the metadata describes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// The tenant that its identities belong to.
    pub tenant_id: String,
    /// The subscription's id.
    pub subscription_id: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The machine's name in Azure.
    pub name: String,
    /// The region.
    pub location: String,
    /// `Linux` or `Windows`.
    pub os_type: String,
    /// HIMDS: the system's name. IMDS: the image's.
    pub sku: String,
    /// HIMDS: the kernel's version. IMDS: the image's.
    pub version: String,
    /// The machine's id.
    pub vm_id: String,
    /// The cloud, `AzurePublicCloud` and so on.
    pub environment: String,
    /// Tags; a value may hold `:` and `;`.
    pub tags: BTreeMap<String, String>,
}

impl Default for Machine {
    fn default() -> Self {
        let tags = [("Project", "jumpstart_azure_arc_servers"), ("owner", "ops;team:a")];
        Self {
            tenant_id: "72f988bf-86f1-41af-91ab-2d7cd011db47".into(),
            subscription_id: "00000000-0000-0000-0000-00000000abcd".into(),
            resource_group: "arc-servers".into(),
            name: "arc-demo".into(),
            location: "westeurope".into(),
            os_type: "Linux".into(),
            sku: "Ubuntu 24.04.1 LTS".into(),
            version: "6.8.0-45-generic".into(),
            vm_id: "13f56399-bd52-4150-9748-7190aae1ff21".into(),
            environment: "AzurePublicCloud".into(),
            tags: tags.map(|(name, value)| (name.into(), value.into())).into(),
        }
    }
}

impl Machine {
    /// The machine's own resource id, as an Arc-enabled server or as a VM.
    pub fn resource_id(&self, arc: bool) -> String {
        let kind = if arc { "Microsoft.HybridCompute/machines" } else { "Microsoft.Compute/virtualMachines" };
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/{kind}/{}",
            self.subscription_id, self.resource_group, self.name
        )
    }
}
