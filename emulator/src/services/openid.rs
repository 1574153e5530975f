//! The documents by which a token's signature is verified: OpenID configuration and JWKS, as Entra serves them.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use crate::state::shared::Shared;
use crate::state::signing::signing_key;
use crate::state::token::issuer;

/// `/{tenant}/.well-known/openid-configuration` and `/{tenant}/discovery/keys`, with and without `v2.0`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{tenant}/.well-known/openid-configuration", get(configuration))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(configuration))
        .route("/{tenant}/discovery/keys", get(keys))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
}

async fn configuration(State(state): State<Arc<Shared>>, Path(tenant): Path<String>, headers: HeaderMap) -> Response {
    if !state.knows_tenant(&tenant) {
        return unknown_tenant(&tenant);
    }
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let base = format!("http://{host}/{tenant}");
    let tenant = &state.config.machine.tenant_id;
    Json(json!({
        "issuer": issuer(tenant), "jwks_uri": format!("{base}/discovery/keys"),
        "authorization_endpoint": format!("{base}/oauth2/authorize"), "token_endpoint": format!("{base}/oauth2/token"),
        "response_types_supported": ["code", "id_token"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
    .into_response()
}

async fn keys(State(state): State<Arc<Shared>>, Path(tenant): Path<String>) -> Response {
    if !state.knows_tenant(&tenant) {
        return unknown_tenant(&tenant);
    }
    Json(key_set(&state.config.machine.tenant_id)).into_response()
}

fn key_set(tenant: &str) -> Value {
    let keys: Vec<Value> = signing_key()
        .map(|key| {
            json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id, "x5t": key.id,
                "n": key.modulus, "e": key.exponent, "issuer": issuer(tenant),
            })
        })
        .into_iter()
        .collect();
    json!({ "keys": keys })
}

fn unknown_tenant(tenant: &str) -> Response {
    let text = format!("AADSTS90002: Tenant '{tenant}' not found.");
    (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_tenant", "error_description": text}))).into_response()
}
