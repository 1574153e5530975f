//! IMDS, the metadata service of an Azure VM.

use serde_json::{Value, json};

use super::{api_version, metadata};
use crate::faults::fault::Fault;
use crate::http::answer::Answer;
use crate::http::request::{Seen, TOKEN_PATH};
use crate::state::identity::{self, Choice, Identity, choose};
use crate::state::shared::Shared;

/// The first api-version with tokens.
const FIRST_TOKEN_VERSION: &str = "2018-02-01";

/// The answer to a request, token included.
pub(crate) fn answer(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    if seen.method != "GET" {
        return Answer::json(405, &json!({"error": "Method not allowed"}));
    }
    let token = seen.path == TOKEN_PATH;
    if !seen.has_metadata_header() {
        return if token {
            Answer::imds_error(400, "bad_request_102", "Required metadata header not specified")
        } else {
            bad_request("Required metadata header not specified or not correct.")
        };
    }
    if seen.header("x-forwarded-for").is_some() {
        return bad_request("X-Forwarded-For must not be sent: the request came through a proxy.");
    }
    if let Some(name) = seen.repeated_parameter() {
        return bad_request(&format!("The parameter {name} occurs twice."));
    }
    if token { self::token(state, seen, fault) } else { metadata::imds(&state.config, seen) }
}

fn bad_request(reason: &str) -> Answer {
    Answer::json(
        400,
        &json!({"error": format!("Bad request. {reason} For more information refer to aka.ms/azureimds")}),
    )
}

fn token(state: &Shared, seen: &Seen, fault: &Fault) -> Answer {
    if seen.parameter("api-version").is_some_and(|version| version < FIRST_TOKEN_VERSION) {
        return bad_request("api-version is invalid.");
    }
    if let Some(refusal) = api_version::imds(&state.config, seen) {
        return refusal;
    }
    let Some(resource) = seen.parameter("resource") else {
        return Answer::imds_error(400, "invalid_request", "Required query variable 'resource' is missing");
    };
    let selectors = if fault.ignore_selectors { Vec::new() } else { identity::selectors(seen) };
    match choose(&state.config, &selectors, false) {
        Choice::Found(identity) => issue(state, seen, resource, &identity, fault),
        Choice::NotAssigned => Answer::imds_error(400, "invalid_request", "Identity not found"),
        Choice::SeveralSelectors => {
            Answer::imds_error(400, "invalid_request", "Only one of client_id, object_id, msi_res_id may be specified")
        }
        Choice::Ambiguous => Answer::imds_error(
            400,
            "invalid_request",
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        ),
    }
}

fn issue(state: &Shared, seen: &Seen, resource: &str, identity: &Identity, fault: &Fault) -> Answer {
    let issued = match state.issue(seen, identity, resource, false, fault) {
        Ok(issued) => issued,
        Err(error) => return Answer::imds_error(500, "server_error", &error.to_string()),
    };
    let mut body = json!({
        "access_token": issued.secret, "refresh_token": "", "expires_in": (issued.expires - seen.answered_at).to_string(),
        "expires_on": issued.expires.to_string(), "not_before": issued.not_before.to_string(), "resource": resource,
        "token_type": "Bearer",
    });
    if identity.user_assigned {
        body["client_id"] = Value::from(identity.client_id.as_str());
    }
    let mut answer = Answer::json(200, &body);
    answer.token = Some(issued.secret);
    answer
}
