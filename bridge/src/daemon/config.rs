//! The configuration: from a text to rules, or to the reason why not. All or nothing.

use serde::Deserialize;

use super::accounts::Accounts;
use super::rule::{Listed, Named, Rule};
use crate::front::{canonical, is_resource};

/// What is to be said of a file without a rule.
pub(crate) const NO_RULES: &str = "no rule allows anything: everybody is refused";

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// In the order of the file.
    pub(crate) rules: Vec<Rule>,
    /// How often a caller may ask.
    pub(crate) limits: Limits,
    /// Whether Cloud Shell's POST is answered.
    pub(crate) cloud_shell: bool,
}

/// How often a caller may ask.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Requests in a second, in the long run.
    pub(crate) rate: u32,
    /// Requests at once.
    pub(crate) burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { rate: 20, burst: 40 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allow>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    cloud_shell: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    name: Option<String>,
    unit: Option<String>,
    user: Option<String>,
    group: Option<String>,
    socket: Option<String>,
    #[serde(default)]
    resource: Vec<String>,
    identity: Option<Vec<String>>,
    #[serde(default)]
    metadata: Vec<String>,
}

impl Config {
    /// Reads a file's text. The error is a sentence or several, with the place in the text.
    pub(crate) fn parse(text: &str, accounts: &dyn Accounts) -> Result<Config, String> {
        let file: File = toml::from_str(text).map_err(|error| problem(text, &error))?;
        if file.limits.rate == 0 || file.limits.burst == 0 {
            return Err("[limits]: rate and burst must be 1 or more".to_owned());
        }
        let mut rules: Vec<Rule> = Vec::new();
        for (index, allow) in file.allow.into_iter().enumerate() {
            let name = allow.name.clone().unwrap_or_else(|| format!("rule {}", index + 1));
            let rule =
                rule(allow, name.clone(), accounts).map_err(|problem| format!("[[allow]] {name:?}: {problem}"))?;
            if rules.iter().any(|other| other.name == rule.name) {
                return Err(format!(
                    "[[allow]] {name:?}: another rule has this name, and the audit could not tell them apart"
                ));
            }
            rules.push(rule);
        }
        Ok(Config { rules, limits: file.limits, cloud_shell: file.cloud_shell })
    }

    /// Whether a rule names a unit: then control groups must be readable.
    pub(crate) fn names_units(&self) -> bool {
        self.rules.iter().any(|rule| rule.unit.is_some())
    }

    /// Whether a rule names a group.
    pub(crate) fn names_groups(&self) -> bool {
        self.rules.iter().any(|rule| rule.group.is_some())
    }
}

/// As much of a line as is shown.
const LONGEST_EXCERPT: usize = 100;

/// In one line, for the journal: where, and what. (toml's own text is a drawing of several lines.)
fn problem(text: &str, error: &toml::de::Error) -> String {
    // In the words of a file, not of a program.
    let what = error.message().replace('\n', " ").replace("expected u32", "expected a number of 1 or more");
    let what = what.replace("expected a sequence", "expected a list, such as [\"one\", \"two\"]");
    let Some((before, after)) = error.span().and_then(|span| text.split_at_checked(span.start)) else { return what };
    let (line, begun) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default());
    let whole = format!("{begun}{}", after.lines().next().unwrap_or_default());
    let shown: String = whole.trim().chars().take(LONGEST_EXCERPT).collect();
    format!("line {line}, column {}: {what}, in: {shown}", begun.chars().count() + 1)
}

fn rule(allow: Allow, name: String, accounts: &dyn Accounts) -> Result<Rule, String> {
    if name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
        return Err("a name has 1 to 100 characters, none of them a control character".into());
    }
    if allow.unit.is_none() && allow.user.is_none() && allow.group.is_none() && allow.socket.is_none() {
        return Err("it names nobody: give unit, user, group or socket".into());
    }
    if allow.resource.is_empty() && allow.metadata.is_empty() {
        return Err("it grants nothing: list a resource, for example [\"https://vault.azure.net\"]".into());
    }
    match &allow.identity {
        Some(_) if allow.resource.is_empty() => return Err("it lists an identity, but no resource".into()),
        Some(identities) if identities.is_empty() => {
            return Err("it lists no identity: leave the key out for the machine's own".into());
        }
        _ => {}
    }
    let unit = allow.unit.map(is_unit).transpose()?;
    let user = allow.user.map(|user| named(user, |name| accounts.uid(name))).transpose()?;
    let root = user.as_ref().is_some_and(|user| user.name == "root" || user.id == Some(0));
    if root && unit.is_none() {
        return Err(
            "root must be named together with a unit: whatever forwards ports for others connects as root".into()
        );
    }
    Ok(Rule {
        name,
        unit,
        user,
        group: allow.group.map(|group| named(group, |name| accounts.gid(name))).transpose()?,
        socket: allow.socket.map(is_socket).transpose()?,
        resources: allow.resource.into_iter().map(resource).collect::<Result<_, _>>()?,
        identities: allow
            .identity
            .unwrap_or_else(|| vec!["system".into()])
            .into_iter()
            .map(identity)
            .collect::<Result<_, _>>()?,
        metadata: allow.metadata.into_iter().map(metadata).collect::<Result<_, _>>()?,
    })
}

fn is_unit(unit: String) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_.@\\-".contains(&byte);
    if !unit.ends_with(".service") && !unit.ends_with(".scope") {
        return Err(format!("unit {unit:?} must be a whole name, such as backup.service"));
    }
    if unit.starts_with('.') || unit.len() > 255 || !unit.bytes().all(plain) || unit.contains("@.") {
        return Err(format!("unit {unit:?} is not a unit's name; of a template, name each instance"));
    }
    Ok(unit)
}

fn is_socket(socket: String) -> Result<String, String> {
    // As systemd has it for FileDescriptorName=.
    let plain = |byte: u8| (b' '..0x7f).contains(&byte) && byte != b':';
    if socket.is_empty() || socket.len() > 255 || !socket.bytes().all(plain) {
        return Err(format!("socket {socket:?} is not a FileDescriptorName="));
    }
    Ok(socket)
}

fn named(name: String, find: impl Fn(&str) -> Option<u32>) -> Result<Named, String> {
    if name.is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace() || c == ':') {
        return Err(format!("{name:?} is not the name or number of an account"));
    }
    // The number 2^32 - 1 means "no account" to the kernel.
    let id = match name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Some(
            name.parse().ok().filter(|id| *id != u32::MAX).ok_or(format!("{name} is not the number of an account"))?,
        ),
        false => find(&name),
    };
    Ok(Named { name, id })
}

fn resource(resource: String) -> Result<String, String> {
    let bare = canonical(&resource);
    let no_host = |(_, rest): (&str, &str)| rest.is_empty() || rest.starts_with(['/', ':']);
    let empty = bare.is_empty() || resource.split_once("://").is_some_and(no_host);
    if !is_resource(&resource) || resource.contains('*') || empty {
        return Err(format!(
            "{resource:?} is not a resource; each is written in full, such as https://vault.azure.net"
        ));
    }
    Ok(bare)
}

fn identity(identity: String) -> Result<Listed, String> {
    if identity == "system" {
        return Ok(Listed::System);
    }
    let hyphens = |text: &str| {
        text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let guid = identity.len() == 36 && hyphens(&identity);
    let id = identity.to_ascii_lowercase();
    let path = id.starts_with("/subscriptions/") && identity.bytes().all(|byte| byte.is_ascii_graphic());
    if guid || path {
        Ok(Listed::Id(id))
    } else {
        Err(format!("identity {identity:?} must be \"system\", a client id or a resource id"))
    }
}

fn metadata(path: String) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    let short = path.trim_end_matches('/');
    let below = |top: &str| short.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let known = below("/metadata/instance") || short == "/metadata/versions" || short == "/metadata/identity/info";
    if !known || short.contains("//") || !path.bytes().all(plain) {
        return Err(format!(
            "metadata {path:?} must be /metadata/instance or below it, for example /metadata/instance/compute"
        ));
    }
    Ok(short.to_owned())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
