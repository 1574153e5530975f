//! The redirect for exactly the units and users that are allowed, as a ruleset for nftables. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::config::Config;
use super::rule::Rule;

/// What is known of this machine.
pub(crate) struct Facts<'a> {
    /// Where the daemon listens on loopback.
    pub(crate) port: u16,
    /// The agent's accounts.
    pub(crate) agents: &'a [u32],
    /// The directory of a unit's control group below the root, if it runs.
    pub(crate) path_of: &'a dyn Fn(&str) -> Option<String>,
    /// The users in a group.
    pub(crate) members_of: &'a dyn Fn(u32) -> Vec<u32>,
}

/// The table, and nothing else that is in nftables.
pub(crate) const TABLE: &str = "table ip himds_bridge";

/// Takes the table away, also if it is not there.
pub fn removal() -> String {
    format!("{TABLE}\ndelete {TABLE}\n")
}

/// The ruleset. To apply it twice, or after a change, is the same as to apply it once.
pub(crate) fn ruleset(config: &Config, facts: &Facts<'_>) -> String {
    let (mut users, mut groups, mut notes) = (BTreeSet::new(), BTreeMap::<usize, BTreeSet<String>>::new(), Vec::new());
    for rule in config.rules.iter().filter(|rule| rule.socket.is_none()) {
        match selected(rule, facts) {
            Selected::Users(uids) if uids.is_empty() => notes.push(format!("{:?}: no such account here", rule.name)),
            Selected::Users(uids) => users.extend(uids),
            Selected::Group(path) => drop(groups.entry(path.split('/').count()).or_default().insert(path)),
            Selected::NotRunning(unit) => {
                notes.push(format!("{:?}: {unit} is not running, so it has no control group yet", rule.name))
            }
        }
    }
    users.retain(|uid| !facts.agents.contains(uid));
    let mut text = String::from("# Written by `himds bridge rules --nft`. Apply it with `nft -f -`.\n");
    for note in notes {
        // A rule's name may hold anything but control characters, so it cannot end the comment.
        let _ = writeln!(text, "# not redirected: {note}");
    }
    text += &removal();
    let _ = writeln!(text, "{TABLE} {{");
    text += "\tchain output {\n\t\ttype nat hook output priority -100; policy accept;\n";
    if !facts.agents.is_empty() {
        let _ = writeln!(text, "\t\tmeta skuid {{ {} }} return", list(facts.agents.iter()));
    }
    let allowed = allowed(&users, &groups);
    for who in &allowed {
        let _ = writeln!(text, "\t\t{ASKED} {who} redirect to :{}", facts.port);
    }
    text += "\t}\n";
    text += &zone(&allowed, facts.agents);
    text += &guard(facts.port);
    text += "}\n";
    text
}

/// What is requested of a VM's metadata service.
const ASKED: &str = "ip daddr 169.254.169.254 tcp dport 80";

/// Those who are redirected, as nftables tells them.
fn allowed(users: &BTreeSet<u32>, groups: &BTreeMap<usize, BTreeSet<String>>) -> Vec<String> {
    let users = (!users.is_empty()).then(|| format!("meta skuid {{ {} }}", list(users.iter())));
    let groups = groups
        .iter()
        .flat_map(|(level, paths)| paths.iter().map(move |path| format!("socket cgroupv2 level {level} \"{path}\"")));
    users.into_iter().chain(groups).collect()
}

/// Those who are redirected, in a zone of their own. Connection tracking keeps other connections in mind for minutes, also
/// those that nobody answered: whoever is redirected and comes from the port of one of them would be led where that one
/// was led, to nobody.
fn zone(allowed: &[String], agents: &[u32]) -> String {
    if allowed.is_empty() {
        return String::new();
    }
    let mut text = String::from("\tchain zone {\n\t\ttype filter hook output priority -300; policy accept;\n");
    if !agents.is_empty() {
        let _ = writeln!(text, "\t\tmeta skuid {{ {} }} return", list(agents.iter()));
    }
    for who in allowed {
        let _ = writeln!(text, "\t\t{ASKED} {who} ct original zone set {ZONE} return");
    }
    let _ = writeln!(text, "\t\tmeta skuid != {NOBODY} return");
    // The last packets of a connection, whose process has closed it.
    let _ = writeln!(text, "\t\t{ASKED} ct original zone set {ZONE}\n\t}}");
    text
}

/// The number of no account.
const NOBODY: u32 = u32::MAX;
/// One that nobody else has.
const ZONE: u16 = 16254;

/// Everybody may connect to the port itself, but from loopback's own address alone. Who is redirected comes from another:
/// if somebody had been at the port from the same address and port before, connection tracking would give the redirected
/// connection another port, and nobody could tell whose it is.
fn guard(port: u16) -> String {
    format!(
        "\tchain direct {{\n\t\ttype filter hook output priority 0; policy accept;\n\t\tip saddr != 127.0.0.1 ip daddr 127.0.0.1 \
         tcp dport {port} ct original ip daddr 127.0.0.1 reject with tcp reset\n\t}}\n"
    )
}

enum Selected {
    Users(Vec<u32>),
    Group(String),
    NotRunning(String),
}

/// What tells the rule's callers apart to nftables. The account if there is one, because it stays the same when the unit
/// starts again; the daemon still wants the unit too. Never root's account: all the machine's daemons have it.
fn selected(rule: &Rule, facts: &Facts<'_>) -> Selected {
    let user = rule.user.as_ref().map(|user| user.id);
    match (user, &rule.group, &rule.unit) {
        (Some(id), _, _) if id != Some(0) => Selected::Users(id.into_iter().collect()),
        (_, _, Some(unit)) => match (facts.path_of)(unit) {
            Some(path) => Selected::Group(path),
            None => Selected::NotRunning(unit.clone()),
        },
        (_, Some(group), None) => {
            let members = group.id.map(facts.members_of).unwrap_or_default();
            Selected::Users(members.into_iter().filter(|uid| *uid != 0).collect())
        }
        _ => Selected::Users(Vec::new()),
    }
}

fn list<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::accounts::tests::Few;

    fn rules(text: &str) -> String {
        let config = Config::parse(text, &Few).unwrap();
        let path_of = |unit: &str| (unit != "off.service").then(|| format!("system.slice/{unit}"));
        let facts =
            Facts { port: 16254, agents: &[998, 997], path_of: &path_of, members_of: &|_| vec![0, 34, 998, 1000] };
        ruleset(&config, &facts)
    }

    #[test]
    fn exactly_those_that_are_allowed_are_redirected() {
        let text = rules(
            "[[allow]]\nname='a'\nuser='backup'\nunit='a.service'\nresource=['https://a.b']\n\
             [[allow]]\nname='b'\nunit='b.service'\nresource=['https://a.b']\n\
             [[allow]]\nname='r'\nunit='r.service'\nuser='root'\nresource=['https://a.b']\n\
             [[allow]]\nname='off'\nunit='off.service'\nresource=['https://a.b']\n\
             [[allow]]\nname='gone'\nuser='gone'\nresource=['https://a.b']\n\
             [[allow]]\nname='g'\ngroup='writers'\nresource=['https://a.b']\n\
             [[allow]]\nname='s'\nsocket='web'\nresource=['https://a.b']\n",
        );
        let expected = "\
            # Written by `himds bridge rules --nft`. Apply it with `nft -f -`.\n\
            # not redirected: \"off\": off.service is not running, so it has no control group yet\n\
            # not redirected: \"gone\": no such account here\n\
            table ip himds_bridge\n\
            delete table ip himds_bridge\n\
            table ip himds_bridge {\n\
            \tchain output {\n\
            \t\ttype nat hook output priority -100; policy accept;\n\
            \t\tmeta skuid { 998, 997 } return\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 meta skuid { 34, 1000 } redirect to :16254\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 socket cgroupv2 level 2 \"system.slice/b.service\" redirect to :16254\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 socket cgroupv2 level 2 \"system.slice/r.service\" redirect to :16254\n\
            \t}\n\
            \tchain zone {\n\
            \t\ttype filter hook output priority -300; policy accept;\n\
            \t\tmeta skuid { 998, 997 } return\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 meta skuid { 34, 1000 } ct original zone set 16254 return\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 socket cgroupv2 level 2 \"system.slice/b.service\" ct original zone set 16254 return\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 socket cgroupv2 level 2 \"system.slice/r.service\" ct original zone set 16254 return\n\
            \t\tmeta skuid != 4294967295 return\n\
            \t\tip daddr 169.254.169.254 tcp dport 80 ct original zone set 16254\n\
            \t}\n\
            \tchain direct {\n\
            \t\ttype filter hook output priority 0; policy accept;\n\
            \t\tip saddr != 127.0.0.1 ip daddr 127.0.0.1 tcp dport 16254 ct original ip daddr 127.0.0.1 reject with tcp reset\n\
            \t}\n\
            }\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn nobody_is_redirected_without_a_rule() {
        assert!(!rules("").contains("redirect"));
        assert_eq!(removal(), "table ip himds_bridge\ndelete table ip himds_bridge\n");
    }
}
