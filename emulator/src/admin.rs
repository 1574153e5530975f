//! The admin path `/emulator/...`, on every port: read the log, set faults, without restarting anything.
//!
//! It shows tokens and keys to whoever can connect; that is what an emulator's are for. A web page in a browser on the
//! same machine cannot use it: requests with an `Origin` are refused.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::fault::Fault;
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/emulator", get(status))
        .route("/emulator/requests", get(requests).delete(clear_requests))
        .route("/emulator/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/emulator/secrets", get(secrets))
        .route("/emulator/clear-cache", post(clear_cache))
        .layer(from_fn(refuse_browsers))
}

async fn refuse_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key("origin") {
        return (StatusCode::FORBIDDEN, "web pages may not use the admin path\n").into_response();
    }
    next.run(request).await
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
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Fault>),
    One(Box<Fault>),
}

async fn add_faults(State(state): State<Arc<Shared>>, Json(faults): Json<OneOrMore>) -> Response {
    let faults = match faults {
        OneOrMore::More(faults) => faults,
        OneOrMore::One(fault) => vec![*fault],
    };
    if let Err(problem) = faults.iter().try_for_each(Fault::check) {
        return (StatusCode::UNPROCESSABLE_ENTITY, problem + "\n").into_response();
    }
    for fault in faults {
        if let Err(problem) = state.faults.push(fault) {
            return (StatusCode::UNPROCESSABLE_ENTITY, problem + "\n").into_response();
        }
    }
    Json(state.faults.all()).into_response()
}

async fn clear_faults(State(state): State<Arc<Shared>>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

async fn secrets(State(state): State<Arc<Shared>>) -> Response {
    Json(state.secrets.all()).into_response()
}

/// Forgets the tokens that the services keep, so that the next request gets a new one.
async fn clear_cache(State(state): State<Arc<Shared>>) -> StatusCode {
    state.tokens.clear();
    StatusCode::NO_CONTENT
}
