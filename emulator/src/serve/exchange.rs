//! One request from arrival to answer: log it, find its fault, make the answer, change it, send it or break it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::Response;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::admin;
use crate::faults::fault::Fault;
use crate::faults::template::{date, raw_json};
use crate::faults::wire::Takeover;
use crate::http::answer::Answer;
use crate::http::request::{Seen, Service};
use crate::services::himds;
use crate::services::imds;
use crate::services::openid;
use crate::state::shared::Shared;

/// What a request knows about its connection.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) service: Service,
    pub(crate) number: u64,
    /// Ends HTTP on this connection and hands the socket to a fault.
    pub(crate) takeover: UnboundedSender<Takeover>,
}

/// Everything that a port serves. The connection knows which of the services it is.
pub(crate) fn router(state: Arc<Shared>) -> Router {
    Router::new().merge(admin::routes(&state)).merge(openid::routes()).fallback(serve).with_state(state)
}

async fn serve(
    State(state): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response<Body> {
    let (parts, _body) = request.into_parts();
    let mut seen = Seen::new(connection.service, &parts, state.now());
    let number = state.log.arrived(&seen, connection.number);
    let fault = state.faults.take(seen.service, Some(seen.stage())).unwrap_or_default();
    state.log.answered(number, |record| record.fault.clone_from(&fault.name));
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        seen.answered_at = state.now();
    }
    let answer = make(&state, &seen, &fault);
    state.log.answered(number, |record| {
        record.key_file.clone_from(&answer.key_file);
        record.token.clone_from(&answer.token);
        record.status = fault.wire.is_none().then_some(answer.status);
    });
    if fault.wire.is_some() || !answer.is_valid_http() {
        let raw = fault.wire.as_ref().and_then(|wire| wire.raw.as_ref()).map(|raw| state.expand(raw, &seen));
        let takeover = Takeover::new(&answer, fault.wire.as_ref(), raw);
        if connection.takeover.send(takeover).is_ok() {
            // The takeover drops the connection, and this future with it.
            return pending().await;
        }
        return Response::new(Body::empty());
    }
    answer.into_response()
}

fn make(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    let mut answer = if fault.replaces() { replacement(state, seen, fault) } else { normal(state, seen, fault) };
    if let Some(body) = &fault.body {
        answer.body = state.expand(body, seen);
    }
    change_body(state, seen, fault, &mut answer);
    answer = answer.header("Date", date("http", seen.answered_at).unwrap_or_default());
    for name in fault.remove_headers.iter().chain(fault.headers.iter().map(|(name, _)| name)) {
        answer.remove_header(name);
    }
    for (name, value) in &fault.headers {
        answer = answer.header(name, state.expand(value, seen));
    }
    answer
}

fn normal(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    match seen.service {
        Service::Himds => himds::answer(state, seen, fault),
        Service::Imds => imds::answer(state, seen, fault),
    }
}

fn replacement(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    // A key is used up once it was shown, whatever the answer is.
    if let Some((_, key)) = seen.header("authorization").and_then(|value| value.split_once(' ')) {
        state.key_files.lock().expect("no panic under this lock").redeem(key, &seen.target);
    }
    let mut answer = Answer::text(fault.status.unwrap_or(200), "application/json; charset=utf-8", Vec::new());
    if let Some(headers) = &fault.www_authenticate {
        for header in headers {
            answer = answer.header("Www-Authenticate", state.expand(header, seen));
        }
    }
    answer
}

/// Sets and removes members of a JSON body.
fn change_body(state: &Shared, seen: &Seen, fault: &Fault, answer: &mut Answer) {
    // The fault means the token's members, not those of the challenge before it.
    let challenge = answer.key_file.is_some() && answer.status == 401;
    if (fault.set.is_empty() && fault.remove.is_empty()) || challenge {
        return;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return;
    };
    for (name, text) in &fault.set {
        let text = String::from_utf8_lossy(&state.expand(text, seen)).into_owned();
        set_member(&mut body, name, raw_json(&text, seen.answered_at).unwrap_or(Value::Null));
    }
    if let Some(members) = body.as_object_mut() {
        fault.remove.iter().for_each(|name| drop(members.shift_remove(name)));
    }
    answer.body = body.to_string().into_bytes();
}

fn set_member(body: &mut Value, name: &str, value: Value) {
    let (parent, name) = name.rsplit_once('/').unwrap_or(("", name));
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        _ => *body = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::Config;

    /// The answer to a token request on the VM's service, made in a second long past.
    fn answered(at: i64, fault: &Fault) -> Answer {
        let config = Config::from_toml("imds.token_lifetime = 0").unwrap();
        let (parts, ()) = axum::http::Request::builder()
            .uri("/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net")
            .header("Metadata", "true")
            .body(())
            .unwrap()
            .into_parts();
        make(&Shared::new(config).unwrap(), &Seen::new(Service::Imds, &parts, at), fault)
    }

    #[test]
    fn all_times_in_an_answer_are_of_one_second() {
        let at = 1_729_281_097;
        let fault = Fault { headers: vec![("x-now".to_owned(), "{now}".to_owned())], ..Fault::default() };
        let answer = answered(at, &fault);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["expires_in"], "0");
        assert_eq!(body["expires_on"], at.to_string());
        assert_eq!(body["not_before"], (at - 300).to_string());
        let header = |name| answer.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_slice());
        assert_eq!(header("Date"), Some(b"Fri, 18 Oct 2024 19:51:37 GMT".as_slice()));
        assert_eq!(header("x-now"), Some(at.to_string().as_bytes()));
    }
}
