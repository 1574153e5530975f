//! The configuration of `himds bridge`: whatever it says, nobody is allowed what no rule names him for.

use himds::Identity;
use himds_bridge::daemon::fuzzing::{Caller, Configuration, Listed, Rule, Way};
use himds_bridge::front::{Ask, Form, TokenAsk, canonical};

const ACCOUNTS: &[(&str, u32)] =
    &[("root", 0), ("backup", 34), ("writers", 500), ("himds", 998), ("arcproxy", 997), ("nobody", 65_534)];
/// Neither an account, nor a unit, nor a resource is called so in an input.
const STRANGER: u32 = 4_123_456_789;
const OTHER_UNIT: &str = "zzstranger.service";
const OTHER_RESOURCE: &str = "https://zzstranger.invalid";

pub(crate) fn bridge_rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let parsed = Configuration::parse(text, ACCOUNTS);
    if text.contains("4123456789") || text.contains("zzstranger") {
        return;
    }
    let configuration = match parsed {
        Ok(configuration) => configuration,
        Err(problem) => return assert!(!problem.trim().is_empty(), "an error says what is wrong"),
    };
    for more in [format!("zzstranger = 1\n{text}"), format!("{text}\n[[allow]]\nuser = 'backup'\n")] {
        assert!(Configuration::parse(&more, ACCOUNTS).is_err(), "all or nothing: {more}");
    }
    let rules = configuration.rules();
    for (index, rule) in rules.iter().enumerate() {
        assert!(!rule.name.is_empty() && !rule.name.contains(char::is_control), "{rule:?}");
        assert!(rules[..index].iter().all(|other| other.name != rule.name), "the audit names one rule");
        only_its_callers(&configuration, rule, index == 0);
    }
    for caller in [caller(STRANGER, None, ""), caller(STRANGER, Some(OTHER_UNIT), ""), caller(0, None, "")] {
        assert!(every_ask(rules).all(|ask| configuration.allows(&caller, &ask).is_none()), "{caller:?}");
    }
    redirect(&configuration);
    for warning in configuration.warnings() {
        assert!(warning.starts_with("rule \""), "{warning}");
    }
}

/// Each part of what a rule names is wanted, and only what it lists is given.
fn only_its_callers(configuration: &Configuration<'_>, rule: &Rule, first: bool) {
    let user = rule.user.as_ref().map(|user| user.id);
    let group = rule.group.as_ref().map(|group| group.id);
    let right = Caller {
        socket: rule.socket.as_deref().unwrap_or_default().into(),
        way: if rule.socket.is_some() { Way::Unix } else { Way::Port },
        uid: Some(user.flatten().unwrap_or(STRANGER)),
        groups: group.flatten().into_iter().collect(),
        unit: rule.unit.as_deref().map(Into::into),
    };
    let missing = user == Some(None) || group == Some(None);
    let system = rule.identities.contains(&Listed::System);
    for resource in &rule.resources {
        if canonical(resource) != *resource {
            // It ended in several slashes: how it was written cannot be told from what is left.
            continue;
        }
        let ask = token(resource);
        if first && system && !missing {
            assert_eq!(configuration.allows(&right, &ask), Some(&*rule.name), "{right:?}");
        }
        let not_by_it = |wrong: Caller| {
            assert_ne!(configuration.allows(&wrong, &ask), Some(&*rule.name), "{rule:?} {wrong:?}");
        };
        if missing || !system {
            not_by_it(right.clone());
        }
        if user.is_some() {
            not_by_it(Caller { uid: Some(STRANGER), ..right.clone() });
            not_by_it(Caller { uid: None, ..right.clone() });
        }
        if group.is_some() {
            not_by_it(Caller { groups: Vec::new(), ..right.clone() });
        }
        if rule.unit.is_some() {
            not_by_it(Caller { unit: None, ..right.clone() });
            not_by_it(Caller { unit: Some(OTHER_UNIT.into()), ..right.clone() });
        }
        if rule.socket.is_some() {
            not_by_it(Caller { socket: "".into(), ..right.clone() });
        }
        if user.is_none() && (rule.unit.is_some() || group.is_some()) {
            not_by_it(Caller { uid: Some(0), ..right.clone() });
            not_by_it(Caller { uid: Some(65_534), ..right.clone() });
        }
        if user.is_none() && group.is_none() && rule.unit.is_none() {
            not_by_it(Caller { way: Way::Port, ..right.clone() });
        }
    }
    assert_eq!(configuration.allows(&right, &token(OTHER_RESOURCE)), None, "{right:?}");
}

/// Every line is one of ours. Those who are redirected are those in the zone, and neither root's account nor the agent's is
/// among them.
fn redirect(configuration: &Configuration<'_>) {
    let asked = "\t\tip daddr 169.254.169.254 tcp dport 80 ";
    let (mut redirected, mut zoned) = (Vec::new(), Vec::new());
    for line in configuration.redirect().lines() {
        let rest = line.strip_prefix(asked).unwrap_or_default();
        if let Some(who) = rest.strip_suffix(" redirect to :16254") {
            may_be_redirected(who);
            redirected.push(who.to_owned());
        } else if let Some(who) = rest.strip_suffix(" ct original zone set 16254 return") {
            zoned.push(who.to_owned());
        } else {
            assert!(line.starts_with("# ") || OURS.contains(&line), "{line:?}");
        }
    }
    assert_eq!(redirected, zoned);
}

/// Lines that hold nothing of the configuration.
const OURS: [&str; 15] = [
    "table ip himds_bridge",
    "delete table ip himds_bridge",
    "table ip himds_bridge {",
    "\tchain output {",
    "\t\ttype nat hook output priority -100; policy accept;",
    "\t\tmeta skuid { 998, 997 } return",
    "\tchain zone {",
    "\t\ttype filter hook output priority -300; policy accept;",
    "\t\tmeta skuid != 4294967295 return",
    "\t\tip daddr 169.254.169.254 tcp dport 80 ct original zone set 16254",
    "\tchain direct {",
    "\t\ttype filter hook output priority 0; policy accept;",
    "\t\tip saddr != 127.0.0.1 ip daddr 127.0.0.1 tcp dport 16254 ct original ip daddr 127.0.0.1 reject with tcp reset",
    "\t}",
    "}",
];

fn may_be_redirected(who: &str) {
    if let Some(list) = who.strip_prefix("meta skuid { ") {
        let uids = list.strip_suffix(" }").expect("a list").split(", ");
        let uids: Vec<u32> = uids.map(|uid| uid.parse().expect("a number")).collect();
        assert!([0, 997, 998].iter().all(|agent| !uids.contains(agent)), "{who}");
    } else {
        let path = who.strip_prefix("socket cgroupv2 level 2 \"system.slice/").expect("a control group");
        assert!(!path.trim_end_matches('"').contains(['"', '/', ' ']), "{who}");
    }
}

fn every_ask(rules: &[Rule]) -> impl Iterator<Item = Ask> {
    let resources = rules.iter().flat_map(|rule| rule.resources.iter()).map(|resource| token(&canonical(resource)));
    let instance = Ask::Instance { pointer: String::new(), text: false };
    resources.chain([instance, Ask::Info, Ask::Versions])
}

fn token(resource: &str) -> Ask {
    Ask::Token(TokenAsk {
        resource: resource.to_owned(),
        identity: Identity::SystemAssigned,
        bypass_cache: false,
        form: Form::Imds,
    })
}

fn caller(uid: u32, unit: Option<&str>, socket: &str) -> Caller {
    Caller { socket: socket.into(), way: Way::Port, uid: Some(uid), groups: Vec::new(), unit: unit.map(Into::into) }
}
