//! HIMDS, the service of the Azure Connected Machine agent.

use serde_json::{Value, json};

use super::{api_version, metadata};
use crate::config::himds::{NotAssigned, UserAssignedSupport};
use crate::faults::fault::Fault;
use crate::faults::key_fault::KeyFault;
use crate::faults::template::expand;
use crate::http::answer::Answer;
use crate::http::request::{Seen, TOKEN_PATH};
use crate::state::identity::{self, Choice, Identity, Selector, choose};
use crate::state::shared::Shared;

/// The answer to a request, key file and token included.
pub(crate) fn answer(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    if seen.method != "GET" {
        return Answer::himds_error(405, "method_not_allowed", "Only GET is allowed");
    }
    if !seen.has_metadata_header() {
        return Answer::himds_error(400, "invalid_request", "Required metadata header not specified");
    }
    if seen.path != TOKEN_PATH {
        return metadata::himds(&state.config, seen);
    }
    token(state, seen, fault)
}

fn token(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    if let Some(refusal) = api_version::himds(&state.config, seen) {
        return refusal;
    }
    let Some(resource) = seen.parameter("resource") else {
        return Answer::himds_error(400, "invalid_request", "Required query parameter 'resource' not specified");
    };
    let mut selectors = identity::selectors(seen);
    if state.config.himds.user_assigned == UserAssignedSupport::Ignored || fault.ignore_selectors {
        selectors.clear();
    }
    let identity = match choose(&state.config, &selectors, true) {
        Choice::Found(identity) => Some(identity),
        Choice::SeveralSelectors => {
            return Answer::himds_error(
                400,
                "invalid_request",
                "Only one of client_id, object_id, msi_res_id may be specified",
            );
        }
        Choice::NotAssigned | Choice::Ambiguous => None,
    };
    if identity.is_none() && state.config.himds.not_assigned == NotAssigned::BeforeChallenge {
        return Answer::himds_error(400, "invalid_request", "The requested identity was not found");
    }
    if !fault.no_challenge {
        if let Err(refusal) = check_key(state, seen, fault) {
            return refusal;
        }
    }
    match identity {
        Some(identity) => issue(state, seen, resource, &identity, &selectors, fault),
        None => {
            Answer::himds_error(404, "identity_not_found", "The requested identity is not assigned to this machine")
        }
    }
}

/// Ok if the request brings a good key; otherwise the challenge.
fn check_key(state: &Shared, seen: &Seen, fault: &Fault) -> Result<(), Answer> {
    let Some(authorization) = seen.header("authorization") else {
        return Err(challenge(state, seen, fault, "Missing Basic Authorization header"));
    };
    let key = authorization
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map_or("", |(_, key)| key);
    let good = state.key_files.lock().expect("no panic under this lock").redeem(key, &seen.target);
    if good && !fault.refuse_key {
        return Ok(());
    }
    Err(challenge(state, seen, fault, "The Basic Authorization header is not valid"))
}

/// A 401 that names a new key file.
fn challenge(state: &Shared, seen: &Seen, fault: &Fault, description: &str) -> Answer {
    let default = KeyFault::default();
    let key_fault = fault.key.as_ref().unwrap_or(&default);
    let content = key_fault.content.as_ref().map(|text| state.expand(text, seen));
    let mut files = state.key_files.lock().expect("no panic under this lock");
    let made = match files.create(&seen.target, key_fault, content) {
        Ok(made) => made,
        Err(error) => {
            let text = format!("cannot write a key file in {}: {error}", files.directory().display());
            return Answer::himds_error(500, "server_error", &text);
        }
    };
    state.secrets.add(&made.key);
    let path = made.path.to_string_lossy().into_owned();
    let directory = files.directory().to_string_lossy().into_owned();
    let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let body = json!({"error": "unauthorized_client", "error_description": description, "error_codes": [401]});
    let mut answer = Answer::json(401, &body);
    let usual = vec!["Basic realm={path}".to_owned()];
    for header in fault.www_authenticate.as_ref().unwrap_or(&usual) {
        let value = expand(header, seen.answered_at, &|variable| match variable {
            "path" => Some(path.clone().into_bytes()),
            "dir" => Some(directory.clone().into_bytes()),
            "name" => Some(name.clone().into_bytes()),
            _ => None,
        });
        answer = answer.header("Www-Authenticate", value);
    }
    answer.key_file = Some(path);
    answer
}

fn issue(
    state: &Shared,
    seen: &Seen,
    resource: &str,
    identity: &Identity,
    selectors: &[Selector],
    fault: &Fault,
) -> Answer {
    let bypass = state.config.himds.honours_bypass_cache
        && seen.parameter("bypass_cache").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let issued = match state.issue(seen, identity, resource, bypass, fault) {
        Ok(issued) => issued,
        Err(error) => return Answer::himds_error(500, "server_error", &error.to_string()),
    };
    let mut body = json!({
        "token_type": "Bearer", "expires_in": (issued.expires - seen.answered_at).to_string(),
        "expires_on": issued.expires.to_string(), "ext_expires_in": (state.config.himds.token_lifetime - 1).max(0),
        "access_token": issued.secret, "resource": resource,
    });
    for (name, value) in selectors {
        body[*name] = Value::from(value.as_str());
    }
    let mut answer = Answer::json(200, &body);
    answer.token = Some(issued.secret);
    answer
}
