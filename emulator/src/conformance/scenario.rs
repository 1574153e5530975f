//! What a scenario file says. `tests/README.md` explains each field.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::{Error, Fault};
use serde::Deserialize;

use super::accounts::User;
use super::expect::Expect;
use super::packed::FILES;
use super::{cases, protocol};

/// A file of scenarios on one topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<toml::Table>,
}

/// One scenario: a service that behaves in some way, and calls with what must come of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// The rule it tests, in words.
    pub(crate) rule: String,
    /// What it needs that only Unix has; it is skipped elsewhere.
    #[serde(default)]
    pub(crate) unix: Option<String>,
    /// Needs a network and mount namespace of its own.
    #[serde(default)]
    pub(crate) isolated: bool,
    /// Isolated ones: whether 169.254.169.254 exists.
    #[serde(default)]
    pub(crate) link_local: bool,
    /// Isolated ones: whether the kernel refuses this process 169.254.169.254 and 127.0.0.5.
    #[serde(default)]
    pub(crate) prohibited: bool,
    /// Isolated ones: the user that runs the driver; root without its right to pass over file modes if left out.
    #[serde(default)]
    pub(crate) user: Option<User>,
    /// Isolated ones: whether the process that serves is called `himds`, as the agent's is.
    #[serde(default)]
    pub(crate) agent_process: bool,
    /// No default options for the client.
    #[serde(default)]
    pub(crate) bare: bool,
    /// Options of the client.
    #[serde(default)]
    pub(crate) client: BTreeMap<String, toml::Value>,
    /// The environment that the client sees.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The emulator's configuration.
    #[serde(default)]
    pub(crate) emulator: toml::Table,
    /// Faults, before the first call.
    #[serde(default, rename = "fault")]
    pub(crate) faults: Vec<toml::Table>,
    /// Files to write first: path = content. Absolute paths in isolated ones, otherwise below `{scratch}`.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// Symbolic links to make first: path = target.
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    /// What must come of the client's construction.
    #[serde(default)]
    pub(crate) client_expect: Expect,
    /// The calls, in order.
    #[serde(default, rename = "call")]
    pub(crate) calls: Vec<Call>,
}

/// One call.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    /// The operation, as drivers know it.
    pub(crate) op: String,
    /// Faults to add before it.
    #[serde(default, rename = "fault")]
    pub(crate) faults: Vec<toml::Table>,
    /// Let the services forget the tokens they keep before it.
    #[serde(default)]
    pub(crate) new_tokens: bool,
    /// The service starts at `{late}` so many milliseconds after the call began, and is gone after the call.
    #[serde(default)]
    pub(crate) service_starts_after_ms: Option<u64>,
    /// What must come of it.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// Everything else goes to the driver.
    #[serde(flatten)]
    pub(crate) arguments: BTreeMap<String, toml::Value>,
}

/// All scenarios of the files, in order; of a directory, its `*.toml`.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Vec<Scenario>, String> {
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).map_err(Error::file(&file))?;
        Ok::<_, Error>((file.display().to_string(), text))
    };
    let texts: Vec<(String, String)> = files(paths)?.into_iter().map(read).collect::<Result<_, _>>()?;
    joined(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// All scenarios that are built in.
pub(crate) fn packed() -> Result<Vec<Scenario>, String> {
    joined(FILES.iter().copied())
}

fn joined<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Vec<Scenario>, String> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for (file, text) in texts {
        for scenario in parse(text).map_err(|problem| format!("{file}: {problem}"))? {
            if scenarios.iter().any(|known| known.name == scenario.name) {
                return Err(format!("{file}: there are two scenarios {:?}", scenario.name));
            }
            scenarios.push(scenario);
        }
    }
    Ok(scenarios)
}

fn parse(text: &str) -> Result<Vec<Scenario>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut scenarios = Vec::new();
    for table in file.scenario {
        for one in cases::expand(table)? {
            let name = one.get("name").and_then(toml::Value::as_str).unwrap_or("a scenario without a name").to_owned();
            let scenario: Scenario = one.try_into().map_err(|error| format!("{name}: {error}"))?;
            scenario.check().map_err(|problem| format!("{name}: {problem}"))?;
            scenarios.push(scenario);
        }
    }
    Ok(scenarios)
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(Error::file(path))?;
        let is_toml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_toml).collect();
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

impl Scenario {
    /// Mistakes that would otherwise make a scenario pass for nothing.
    fn check(&self) -> Result<(), String> {
        let below_scratch = |path: &String| path.starts_with("{scratch}/");
        if !self.isolated && !self.files.keys().chain(self.links.keys()).all(below_scratch) {
            return Err("files outside {scratch} need `isolated = true`".into());
        }
        if self.calls.is_empty() && self.client_expect.kind() == "ok" {
            return Err("it tests nothing".into());
        }
        let furnished = self.user.is_some() || self.agent_process || self.link_local || self.prohibited;
        if furnished && !self.isolated {
            return Err("`user`, `agent_process`, `link_local` and `prohibited` need `isolated = true`".into());
        }
        let mistake = |call: &Call| protocol::mistake(&call.op, call.arguments.keys());
        let construction = protocol::mistake("client", self.client.keys());
        if let Some(mistake) = construction.or_else(|| self.calls.iter().find_map(mistake)) {
            return Err(mistake);
        }
        if self.rule.is_empty() || !self.name.contains(": ") {
            return Err("the name is `topic: case`, and the rule is a sentence".into());
        }
        self.faults.iter().chain(self.calls.iter().flat_map(|call| &call.faults)).try_for_each(|fault| {
            fault.clone().try_into::<Fault>().map(drop).map_err(|error| format!("fault: {error}"))
        })
    }
}
