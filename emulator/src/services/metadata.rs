//! The metadata documents below `/metadata`, and their members.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::api_version;
use super::instance::{himds_instance, imds_instance};
use crate::config::file::Config;
use crate::http::answer::Answer;
use crate::http::request::{Seen, Service};

/// api-version of `/metadata/identity/info`, which HIMDS also accepts although its list does not name it.
const INFO_VERSION: &str = "2018-02-01";

/// api-versions of IMDS that are documented for one path.
const OWN_VERSIONS: [(&str, &str); 2] =
    [("/metadata/scheduledevents", "2020-07-01"), ("/metadata/loadbalancer", "2020-10-01")];

/// The metadata answer of HIMDS.
pub(crate) fn himds(config: &Config, seen: &Seen) -> Answer {
    let info = seen.path == "/metadata/identity/info" && seen.parameter("api-version") == Some(INFO_VERSION);
    if let Some(refusal) = api_version::himds(config, seen).filter(|_| !info) {
        return refusal;
    }
    let path = seen.path.trim_end_matches('/');
    if let Some(below) = path.strip_prefix("/metadata/instance") {
        return member(&himds_instance(&config.machine), below, seen, Service::Himds);
    }
    match path {
        "/metadata/identity/info" => Answer::json(200, &json!({"tenantId": config.machine.tenant_id})),
        "/metadata/endpoints" if config.himds.azure_local => Answer::json(200, &endpoints()),
        _ => not_found(Service::Himds),
    }
}

/// The metadata answer of IMDS.
pub(crate) fn imds(config: &Config, seen: &Seen) -> Answer {
    let path = seen.path.trim_end_matches('/');
    if path == "/metadata/versions" {
        return Answer::json(200, &json!({"apiVersions": config.imds.api_versions}));
    }
    let own = seen.parameter("api-version").is_some_and(|version| OWN_VERSIONS.contains(&(path, version)));
    if let Some(refusal) = api_version::imds(config, seen).filter(|_| !own) {
        return refusal;
    }
    if let Some(below) = path.strip_prefix("/metadata/instance") {
        return member(&imds_instance(&config.machine), below, seen, Service::Imds);
    }
    match path {
        "/metadata/identity/info" => Answer::json(200, &json!({"tenantId": config.machine.tenant_id})),
        "/metadata/attested/document" => Answer::json(200, &attested_document(config, seen)),
        "/metadata/scheduledevents" => Answer::json(200, &json!({"DocumentIncarnation": 1, "Events": []})),
        "/metadata/loadbalancer" => Answer::json(200, &load_balancer()),
        _ => not_found(Service::Imds),
    }
}

/// The document, or a member of it. A leaf is given as text only, a level as JSON, or as a listing with `format=text`.
fn member(document: &Value, below: &str, seen: &Seen, service: Service) -> Answer {
    if !below.is_empty() && !below.starts_with('/') {
        return not_found(service);
    }
    let Some(found) = document.pointer(below) else {
        return not_found(service);
    };
    let text = seen.parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("text"));
    match (found, text) {
        (Value::Object(_) | Value::Array(_), false) => Answer::json(200, found),
        (Value::Object(_) | Value::Array(_), true) => Answer::text(200, "text/plain; charset=utf-8", listing(found)),
        (_, false) => not_found(service),
        (Value::String(leaf), true) => Answer::text(200, "text/plain; charset=utf-8", leaf.clone()),
        (leaf, true) => Answer::text(200, "text/plain; charset=utf-8", leaf.to_string()),
    }
}

/// The names in a level; those that are levels themselves end in a slash.
fn listing(level: &Value) -> String {
    let line = |name: String, value: &Value| {
        if value.is_object() || value.is_array() { name + "/" } else { name }
    };
    let lines: Vec<String> = match level {
        Value::Object(map) => map.iter().map(|(name, value)| line(name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| line(index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    lines.join("\n")
}

fn not_found(service: Service) -> Answer {
    match service {
        Service::Himds => Answer::himds_error(404, "not_found", "The requested path was not found"),
        Service::Imds => Answer::json(404, &json!({"error": "Not found"})),
    }
}

/// The real document is a PKCS #7 signature by Azure; this one has the same fields inside, unsigned.
fn attested_document(config: &Config, seen: &Seen) -> Value {
    let content = json!({
        "nonce": seen.parameter("nonce").unwrap_or_default(), "vmId": config.machine.vm_id,
        "subscriptionId": config.machine.subscription_id, "sku": config.machine.sku,
    });
    json!({"encoding": "pkcs7", "signature": STANDARD.encode(content.to_string())})
}

fn load_balancer() -> Value {
    json!({"loadbalancer": {
        "publicIpAddresses": [{"frontendIpAddress": "203.0.113.10", "privateIpAddress": "10.0.0.4"}],
        "inboundRules": [], "outboundRules": [],
    }})
}

/// The addresses of the cloud, as an Azure Local host hands them out.
fn endpoints() -> Value {
    json!({
        "name": "AzureCloud", "portal": "https://portal.azure.com",
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com", "tenant": "common",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"]},
        "resourceManager": "https://management.azure.com/", "graph": "https://graph.microsoft.com/",
        "suffixes": {"keyVaultDns": "vault.azure.net", "storage": "core.windows.net"},
    })
}
