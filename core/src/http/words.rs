//! What the server said about its failure, and when to come back: its message, `Retry-After` and `Date`.

use std::time::Duration;

use hyper::header::HeaderMap;
use serde_json::Value;

use crate::call::limits::MAX_TIME;
use crate::http::date::date;
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
}

impl ServerMessage {
    pub(crate) fn of(response: &Response, key: Option<&Secret>) -> Self {
        let body = redact(&response.start(LARGEST_TEXT), key);
        let json: Value = json::from_slice(body.as_bytes()).unwrap_or_default();
        let header = |name: &str| response.header(name).map(|text| redact(text, key));
        let first = |names: &[&str]| names.iter().find_map(|name| text(&json[*name]));
        let error = &json["error"];
        ServerMessage {
            error: text(error).or_else(|| text(&error["code"])).or_else(|| first(&["code"])),
            error_description: first(&["error_description"])
                .or_else(|| text(&error["message"]))
                .or_else(|| first(&["message", "Message"])),
            correlation_id: first(&["correlation_id", "correlationId"])
                .or_else(|| header("x-ms-correlation-request-id"))
                .or_else(|| header("x-ms-request-id"))
                .or_else(|| first(&["trace_id", "traceId"])),
            body,
        }
    }

    /// The service's own words: `error` and `error_description` if there are any, otherwise the body as prose.
    pub(crate) fn said(&self) -> Option<String> {
        match (&self.error, &self.error_description) {
            (Some(error), Some(description)) => Some(format!("{error}: {description}")),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
            (None, None) => Some(prose(&self.body)).filter(|words| !words.is_empty() && words != REDACTED),
        }
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
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(items) if !items.is_empty() => Some(value.to_string()),
        _ => None,
    }
}

/// A body as words: a page without its tags, scripts and styles, white space folded, cut.
fn prose(body: &str) -> String {
    const MOST_BYTES: usize = 8 << 10;
    const MOST_CHARACTERS: usize = 200;
    let mut words = String::new();
    let mut rest = body.char_indices().take_while(|(at, _)| *at < MOST_BYTES).peekable();
    let is_page = body.trim_start().starts_with('<');
    let mut hidden = "";
    while let Some((at, c)) = rest.next() {
        let tag = || body[at..].get(..9).unwrap_or(&body[at..]).to_ascii_lowercase();
        if is_page && c == '<' && (hidden.is_empty() || tag().starts_with(hidden)) {
            hidden = match tag() {
                tag if tag.starts_with("<script") => "</script",
                tag if tag.starts_with("<style") => "</style",
                _ => "",
            };
            while rest.next_if(|(_, c)| *c != '>').is_some() {}
            rest.next();
            words.push(' ');
        } else if hidden.is_empty() {
            words.push(c);
        }
    }
    let folded = words.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&folded, MOST_CHARACTERS)
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

/// A server's words in a message: one line of a length that can be read, nothing that moves a terminal's cursor. The
/// attributes have them whole.
pub(crate) fn one_line(text: &str) -> String {
    const MOST_CHARACTERS: usize = 400;
    cut(text, MOST_CHARACTERS).chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}

/// Control characters, separators of lines and paragraphs, and what turns the direction of writing.
fn moves(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn cut(text: &str, most_characters: usize) -> String {
    match text.char_indices().nth(most_characters) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
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
    fn one_line_stays_one_line() {
        assert_eq!(one_line("a\r\n\u{1b}[1mb\u{9b}c\u{2028}d\u{202e}e\u{2067}\u{e4}"), "a   [1mb c d e \u{e4}");
    }

    #[test]
    fn prose_is_said_too() {
        let said = |body: &str| ServerMessage::of(&response(400, &[], body), None).said();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(said("Temporarily\n throttled"), some("Temporarily throttled"));
        assert_eq!(said(r#"{"message":"m"}"#), some("m"));
        assert_eq!(said(r#"{"error":"e","error_description":"d"}"#), some("e: d"));
        assert_eq!(said(r#"{"odd":1}"#), some(r#"{"odd":1}"#));
        let page = "<!DOCTYPE html><html><head><title>Proxy</title><style>p { x }</style><script>if (a < b) {}</script>\
                    </head><body><h1>Access denied</h1></body></html>";
        assert_eq!(said(page), some("Proxy Access denied"));
        assert_eq!(said("1 < 2"), some("1 < 2"));
        assert_eq!(said(" \n"), None);
        assert_eq!(said(&"x".repeat(100_000)).map(|words| words.chars().count()), Some(201));
        assert_eq!(said("access_token=abc"), None, "what is redacted as a whole says nothing");
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
