//! What the server said about its failure, and when to come back: its message, `Retry-After` and `Date`.

use std::time::Duration;

use hyper::header::HeaderMap;
use serde_json::Value;

use crate::call::limits::MAX_TIME;
use crate::http::date::date;
use crate::http::prose::prose;
use crate::http::redact::{LARGEST_TEXT, redact};
use crate::http::transport::Response;
use crate::secret::{REDACTED, Secret};
use crate::{Error, json};

/// What the server said, its secrets redacted.
pub(crate) struct ServerMessage {
    pub(crate) error: Option<String>,
    pub(crate) error_description: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) body: String,
    /// The body's encoding, which nobody requested: its bytes say nothing.
    encoding: Option<String>,
    /// Whether the document says more than a code.
    says_more: bool,
    /// Whether the service gives no reason.
    pub(crate) is_silent: bool,
}

impl ServerMessage {
    pub(crate) fn of(response: &Response, key: Option<&Secret>) -> Self {
        let body = redact(&response.start(LARGEST_TEXT), key);
        let document = json::from_slice(body.as_bytes());
        let is_silent = document.as_ref().map_or(body.trim().is_empty(), says_nothing);
        let json: Value = document.unwrap_or_default();
        let header = |name: &str| response.header(name).map(|text| redact(text, key));
        let first = |names: &[&str]| names.iter().find_map(|name| text(&json[*name]));
        let error = &json["error"];
        ServerMessage {
            error: Some(error)
                .filter(|error| !error.is_object())
                .and_then(text)
                .or_else(|| text(&error["code"]))
                .or_else(|| first(&["code"])),
            error_description: first(&["error_description"])
                .or_else(|| text(&error["message"]))
                .or_else(|| first(&["message", "Message"])),
            says_more: says_more(&json) || says_more(error),
            is_silent,
            correlation_id: first(&["correlation_id", "correlationId"])
                .or_else(|| header("x-ms-correlation-request-id"))
                .or_else(|| header("x-ms-request-id"))
                .or_else(|| first(&["trace_id", "traceId"])),
            encoding: response.encoding().map(|name| redact(name, key)),
            body,
        }
    }

    /// The service's own words: `error` and `error_description` if there are any, otherwise the body as prose.
    pub(crate) fn said(&self) -> Option<String> {
        if let Some(encoding) = &self.encoding {
            return Some(format!("its Content-Encoding is {encoding}, which was not requested"));
        }
        match (&self.error, &self.error_description) {
            (Some(error), Some(description)) => Some(format!("{error}: {description}")),
            (Some(code), None) if !self.says_more || code.contains(' ') => Some(code.clone()),
            (None, Some(description)) => Some(description.clone()),
            (_, None) if self.is_silent => None,
            (_, None) => Some(prose(&self.body)).filter(|words| !words.is_empty() && words != REDACTED),
        }
    }

    /// The words of a 2xx answer that cannot be used. Neither a document without an error nor a single word: that may be
    /// a token, in another place than it should be.
    pub(crate) fn said_instead(&self) -> Option<String> {
        let named = self.error.is_some() || self.error_description.is_some();
        let words = |said: &String| said.contains(' ') && !said.starts_with(['{', '[']) && !said.contains('\u{fffd}');
        self.said().filter(|said| named || words(said))
    }

    /// The error with everything that the answer says.
    pub(crate) fn into_error(self, mut error: Error, response: &Response, now: Duration) -> Error {
        let details = error.details_mut();
        details.http_status = Some(response.status);
        details.error = self.error;
        details.error_description = self.error_description;
        details.correlation_id = self.correlation_id;
        details.body = Some(self.body);
        details.retry_after = retry_after(&response.headers, now);
        error
    }
}

/// A member's text; a list or an object says more as JSON than not at all.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) if !items.is_empty() => Some(value.to_string()),
        Value::Object(members) if !members.is_empty() => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a document holds nothing that could be a reason.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(says_nothing),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether an object holds words besides codes, ids and times.
fn says_more(object: &Value) -> bool {
    let is_code = |name: &str| {
        ["error", "code", "error_codes", "error_uri", "timestamp"].contains(&name)
            || name.to_ascii_lowercase().ends_with("id")
    };
    let words = |(name, value): (&String, &Value)| !is_code(name) && text(value).is_some();
    object.as_object().is_some_and(|members| members.iter().any(words))
}

/// `Retry-After`: seconds, or a date, which counts from the answer's own `Date`. `now` is the wall clock since 1970.
fn retry_after(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    let seconds = match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true if text.is_empty() => return None,
        true => text.parse().unwrap_or(u64::MAX),
        false => date(text)?.saturating_sub(server_time(headers, now)),
    };
    Some(Duration::from_secs(seconds).min(MAX_TIME))
}

/// The server's time in seconds since 1970: its `Date`, or otherwise the wall clock.
pub(crate) fn server_time(headers: &HeaderMap, now: Duration) -> u64 {
    let date = headers.get("date").and_then(|value| date(value.to_str().ok()?));
    date.unwrap_or(now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::response;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    #[test]
    fn every_shape_of_words() {
        let words = |body: &str, headers: &[(&str, &str)]| {
            let words = ServerMessage::of(&response(400, headers, body), None);
            (
                words.error.unwrap_or_default(),
                words.error_description.unwrap_or_default(),
                words.correlation_id.unwrap_or_default(),
            )
        };
        let own = |error: &str, description: &str, id: &str| (error.to_owned(), description.to_owned(), id.to_owned());
        assert_eq!(
            words(r#"{"error":"Bad request. api-version is invalid"}"#, &[]),
            own("Bad request. api-version is invalid", "", "")
        );
        assert_eq!(words(r#"{"error":{"code":"c","message":"m"}}"#, &[]), own("c", "m", ""));
        assert_eq!(words(r#"{"statusCode":500,"message":"m","correlationId":"i"}"#, &[]), own("", "m", "i"));
        assert_eq!(
            words(r#"{"error":"e","error_description":"d","trace_id":"t","correlation_id":"i"}"#, &[]),
            own("e", "d", "i")
        );
        assert_eq!(words("not json", &[("x-ms-request-id", "r")]), own("", "", "r"));
        assert_eq!(words("[1]", &[]), own("", "", ""));
        assert_eq!(words(r#"{"error":["a","b"]}"#, &[]), own(r#"["a","b"]"#, "", ""));
    }

    #[test]
    fn prose_is_said_too() {
        let said = |body: &str| ServerMessage::of(&response(400, &[], body), None).said();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(said("Temporarily\n throttled"), some("Temporarily throttled"));
        assert_eq!(said(r#"{"message":"m"}"#), some("m"));
        assert_eq!(said(r#"{"error":"e","error_description":"d"}"#), some("e: d"));
        assert_eq!(said(r#"{"odd":1}"#), some(r#"{"odd":1}"#));
        for all in [r#"{"error":"e","detail":"d"}"#, r#"{"error":{"code":"e","details":[{"m":"d"}]}}"#] {
            assert_eq!(said(all), some(all), "a code alone would hide the words");
        }
        assert_eq!(said(r#"{"error":"e","trace_id":"t","error_codes":[1]}"#), some("e"));
        assert_eq!(said(r#"{"error":"these are words","newest-versions":["v"]}"#), some("these are words"));
        for nothing in ["{}", "[]", "null", "\"\"", r#"{"error":null}"#, r#"{"error":{"code":" ","details":[{}]}}"#] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
        assert_eq!(said(" \n"), None);
        assert_eq!(said("access_token=abc"), None, "what is redacted as a whole says nothing");
    }

    #[test]
    fn words_in_another_encoding_can_be_read() {
        let said = |kind: &str, body: Vec<u8>| {
            let mut answer = response(403, &[("content-type", kind)], "");
            answer.body.extend(&body);
            ServerMessage::of(&answer, None).said().unwrap_or_default()
        };
        let wide = |bytes: fn(u16) -> [u8; 2]| "\u{feff}f\u{fc}r".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        assert_eq!(said("text/plain; charset=ISO-8859-1", b"f\xfcr".to_vec()), "f\u{fc}r");
        assert_eq!(said("text/plain; charset=utf-16", wide(u16::to_le_bytes)), "f\u{fc}r");
        assert_eq!(said("text/plain", wide(u16::to_be_bytes)), "f\u{fc}r");
        assert_eq!(said("text/plain", "f\u{fc}r".into()), "f\u{fc}r");
        assert_eq!(said("text/plain", b"f\xfcr".to_vec()), "f\u{fffd}r");
    }

    #[test]
    fn an_encoded_body_is_named_and_not_shown() {
        let message = ServerMessage::of(&response(500, &[("content-encoding", "br")], "abc"), None);
        assert_eq!(message.said().as_deref(), Some("its Content-Encoding is br, which was not requested"));
        let plain = ServerMessage::of(&response(500, &[("content-encoding", "identity")], "abc"), None);
        assert_eq!(plain.said().as_deref(), Some("abc"));
    }

    #[test]
    fn a_success_that_is_none_shows_words_and_nothing_that_may_be_a_token() {
        let said = |body: &str| ServerMessage::of(&response(200, &[], body), None).said_instead();
        assert_eq!(said("Please sign in").as_deref(), Some("Please sign in"));
        assert_eq!(said(r#"{"error":"e"}"#).as_deref(), Some("e"));
        for hidden in ["c2VjcmV0", r#"{"tok": "c2VjcmV0"}"#, r#"["c2 VjcmV0"]"#, "a \u{fffd} b", ""] {
            assert_eq!(said(hidden), None, "{hidden}");
        }
    }

    #[test]
    fn retry_after_in_seconds_or_as_a_date() {
        let after = |headers: &[(&str, &str)]| retry_after(&response(503, headers, "").headers, NOW);
        let s = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(after(&[("retry-after", "7")]), s(7));
        assert_eq!(after(&[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")]), s(10));
        assert_eq!(
            after(&[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT"), ("date", "Tue, 14 Nov 2023 22:13:00 GMT")]),
            s(30)
        );
        assert_eq!(after(&[("retry-after", "Tue, 14 Nov 2000 22:13:30 GMT")]), s(0));
        assert_eq!(after(&[("retry-after", "soon")]), None);
        assert_eq!(after(&[("retry-after", "-5")]), None);
        for forever in ["18446744073709551615", "99999999999999999999999"] {
            assert_eq!(after(&[("retry-after", forever)]), Some(MAX_TIME), "every language has a number for it");
        }
        assert_eq!(after(&[]), None);
    }
}
