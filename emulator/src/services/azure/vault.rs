//! A small Key Vault: its challenge, one secret, and the list of them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::bearer::{Refusal, bearer_token, verify};
use super::refusal::azure_error;
use crate::state::shared::Shared;

const RESOURCE: &str = "https://vault.azure.net";
/// When the secrets were made, in Unix seconds; nothing here depends on it.
const CREATED: i64 = 1_700_000_000;

pub(super) fn router(state: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/secrets", get(list))
        .route("/secrets/{name}", get(newest))
        .route("/secrets/{name}/", get(newest))
        .route("/secrets/{name}/{version}", get(one_version))
        .fallback(nothing_there)
        .layer(from_fn_with_state(Arc::clone(state), check))
}

/// Refuses requests without a good token or without an api-version.
async fn check(
    State(state): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(problem) = authorize(&state, request.headers()) {
        let mut response = azure_error(StatusCode::UNAUTHORIZED, "Unauthorized", &problem);
        let tenant = &state.config.machine.tenant_id;
        let challenge =
            format!(r#"Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{RESOURCE}""#);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert("www-authenticate", challenge);
        }
        return response;
    }
    match query.get("api-version").map(String::as_str) {
        Some(version) if is_known(version) => next.run(request).await,
        Some(version) => {
            let text = format!(
                "The specified version ({version}) is not recognized. Consider using the latest supported version (2025-07-01)."
            );
            azure_error(StatusCode::BAD_REQUEST, "BadParameter", &text)
        }
        None => azure_error(StatusCode::BAD_REQUEST, "BadParameter", "api-version must be specified"),
    }
}

/// `7.4`, `7.6-preview.1`, and dates: a new client may bring one that is newer than this list.
fn is_known(version: &str) -> bool {
    let (number, preview) = version.split_once("-preview.").unwrap_or((version, "1"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = number.split('-').collect();
    let date =
        parts.len() == 3 && parts.iter().zip([4, 2, 2]).all(|(part, length)| part.len() == length && digits(part));
    digits(preview) && (date || number.strip_prefix("7.").is_some_and(digits))
}

fn authorize(state: &Shared, headers: &HeaderMap) -> Result<(), String> {
    let token = bearer_token(headers).ok_or("AKV10000: Request is missing a Bearer or PoP token.")?;
    verify(state, token, &[RESOURCE, "https://vault.azure.net/"]).map(drop).map_err(|refusal| match refusal {
        Refusal::Invalid => "AKV10065: Failed to validate authentication token.".to_owned(),
        Refusal::Issuer(found) => {
            let expected = crate::state::token::issuer(&state.config.machine.tenant_id);
            format!("AKV10032: Invalid issuer. Expected one of {expected}, found {found}.")
        }
        Refusal::Audience(found) => format!("AKV10022: Invalid audience. Expected {RESOURCE}, found: {found}."),
        Refusal::Expired(_) => "AKV10046: The token is expired.".to_owned(),
        Refusal::TooEarly(_) => "AKV10046: The token is not valid yet.".to_owned(),
    })
}

async fn newest(State(state): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    secret(&state, &name, None, &headers)
}

async fn one_version(
    State(state): State<Arc<Shared>>,
    Path((name, version)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    secret(&state, &name, Some(&version), &headers)
}

fn secret(state: &Shared, name: &str, version: Option<&str>, headers: &HeaderMap) -> Response {
    let found = state.config.azure.secrets.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let only_version = version_of(name);
    match found {
        Some((name, value)) if version.is_none_or(|version| version == only_version) => Json(json!({
            "value": value, "id": format!("{}/secrets/{name}/{only_version}", base(headers)), "attributes": attributes(),
        }))
        .into_response(),
        _ => {
            let text = format!(
                "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you \
                 may be able to recover it using the correct recovery command. For help resolving this issue, please see \
                 https://go.microsoft.com/fwlink/?linkid=2125182"
            );
            azure_error(StatusCode::NOT_FOUND, "SecretNotFound", &text)
        }
    }
}

async fn list(
    State(state): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let (from, most) = (number("$skiptoken").unwrap_or(0), number("maxresults").unwrap_or(25).clamp(1, 25));
    let secrets = &state.config.azure.secrets;
    let values: Vec<Value> = secrets
        .keys()
        .skip(from)
        .take(most)
        .map(|name| json!({"id": format!("{}/secrets/{name}", base(&headers)), "attributes": attributes()}))
        .collect();
    let until = from.saturating_add(most);
    let next = (until < secrets.len()).then(|| {
        let version = query.get("api-version").map_or("7.4", String::as_str);
        format!("{}/secrets?api-version={version}&$skiptoken={until}&maxresults={most}", base(&headers))
    });
    Json(json!({"value": values, "nextLink": next})).into_response()
}

async fn nothing_there() -> Response {
    azure_error(StatusCode::NOT_FOUND, "NotFound", "This small Key Vault serves GET of secrets only.")
}

fn attributes() -> Value {
    json!({"enabled": true, "created": CREATED, "updated": CREATED, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90})
}

/// Each secret has one version; its name is derived, so that it stays the same over restarts.
fn version_of(name: &str) -> String {
    let digits = URL_SAFE_NO_PAD.encode(name).bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{digits:0<32}").chars().take(32).collect()
}

fn base(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("https://{host}")
}
