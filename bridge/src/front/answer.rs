//! An answer, and the bytes of it.

use std::time::SystemTime;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::refusal::Refusal;

const JSON: &str = "application/json; charset=utf-8";

/// A status and a body. The body may hold a token, so it is zeroed when dropped and has no `Debug`.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    content_type: &'static str,
    retry_after: Option<u64>,
    close: bool,
    token: Option<String>,
}

impl Answer {
    pub(crate) fn json(body: &Value) -> Self {
        Answer::new(200, JSON, body.to_string().into_bytes())
    }

    pub(crate) fn text(body: String) -> Self {
        Answer::new(200, "text/plain; charset=utf-8", body.into_bytes())
    }

    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Answer { status, body: Zeroizing::new(body), content_type, retry_after: None, close: false, token: None }
    }

    /// A body that holds the token with this fingerprint.
    pub(crate) fn of_token(body: Zeroizing<Vec<u8>>, fingerprint: String) -> Self {
        Answer { body, token: Some(fingerprint), ..Answer::new(200, JSON, Vec::new()) }
    }

    /// The fingerprint of the token in it.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether the connection ends after it.
    pub(crate) fn closes(&self) -> bool {
        self.close
    }

    /// The whole answer as it is sent; without the body if only the head was requested.
    pub(crate) fn to_bytes(&self, head_only: bool, keep_alive: bool, now: SystemTime) -> Zeroizing<Vec<u8>> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Server: himds\r\nDate: {}\r\nConnection: {}\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            self.body.len(),
            httpdate::fmt_http_date(now),
            if keep_alive { "keep-alive" } else { "close" },
        );
        if let Some(seconds) = self.retry_after {
            head.push_str(&format!("Retry-After: {seconds}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + self.body.len()));
        bytes.extend_from_slice(head.as_bytes());
        if !head_only {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = json!({"error": refusal.error, "error_description": refusal.description});
        let mut answer = Answer::new(refusal.status, JSON, body.to_string().into_bytes());
        answer.retry_after = refusal.retry_after;
        answer.close = refusal.close;
        answer
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(answer: &Answer, head_only: bool) -> String {
        String::from_utf8(answer.to_bytes(head_only, true, SystemTime::UNIX_EPOCH).to_vec()).unwrap()
    }

    #[test]
    fn an_answer_is_never_stored_and_a_head_has_no_body() {
        let answer = Answer::json(&json!({"a": "b"}));
        let whole = text(&answer, false);
        assert!(whole.starts_with("HTTP/1.1 200 OK\r\n") && whole.ends_with("\r\n\r\n{\"a\":\"b\"}"), "{whole}");
        assert!(whole.contains("\r\nCache-Control: no-store\r\n"), "{whole}");
        assert!(text(&answer, true).ends_with("Content-Length: 9\r\nCache-Control: no-store\r\nServer: himds\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: keep-alive\r\n\r\n"));
    }

    #[test]
    fn a_refusal_is_in_the_services_shape() {
        let answer = Answer::from(Refusal { retry_after: Some(5), ..Refusal::forbidden("no \"x\"") });
        let whole = text(&answer, false);
        assert!(whole.starts_with("HTTP/1.1 403 Forbidden\r\n") && whole.contains("\r\nRetry-After: 5\r\n"), "{whole}");
        assert!(whole.ends_with(r#"{"error":"access_denied","error_description":"no \"x\""}"#), "{whole}");
    }
}
