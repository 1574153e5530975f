//! What the metadata says about the machine, in HIMDS's shape and in IMDS's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

    /// `/metadata/instance` of HIMDS: a subset, most strings empty, `publicKeys` null, `network` empty.
    pub(crate) fn himds_instance(&self) -> Value {
        json!({
            "compute": {
                "additionalCapabilities": null, "azEnvironment": self.environment, "customData": "",
                "evictionPolicy": "", "extendedLocation": null, "host": null, "hostGroup": null,
                "isHostCompatibilityLayerVm": "", "licenseType": "", "location": self.location, "name": self.name,
                "offer": "", "osProfile": null, "osType": self.os_type, "placementGroupId": "", "plan": null,
                "platformFaultDomain": "", "platformUpdateDomain": "", "priority": "", "provider": "",
                "publicKeys": null, "publisher": "", "resourceGroupName": self.resource_group,
                "resourceId": self.resource_id(true), "securityProfile": null, "sku": self.sku,
                "storageProfile": null, "subscriptionId": self.subscription_id, "tags": self.joined_tags(),
                "tagsList": self.tags_list(), "userData": "", "version": self.version,
                "virtualMachineScaleSet": null, "vmId": self.vm_id, "vmScaleSetName": "", "vmSize": "", "zone": "",
            },
            "network": {},
        })
    }

    /// `/metadata/instance` of IMDS.
    pub(crate) fn imds_instance(&self) -> Value {
        json!({
            "compute": {
                "azEnvironment": self.environment, "customData": "", "evictionPolicy": "",
                "isHostCompatibilityLayerVm": "true", "licenseType": "", "location": self.location, "name": self.name,
                "offer": "ubuntu-24_04-lts",
                "osProfile": {"adminUsername": "azureuser", "computerName": self.name, "disablePasswordAuthentication": "true"},
                "osType": self.os_type, "placementGroupId": "", "plan": {"name": "", "product": "", "publisher": ""},
                "platformFaultDomain": "0", "platformUpdateDomain": "0", "priority": "",
                "provider": "Microsoft.Compute",
                "publicKeys": [{"keyData": "ssh-rsa AAAA azureuser", "path": "/home/azureuser/.ssh/authorized_keys"}],
                "publisher": "canonical", "resourceGroupName": self.resource_group,
                "resourceId": self.resource_id(false),
                "securityProfile": {"secureBootEnabled": "true", "virtualTpmEnabled": "true"}, "sku": self.sku,
                "storageProfile": {"dataDisks": [], "imageReference": {"offer": "ubuntu-24_04-lts", "publisher": "canonical", "sku": "server", "version": "latest"},
                    "osDisk": {"caching": "ReadWrite", "createOption": "FromImage", "diskSizeGB": "30", "name": "osdisk", "osType": self.os_type}},
                "subscriptionId": self.subscription_id, "tags": self.joined_tags(), "tagsList": self.tags_list(),
                "userData": "", "version": self.version, "vmId": self.vm_id, "vmScaleSetName": "",
                "vmSize": "Standard_D2s_v5", "zone": "1",
            },
            "network": {
                "interface": [{
                    "ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.4", "publicIpAddress": ""}],
                        "subnet": [{"address": "10.0.0.0", "prefix": "24"}]},
                    "ipv6": {"ipAddress": []},
                    "macAddress": "000D3A0AB1C2",
                }],
            },
        })
    }

    fn joined_tags(&self) -> String {
        self.tags.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(";")
    }

    fn tags_list(&self) -> Vec<Value> {
        self.tags.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
    }
}
