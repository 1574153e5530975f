//! `diagnose`: what is the matter on this machine, and what to do about it.

use std::time::Duration;

use serde_json::json;

use crate::acquire::acquire;
use crate::call::Call;
use crate::client::Inner;
use crate::Error;

/// How a finding turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// Worth knowing; a token can still be had.
    Warning,
    /// Why a token cannot be had.
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

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at, in snake case: `source`, `agent`, `port`, `token_directory`, `group` and so on.
    pub name: &'static str,
    /// How it turned out.
    pub status: Status,
    /// What was seen.
    pub detail: String,
    /// What to do; empty where nothing is to be done.
    pub fix: String,
    /// The time it took to look.
    pub elapsed: Duration,
}

/// All findings, in the order in which a person would look.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub(crate) ok: bool,
    pub(crate) source: &'static str,
    pub(crate) source_reason: String,
    pub(crate) findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether a token can be had.
    pub fn ok(&self) -> bool {
        self.ok
    }

    /// `himds`, `imds`, or nothing where neither was chosen.
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

/// Looks at everything and asks for a token.
pub(crate) async fn diagnose(client: &Inner, call: &Call, resource: &str) -> Result<Diagnosis, Error> {
    let started = client.seams.clock.now();
    let token = acquire(client, call, resource, true).await;
    let (status, detail, fix) = match &token {
        Ok(token) => (Status::Ok, format!("a token that expires at {}", token.expires_on_unix()), String::new()),
        Err(error) => (Status::Failed, error.message().to_owned(), error.hint().unwrap_or_default().to_owned()),
    };
    let elapsed = client.seams.clock.now().saturating_sub(started);
    let plan = &client.settings.plan;
    Ok(Diagnosis {
        ok: token.is_ok(),
        source: plan.source().map_or("", |source| source.name()),
        source_reason: plan.reason.clone(),
        findings: vec![Finding { name: "token", status, detail, fix, elapsed }],
    })
}
