//! The decision: a configuration, a caller and what is asked in, a rule or a refusal out. Pure.

use super::caller::{Caller, Way};
use super::config::Config;
use super::rule::Rule;
use crate::front::Ask;

/// What the rules say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision<'a> {
    /// This rule allows it; it is the first that does.
    Allow(&'a Rule),
    /// No rule does, and why.
    Refuse(String),
    /// As if the path were not served.
    NotFound,
}

/// The agent's own accounts. The agent asks for metadata to find out whether this machine is an Azure VM: if it is told
/// so, it stops working.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agents(pub(crate) Vec<u32>);

impl Agents {
    /// The names of these accounts.
    pub(crate) const NAMES: [&'static str; 2] = ["himds", "arcproxy"];

    fn include(&self, caller: &Caller) -> bool {
        caller.uid.is_some_and(|uid| self.0.contains(&uid) || (uid == 0 && caller.unit.is_none()))
    }
}

/// Decides.
pub(crate) fn decide<'a>(config: &'a Config, agents: &Agents, caller: &Caller, ask: &Ask) -> Decision<'a> {
    if !matches!(ask, Ask::Token(_)) && agents.include(caller) {
        return Decision::NotFound;
    }
    let mut of_caller = config.rules.iter().filter(|rule| rule.is_for(caller)).peekable();
    if of_caller.peek().is_none() {
        return Decision::Refuse(nobody(caller));
    }
    let mut named_resource = false;
    for rule in of_caller {
        let allows = match ask {
            Ask::Token(token) => {
                let resource = rule.lists_resource(&token.resource);
                named_resource |= resource;
                resource && rule.lists_identity(&token.identity)
            }
            // The tenant's id stands in every token.
            Ask::Info => !rule.resources.is_empty() || rule.lists_metadata("/metadata/identity/info"),
            // The list says nothing of this machine.
            Ask::Versions => !rule.metadata.is_empty(),
            Ask::Instance { pointer, .. } => rule.lists_metadata(&format!("/metadata/instance{pointer}")),
        };
        if allows {
            return Decision::Allow(rule);
        }
    }
    Decision::Refuse(match ask {
        Ask::Token(_) if named_resource => format!("No rule allows tokens of this identity to {caller}."),
        Ask::Token(_) => format!("No rule allows tokens for this resource to {caller}."),
        _ => format!("No rule allows this metadata to {caller}."),
    })
}

fn nobody(caller: &Caller) -> String {
    let hint = match caller.way {
        Way::Port => "The administrator can allow it in the configuration of himds bridge.",
        Way::Elsewhere | Way::Unix => "The administrator can allow its socket in the configuration of himds bridge.",
    };
    format!("No rule is for {caller}. {hint}")
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
