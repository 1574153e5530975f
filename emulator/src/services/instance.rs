//! `/metadata/instance`, in HIMDS's shape and in IMDS's.

use serde_json::{Value, json};

use crate::config::machine::Machine;

/// `/metadata/instance` of HIMDS: a subset, most strings empty, `publicKeys` null, `network` empty.
pub(super) fn himds_instance(machine: &Machine) -> Value {
    json!({
        "compute": {
            "additionalCapabilities": null, "azEnvironment": machine.environment, "customData": "",
            "evictionPolicy": "", "extendedLocation": null, "host": null, "hostGroup": null,
            "isHostCompatibilityLayerVm": "", "licenseType": "", "location": machine.location, "name": machine.name,
            "offer": "", "osProfile": null, "osType": machine.os_type, "placementGroupId": "", "plan": null,
            "platformFaultDomain": "", "platformUpdateDomain": "", "priority": "", "provider": "",
            "publicKeys": null, "publisher": "", "resourceGroupName": machine.resource_group,
            "resourceId": machine.resource_id(true), "securityProfile": null, "sku": machine.sku,
            "storageProfile": null, "subscriptionId": machine.subscription_id, "tags": joined_tags(machine),
            "tagsList": tags_list(machine), "userData": "", "version": machine.version,
            "virtualMachineScaleSet": null, "vmId": machine.vm_id, "vmScaleSetName": "", "vmSize": "", "zone": "",
        },
        "network": {},
    })
}

/// `/metadata/instance` of IMDS.
pub(super) fn imds_instance(machine: &Machine) -> Value {
    json!({
        "compute": {
            "azEnvironment": machine.environment, "customData": "", "evictionPolicy": "",
            "isHostCompatibilityLayerVm": "true", "licenseType": "", "location": machine.location, "name": machine.name,
            "offer": "ubuntu-24_04-lts",
            "osProfile": {"adminUsername": "azureuser", "computerName": machine.name, "disablePasswordAuthentication": "true"},
            "osType": machine.os_type, "placementGroupId": "", "plan": {"name": "", "product": "", "publisher": ""},
            "platformFaultDomain": "0", "platformUpdateDomain": "0", "priority": "",
            "provider": "Microsoft.Compute",
            "publicKeys": [{"keyData": "ssh-rsa AAAA azureuser", "path": "/home/azureuser/.ssh/authorized_keys"}],
            "publisher": "canonical", "resourceGroupName": machine.resource_group,
            "resourceId": machine.resource_id(false),
            "securityProfile": {"secureBootEnabled": "true", "virtualTpmEnabled": "true"}, "sku": machine.sku,
            "storageProfile": {"dataDisks": [], "imageReference": {"offer": "ubuntu-24_04-lts", "publisher": "canonical", "sku": "server", "version": "latest"},
                "osDisk": {"caching": "ReadWrite", "createOption": "FromImage", "diskSizeGB": "30", "name": "osdisk", "osType": machine.os_type}},
            "subscriptionId": machine.subscription_id, "tags": joined_tags(machine), "tagsList": tags_list(machine),
            "userData": "", "version": machine.version, "vmId": machine.vm_id, "vmScaleSetName": "",
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

fn joined_tags(machine: &Machine) -> String {
    machine.tags.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(";")
}

fn tags_list(machine: &Machine) -> Vec<Value> {
    machine.tags.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}
