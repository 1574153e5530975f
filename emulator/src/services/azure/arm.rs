//! A small ARM: the resource group, its resources, its vaults, the subscription's tag names.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::bearer::{Refusal, bearer_token, verify};
use super::refusal::azure_error;
use crate::faults::template::date;
use crate::state::shared::Shared;

const AUDIENCES: [&str; 4] = [
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
];

pub(super) fn router() -> Router<Arc<Shared>> {
    // ARM ignores letter case in paths and a router does not, so one handler takes them apart.
    Router::new().fallback(serve)
}

async fn serve(
    State(state): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err((code, message)) = authorize(&state, &headers) {
        let mut response = azure_error(StatusCode::UNAUTHORIZED, code, &message);
        let challenge = format!(
            r#"Bearer authorization_uri="https://login.windows.net/{}", error="invalid_token", error_description="The access token is missing or not valid.""#,
            state.config.machine.tenant_id
        );
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert("www-authenticate", challenge);
        }
        return response;
    }
    if !query.contains_key("api-version") {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return azure_error(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", text);
    }
    if method != Method::GET {
        return azure_error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "This small ARM serves GET only.");
    }
    let lower = uri.path().trim_matches('/').to_ascii_lowercase();
    let steps: Vec<&str> = lower.split('/').collect();
    find(&state, &steps).unwrap_or_else(|refusal| *refusal)
}

fn authorize(state: &Shared, headers: &HeaderMap) -> Result<(), (&'static str, String)> {
    let Some(token) = bearer_token(headers) else {
        return Err((
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.".to_owned(),
        ));
    };
    let time = |unix| date("rfc3339z", unix).unwrap_or_default();
    verify(state, token, &AUDIENCES).map(drop).map_err(|refusal| match refusal {
        Refusal::Invalid => ("InvalidAuthenticationToken", "The access token is invalid.".to_owned()),
        Refusal::Issuer(found) => (
            "InvalidAuthenticationTokenTenant",
            format!("The access token is from the wrong issuer '{found}'. It must match the tenant '{}' associated with this subscription.", state.config.machine.tenant_id),
        ),
        Refusal::Audience(found) => (
            "InvalidAuthenticationTokenAudience",
            format!(
                "The access token has been obtained for wrong audience or resource '{found}'. It should exactly match \
                 with one of the allowed audiences '{}'.",
                AUDIENCES.join("','")
            ),
        ),
        Refusal::Expired(at) => (
            "ExpiredAuthenticationToken",
            format!("The access token expiry UTC time '{}' is earlier than current UTC time '{}'.", time(at), time(state.now())),
        ),
        Refusal::TooEarly(at) => (
            "InvalidAuthenticationToken",
            format!("The access token is not valid before '{}', and it is '{}'.", time(at), time(state.now())),
        ),
    })
}

/// The document at a path, which is in lower case.
fn find(state: &Shared, steps: &[&str]) -> Result<Response, Box<Response>> {
    let machine = &state.config.machine;
    let [first, subscription, below @ ..] = steps else { return Err(no_route()) };
    if *first != "subscriptions" {
        return Err(no_route());
    }
    if !subscription.eq_ignore_ascii_case(&machine.subscription_id) {
        let text = format!("The subscription '{subscription}' could not be found.");
        return Err(Box::new(azure_error(StatusCode::NOT_FOUND, "SubscriptionNotFound", &text)));
    }
    let document = match below {
        [] => json!({
            "id": format!("/subscriptions/{}", machine.subscription_id), "subscriptionId": machine.subscription_id,
            "tenantId": machine.tenant_id, "displayName": "Emulated", "state": "Enabled",
        }),
        ["tagnames"] => json!({"value": tag_names(state)}),
        ["resources"] => json!({"value": resources(state)}),
        ["resourcegroups"] => json!({"value": [group(state)]}),
        ["providers", "microsoft.keyvault", "vaults"] => json!({"value": [vault(state)]}),
        ["resourcegroups", name, rest @ ..] => return in_group(state, name, rest),
        _ => return Err(no_route()),
    };
    Ok(Json(document).into_response())
}

fn in_group(state: &Shared, name: &str, steps: &[&str]) -> Result<Response, Box<Response>> {
    if !name.eq_ignore_ascii_case(&state.config.machine.resource_group) {
        let text = format!("Resource group '{name}' could not be found.");
        return Err(Box::new(azure_error(StatusCode::NOT_FOUND, "ResourceGroupNotFound", &text)));
    }
    let document = match steps {
        [] => group(state),
        ["resources"] => json!({"value": resources(state)}),
        ["providers", "microsoft.keyvault", "vaults"] => json!({"value": [vault(state)]}),
        ["providers", namespace, kind, resource] => {
            let ending = format!("/providers/{namespace}/{kind}/{resource}");
            let wanted =
                |document: &Value| document["id"].as_str().is_some_and(|id| id.to_ascii_lowercase().ends_with(&ending));
            match [machine(state), vault(state)].into_iter().find(wanted) {
                Some(document) => document,
                None => {
                    let text = format!(
                        "The Resource '{namespace}/{kind}/{resource}' under resource group '{name}' was not found."
                    );
                    return Err(Box::new(azure_error(StatusCode::NOT_FOUND, "ResourceNotFound", &text)));
                }
            }
        }
        _ => return Err(no_route()),
    };
    Ok(Json(document).into_response())
}

fn no_route() -> Box<Response> {
    let text = "This small ARM has resource groups, resources, vaults and tagNames of one subscription.";
    Box::new(azure_error(StatusCode::NOT_FOUND, "NotFound", text))
}

fn group_id(state: &Shared) -> String {
    let machine = &state.config.machine;
    format!("/subscriptions/{}/resourceGroups/{}", machine.subscription_id, machine.resource_group)
}

fn group(state: &Shared) -> Value {
    let machine = &state.config.machine;
    json!({
        "id": group_id(state), "name": machine.resource_group, "type": "Microsoft.Resources/resourceGroups",
        "location": machine.location, "tags": machine.tags, "properties": {"provisioningState": "Succeeded"},
    })
}

fn resources(state: &Shared) -> Vec<Value> {
    let short = |mut document: Value| {
        // A listing has no properties.
        if let Some(members) = document.as_object_mut() {
            members.shift_remove("properties");
        }
        document
    };
    vec![short(machine(state)), short(vault(state))]
}

fn machine(state: &Shared) -> Value {
    let machine = &state.config.machine;
    json!({
        "id": machine.resource_id(true), "name": machine.name, "type": "Microsoft.HybridCompute/machines",
        "location": machine.location, "tags": machine.tags,
        "identity": {"type": "SystemAssigned", "principalId": state.config.system_assigned.object_id, "tenantId": machine.tenant_id},
        "properties": {"status": "Connected", "osType": machine.os_type, "osSku": machine.sku, "vmId": machine.vm_id},
    })
}

fn vault(state: &Shared) -> Value {
    let (machine, name) = (&state.config.machine, &state.config.azure.vault_name);
    let uri = state.addresses.get().and_then(|addresses| addresses.vault.clone()).unwrap_or_default();
    json!({
        "id": format!("{}/providers/Microsoft.KeyVault/vaults/{name}", group_id(state)), "name": name,
        "type": "Microsoft.KeyVault/vaults", "location": machine.location, "tags": {},
        "properties": {"tenantId": machine.tenant_id, "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
            "vaultUri": format!("{uri}/"), "enableRbacAuthorization": true, "provisioningState": "Succeeded"},
    })
}

/// The subscription's tag names with their values, as the lab lists them.
fn tag_names(state: &Shared) -> Vec<Value> {
    let machine = &state.config.machine;
    let id = |name: &str| format!("/subscriptions/{}/tagNames/{name}", machine.subscription_id);
    let count = json!({"type": "Total", "value": 2});
    machine
        .tags
        .iter()
        .map(|(name, value)| {
            let value_id = format!("{}/tagValues/{value}", id(name));
            json!({"id": id(name), "tagName": name, "count": count, "values": [{"id": value_id, "tagValue": value, "count": count}]})
        })
        .collect()
}
