//! A request as the services look at it, and the record of it that tests read.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

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
}

impl Seen {
    pub(crate) fn new(service: Service, parts: &Parts) -> Self {
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
        }
    }

    /// The first value of a query parameter, where it is not empty.
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

/// A request that was seen, and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Counts from 0 for each emulator, in the order of arrival.
    pub number: usize,
    /// Which service got it.
    pub service: Service,
    /// What kind of request it is.
    pub stage: Stage,
    /// The connection it came on, counted from 0; two requests with one number shared a connection.
    pub connection: u64,
    /// Milliseconds since 1970, by this machine's clock.
    pub time_ms: u64,
    /// `GET` and so on.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// Names in lower case, in the order sent. A key that was sent is among them.
    pub headers: Vec<(String, String)>,
    /// The status answered; none while the answer is not decided, or where the connection was broken instead.
    pub status: Option<u16>,
    /// The key file that the answer named.
    pub key_file: Option<String>,
    /// The access token that the answer carried.
    pub token: Option<String>,
    /// The name of the fault that changed the answer, or its number.
    pub fault: Option<String>,
}

impl RequestRecord {
    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a header, the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// So many records are kept; a benchmark makes more requests than anybody wants to read.
const KEPT: usize = 100_000;

/// The requests seen so far, the oldest dropped where there are too many.
#[derive(Debug, Default)]
pub(crate) struct RequestLog(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    /// The number of the first one that is kept.
    first: usize,
    kept: VecDeque<RequestRecord>,
}

impl RequestLog {
    pub(crate) fn arrived(&self, seen: &Seen, connection: u64) -> usize {
        let mut records = self.0.lock().expect("no panic under this lock");
        if records.kept.len() == KEPT {
            records.kept.pop_front();
            records.first += 1;
        }
        let number = records.first + records.kept.len();
        records.kept.push_back(RequestRecord {
            number,
            service: seen.service,
            stage: seen.stage(),
            connection,
            time_ms: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            method: seen.method.clone(),
            path: seen.path.clone(),
            query: seen.query.clone(),
            headers: seen.headers.clone(),
            status: None,
            key_file: None,
            token: None,
            fault: None,
        });
        number
    }

    pub(crate) fn answered(&self, number: usize, change: impl FnOnce(&mut RequestRecord)) {
        let mut records = self.0.lock().expect("no panic under this lock");
        let index = number.checked_sub(records.first);
        // The log may have been cleared in between.
        if let Some(record) = index.and_then(|index| records.kept.get_mut(index)) {
            change(record);
        }
    }

    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        self.0.lock().expect("no panic under this lock").kept.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut records = self.0.lock().expect("no panic under this lock");
        records.first += records.kept.len();
        records.kept.clear();
    }
}
