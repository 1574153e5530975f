//! What the fuzz target reaches inside for: a configuration, and whom it allows what. Not a part of the API, and compiled
//! with the feature `fuzzing` alone.

#![allow(missing_docs, reason = "for this repository's own tests")]

pub use super::caller::{Caller, Way};
pub use super::rule::{Listed, Named, Rule};

use super::accounts::Accounts;
use super::config::Config;
use super::decide::{Agents, Decision, decide};
use super::names;
use super::nft::{self, Facts};
use crate::front::Ask;

/// A configuration on a machine with these accounts; a name is a user's and a group's.
pub struct Configuration<'a> {
    config: Config,
    accounts: &'a [(&'a str, u32)],
}

struct Few<'a>(&'a [(&'a str, u32)]);

impl Accounts for Few<'_> {
    fn uid(&self, name: &str) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    fn gid(&self, name: &str) -> Option<u32> {
        self.uid(name)
    }
}

impl<'a> Configuration<'a> {
    pub fn parse(text: &str, accounts: &'a [(&'a str, u32)]) -> Result<Self, String> {
        Ok(Configuration { config: Config::parse(text, &Few(accounts))?, accounts })
    }

    pub fn rules(&self) -> &[Rule] {
        &self.config.rules
    }

    /// The name of the rule that allows it.
    pub fn allows(&self, caller: &Caller, ask: &Ask) -> Option<&str> {
        match decide(&self.config, &self.agents(), caller, ask) {
            Decision::Allow(rule) => Some(&rule.name),
            _ => None,
        }
    }

    /// The redirect to port 16254; each unit runs, and each group has one member with the group's number.
    pub fn redirect(&self) -> String {
        let path_of = |unit: &str| Some(format!("system.slice/{unit}"));
        let agents = self.agents().0;
        let facts = Facts { port: super::PORT, agents: &agents, path_of: &path_of, members_of: &|group| vec![group] };
        nft::ruleset(&self.config, &facts)
    }

    /// What `check` says of the names.
    pub fn warnings(&self) -> Vec<String> {
        let known: Vec<String> = self.accounts.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut warnings = names::unknown(&self.config, &["backup.service".to_owned()], &known);
        warnings.extend(names::never_counting(&self.config));
        warnings
    }

    fn agents(&self) -> Agents {
        Agents(Agents::NAMES.iter().filter_map(|name| Few(self.accounts).uid(name)).collect())
    }
}
