//! Whether a bearer token is one of this emulator's, for this audience, and valid now.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::state::shared::Shared;
use crate::state::signing::signing_key;
use crate::state::token::issuer;

/// What is wrong with a token.
pub(super) enum Refusal {
    /// Not a JWT, signed by another key, or changed on the way.
    Invalid,
    /// Issued for another tenant.
    Issuer(String),
    /// For another resource.
    Audience(String),
    /// Expired, at this Unix second.
    Expired(i64),
    /// Not valid yet, before this Unix second.
    TooEarly(i64),
}

/// The claims of a good token.
pub(super) fn verify(state: &Shared, token: &str, audiences: &[&str]) -> Result<Map<String, Value>, Refusal> {
    // The times are the emulator's own, which may be skewed on purpose, and each refusal has an answer of its own.
    let key = signing_key().map_err(|_| Refusal::Invalid)?;
    let claims = key.verified_claims(token).ok_or(Refusal::Invalid)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    if text("iss") != issuer(&state.config.machine.tenant_id) {
        return Err(Refusal::Issuer(text("iss")));
    }
    if !audiences.contains(&text("aud").as_str()) {
        return Err(Refusal::Audience(text("aud")));
    }
    if number("exp") <= state.now() {
        return Err(Refusal::Expired(number("exp")));
    }
    if number("nbf") > state.now() {
        return Err(Refusal::TooEarly(number("nbf")));
    }
    Ok(claims)
}

/// The bearer token of a request.
pub(super) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
