//! The findings, and the document made of them.

use std::time::Duration;

use serde_json::json;

/// The findings' names, in the order in which a person would look.
const ORDER: [&str; 15] = [
    "source",
    "environment",
    "proxy",
    "container",
    "agent",
    "port",
    "peer",
    "token_directory",
    "group",
    "metadata",
    "cloud",
    "api_version",
    "clock",
    "token",
    "identity",
];

/// How a finding turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing; a token is still available.
    Warning,
    /// Why there is no token.
    Failed,
}

impl Status {
    /// `ok`, `warning` or `failed`.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Failed => "failed",
        }
    }
}

/// One thing that was checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What was checked, in snake case; the names are stable:
    ///
    /// | name | what it is about | appears |
    /// |---|---|---|
    /// | `source` | which service was chosen and why; whose managed identity this is instead | always |
    /// | `environment` | variables: half-set, left over from another host, ignored | not on another host |
    /// | `proxy` | proxies that are set; never used here, but perhaps by other programs for the same address | not on another host |
    /// | `container` | whether the token directory, or the link-local address, is reachable from inside | in a container |
    /// | `agent` | whether the Connected Machine agent is installed and its process runs | HIMDS; IMDS if it was guessed |
    /// | `port` | whether anything listens on the agent's port, and which process | HIMDS |
    /// | `peer` | whether the process that takes the connection can read the keys anyway: a key goes to no other | HIMDS, if anything answers |
    /// | `token_directory` | whether it exists, its mode, owner and group; others may not write to it | HIMDS |
    /// | `group` | whether this process is in the group that may read the key files, or `/etc/group` alone says so | HIMDS, not on Windows |
    /// | `metadata` | whether the instance metadata is available | not on another host |
    /// | `cloud` | whose metadata service answers | IMDS, if anything answers |
    /// | `api_version` | which api-versions the service knows, ours among them or not | if the service tells |
    /// | `clock` | this clock against the service's `Date` and the token's time of issue | if either is there |
    /// | `token` | a token for the resource, requested past all caches, and the service's words if there is none | always |
    /// | `identity` | whom the token names, by its unverified claims | if there is a token |
    pub name: &'static str,
    /// How it turned out.
    pub status: Status,
    /// What was seen. Never holds a secret.
    pub detail: String,
    /// What to do; empty if nothing is to be done.
    pub fix: String,
    /// The time that the check took.
    pub elapsed: Duration,
}

/// All findings, in the order in which a person would look.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    ok: bool,
    source: &'static str,
    source_reason: String,
    findings: Vec<Finding>,
}

impl Diagnosis {
    /// Sorts the findings, and brings them into line with the outcome: if there is a token, nothing stands in its
    /// way.
    pub(super) fn new(ok: bool, source: &'static str, source_reason: String, found: Vec<Finding>) -> Self {
        let rank = |finding: &Finding| ORDER.iter().position(|name| *name == finding.name);
        // In place of a sort, which would be 8 kB of code for so few.
        let mut findings: Vec<Finding> = Vec::with_capacity(found.len());
        for mut finding in found {
            if ok && finding.status == Status::Failed {
                finding.status = Status::Warning;
            }
            let place = findings.partition_point(|other| rank(other) <= rank(&finding));
            findings.insert(place, finding);
        }
        Diagnosis { ok, source, source_reason, findings }
    }

    /// Whether a token is available.
    pub fn ok(&self) -> bool {
        self.ok
    }

    /// `himds`, `imds`, or nothing if neither was chosen.
    pub fn source(&self) -> &str {
        self.source
    }

    /// Why that source was chosen.
    pub fn source_reason(&self) -> &str {
        &self.source_reason
    }

    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The JSON document that every language and the command line give:
    /// `{"ok":..,"source":..,"source_reason":..,"findings":[{"name":..,"status":..,"detail":..,"fix":..,"elapsed_ms":..}]}`.
    pub fn to_json(&self) -> String {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "name": finding.name,
                    "status": finding.status.name(),
                    "detail": finding.detail,
                    "fix": finding.fix,
                    "elapsed_ms": (finding.elapsed.as_secs_f64() * 1e6).round() / 1e3,
                })
            })
            .collect();
        json!({ "ok": self.ok, "source": self.source, "source_reason": self.source_reason, "findings": findings })
            .to_string()
    }
}

/// Words of others (names of processes, users, files) with all that moves a terminal's cursor or the direction of its
/// text written as an escape. Every finding passes through here.
pub(super) fn escaped(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if is_odd(c) {
            shown.extend(c.escape_default())
        } else {
            shown.push(c)
        }
        shown
    })
}

/// What a step found, before it is named and timed.
#[derive(Clone, Debug)]
pub(super) struct StepResult {
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) fix: String,
}

impl StepResult {
    pub(super) fn ok(detail: impl Into<String>) -> Self {
        StepResult { status: Status::Ok, detail: detail.into(), fix: String::new() }
    }

    pub(super) fn warning(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        StepResult { status: Status::Warning, detail: detail.into(), fix: fix.into() }
    }

    pub(super) fn failed(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        StepResult { status: Status::Failed, detail: detail.into(), fix: fix.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_is_escaped() {
        let table = [
            ("plain, \u{e4} and \u{1f511}", "plain, \u{e4} and \u{1f511}"),
            ("\x1b[2Jhimds\n", "\\u{1b}[2Jhimds\\n"),
            ("\u{202e}sdmih", "\\u{202e}sdmih"),
            ("\u{9b}1m\u{200b}", "\\u{9b}1m\\u{200b}"),
        ];
        for (text, expected) in table {
            assert_eq!(escaped(text), expected);
        }
    }
}
