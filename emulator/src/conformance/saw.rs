//! What a scenario expects of the requests that the services got in a call.

use std::collections::BTreeMap;

use crate::{RequestRecord, Stage};
use serde::Deserialize;

/// About one of the requests, or about all of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saw {
    /// Counts from 0; -1 is the last; left out: each of them.
    request: Option<i64>,
    stage: Option<Stage>,
    path: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    no_query: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    no_headers: Vec<String>,
}

impl Saw {
    /// Everything that does not hold.
    pub(crate) fn problems(&self, requests: &[RequestRecord], expand: &dyn Fn(&str) -> String) -> Vec<String> {
        let Some(index) = self.request else {
            return requests.iter().flat_map(|request| self.of_one(request, expand)).collect();
        };
        let position = if index < 0 { requests.len() as i64 + index } else { index };
        match usize::try_from(position).ok().and_then(|position| requests.get(position)) {
            Some(request) => self.of_one(request, expand),
            None => vec![format!("request {index} is missing: the services got {}", requests.len())],
        }
    }

    fn of_one(&self, request: &RequestRecord, expand: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut problems = Vec::new();
        let told = |value: Option<&str>| value.map_or_else(|| "absent".to_owned(), |value| format!("{value:?}"));
        let mut check = |what: &str, found: Option<&str>, expected: Option<&str>| {
            if found != expected {
                problems.push(format!("request {}: {what} is {}, not {}", request.number, told(found), told(expected)));
            }
        };
        if let Some(path) = &self.path {
            check("path", Some(&request.path), Some(path));
        }
        for (name, value) in &self.query {
            check(name, request.parameter(name), Some(&expand(value)));
        }
        for (name, value) in &self.headers {
            check(name, request.header(name), Some(&expand(value)));
        }
        self.no_query.iter().for_each(|name| check(name, request.parameter(name), None));
        self.no_headers.iter().for_each(|name| check(name, request.header(name), None));
        if let Some(stage) = self.stage.filter(|stage| *stage != request.stage) {
            problems.push(format!("request {} is of the stage {:?}, not {stage:?}", request.number, request.stage));
        }
        problems
    }
}
