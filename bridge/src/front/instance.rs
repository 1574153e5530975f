//! The instance document, and the walk to a part of it.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::refusal::Refusal;

/// The machine's own document with every member that a VM's has: clients index them without looking. What Arc has not is
/// there and empty.
pub(crate) fn as_a_vm(document: &Value) -> Value {
    let mut whole = document.clone();
    if !whole.is_object() {
        whole = json!({});
    }
    fill(&mut whole, &vm());
    whole
}

/// Adds what is missing or null; what is there stays.
fn fill(value: &mut Value, pattern: &Value) {
    match (value, pattern) {
        (Value::Object(members), Value::Object(wanted)) => {
            for (name, wanted) in wanted {
                fill(members.entry(name.clone()).or_insert(Value::Null), wanted);
            }
        }
        (value @ Value::Null, pattern) => *value = pattern.clone(),
        _ => {}
    }
}

/// The members of a VM's document, empty.
fn vm() -> Value {
    let texts = [
        "azEnvironment",
        "customData",
        "evictionPolicy",
        "isHostCompatibilityLayerVm",
        "licenseType",
        "location",
        "name",
        "offer",
        "osType",
        "placementGroupId",
        "platformFaultDomain",
        "platformSubFaultDomain",
        "platformUpdateDomain",
        "priority",
        "provider",
        "publisher",
        "resourceGroupName",
        "resourceId",
        "sku",
        "subscriptionId",
        "tags",
        "userData",
        "version",
        "vmId",
        "vmScaleSetName",
        "vmSize",
        "zone",
    ];
    let mut compute: Map<String, Value> = texts.iter().map(|name| ((*name).to_owned(), json!(""))).collect();
    let levels = json!({
        "additionalCapabilities": {"hibernationEnabled": "false"},
        "extendedLocation": {"name": "", "type": ""},
        "host": {"id": ""},
        "hostGroup": {"id": ""},
        "osProfile": {"adminUsername": "", "computerName": "", "disablePasswordAuthentication": ""},
        "plan": {"name": "", "product": "", "publisher": ""},
        "publicKeys": [],
        "securityProfile": {"encryptionAtHost": "false", "secureBootEnabled": "false", "virtualTpmEnabled": "false"},
        "storageProfile": {
            "dataDisks": [],
            "imageReference": {"id": "", "offer": "", "publisher": "", "sku": "", "version": ""},
            "osDisk": {"caching": "", "createOption": "", "diskSizeGB": "", "name": "", "osType": ""},
            "resourceDisk": {"size": ""},
        },
        "tagsList": [],
        "virtualMachineScaleSet": {"id": ""},
    });
    if let Value::Object(levels) = levels {
        compute.extend(levels);
    }
    json!({"compute": compute, "network": {"interface": []}})
}

/// What a JSON pointer leads to. A level is given as JSON, or as a listing of its names with `format=text`; a leaf as
/// text only, as IMDS has it.
pub(crate) fn part(document: &Value, pointer: &str, text: bool) -> Result<Answer, Refusal> {
    let found = document.pointer(pointer).ok_or_else(Refusal::not_found)?;
    match (found, text) {
        (Value::Object(_) | Value::Array(_), false) => Ok(Answer::json(found)),
        (Value::Object(members), true) => {
            Ok(Answer::text(listing(members.iter().map(|(name, value)| (name.clone(), value)))))
        }
        (Value::Array(items), true) => {
            Ok(Answer::text(listing(items.iter().enumerate().map(|(index, value)| (index.to_string(), value)))))
        }
        (_, false) => Err(Refusal::bad_request("This is a single value: request it with format=text.")),
        (Value::String(leaf), true) => Ok(Answer::text(leaf.clone())),
        (leaf, true) => Ok(Answer::text(leaf.to_string())),
    }
}

/// A line for each name, with a slash behind those that are levels.
fn listing<'a>(members: impl Iterator<Item = (String, &'a Value)>) -> String {
    let lines = members.map(|(name, value)| if value.is_object() || value.is_array() { name + "/" } else { name });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc() -> Value {
        as_a_vm(&json!({
            "compute": {"name": "arc", "publicKeys": null, "vmSize": "", "plan": null, "x": 1, "tags": "a:b"},
            "network": {},
        }))
    }

    #[test]
    fn what_a_vm_has_is_there_and_what_the_machine_says_stays() {
        let document = arc();
        for (pointer, value) in [
            ("/compute/name", json!("arc")),
            ("/compute/x", json!(1)),
            ("/compute/tags", json!("a:b")),
            ("/compute/vmSize", json!("")),
            ("/compute/vmScaleSetName", json!("")),
            ("/compute/publicKeys", json!([])),
            ("/compute/storageProfile/osDisk/osType", json!("")),
            ("/compute/plan/product", json!("")),
            ("/network/interface", json!([])),
        ] {
            assert_eq!(document.pointer(pointer), Some(&value), "{pointer}");
        }
        assert_eq!(as_a_vm(&json!(null))["compute"]["vmSize"], "");
    }

    #[test]
    fn parts_have_the_form_that_imds_gives_them() {
        let body = |pointer: &str, text| {
            part(&arc(), pointer, text)
                .map(|answer| String::from_utf8(answer.body.to_vec()).unwrap())
                .map_err(|r| r.status)
        };
        assert_eq!(body("/compute/name", true), Ok("arc".into()));
        assert_eq!(body("/compute/name", false), Err(400));
        assert_eq!(body("/compute/nothing", true), Err(404));
        assert_eq!(body("/compute/plan", false), Ok(r#"{"name":"","product":"","publisher":""}"#.into()));
        assert_eq!(body("", true), Ok("compute/\nnetwork/".into()));
        assert_eq!(body("/compute/plan", true), Ok("name\nproduct\npublisher".into()));
    }
}
