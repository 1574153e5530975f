//! A request as the services see it.

use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

/// Which of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// The Arc agent's.
    Himds,
    /// The VM's.
    Imds,
}

/// What kind of request it is; faults choose by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A token request to HIMDS that brings no key: the first of a handshake.
    Challenge,
    /// A token request to HIMDS that brings a key: the second of a handshake.
    Key,
    /// A token request to IMDS.
    Token,
    /// Any other request with the `Metadata` header.
    Metadata,
    /// A request without the `Metadata` header.
    Probe,
}

/// The path of tokens, the same on both services.
pub(crate) const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";

/// A parsed request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) service: Service,
    pub(crate) method: String,
    pub(crate) path: String,
    /// Path and query as they were sent; a key is bound to it.
    pub(crate) target: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    /// The Unix second of the answer. It is read once, so that all times in an answer agree.
    pub(crate) answered_at: i64,
}

impl Seen {
    pub(crate) fn new(service: Service, parts: &Parts, answered_at: i64) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self {
            service,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            target: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            answered_at,
        }
    }

    /// The first value of a query parameter that is not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that occurs twice.
    pub(crate) fn repeated_parameter(&self) -> Option<&str> {
        let position = |name: &str| self.query.iter().position(|(key, _)| key == name);
        self.query
            .iter()
            .enumerate()
            .find(|(index, (name, _))| position(name) != Some(*index))
            .map(|(_, (name, _))| name.as_str())
    }

    pub(crate) fn has_metadata_header(&self) -> bool {
        self.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn stage(&self) -> Stage {
        let token = self.path == TOKEN_PATH;
        match self.service {
            _ if !self.has_metadata_header() => Stage::Probe,
            Service::Himds if token && self.header("authorization").is_some() => Stage::Key,
            Service::Himds if token => Stage::Challenge,
            Service::Imds if token => Stage::Token,
            _ => Stage::Metadata,
        }
    }
}
