//! What came of one scenario.

use serde::{Deserialize, Serialize};

use super::basis;
use super::scenario::Scenario;

/// What came of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// A scenario and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// The rule in words.
    pub(crate) rule: String,
    /// `protocol`, or `choice` of this project.
    pub(crate) basis: String,
    pub(crate) verdict: Verdict,
    /// Why it failed or was skipped.
    pub(crate) why: String,
}

impl Line {
    pub(crate) fn new(scenario: &Scenario, verdict: Verdict, why: String) -> Self {
        let basis = if basis::of_protocol(&scenario.name) { "protocol" } else { "choice" };
        let (name, rule) = (scenario.name.clone(), scenario.rule.clone());
        Self { name, rule, basis: basis.to_owned(), verdict, why }
    }

    pub(crate) fn is_protocol(&self) -> bool {
        self.basis == "protocol"
    }
}
