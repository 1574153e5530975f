//! An answer before it goes on the wire: as a response for axum, or as raw bytes for a fault that axum cannot send.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// Status, headers in order and body. Headers are bytes, because faults send more than text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// The key file that it names.
    pub(crate) key_file: Option<String>,
    /// The token that it carries.
    pub(crate) token: Option<String>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=utf-8", body.to_string())
    }

    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.as_bytes().to_vec())];
        Self { status, headers, body: body.into(), key_file: None, token: None }
    }

    /// An error in OAuth's shape, as HIMDS's identity part writes it.
    pub(crate) fn himds_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description, "error_codes": [status]}))
    }

    /// An error in OAuth's shape, as IMDS's identity part writes it.
    pub(crate) fn imds_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
    }

    /// For axum. A header that HTTP does not allow is left out; faults with such headers go as raw bytes instead.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    /// Whether [`into_response`](Self::into_response) would lose nothing.
    pub(crate) fn is_valid_http(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| !status.is_informational())
            && self.headers.iter().all(|(name, value)| {
                HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_bytes(value).is_ok()
            })
    }

    /// The head and the body as they go on the wire.
    pub(crate) fn to_bytes(&self) -> (Vec<u8>, &[u8]) {
        let reason =
            StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
        let framed = |(name, _): &(String, Vec<u8>)| {
            name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
        };
        if !self.headers.iter().any(framed) {
            head.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        (head, &self.body)
    }
}
