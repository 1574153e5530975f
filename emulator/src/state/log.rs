//! The record of the requests seen, which tests read.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::clock::since_1970;
use crate::http::request::{Seen, Service, Stage};

/// A request that was seen, and its outcome.
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
    /// The status answered; none until it is decided, or if the connection was broken instead.
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

/// How many records are kept; a benchmark makes more requests than anybody wants to read.
const KEPT: usize = 100_000;

/// The requests seen so far; of too many, the oldest are dropped.
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
            time_ms: since_1970().as_millis() as u64,
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

    /// The number that the next request gets.
    pub(crate) fn next_number(&self) -> usize {
        let records = self.0.lock().expect("no panic under this lock");
        records.first + records.kept.len()
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
