//! What a scenario expects of a diagnosis: `findings = { clock = "warning" }`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::wire::Answer;

/// The findings by name; those that are not named may be anything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Findings(BTreeMap<String, Expected>);

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Expected {
    Status(Status),
    Finding(Finding),
}

/// A status, and parts of the texts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    status: Status,
    #[serde(default)]
    detail: Vec<String>,
    #[serde(default)]
    fix: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Failed,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Findings {
    /// Everything that does not hold. A name that the diagnosis does not have is a problem.
    pub(crate) fn problems(&self, answer: &Answer) -> Vec<String> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let diagnosis: Value = serde_json::from_str(answer.get("json")).unwrap_or_default();
        let found: Vec<&Value> = diagnosis["findings"].as_array().into_iter().flatten().collect();
        let mut problems = Vec::new();
        for (name, expected) in &self.0 {
            match found.iter().find(|finding| finding["name"] == name.as_str()) {
                Some(finding) => problems.extend(expected.problems(name, finding)),
                None => {
                    let names: Vec<&str> = found.iter().filter_map(|finding| finding["name"].as_str()).collect();
                    problems.push(format!("the diagnosis has no finding {name:?}, only {}", names.join(", ")));
                }
            }
        }
        problems
    }
}

impl Expected {
    fn problems(&self, name: &str, finding: &Value) -> Vec<String> {
        let text = |field: &str| finding[field].as_str().unwrap_or_default();
        let (status, detail, fix): (_, &[String], &[String]) = match self {
            Self::Status(status) => (status, &[], &[]),
            Self::Finding(Finding { status, detail, fix }) => (status, detail, fix),
        };
        let mut problems = Vec::new();
        if text("status") != status.name() {
            problems.push(format!("{name} is {}, not {}: {}", text("status"), status.name(), text("detail")));
        }
        for (field, parts) in [("detail", detail), ("fix", fix)] {
            for part in parts.iter().filter(|part| !text(field).contains(part.as_str())) {
                problems.push(format!("{name}: {field} has no {part:?}: {:?}", text(field)));
            }
        }
        problems
    }
}
