//! The admin path `/emulator/...`, on every port: read the log, set faults, without restarting anything.
//!
//! It shows tokens and keys to every process that can connect, since an emulator's are worth nothing. A web page in a
//! browser on the same machine cannot use it: requests with an `Origin` are refused, and so are those for a foreign name.
//! Another user cannot make files elsewhere by it: see [`crate::faults::key_fault`].

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::imds::LINK_LOCAL;
use crate::faults::fault::Fault;
use crate::faults::queue::check_at_run_time;
use crate::state::shared::Shared;

pub(crate) fn routes(state: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/emulator", get(status))
        .route("/emulator/requests", get(requests).delete(clear_requests))
        .route("/emulator/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/emulator/secrets", get(secrets))
        .route("/emulator/clear-cache", post(clear_cache))
        .layer(from_fn_with_state(Arc::clone(state), refuse_browsers))
}

async fn refuse_browsers(State(state): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "web pages may not use the admin path\n").into_response();
    }
    if !is_ours(headers, state.config.imds.is_link_local()) {
        let text = "the admin path is for requests to a loopback address, localhost or the served 169.254.169.254\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}

/// Whether the one `Host` is this machine: by DNS, a foreign name may lead here.
fn is_ours(headers: &HeaderMap, link_local: bool) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let Ok(authority) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || (link_local && address == LINK_LOCAL),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

async fn status(State(state): State<Arc<Shared>>) -> Response {
    Json(json!({
        "addresses": state.addresses.get(),
        "requests": state.log.all().len(),
        "faults": state.faults.all().len(),
        "config": state.config,
    }))
    .into_response()
}

async fn requests(State(state): State<Arc<Shared>>) -> Response {
    Json(state.log.all()).into_response()
}

async fn clear_requests(State(state): State<Arc<Shared>>) -> StatusCode {
    state.log.clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(state): State<Arc<Shared>>) -> Response {
    Json(state.faults.all()).into_response()
}

/// One fault, or a list of them.
async fn add_faults(State(state): State<Arc<Shared>>, Json(faults): Json<Value>) -> Response {
    let faults = match faults {
        Value::Array(faults) => faults,
        fault => vec![fault],
    };
    let number = |at: usize| if faults.len() == 1 { String::new() } else { format!("fault {}: ", at + 1) };
    let read = |(at, value)| fault(value).map_err(|problem| number(at) + &problem);
    let faults: Result<Vec<Fault>, String> = faults.iter().enumerate().map(read).collect();
    let checked = faults.and_then(|faults| faults.iter().try_for_each(check_at_run_time).map(|()| faults));
    let faults = match checked {
        Ok(faults) => faults,
        Err(problem) => return (StatusCode::UNPROCESSABLE_ENTITY, problem + "\n").into_response(),
    };
    for fault in faults {
        if let Err(problem) = state.faults.push(fault) {
            return (StatusCode::UNPROCESSABLE_ENTITY, problem + "\n").into_response();
        }
    }
    Json(state.faults.all()).into_response()
}

/// A fault, or what is wrong with it, by the member that is.
fn fault(value: &Value) -> Result<Fault, String> {
    let Value::Object(members) = value else {
        return Err("a fault is an object, such as {\"preset\": \"throttled\"}".to_owned());
    };
    Fault::deserialize(value).map_err(|error| {
        // Each member may be left out, so one that is wrong is wrong alone. A name that is not known is in the words.
        let alone = |(name, value): (&String, &Value)| {
            let problem = Fault::deserialize(json!({ name: value })).err()?.to_string();
            Some(if problem.starts_with("unknown field `") { problem } else { format!("{name}: {problem}") })
        };
        members.iter().find_map(alone).unwrap_or_else(|| error.to_string())
    })
}

async fn clear_faults(State(state): State<Arc<Shared>>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

async fn secrets(State(state): State<Arc<Shared>>) -> Response {
    Json(state.secrets.all()).into_response()
}

/// Forgets the tokens that the services keep, so that the next request gets a new token.
async fn clear_cache(State(state): State<Arc<Shared>>) -> StatusCode {
    state.tokens.clear();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_local_address_is_ours_if_it_is_served() {
        for host in ["169.254.169.254", "169.254.169.254:80"] {
            let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            assert!(is_ours(&headers, true) && !is_ours(&headers, false), "{host}");
        }
    }
}
