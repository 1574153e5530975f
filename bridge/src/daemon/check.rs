//! `himds bridge check`: which rule counts for whom, and what will not work as it is meant.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use himds::{ClientBuilder, Identity};

use super::accounts::{Accounts, System, groups_of, members_of};
use super::address;
use super::caller::{Caller, Way};
use super::config::{Config, NO_RULES};
use super::decide::{Agents, Decision, decide};
use super::file;
use super::names::{self, meant};
use super::nft::{self, Facts};
use super::rule::Rule;
use super::run::cannot_tell_units;
use super::units;
use crate::front::{ADDRESS, Ask, Form, PORT, TokenAsk, is_resource};

/// Where the machine's document is.
const DOCUMENT: &str = "/metadata/instance";

/// What `himds bridge check` is asked.
pub struct Asked {
    /// The rules.
    pub config: PathBuf,
    /// `--as`: a user, by name or number.
    pub user: Option<String>,
    /// `--unit`; as with systemctl(1), a name without its kind is a service's.
    pub unit: Option<String>,
    /// `--resource`
    pub resource: Option<String>,
    /// `--metadata`
    pub metadata: bool,
    /// How the machine's own service is reached.
    pub client: ClientBuilder,
}

/// What it found.
#[derive(Debug, Default)]
pub struct Report {
    /// Nothing was found that keeps the rules from working, and whoever was asked about is allowed what was asked about.
    pub ok: bool,
    /// Answers about callers, a line each.
    pub answers: Vec<String>,
    /// What will not work as it is meant.
    pub warnings: Vec<String>,
    /// What is as it should be.
    pub notes: Vec<String>,
}

/// Checks. The error says why the rules could not be read. Blocks for some seconds at most.
pub fn check(mut asked: Asked) -> Result<Report, String> {
    let config = file::load(&asked.config, &System)?;
    asked.unit = asked.unit.map(whole);
    let asked = &asked;
    let mut report = Report { ok: true, ..Report::default() };
    let rules = if config.rules.len() == 1 { "rule" } else { "rules" };
    report.notes.push(format!("{}: {} {rules}", asked.config.display(), config.rules.len()));
    if config.rules.is_empty() {
        report.notes.push(NO_RULES.into());
    }
    let (units, accounts) = (names::units(), names::accounts());
    if asked.user.is_some() || asked.unit.is_some() {
        report.ok = answers(&config, asked, &accounts, &mut report)?;
    } else {
        listing(&config, &mut report);
    }
    let named = |unit: &str| config.rules.iter().any(|rule| rule.unit.as_deref() == Some(unit));
    if let Some(unit) = asked.unit.as_deref().filter(|unit| !named(unit) && !names::is_unit(unit, &units)) {
        report.warnings.push(format!("the unit {unit:?} does not exist here{}", meant(unit, &units)));
    }
    report.warnings.extend(names::unknown(&config, &units, &accounts));
    report.notes.extend(names::never_counting(&config));
    machine(&config, asked, &mut report);
    report.ok &= report.warnings.is_empty();
    Ok(report)
}

/// The ruleset for nftables that leads to this port of loopback.
pub fn rules(config: &Path, port: u16) -> Result<String, String> {
    let config = file::load(config, &System)?;
    let path_of = |unit: &str| units::path_of(units::ROOT.as_ref(), unit);
    let facts = Facts { port, agents: &agents().0, path_of: &path_of, members_of: &members_of };
    Ok(nft::ruleset(&config, &facts))
}

fn whole(unit: String) -> String {
    if [".service", ".scope"].iter().any(|kind| unit.ends_with(kind)) { unit } else { unit + ".service" }
}

fn agents() -> Agents {
    Agents(Agents::NAMES.iter().filter_map(|name| System.uid(name)).collect())
}

/// What each caller that can be meant is told. Whether one of them is allowed all that was asked about.
fn answers(config: &Config, asked: &Asked, accounts: &[String], report: &mut Report) -> Result<bool, String> {
    let uid = match &asked.user {
        None => None,
        Some(name) => Some(
            name.parse()
                .ok()
                .or_else(|| System.uid(name))
                .ok_or_else(|| format!("the user {name:?} does not exist here{}", meant(name, accounts)))?,
        ),
    };
    if let Some(resource) = &asked.resource {
        if !is_resource(resource) {
            return Err(format!("{resource:?} is not a resource, such as https://vault.azure.net"));
        }
        report.warnings.extend(names::another_resource(resource));
    }
    let mut any = false;
    for (who, caller) in callers(config, uid, asked.unit.as_deref()) {
        let mut asks: Vec<(String, Ask)> = Vec::new();
        asks.extend(asked.resource.iter().map(|resource| (format!("a token for {resource}"), token(resource))));
        if asked.metadata {
            asks.extend(metadata(config, &caller));
        }
        if asks.is_empty() {
            let rules: Vec<&Rule> = config.rules.iter().filter(|rule| rule.is_for(&caller)).collect();
            any |= !rules.is_empty();
            report.answers.push(match rules.is_empty() {
                true => format!("{who}: no rule"),
                false => format!("{who}: {}", rules.iter().map(|rule| describe(rule)).collect::<Vec<_>>().join("; ")),
            });
            continue;
        }
        let mut all = true;
        for (what, ask) in &asks {
            let (allowed, line) = verdict(config, &caller, ask);
            all &= allowed;
            report.answers.push(format!("{who}: {what}: {line}"));
        }
        any |= all;
    }
    Ok(any)
}

fn verdict(config: &Config, caller: &Caller, ask: &Ask) -> (bool, String) {
    match decide(config, &agents(), caller, ask) {
        Decision::Allow(rule) => {
            let later = config.rules.iter().skip_while(|other| other.name != rule.name).skip(1);
            let too: Vec<String> = later
                .filter(|other| allows(other, config, caller, ask))
                .map(|other| format!("{:?}", other.name))
                .collect();
            let also = if too.is_empty() {
                String::new()
            } else {
                format!("; {} would too, but the first counts", too.join(", "))
            };
            (true, format!("allowed by rule {:?}{also}", rule.name))
        }
        Decision::Refuse(reason) => (false, format!("refused (403): {reason}")),
        Decision::NotFound => (false, "404: the agent must not be told that this is an Azure VM".to_owned()),
    }
}

fn allows(rule: &Rule, config: &Config, caller: &Caller, ask: &Ask) -> bool {
    let alone = Config { rules: vec![rule.clone()], ..config.clone() };
    matches!(decide(&alone, &agents(), caller, ask), Decision::Allow(_))
}

/// The whole document; if the caller may not have it, the parts that he may have.
fn metadata(config: &Config, caller: &Caller) -> Vec<(String, Ask)> {
    let part = |path: &str| {
        let pointer = path.strip_prefix(DOCUMENT)?.to_owned();
        Some((format!("instance metadata at {path}"), Ask::Instance { pointer, text: false }))
    };
    let allowed = |(_, ask): &(String, Ask)| matches!(decide(config, &agents(), caller, ask), Decision::Allow(_));
    let whole: Vec<_> = part(DOCUMENT).into_iter().collect();
    if whole.iter().all(allowed) {
        return whole;
    }
    let listed: BTreeSet<&String> = config.rules.iter().flat_map(|rule| &rule.metadata).collect();
    let parts: Vec<_> = listed.into_iter().filter_map(|path| part(path)).filter(allowed).collect();
    if parts.is_empty() { whole } else { parts }
}

fn token(resource: &str) -> Ask {
    Ask::Token(TokenAsk {
        resource: resource.to_owned(),
        identity: Identity::SystemAssigned,
        bypass_cache: false,
        form: Form::Imds,
    })
}

/// An account that no rule names.
const ANYBODY: u32 = u32::MAX - 1;

/// The callers that a user, a unit or both can mean: with a unit alone, as each user that a rule names with it; with a user
/// alone, in each unit.
fn callers(config: &Config, uid: Option<u32>, unit: Option<&str>) -> Vec<(String, Caller)> {
    let caller = |uid: u32, unit: Option<&str>, others: bool| {
        let anybody = if others { "any other user" } else { "any user" };
        let user = if uid == ANYBODY { anybody.to_owned() } else { format!("uid {uid}") };
        let who =
            unit.map_or_else(|| format!("{user} in no unit that a rule names"), |unit| format!("{user} in {unit}"));
        let groups = if config.names_groups() && uid != ANYBODY { groups_of(uid) } else { Vec::new() };
        (who, Caller { socket: "".into(), way: Way::Port, uid: Some(uid), groups, unit: unit.map(Into::into) })
    };
    let mut callers = Vec::new();
    match (uid, unit) {
        (Some(uid), Some(unit)) => callers.push(caller(uid, Some(unit), false)),
        (Some(uid), None) => {
            let named = config.rules.iter().filter(|rule| rule.user.as_ref().is_none_or(|user| user.id == Some(uid)));
            let mut units: Vec<&str> = named.filter_map(|rule| rule.unit.as_deref()).collect();
            units.sort_unstable();
            units.dedup();
            callers.push(caller(uid, None, false));
            callers.extend(units.into_iter().map(|unit| caller(uid, Some(unit), false)));
        }
        (None, Some(unit)) => {
            let named = config.rules.iter().filter(|rule| rule.unit.as_deref() == Some(unit));
            let mut users: Vec<u32> = named.filter_map(|rule| rule.user.as_ref()?.id).collect();
            users.sort_unstable();
            users.dedup();
            let others = !users.is_empty();
            callers.extend(users.into_iter().map(|uid| caller(uid, Some(unit), false)));
            callers.push(caller(ANYBODY, Some(unit), others));
        }
        (None, None) => {}
    }
    callers
}

fn listing(config: &Config, report: &mut Report) {
    report
        .answers
        .extend(config.rules.iter().enumerate().map(|(index, rule)| format!("{}. {}", index + 1, describe(rule))));
}

fn describe(rule: &Rule) -> String {
    let mut who = Vec::new();
    who.extend(rule.unit.as_ref().map(|unit| format!("unit {unit}")));
    who.extend(rule.user.as_ref().map(|user| format!("user {}", user.name)));
    who.extend(rule.group.as_ref().map(|group| format!("group {}", group.name)));
    who.extend(rule.socket.as_ref().map(|socket| format!("socket {socket}")));
    let mut what = rule.resources.clone();
    what.extend(rule.metadata.iter().cloned());
    format!("rule {:?}: {}: {}", rule.name, who.join(", "), what.join(", "))
}

/// The address, the agent, the kernel.
fn machine(config: &Config, asked: &Asked, report: &mut Report) {
    if config.names_units() {
        match cannot_tell_units() {
            Some(why) => report.warnings.push(why.into()),
            None => report.notes.push("control groups: version 2, told by the kernel".into()),
        }
    }
    match asked.client.clone().build() {
        Err(error) => report.warnings.push(error.to_string()),
        Ok(client) => match client.source() {
            None => report.warnings.push(format!("no service for tokens: {}", client.source_reason())),
            Some(source) => {
                let endpoint = client.endpoint();
                let reached = socket_of(&endpoint)
                    .is_some_and(|it| TcpStream::connect_timeout(&it, Duration::from_secs(1)).is_ok());
                let line = format!("tokens come from {source} at {endpoint}");
                if reached {
                    report.notes.push(line)
                } else {
                    report.warnings.push(format!("{line}, which does not answer"))
                }
            }
        },
    }
    if config.rules.iter().any(|rule| rule.socket.is_none()) {
        report.notes.extend(route().map(str::to_owned));
    }
    let routes = std::fs::read_to_string("/proc/self/net/route").unwrap_or_default();
    match address::refusal(&routes) {
        Some(reason) => report.notes.push(format!("the address must not be taken: {reason}")),
        None => report.notes.push(format!("nothing answers at {ADDRESS}:{PORT}, as seen by this user")),
    }
}

/// What keeps a redirect from working, or lets a stranger disturb it.
fn route() -> Option<&'static str> {
    // Nothing is sent.
    let source = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((ADDRESS, PORT))?;
        socket.local_addr()
    };
    match source() {
        Err(_) => Some(
            "no route leads to 169.254.169.254, so connections fail before they are redirected. Add one: \
             ip route add 169.254.169.254/32 dev lo src 127.0.0.2",
        ),
        Ok(source) if source.ip() == Ipv4Addr::LOCALHOST => Some(
            "the route to 169.254.169.254 uses the source address 127.0.0.1, from which everybody may connect to the bridge \
             itself. Use another one, such as 127.0.0.2",
        ),
        Ok(_) => None,
    }
}

/// The address of an endpoint on loopback.
fn socket_of(endpoint: &str) -> Option<SocketAddr> {
    let authority = endpoint.split_once("://")?.1.split('/').next()?;
    let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    authority.replacen("localhost", "127.0.0.1", 1).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::accounts::tests::Few;

    const TWO: &str = "\
        [[allow]]\nname='one'\nunit='a.service'\nresource=['https://storage.azure.com']\n\
        [[allow]]\nname='two'\nunit='a.service'\nuser='backup'\nresource=['https://storage.azure.com', 'https://vault.azure.net']\n";

    #[test]
    fn of_two_rules_it_says_that_the_first_counts() {
        let config = Config::parse(TWO, &Few).unwrap();
        let said = |uid, resource: &str| {
            let all = callers(&config, uid, Some("a.service"));
            all.iter()
                .map(|(who, caller)| format!("{who}: {}", verdict(&config, caller, &token(resource)).1))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(None, "https://storage.azure.com"),
            [
                "uid 34 in a.service: allowed by rule \"one\"; \"two\" would too, but the first counts",
                "any other user in a.service: allowed by rule \"one\"",
            ]
        );
        assert_eq!(said(Some(34), "https://vault.azure.net"), ["uid 34 in a.service: allowed by rule \"two\""]);
    }

    #[test]
    fn a_part_of_the_document_is_told() {
        let text = "[[allow]]\nuser='backup'\nmetadata=['/metadata/instance/compute', '/metadata/versions']\n\
                    [[allow]]\nuser='himds'\nmetadata=['/metadata/instance/network']\n";
        let config = Config::parse(text, &Few).unwrap();
        let what = |uid| {
            let (_, caller) = callers(&config, Some(uid), None).remove(0);
            metadata(&config, &caller).into_iter().map(|(what, _)| what).collect::<Vec<_>>()
        };
        assert_eq!(what(34), ["instance metadata at /metadata/instance/compute"]);
        assert_eq!(what(35), ["instance metadata at /metadata/instance"]);
    }

    #[test]
    fn a_user_is_tried_in_no_unit_and_in_each() {
        let config = Config::parse(TWO, &Few).unwrap();
        let who: Vec<String> = callers(&config, Some(34), None).into_iter().map(|(who, _)| who).collect();
        assert_eq!(who, ["uid 34 in no unit that a rule names", "uid 34 in a.service"]);
        let again =
            format!("{TWO}[[allow]]\nunit='b.service'\nresource=['https://a.b']\n{}", TWO.replace("name='", "name='x"));
        let config = Config::parse(&again, &Few).unwrap();
        let who: Vec<String> = callers(&config, Some(34), None).into_iter().map(|(who, _)| who).collect();
        assert_eq!(who[1..], ["uid 34 in a.service", "uid 34 in b.service"], "each once");
    }

    #[test]
    fn the_endpoints_address() {
        assert_eq!(socket_of("http://localhost:40342"), "127.0.0.1:40342".parse().ok());
        assert_eq!(socket_of("http://169.254.169.254"), "169.254.169.254:80".parse().ok());
        assert_eq!(socket_of("x"), None);
    }
}
