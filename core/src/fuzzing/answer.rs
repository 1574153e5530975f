//! An answer in plain types.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::http::transport::Response;
use crate::secret::SecretBytes;

/// A server's answer, complete.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Header lines that HTTP could not carry are left out.
    pub(super) fn response(&self) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value)) {
                headers.append(name, value);
            }
        }
        let mut body = SecretBytes::with_capacity(self.body.len());
        body.extend(&self.body);
        Response { status: self.status, headers, body, address: None }
    }
}
