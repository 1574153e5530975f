//! Taking secrets out of what a server said, so that it can be shown.

use serde_json::Value;

use crate::secret::{REDACTED, Secret};

/// The members whose values are secrets wherever they appear.
const SECRET_MEMBERS: [&str; 5] = ["access_token", "refresh_token", "id_token", "client_secret", "assertion"];

/// The text without the key that was sent, without the values of secret members where it is JSON, and without
/// anything that looks like a JWT.
pub(crate) fn redact(text: &str, key: Option<&Secret>) -> String {
    let mut text = text.to_owned();
    if let Some(key) = key {
        text = text.replace(key.expose(), REDACTED);
    }
    if let Ok(json) = serde_json::from_str::<Value>(&text) {
        let mut secrets = Vec::new();
        collect(&json, false, &mut secrets);
        // A server may escape a character of it, so the text as it stands need not hold the value.
        let escaped = secrets.iter().any(|secret| !secret.is_empty() && !text.contains(secret.as_str()));
        if escaped {
            return REDACTED.to_owned();
        }
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret.as_str(), REDACTED);
        }
    } else if SECRET_MEMBERS.iter().any(|member| text.contains(member)) {
        // Half a document: where its secrets end cannot be told.
        return REDACTED.to_owned();
    }
    without_jwts(&text)
}

fn collect(value: &Value, secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if secret => secrets.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, secrets)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| collect(value, secret || SECRET_MEMBERS.contains(&name.as_str()), secrets)),
        _ => {}
    }
}

/// A JWT begins with `eyJ`, which is `{"` in base64url.
fn without_jwts(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, jwt) = rest.split_at(start);
        result.push_str(before);
        let in_jwt = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        let end = jwt.find(|c| !in_jwt(c)).unwrap_or(jwt.len());
        result.push_str(if end > 16 { REDACTED } else { &jwt[..end] });
        rest = &jwt[end..];
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let key = Secret::new("k3y".to_owned());
        let table = [
            ("plain words", "plain words"),
            ("bad key k3y here", "bad key [redacted] here"),
            (r#"{"error":"e","access_token":"abc"}"#, r#"{"error":"e","access_token":"[redacted]"}"#),
            (
                r#"{"a":[{"access_token":"abc"}],"b":"abc"}"#,
                r#"{"a":[{"access_token":"[redacted]"}],"b":"[redacted]"}"#,
            ),
            (r#"{"access_token":""}"#, r#"{"access_token":""}"#),
            (r#"{"access_token":"a\u0062c"}"#, "[redacted]"),
            (r#"{"access_token":"abc"#, "[redacted]"),
            ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.J9_x-y.z end", "token [redacted] end"),
            ("eyJ is short", "eyJ is short"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, Some(&key)), expected);
        }
    }
}
