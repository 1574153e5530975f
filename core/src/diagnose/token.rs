//! The token itself: `token`, and `identity`, whom it names.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answers::span;
use super::report::StepResult;
use crate::http::prose::one_line;
use crate::{AccessToken, Error, Identity};

/// `token`. `now` is the wall clock in seconds since 1970.
pub(super) fn token(resource: &str, result: &Result<Arc<AccessToken>, Error>, now: u64) -> StepResult {
    match result {
        Err(error) => StepResult::failed(words(error), error.hint().unwrap_or_default()),
        Ok(token) => {
            let expires_on = token.expires_on_unix();
            let moment = i64::try_from(expires_on).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            let moment = moment.map_or_else(|| expires_on.to_string(), |moment| moment.to_string());
            let got = format!("got a {} token for {resource}; it expires at {moment}", one_line(token.token_type()));
            match expires_on.checked_sub(now) {
                Some(left) if left > 0 => StepResult::ok(format!("{got}, in {}", span(left))),
                _ => StepResult::warning(
                    format!("{got}, which is in the past by this machine's clock"),
                    "Check this machine's clock (`date -u`); a token that seems expired is not cached.",
                ),
            }
        }
    }
}

/// The error, with the service's own words, and what support would ask about.
fn words(error: &Error) -> String {
    let mut text = format!("{} ({})", error.message(), error.kind());
    if error.attempts() > 1 {
        text.push_str(&format!("; {} tries", error.attempts()));
    }
    if let Some(id) = error.correlation_id() {
        text.push_str(&format!("; correlation id {}", one_line(id)));
    }
    text
}

/// `identity`
pub(super) fn identity(asked: &Identity, claims: &Result<Map<String, Value>, Error>) -> StepResult {
    let claims = match claims {
        Ok(claims) => claims,
        Err(_) => {
            return StepResult::warning(
                "the token is not a JWT, so its subject cannot be read",
                "Only the resource can tell whose it is.",
            );
        }
    };
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let named: Vec<_> = [
        ("object id", "oid"),
        ("application id", "appid"),
        ("tenant", "tid"),
        ("resource", "xms_mirid"),
        ("audience", "aud"),
    ]
    .into_iter()
    .filter_map(|(what, name)| Some(format!("{what} {} ({name})", one_line(claim(name)?))))
    .collect();
    if named.is_empty() {
        return StepResult::warning(
            "the token has none of the claims that name an identity",
            "Only the resource can tell whose it is.",
        );
    }
    let seen = format!("the token, unverified, names {}", named.join(", "));
    let (name, expected) = match asked {
        Identity::SystemAssigned => return StepResult::ok(seen),
        Identity::ClientId(id) => ("appid", id),
        Identity::ObjectId(id) => ("oid", id),
        Identity::ResourceId(id) => ("xms_mirid", id),
    };
    match claim(name) {
        Some(named) if !named.eq_ignore_ascii_case(expected) => StepResult::warning(
            format!("{seen}, not the requested identity ({name} {})", one_line(expected)),
            "Is that identity assigned to this machine? Check in the portal under Identity, or with `az vm identity show`.",
        ),
        _ => StepResult::ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::report::Status;
    use super::*;
    use crate::Kind;

    #[test]
    fn whom_the_token_names() {
        let claims = |value: Value| Ok(value.as_object().unwrap().clone());
        let full = json!({"oid": "O", "appid": "A", "tid": "T", "xms_mirid": "/subscriptions/S", "exp": 1});
        let system = identity(&Identity::SystemAssigned, &claims(full.clone()));
        assert_eq!(system.status, Status::Ok);
        for part in ["O (oid)", "A (appid)", "T (tid)", "/subscriptions/S (xms_mirid)"] {
            assert!(system.detail.contains(part), "{system:?}");
        }
        let table = [
            (Identity::ClientId("a".to_owned()), Status::Ok),
            (Identity::ClientId("b".to_owned()), Status::Warning),
            (Identity::ObjectId("o".to_owned()), Status::Ok),
            (Identity::ResourceId("/subscriptions/other".to_owned()), Status::Warning),
        ];
        for (asked, status) in table {
            assert_eq!(identity(&asked, &claims(full.clone())).status, status, "{asked:?}");
        }
        let steering = identity(&Identity::SystemAssigned, &claims(json!({"oid": "a\u{1b}[31mb\nc"})));
        assert!(!steering.detail.chars().any(char::is_control));
        assert_eq!(identity(&Identity::SystemAssigned, &claims(json!({"oid": 7}))).status, Status::Warning);
        assert_eq!(
            identity(&Identity::SystemAssigned, &Err(Error::new(Kind::ResponseInvalid, "x"))).status,
            Status::Warning
        );
    }

    #[test]
    fn what_support_would_ask_about() {
        let mut error = Error::new(Kind::KeyRefused, "the agent refused the key: no way").with_hint("restart it");
        let details = error.details_mut();
        details.correlation_id = Some("c\n1".to_owned());
        details.attempts = 3;
        let found = token("R", &Err(error), 0);
        assert_eq!(found.detail, "the agent refused the key: no way (key_refused); 3 tries; correlation id c 1");
        assert_eq!((found.status, &*found.fix), (Status::Failed, "restart it"));
    }
}
