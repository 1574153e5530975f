//! What a scenario expects of a call, and the comparison.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use super::findings::Findings;
use super::saw::Saw;
use super::wire::Answer;

/// What counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// For our own languages: everything that a scenario says, and that errors are usable.
    All,
    /// For anybody's client: tokens, requests and secrets. What an error is called, and fields that the driver leaves
    /// out, are not compared.
    Outcomes,
}

/// Expectations; what is left out is not checked, except `kind`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// `ok` if left out.
    kind: Option<String>,
    /// How many requests the services got in this call.
    pub(crate) requests: Option<usize>,
    http_status: Option<u16>,
    attempts: Option<u32>,
    error: Option<String>,
    error_description: Option<String>,
    retry_after: Option<f64>,
    message_contains: Vec<String>,
    hint_contains: Vec<String>,
    /// Seconds from now, from and to.
    expires_in: Option<[f64; 2]>,
    refresh_in: Option<[f64; 2]>,
    refresh_none: bool,
    same_token: bool,
    new_token: bool,
    /// Fields of the answer.
    equals: BTreeMap<String, String>,
    contains: BTreeMap<String, String>,
    lacks: BTreeMap<String, String>,
    absent: Vec<String>,
    json_equals: Vec<JsonEquals>,
    /// Of a diagnosis.
    findings: Findings,
    max_seconds: Option<f64>,
    min_seconds: Option<f64>,
    /// About the requests that the services got in this call.
    pub(crate) saw: Vec<Saw>,
    /// How many key files lie in the token directory after the call.
    pub(crate) key_files_left: Option<usize>,
}

/// A member of the field `json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonEquals {
    /// `json` if left out.
    field: Option<String>,
    pointer: String,
    /// Left out: only that the member is there.
    value: Option<toml::Value>,
    #[serde(default)]
    absent: bool,
}

/// How long a call took, and how much longer than it says it may take on a slow machine.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    pub(crate) patience: f64,
}

impl Expect {
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("ok")
    }

    /// Everything that does not hold. `previous` is the last token that the scenario got.
    pub(crate) fn problems(&self, answer: &Answer, took: Took, judge: Judge, previous: Option<&str>) -> Vec<String> {
        let all = judge == Judge::All;
        let mut problems = Problems::default();
        // For anybody's client an error is an error, by whatever name.
        let same = if all { self.kind() == answer.kind() } else { (self.kind() == "ok") == (answer.status == "ok") };
        if !same {
            problems.add(self.other_outcome(answer, all));
            return problems.0;
        }
        // What a driver leaves out, its client may not have.
        let compared = |name: &str| all || answer.fields.contains_key(name);
        if all {
            self.error_fields(answer, &mut problems);
        }
        self.times(answer, took, &compared, &mut problems);
        if self.same_token && previous != Some(answer.get("secret")) {
            problems.add("a different token than before".into());
        }
        if self.new_token && (previous == Some(answer.get("secret")) || answer.get("secret").is_empty()) {
            problems.add("the same token as before".into());
        }
        for (name, value) in self.equals.iter().filter(|(name, _)| compared(name)) {
            problems.equal(name, answer.get(name), value);
        }
        for (name, part) in self.contains.iter().filter(|(name, _)| compared(name)) {
            problems.contains(name, answer.get(name), part);
        }
        for (name, part) in self.lacks.iter().filter(|(name, part)| answer.get(name).contains(part.as_str())) {
            problems.add(format!("{name} has {part:?}: {:?}", answer.get(name)));
        }
        for name in self.absent.iter().filter(|name| !answer.get(name).is_empty()) {
            problems.add(format!("{name} should be absent: {:?}", answer.get(name)));
        }
        self.json(answer, &compared, &mut problems);
        problems.0.extend(self.findings.problems(answer));
        problems.0
    }

    fn other_outcome(&self, answer: &Answer, by_kind: bool) -> String {
        let text = if answer.status == "error" { format!(": {}", answer.get("message")) } else { String::new() };
        match (by_kind, self.kind()) {
            (true, kind) => format!("kind {} instead of {kind}{text}", answer.kind()),
            (false, "ok") => format!("the call failed and should succeed{text}"),
            (false, kind) => format!("the call succeeded and should fail ({})", kind.replace('_', " ")),
        }
    }

    fn error_fields(&self, answer: &Answer, problems: &mut Problems) {
        let numbers = [("http_status", self.http_status.map(u32::from)), ("attempts", self.attempts)];
        for (name, number) in numbers {
            if let Some(number) = number {
                problems.equal(name, answer.get(name), &number.to_string());
            }
        }
        for (name, text) in [("error", &self.error), ("error_description", &self.error_description)] {
            if let Some(text) = text {
                problems.equal(name, answer.get(name), text);
            }
        }
        for part in &self.message_contains {
            problems.contains("message", answer.get("message"), part);
        }
        for part in &self.hint_contains {
            problems.contains("hint", answer.get("hint"), part);
        }
        if let Some(seconds) = self.retry_after {
            problems.between("retry_after", answer.number("retry_after"), [seconds - 1.5, seconds + 0.01]);
        }
        if answer.status == "error" {
            problems.error_is_usable(answer);
        }
    }

    fn times(&self, answer: &Answer, took: Took, compared: &dyn Fn(&str) -> bool, problems: &mut Problems) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let from_now = |name| answer.number(name).map(|seconds: f64| seconds - now);
        if let Some(range) = self.expires_in.filter(|_| compared("expires_on")) {
            problems.between("expires_on, from now", from_now("expires_on"), range);
        }
        if let Some(range) = self.refresh_in.filter(|_| compared("refresh_on")) {
            problems.between("refresh_on, from now", from_now("refresh_on"), range);
        }
        if self.refresh_none {
            problems.equal("refresh_on", answer.get("refresh_on"), "");
        }
        let most = self.max_seconds.map_or(f64::INFINITY, |seconds| seconds * took.patience);
        problems.between("the call's seconds", Some(took.seconds), [self.min_seconds.unwrap_or(0.0), most]);
    }

    fn json(&self, answer: &Answer, compared: &dyn Fn(&str) -> bool, problems: &mut Problems) {
        for JsonEquals { field, pointer, value, absent } in &self.json_equals {
            let field = field.as_deref().unwrap_or("json");
            if !compared(field) {
                continue;
            }
            let Ok(json) = serde_json::from_str::<Value>(answer.get(field)) else {
                problems.add(format!("{field} is not JSON: {:?}", answer.get(field)));
                continue;
            };
            let found = json.pointer(pointer);
            let wanted = value.as_ref().map(as_json);
            let holds = match (&wanted, found) {
                (None, found) => found.is_some() != *absent,
                (Some(wanted), found) => found == Some(wanted),
            };
            if !holds {
                problems.add(format!("{field} {pointer} is {found:?}, not {wanted:?}"));
            }
        }
    }
}

fn as_json(value: &toml::Value) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// Collects what does not hold.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    fn equal(&mut self, name: &str, found: &str, expected: &str) {
        if found != expected {
            self.add(format!("{name} is {found:?}, not {expected:?}"));
        }
    }

    fn contains(&mut self, name: &str, found: &str, part: &str) {
        if !found.contains(part) {
            self.add(format!("{name} has no {part:?}: {found:?}"));
        }
    }

    fn between(&mut self, name: &str, found: Option<f64>, [from, to]: [f64; 2]) {
        if !found.is_some_and(|found| (from..=to).contains(&found)) {
            self.add(format!("{name}: {found:?} is not between {from} and {to}"));
        }
    }

    /// Every error has a number, a text and a hint, in one piece.
    fn error_is_usable(&mut self, answer: &Answer) {
        if !answer.number("status").is_some_and(|status| status > 0.0) {
            self.add(format!("the error's status is {:?}", answer.get("status")));
        }
        for name in ["message", "hint"] {
            let text = answer.get(name);
            // A caller that cancels needs no advice.
            if text.trim().is_empty() && (name, answer.kind()) != ("hint", "cancelled") {
                self.add(format!("the error has no {name}"));
            }
            if text.chars().any(|character| character.is_control() && character != '\n') {
                self.add(format!("{name} has control characters: {text:?}"));
            }
            if text.len() > 6000 {
                self.add(format!("{name} has {} bytes", text.len()));
            }
        }
    }
}
